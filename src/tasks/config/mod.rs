//! The configuration file.

pub mod check;
pub mod schema;

use clap::Subcommand;

use crate::error::Failure;
use crate::tasks::context::Context;

/// The configuration file.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Report every mistake of the configuration at once.
    Check(check::Args),
    /// Print the JSON Schema of the configuration.
    Schema(schema::Args),
}

impl Config {
    /// Carries the task out.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Check(args) => check::run(&args, context),
            Self::Schema(args) => schema::run(&args, context),
        }
    }
}
