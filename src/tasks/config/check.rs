//! `config.check`: every mistake at once, with line and column.

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;

/// What `config.check` is given.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Carries `config.check` out.
pub fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let _ = (args, context);
    Err(Failure::new(
        Kind::Failed,
        "`config.check` is not wired yet",
    ))
}
