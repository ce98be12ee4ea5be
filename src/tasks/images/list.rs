//! `images.list`: service images with digest, commit and use.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::bake::observe;
use crate::bake::users::users;
use crate::cli::output::OutputArgs;
use crate::cli::values;
use crate::digest;
use crate::error::Failure;
use crate::image::TAGS_PROPERTY;
use crate::name::Tag;
use crate::openstack::glance::{Image, ImageStatus};
use crate::tasks::cloud;
use crate::tasks::context::Context;

/// The columns of the list.
pub const COLUMNS: [&str; 8] = [
    "Name", "Service", "Tags", "Commit", "Digest", "Size", "Status", "Used by",
];

/// Commits are shown as git shows them to people.
const COMMIT_SHOWN: usize = 12;

/// What `images.list` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only the images of this tag.
    #[arg(value_name = "TAG", value_parser = values::tag)]
    pub tag: Option<Tag>,
    /// How the data is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Carries `images.list` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let shape = context.shape(&args.output, &COLUMNS)?;
    let cloud = cloud::connect(context).await?;
    let (mut images, users) = tokio::try_join!(observe::images(&cloud), users(&cloud))?;
    images.sort_by(|a, b| a.name.cmp(&b.name));
    let rows: Vec<Vec<Value>> = images
        .iter()
        .filter(|image| args.tag.as_ref().is_none_or(|tag| has_tag(image, tag)))
        .map(|image| row(image, users.get(&image.id)))
        .collect();
    context.print_rows(&COLUMNS, &rows, &shape)
}

fn has_tag(image: &Image, tag: &Tag) -> bool {
    let tags = image.property(TAGS_PROPERTY).unwrap_or_default();
    crate::image::tags(tags).contains(tag)
}

fn row(image: &Image, users: Option<&BTreeSet<String>>) -> Vec<Value> {
    let property = |name| image.property(name).unwrap_or_default();
    let commit = property("ptero_commit");
    let users: Vec<&str> = users.into_iter().flatten().map(String::as_str).collect();
    let status = if image.status == ImageStatus::Active {
        "active"
    } else {
        "unfinished"
    };
    vec![
        json!(image.name),
        json!(property("ptero_service")),
        json!(property(TAGS_PROPERTY)),
        json!(commit.get(..COMMIT_SHOWN).unwrap_or(commit)),
        json!(digest::short(property("ptero_recipe"))),
        json!(image.size),
        json!(status),
        json!(users.join(", ")),
    ]
}
