//! `images.list`: service images with digest, commit and use.

use crate::cli::output::OutputArgs;
use crate::cli::values;
use crate::name::Tag;

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;

/// The columns of the list.
pub const COLUMNS: [&str; 7] = [
    "Name", "Service", "Tags", "Commit", "Digest", "Size", "Used by",
];

/// What `images.list` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only the images of this tag.
    #[arg(value_name = "TAG", value_parser = values::tag)]
    pub tag: Option<Tag>,
    /// How the data is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Carries `images.list` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let _ = (args, context);
    std::future::ready(Err(Failure::new(
        Kind::Failed,
        "`images.list` is not wired yet",
    )))
    .await
}
