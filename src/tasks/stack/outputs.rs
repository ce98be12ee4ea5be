//! `stack.outputs`: the stack's outputs.

use serde_json::{Value, json};

use crate::cli::output::OutputArgs;
use crate::cli::values;
use crate::error::Failure;
use crate::name::EnvName;
use crate::tasks::context::Context;
use crate::tasks::stack::there::{self, There};

/// The columns of the list.
pub const COLUMNS: [&str; 3] = ["Output", "Value", "Description"];

/// What `stack.outputs` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// How the data is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Carries `stack.outputs` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let shape = context.shape(&args.output, &COLUMNS)?;
    let There { cloud, stack, .. } = there::open(context, &args.env).await?;
    let outputs = cloud.heat().outputs(&stack.reference()).await?;
    let rows: Vec<Vec<Value>> = outputs
        .into_iter()
        .map(|output| vec![json!(output.key), output.value, json!(output.description)])
        .collect();
    context.print_rows(&COLUMNS, &rows, &shape)
}
