//! `images.build`: builds and uploads what is missing for a tag.

use crate::bake::identify::identify;
use crate::cli::values;
use crate::error::Failure;
use crate::name::Tag;
use crate::tasks::context::Context;
use crate::tasks::images::kitchen::kitchen;
use crate::tasks::{cloud, loading};

/// What `images.build` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Branch or tag of every service's repository.
    #[arg(value_name = "TAG", value_parser = values::tag)]
    pub tag: Tag,
}

/// Carries `images.build` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let loaded = loading::load(context)?;
    // The tag is looked up while we log in; neither touches anything.
    let (identified, cloud) = tokio::join!(
        identify(&loaded.config, &loaded.catalog, &args.tag),
        cloud::connect(context),
    );
    let (identified, cloud) = (identified?, cloud?);
    let kitchen = kitchen(context, &loaded, &cloud, &identified);
    let images = kitchen.ensure(&context.interrupt).await?;
    let text = format!("all {} images are there", images.len());
    context.reporter.note(args.tag.as_str(), text);
    Ok(())
}
