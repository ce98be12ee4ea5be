//! `devcloud.up`: starts the embedded cloud.

use ::devcloud::{Devcloud, Release, Settings};

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;
use crate::tasks::devcloud::embedded;

/// What `devcloud.up` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A base image to have besides Debian 12, e.g. `debian-11`.
    #[arg(long, value_name = "NAME")]
    pub base: Vec<String>,
}

/// Carries `devcloud.up` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let mut settings = Settings::default();
    for name in &args.base {
        settings.bases.push(release(name)?);
    }
    let cloud = Devcloud::new(settings);
    let endpoint = embedded::run(context.reporter.clone(), move |tell| cloud.up(tell)).await?;
    context
        .reporter
        .note("devcloud", format!("answers at {}", endpoint.auth_url));
    Ok(())
}

fn release(name: &str) -> Result<Release, Failure> {
    Release::named(name).ok_or_else(|| {
        let known = Release::ALL.map(Release::image_name).join("`, `");
        Failure::new(Kind::Usage, format!("no base image `{name}` can be made"))
            .hint(format!("there are `{known}`"))
    })
}
