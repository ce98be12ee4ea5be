//! `stack.template`: the Heat template, as it would be sent.

use crate::cli::values;
use crate::name::{EnvName, Tag};
use clap::ValueEnum;

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;

/// The formats of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DocumentFormat {
    /// HOT as people write it.
    Yaml,
    /// What is sent to Heat.
    Json,
}

/// What `stack.template` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// Branch or tag of every service's repository.
    #[arg(long, value_name = "TAG", value_parser = values::tag)]
    pub tag: Tag,
    /// Format of the template.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "yaml")]
    pub format: DocumentFormat,
}

/// Carries `stack.template` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let _ = (args, context);
    std::future::ready(Err(Failure::new(
        Kind::Failed,
        "`stack.template` is not wired yet",
    )))
    .await
}
