//! `images.build`: builds and uploads what is missing for a tag.

use crate::cli::values;
use crate::name::Tag;

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;

/// What `images.build` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Branch or tag of every service's repository.
    #[arg(value_name = "TAG", value_parser = values::tag)]
    pub tag: Tag,
}

/// Carries `images.build` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let _ = (args, context);
    std::future::ready(Err(Failure::new(
        Kind::Failed,
        "`images.build` is not wired yet",
    )))
    .await
}
