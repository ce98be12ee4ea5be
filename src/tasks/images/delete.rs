//! `images.delete`: removes what only that tag names.

use crate::bake::ensure::observed;
use crate::bake::users::users;
use crate::cli::values;
use crate::error::Failure;
use crate::name::Tag;
use crate::plan::image_removal::of_tag;
use crate::tasks::cloud;
use crate::tasks::context::Context;
use crate::tasks::images::removal::{carry_out, refuse};

/// What `images.delete` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Branch or tag of every service's repository.
    #[arg(value_name = "TAG", value_parser = values::tag)]
    pub tag: Tag,
}

/// Carries `images.delete` out; refuses, and then deletes nothing, when a stack
/// uses one of the images.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let cloud = cloud::connect(context).await?;
    let (there, users) = tokio::try_join!(observed(&cloud), async { Ok(users(&cloud).await?) },)?;
    let removal = of_tag(args.tag.as_str(), &there, &users);
    refuse(&removal)?;
    if removal.is_nothing() {
        context
            .reporter
            .note(args.tag.as_str(), "no image has this tag");
        return Ok(());
    }
    carry_out(context, &cloud, &removal).await
}
