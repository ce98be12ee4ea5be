//! Checks of a deployment.

pub mod fast;
pub mod judge;
pub mod passed;
pub mod slow;
pub mod verified;

use clap::Subcommand;

use crate::error::Failure;
use crate::tasks::context::Context;

/// Checks of a deployment.
#[derive(Debug, Subcommand)]
pub enum Tests {
    /// Check from outside that a deployment works; a few minutes at most.
    Fast(fast::Args),
    /// Send jobs for many minutes and follow each to its end; meant to span an update.
    Slow(slow::Args),
}

impl Tests {
    /// Carries the task out.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Fast(args) => fast::run(args, context).await,
            Self::Slow(args) => slow::run(args, context).await,
        }
    }
}
