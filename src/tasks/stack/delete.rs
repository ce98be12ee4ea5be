//! `stack.delete`: deletes the stack until nothing of it is left.

use crate::cli::values;
use crate::name::EnvName;
use std::time::Duration;

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;

/// What `stack.delete` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// Give up after this long [default: the configuration's].
    #[arg(long, value_name = "MINUTES", value_parser = values::minutes)]
    pub timeout: Option<Duration>,
}

/// Carries `stack.delete` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let _ = (args, context);
    std::future::ready(Err(Failure::new(
        Kind::Failed,
        "`stack.delete` is not wired yet",
    )))
    .await
}
