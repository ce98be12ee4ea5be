//! `stack.events`: what happened to the stack, oldest first.

use serde_json::{Value, json};

use crate::cli::output::OutputArgs;
use crate::cli::values;
use crate::error::Failure;
use crate::name::EnvName;
use crate::openstack::heat::DEPTH_MAX;
use crate::tasks::context::Context;
use crate::tasks::stack::there::{self, There};

/// The columns of the list.
pub const COLUMNS: [&str; 5] = ["Time", "Stack", "Resource", "Status", "Reason"];

/// What `stack.events` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// How the data is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Carries `stack.events` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let shape = context.shape(&args.output, &COLUMNS)?;
    let There { cloud, stack, .. } = there::open(context, &args.env).await?;
    let mut events = cloud
        .heat()
        .events(&stack.reference(), None, DEPTH_MAX)
        .await?;
    events.sort_by_key(|event| event.time);
    let rows: Vec<Vec<Value>> = events
        .iter()
        .map(|event| {
            let of = event.stack().map(|stack| stack.name).unwrap_or_default();
            vec![
                json!(event.time.to_string()),
                json!(of),
                json!(event.resource_name),
                json!(event.status),
                json!(event.reason),
            ]
        })
        .collect();
    context.print_rows(&COLUMNS, &rows, &shape)
}
