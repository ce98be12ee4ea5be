//! `stack.status`: what an environment is and how it is doing.

use crate::cli::output::OutputArgs;
use crate::cli::values;
use crate::name::EnvName;

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;

/// The fields of the status.
pub const FIELDS: [&str; 8] = [
    "Environment",
    "Stack",
    "Status",
    "Reason",
    "Tag",
    "Address",
    "Members",
    "Updated",
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
    let _ = (args, context);
    std::future::ready(Err(Failure::new(
        Kind::Failed,
        "`stack.status` is not wired yet",
    )))
    .await
}
