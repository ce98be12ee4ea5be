//! `devcloud.env`: exports and clouds.yaml entry of the embedded cloud.

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;

/// What `devcloud.env` is given.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Carries `devcloud.env` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let _ = (args, context);
    std::future::ready(Err(Failure::new(
        Kind::Failed,
        "`devcloud.env` is not wired yet",
    )))
    .await
}
