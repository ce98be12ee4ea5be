//! `stack.create`: images first if missing, then the stack, followed to its end.

use crate::cli::values;
use crate::name::{EnvName, Tag};
use std::time::Duration;

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;

/// What `stack.create` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// Branch or tag of every service's repository.
    #[arg(long, value_name = "TAG", value_parser = values::tag)]
    pub tag: Tag,
    /// Give up after this long [default: the configuration's].
    #[arg(long, value_name = "MINUTES", value_parser = values::minutes)]
    pub timeout: Option<Duration>,
    /// Delete a stack that failed, instead of keeping it to be looked at.
    #[arg(long)]
    pub discard_failed: bool,
}

/// Carries `stack.create` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let _ = (args, context);
    std::future::ready(Err(Failure::new(
        Kind::Failed,
        "`stack.create` is not wired yet",
    )))
    .await
}
