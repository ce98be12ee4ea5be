//! `demo`: the whole story on the embedded cloud.

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;

/// What `demo` is given.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Carries `demo` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let _ = (args, context);
    std::future::ready(Err(Failure::new(Kind::Failed, "`demo` is not wired yet"))).await
}
