//! `stack.outputs`: the stack's outputs.

use crate::cli::output::OutputArgs;
use crate::cli::values;
use crate::name::EnvName;

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;

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
    let _ = (args, context);
    std::future::ready(Err(Failure::new(
        Kind::Failed,
        "`stack.outputs` is not wired yet",
    )))
    .await
}
