//! `devcloud.status`: the daemons of the embedded cloud.

use crate::cli::output::OutputArgs;

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;

/// The columns of the list.
pub const COLUMNS: [&str; 4] = ["Daemon", "State", "PID", "Answers at"];

/// What `devcloud.status` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How the data is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Carries `devcloud.status` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let _ = (args, context);
    std::future::ready(Err(Failure::new(
        Kind::Failed,
        "`devcloud.status` is not wired yet",
    )))
    .await
}
