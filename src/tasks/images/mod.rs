//! Service images: build, list, delete, prune.

pub mod build;
pub mod delete;
pub mod kitchen;
pub mod list;
pub mod prune;
pub mod removal;

use clap::Subcommand;

use crate::error::Failure;
use crate::tasks::context::Context;

/// Service images: build, list, delete, prune.
#[derive(Debug, Subcommand)]
pub enum Images {
    /// Build and upload the service images that a tag still lacks.
    Build(build::Args),
    /// List service images with what they hold and who uses them.
    List(list::Args),
    /// Remove the images that only this tag names and nothing uses.
    Delete(delete::Args),
    /// Remove old images that nothing uses.
    Prune(prune::Args),
}

impl Images {
    /// Carries the task out.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Build(args) => build::run(args, context).await,
            Self::List(args) => list::run(args, context).await,
            Self::Delete(args) => delete::run(args, context).await,
            Self::Prune(args) => prune::run(args, context).await,
        }
    }
}
