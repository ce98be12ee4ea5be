//! `devcloud.env`: exports and clouds.yaml entry of the embedded cloud.

use crate::error::Failure;
use crate::tasks::context::Context;
use crate::tasks::devcloud::embedded;

/// What `devcloud.env` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print the administrator's exports, not those of the project for deployments.
    #[arg(long)]
    pub admin: bool,
}

/// Carries `devcloud.env` out: entries `devcloud` and `devcloud-admin` in
/// clouds.yaml, exports on standard output.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let cloud = embedded::here();
    let env = if args.admin {
        cloud.admin_env()
    } else {
        cloud.env()
    };
    let env = env.map_err(embedded::failure)?;
    let path = env.write_clouds_yaml(None).map_err(embedded::failure)?;
    context
        .reporter
        .note("devcloud", format!("is an entry of {}", path.display()));
    context.output.write(&env.exports())
}
