//! `stack.status`: what an environment is and how it is doing.

use serde_json::{Value, json};

use crate::apply::journal;
use crate::apply::lock::error::told;
use crate::apply::lock::state::{Seen, look};
use crate::cli::output::OutputArgs;
use crate::cli::values;
use crate::error::Failure;
use crate::name::EnvName;
use crate::openstack::nova::{Server, ServerStatus};
use crate::openstack::stack::Stack;
use crate::record::deployed::Deployed;
use crate::record::history::unfinished;
use crate::tasks::context::Context;
use crate::tasks::stack::there::{self, There};
use crate::template::release::UpdateRecord;

/// The fields of the status.
pub const FIELDS: [&str; 10] = [
    "Environment",
    "Stack",
    "Status",
    "Reason",
    "Tag",
    "Address",
    "Members",
    "Updated",
    "Unfinished",
    "Lock",
];

/// What `stack.status` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// How the data is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Carries `stack.status` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let shape = context.shape(&args.output, &FIELDS)?;
    let There {
        topology,
        cloud,
        stack,
    } = there::open(context, &args.env).await?;
    let reference = stack.reference();
    let (outputs, servers, records, lock) = tokio::try_join!(
        async { cloud.heat().outputs(&reference).await },
        async { cloud.nova().servers(&[]).await },
        async { journal::records(&cloud, &reference).await },
        async { look(&cloud, &topology.stack.stack_name).await },
    )?;
    let state = State {
        deployed: Deployed::read(&outputs).ok(),
        update: records.update,
        lock: lock.filter(Seen::is_in_force),
    };
    let values = values(&args.env, &stack, &state, &servers);
    context.print_fields(&FIELDS, &values, &shape)
}

/// What a stack tells, as far as it can be read.
struct State {
    deployed: Option<Deployed>,
    update: Option<UpdateRecord>,
    lock: Option<Seen>,
}

fn values(env: &EnvName, stack: &Stack, state: &State, servers: &[Server]) -> Vec<Value> {
    let deployed = state.deployed.as_ref();
    let update = state.update.as_ref();
    let members = deployed.map(|deployed| {
        let runs = |id: &str| {
            let server = servers.iter().find(|server| server.id == id);
            server.is_some_and(|server| server.status == ServerStatus::Active)
        };
        let up = deployed
            .members
            .iter()
            .filter(|member| runs(&member.server_id))
            .count();
        format!("{up} of {} active", deployed.members.len())
    });
    vec![
        json!(env.as_str()),
        json!(stack.name),
        json!(stack.status),
        json!(stack.reason),
        json!(deployed.map(|deployed| &deployed.release.tag)),
        json!(deployed.map(|deployed| &deployed.address)),
        json!(members),
        json!(stack.updated_time.as_ref().unwrap_or(&stack.creation_time)),
        json!(unfinished(&stack.status, update, env.as_str())),
        json!(state.lock.as_ref().map(told)),
    ]
}
