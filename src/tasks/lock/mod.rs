//! The lock of an environment: who works on it.

pub mod r#break;
pub mod show;

use clap::Subcommand;

use crate::error::Failure;
use crate::tasks::context::Context;

/// The lock of an environment: show, break.
#[derive(Debug, Subcommand)]
pub enum Lock {
    /// Show who works on an environment, and until when that counts.
    Show(show::Args),
    /// Take an environment's lock from whoever holds it.
    Break(r#break::Args),
}

impl Lock {
    /// Carries the task out.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Show(args) => show::run(args, context).await,
            Self::Break(args) => r#break::run(args, context).await,
        }
    }
}
