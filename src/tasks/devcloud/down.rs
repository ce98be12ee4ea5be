//! `devcloud.down`: stops the embedded cloud.

use crate::error::Failure;
use crate::tasks::context::Context;
use crate::tasks::devcloud::embedded;

/// What `devcloud.down` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Remove its root file system, data and images too.
    #[arg(long)]
    pub purge: bool,
}

/// Carries `devcloud.down` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let cloud = embedded::here();
    if args.purge {
        context
            .ask
            .confirm("remove the embedded cloud with all its data?")
            .await?;
    }
    embedded::run(context.reporter.clone(), move |tell| {
        cloud.down(args.purge, tell)
    })
    .await
}
