//! The release that an environment shall run: of a tag, or one that ran before.

use crate::apply::lock::Lease;
use crate::bake::ensure::{Images, observed};
use crate::bake::identify::Identified;
use crate::bake::run::Kitchen;
use crate::error::{Failure, Kind};
use crate::name::Tag;
use crate::openstack::client::Cloud;
use crate::plan::images::usable;
use crate::tasks::context::Context;
use crate::tasks::operator::{now, operator};
use crate::tasks::stack::release::{default_flavor, for_members};
use crate::template::release::{self, ReleaseRecord};
use crate::template::{ImageRef, ReleaseInput, Template, render};
use crate::topology::Topology;

/// A release, ready to be brought in.
pub struct Goal {
    /// What the template is made from.
    pub release: ReleaseInput,
    /// The stack that it comes to.
    pub template: Template,
    /// What will be told of it.
    pub record: ReleaseRecord,
}

/// The release of a tag; images that are missing are built first.
pub async fn built(
    kitchen: &Kitchen<'_>,
    context: &Context,
    topology: &Topology,
    lease: &Lease,
) -> Result<Goal, Failure> {
    lease.step("images").await?;
    let images = kitchen.ensure(&context.interrupt).await?;
    of_tag(kitchen.cloud, topology, kitchen.identified, images).await
}

/// The release of a tag, whose images are there.
pub async fn of_tag(
    cloud: &Cloud,
    topology: &Topology,
    identified: &Identified,
    images: Images,
) -> Result<Goal, Failure> {
    let release = ReleaseInput {
        tag: identified.tag.clone(),
        commits: identified.commits.clone(),
        images,
        default_flavor: default_flavor(cloud, topology).await?,
        cloud_ca: for_members(cloud)?,
    };
    goal(topology, release)
}

/// A release that ran before, from what the stack remembers of it. Its images are
/// found by their digests: a tag may have moved on since.
pub async fn of_record(
    cloud: &Cloud,
    topology: &Topology,
    record: &ReleaseRecord,
) -> Result<Goal, Failure> {
    let facts = observed(cloud).await?;
    let mut images = Images::new();
    let mut missing: Vec<String> = Vec::new();
    for recipe in topology.recipes.values() {
        let digest = record.images.get(recipe.as_str());
        let image = digest.and_then(|digest| usable(digest, &facts).map(|image| (digest, image)));
        match image {
            Some((digest, image)) => {
                let reference = ImageRef {
                    id: image.id.clone(),
                    digest: digest.clone(),
                };
                images.insert(recipe.clone(), reference);
            }
            None => missing.push(recipe.to_string()),
        }
    }
    missing.dedup();
    if !missing.is_empty() {
        let message = format!(
            "release `{}` ({}) cannot be had again",
            record.tag, record.id
        );
        let missing = missing.join("`, `");
        return Err(Failure::new(Kind::Refused, message)
            .caused_by(format!("no image with the recorded digest: `{missing}`"))
            .hint(format!(
                "`ptero-deploy images build {}` makes images anew",
                record.tag
            )));
    }
    let tag = Tag::new(&record.tag).map_err(|error| {
        Failure::new(Kind::Failed, "the record cannot be read").caused_by(error)
    })?;
    let release = ReleaseInput {
        tag,
        commits: record.commits.clone(),
        images,
        default_flavor: default_flavor(cloud, topology).await?,
        cloud_ca: for_members(cloud)?,
    };
    goal(topology, release)
}

fn goal(topology: &Topology, release: ReleaseInput) -> Result<Goal, Failure> {
    let template = render(topology, &release).map_err(|error| {
        let message = format!("no template for `{}`", topology.env);
        Failure::new(Kind::Failed, message).caused_by(error)
    })?;
    let record = release::record(
        &topology.env,
        &topology.catalog,
        &release,
        &template.members,
        &operator(),
        &now(),
    );
    Ok(Goal {
        release,
        template,
        record,
    })
}
