//! `images.prune`: removes old images that nothing uses.

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;

/// What `images.prune` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many of each service's newest images to keep.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub keep: usize,
}

/// Carries `images.prune` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let _ = (args, context);
    std::future::ready(Err(Failure::new(
        Kind::Failed,
        "`images.prune` is not wired yet",
    )))
    .await
}
