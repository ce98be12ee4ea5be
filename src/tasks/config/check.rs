//! `config.check`: every mistake at once, with line and column.

use crate::error::Failure;
use crate::tasks::context::Context;
use crate::tasks::loading;

/// What `config.check` is given.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Carries `config.check` out: reads everything, touches nothing.
pub fn run(_: &Args, context: &Context) -> Result<(), Failure> {
    let loaded = loading::load(context)?;
    for env in loaded.config.environments() {
        let topology = loaded.topology(env)?;
        let text = format!(
            "{} members, catalogue `{}`",
            topology.members.len(),
            topology.catalog
        );
        context.reporter.note(env.as_str(), text);
    }
    context.reporter.note(
        context.settings.config.display().to_string(),
        "no mistake found",
    );
    Ok(())
}
