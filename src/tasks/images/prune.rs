//! `images.prune`: removes old images that nothing uses.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::bake::users::users;
use crate::bake::{boot, observe, upload};
use crate::error::Failure;
use crate::openstack::glance::Image;
use crate::plan::image_removal::of_old_tags;
use crate::plan::images::ImageFact;
use crate::tasks::cloud;
use crate::tasks::context::Context;
use crate::tasks::images::removal::carry_out;

/// What `images.prune` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many of the newest tags keep their images.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub keep: usize,
}

/// Carries `images.prune` out, and removes what builds that died left.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let cloud = cloud::connect(context).await?;
    boot::sweep(&cloud, &context.reporter).await?;
    upload::sweep(&cloud).await?;
    let (images, users) = tokio::try_join!(observe::images(&cloud), users(&cloud))?;
    let now = Timestamp::now();
    let facts: Vec<ImageFact> = images
        .iter()
        .map(|image| observe::fact(image, now))
        .collect();
    let removal = of_old_tags(&newest_first(&images, &facts), args.keep, &facts, &users);
    if removal.is_nothing() {
        context.reporter.note("images", "nothing to remove");
        return Ok(());
    }
    carry_out(context, &cloud, &removal).await
}

/// The tags, by the age of their newest image.
fn newest_first(images: &[Image], facts: &[ImageFact]) -> Vec<String> {
    let mut newest: BTreeMap<&str, Option<Timestamp>> = BTreeMap::new();
    for (image, fact) in images.iter().zip(facts) {
        for tag in &fact.tags {
            let at = newest.entry(tag).or_default();
            *at = (*at).max(image.created_at);
        }
    }
    let mut tags: Vec<(&str, Option<Timestamp>)> = newest.into_iter().collect();
    tags.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    tags.into_iter().map(|(tag, _)| tag.to_owned()).collect()
}
