//! `devcloud.down`: stops the embedded cloud.

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;

/// What `devcloud.down` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Remove its root file system, data and images too.
    #[arg(long)]
    pub purge: bool,
}

/// Carries `devcloud.down` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let _ = (args, context);
    std::future::ready(Err(Failure::new(
        Kind::Failed,
        "`devcloud.down` is not wired yet",
    )))
    .await
}
