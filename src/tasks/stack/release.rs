//! The template of an environment at a tag, and what Heat is asked for with it.

use serde_json::{Map, Value};

use crate::apply::stack::StackSpec;
use crate::bake::ensure::{Images, choose_flavor};
use crate::bake::identify::Identified;
use crate::error::{Failure, Kind};
use crate::openstack::client::Cloud;
use crate::plan::flavor::MEMBER;
use crate::template::{self, ReleaseInput, Template};
use crate::topology::Topology;

/// Renders the template for images that are there.
pub async fn template(
    cloud: &Cloud,
    topology: &Topology,
    identified: &Identified,
    images: Images,
) -> Result<Template, Failure> {
    let release = ReleaseInput {
        tag: identified.tag.clone(),
        commits: identified.commits.clone(),
        images,
        default_flavor: default_flavor(cloud, topology).await?,
        cloud_ca: for_members(cloud)?,
    };
    template::render(topology, &release).map_err(|error| {
        let message = format!("no template for `{}`", topology.env);
        Failure::new(Kind::Failed, message).caused_by(error)
    })
}

/// The flavor of roles for which the configuration names none.
pub async fn default_flavor(cloud: &Cloud, topology: &Topology) -> Result<String, Failure> {
    match &topology.stack.flavor {
        Some(named) => Ok(named.clone()),
        None => choose_flavor(cloud, MEMBER, "flavor").await,
    }
}

/// Each member's resource has the text, and Heat takes templates of 512 KiB: enough for
/// fifty members. An authority of one's own takes 2 KiB, all that a browser knows 200.
const CA_MAX_BYTES: usize = 8 * 1024;

/// The authority that members need to reach the cloud.
pub fn for_members(cloud: &Cloud) -> Result<Option<String>, Failure> {
    let given = cloud.authority()?;
    if given.as_ref().is_some_and(|pem| pem.len() > CA_MAX_BYTES) {
        cloud.reporter().warn(
            format!("the CA bundle (OS_CACERT) is longer than {CA_MAX_BYTES} bytes, so members do not get it"),
            "they trust what their base image trusts; where that is too little, name a file with the cloud's own authority alone",
        );
        return Ok(None);
    }
    Ok(given)
}

/// What Heat will be asked for.
pub fn spec(topology: &Topology, template: Template) -> StackSpec {
    let files: Map<String, Value> = template
        .files
        .into_iter()
        .map(|(name, text)| (name, Value::String(text)))
        .collect();
    StackSpec {
        name: topology.stack.stack_name.clone(),
        template: template.json,
        files,
        parameters: Map::new(),
        digest: template.digest,
        tags: template.tags,
        timeout_mins: topology.stack.create_timeout_minutes,
        member_deadline_s: topology.stack.member_deadline_s,
    }
}
