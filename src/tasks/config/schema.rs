//! `config.schema`: the JSON Schema of the configuration.

use crate::error::Failure;
use crate::tasks::context::Context;

/// What `config.schema` is given.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Carries `config.schema` out.
pub fn run(_: &Args, context: &Context) -> Result<(), Failure> {
    let mut text = format!("{:#}", crate::config::schema());
    text.push('\n');
    context.output.write(&text)
}
