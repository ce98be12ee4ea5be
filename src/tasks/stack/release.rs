//! What a release takes from the cloud, and what Heat is asked for with its template.

use serde_json::{Map, Value};

use crate::apply::stack::StackSpec;
use crate::bake::ensure::choose_flavor;
use crate::error::Failure;
use crate::openstack::client::Cloud;
use crate::plan::flavor::MEMBER;
use crate::template::Template;
use crate::topology::Topology;

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
