//! `stack.delete`: deletes the stack until nothing of it is left.

use std::time::Duration;

use crate::apply::delete::{Deleted, delete};
use crate::cli::values;
use crate::error::Failure;
use crate::name::EnvName;
use crate::openstack::wait::Deadline;
use crate::tasks::context::Context;
use crate::tasks::stack::locked::locked;
use crate::tasks::{cloud, loading};

/// A large stack takes minutes; after this long something holds it.
const LONGEST: Duration = Duration::from_secs(3600);

/// What `stack.delete` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// Give up after this long [default: 60].
    #[arg(long, value_name = "MINUTES", value_parser = values::minutes)]
    pub timeout: Option<Duration>,
}

/// Carries `stack.delete` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let loaded = loading::load(context)?;
    let topology = loaded.topology(&args.env)?;
    let name = &topology.stack.stack_name;
    let cloud = cloud::connect(context).await?;
    context
        .ask
        .confirm(&format!("delete stack `{name}` with all its data?"))
        .await?;
    let command = format!("stack delete {}", args.env);
    let deleted = locked(&cloud, &topology, &command, async |_| {
        Ok(delete(&cloud, name.as_str(), deadline(args.timeout)).await?)
    })
    .await?;
    let text = match deleted {
        Deleted::Removed => "deleted; nothing of it is left",
        Deleted::WasNotThere => "was not there",
    };
    context.reporter.note(name.as_str(), text);
    Ok(())
}

/// When to give up.
pub fn deadline(asked: Option<Duration>) -> Deadline {
    Deadline::after(asked.unwrap_or(LONGEST))
}
