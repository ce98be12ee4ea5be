//! `tests.fast`: checks of a deployment from outside.

use std::path::PathBuf;

use crate::cli::output::OutputArgs;
use crate::cli::values;
use crate::error::{Failure, Kind};
use crate::name::{EnvName, Tag};
use crate::tasks::context::Context;
use crate::tasks::tests::verified::{Wanted, verified};
use crate::verify::report::COLUMNS;
use crate::verify::target::Target;

/// What `tests.fast` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// Fail unless the deployment is of this tag.
    #[arg(long, value_name = "TAG", value_parser = values::tag)]
    pub tag: Option<Tag>,
    /// Also write the report as JUnit XML.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// How the data is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Carries `tests.fast` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let wanted = Wanted::new(
        context.shape(&args.output, &COLUMNS)?,
        args.junit.as_deref(),
    )?;
    let target = target(&args, context).await?;
    verified(args.env.as_str(), &target, wanted, context).await
}

/// What the environment should be, from its stack.
async fn target(args: &Args, context: &Context) -> Result<Target, Failure> {
    let _ = (args, context);
    std::future::ready(Err(Failure::new(
        Kind::Failed,
        "`tests.fast` is not wired yet",
    )))
    .await
}
