//! `config.schema`: the JSON Schema of the configuration.

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;

/// What `config.schema` is given.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Carries `config.schema` out.
pub fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let _ = (args, context);
    Err(Failure::new(
        Kind::Failed,
        "`config.schema` is not wired yet",
    ))
}
