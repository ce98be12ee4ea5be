//! The stack of an environment: create, plan, update, look at, delete.

pub mod bring;
pub mod create;
pub mod delete;
pub mod events;
pub mod goal;
pub mod history;
pub mod locked;
pub mod outputs;
pub mod plan;
pub mod planning;
pub mod release;
pub mod room;
pub mod status;
pub mod template;
pub mod there;
pub mod update;

use clap::Subcommand;

use crate::error::Failure;
use crate::tasks::context::Context;

/// The stack of an environment: create, plan, update, look at, delete.
#[derive(Debug, Subcommand)]
pub enum Stack {
    /// Create an environment's stack at a tag, with its images first if missing.
    Create(create::Args),
    /// Show what creating or updating an environment's stack would do, and cost.
    Plan(plan::Args),
    /// Bring another release or size into an environment's stack, and lose no work.
    Update(update::Args),
    /// Delete an environment's stack and everything in it.
    Delete(delete::Args),
    /// Show what an environment is and how it is doing.
    Status(status::Args),
    /// Show what happened to an environment's stack.
    Events(events::Args),
    /// Show the releases that an environment had, and who deployed them.
    History(history::Args),
    /// Show an environment's outputs: addresses, members, release.
    Outputs(outputs::Args),
    /// Print the Heat template of an environment without creating anything.
    Template(template::Args),
}

impl Stack {
    /// Carries the task out.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Create(args) => create::run(args, context).await,
            Self::Plan(args) => plan::run(args, context).await,
            Self::Update(args) => update::run(args, context).await,
            Self::Delete(args) => delete::run(args, context).await,
            Self::Status(args) => status::run(args, context).await,
            Self::Events(args) => events::run(args, context).await,
            Self::History(args) => history::run(args, context).await,
            Self::Outputs(args) => outputs::run(args, context).await,
            Self::Template(args) => template::run(args, context).await,
        }
    }
}
