//! The embedded cloud: a real OpenStack on this machine.

pub mod down;
pub mod embedded;
pub mod env;
pub mod logs;
pub mod status;
pub mod up;

use clap::Subcommand;

use crate::error::Failure;
use crate::tasks::context::Context;

/// The embedded cloud: a real OpenStack on this machine.
#[derive(Debug, Subcommand)]
pub enum Devcloud {
    /// Start the embedded cloud, making it first if needed.
    Up(up::Args),
    /// Stop the embedded cloud.
    Down(down::Args),
    /// Show whether the embedded cloud runs, and each of its daemons.
    Status(status::Args),
    /// Print the exports that lead to the embedded cloud.
    Env(env::Args),
    /// Print a daemon's log.
    Logs(logs::Args),
}

impl Devcloud {
    /// Carries the task out.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Up(args) => up::run(args, context).await,
            Self::Down(args) => down::run(args, context).await,
            Self::Status(args) => status::run(args, context).await,
            Self::Env(args) => env::run(&args, context),
            Self::Logs(args) => logs::run(&args, context),
        }
    }
}
