//! `devcloud.logs`: a daemon's log.

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;

/// What `devcloud.logs` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Daemon, as `devcloud status` names it.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Only this many of its last lines.
    #[arg(long, value_name = "N")]
    pub lines: Option<usize>,
}

/// Carries `devcloud.logs` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let _ = (args, context);
    std::future::ready(Err(Failure::new(
        Kind::Failed,
        "`devcloud.logs` is not wired yet",
    )))
    .await
}
