//! `devcloud.up`: starts the embedded cloud.

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;

/// What `devcloud.up` is given.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Carries `devcloud.up` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let _ = (args, context);
    std::future::ready(Err(Failure::new(
        Kind::Failed,
        "`devcloud.up` is not wired yet",
    )))
    .await
}
