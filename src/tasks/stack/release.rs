//! The template of an environment at a tag, checked against the cloud as far as
//! that is possible without writing: networks, flavors, quota.

use serde_json::{Map, Value};

use crate::apply::stack::StackSpec;
use crate::bake::ensure::{Images, choose_flavor};
use crate::bake::identify::Identified;
use crate::error::{Failure, Kind};
use crate::openstack::client::Cloud;
use crate::openstack::nova::Flavor;
use crate::plan::flavor::MEMBER;
use crate::plan::quota::{Demand, shortages};
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
        None => choose_flavor(cloud, None, MEMBER, "flavor").await,
    }
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
    }
}

/// Looks whether the cloud has what the stack names, and room for it. All that
/// is wrong is told at once.
pub async fn check_room(cloud: &Cloud, topology: &Topology) -> Result<(), Failure> {
    let stack = &topology.stack;
    let default_flavor = default_flavor(cloud, topology).await?;
    let (flavors, limits, quotas, network) = tokio::join!(
        async { cloud.nova().flavors().await },
        async { cloud.nova().limits().await },
        async { cloud.neutron().quotas().await },
        async { cloud.neutron().network(&stack.public_net_id).await },
    );
    let (flavors, limits, quotas) = (flavors?, limits?, quotas?);
    let mut problems = Vec::new();
    match network {
        Ok(network) if !network.external => problems.push(format!(
            "network `{}` is not external: no router can use it as its way out",
            stack.public_net_id
        )),
        Ok(_) => {}
        Err(error) => problems.push(format!("public_net_id: {error}")),
    }
    let mut wanted = Vec::new();
    for member in &topology.members {
        let role = &member.role;
        let named = stack
            .flavor_of(&role.service, &role.role)
            .unwrap_or(&default_flavor);
        match of_name(&flavors, named) {
            Some(flavor) => wanted.push(flavor),
            None => problems.push(format!("{role}: there is no flavor `{named}`")),
        }
    }
    problems.dedup();
    let count = i64::try_from(topology.members.len()).unwrap_or(i64::MAX);
    let cores: i64 = wanted.iter().map(|flavor| i64::from(flavor.vcpus)).sum();
    let memory: u64 = wanted.iter().map(|flavor| flavor.ram_mib).sum();
    let demand = |what, limit, used, wanted| Demand {
        what,
        limit,
        used,
        wanted,
    };
    problems.extend(shortages(&[
        demand(
            "servers",
            limits.max_total_instances,
            limits.total_instances_used,
            count,
        ),
        demand(
            "cores",
            limits.max_total_cores,
            limits.total_cores_used,
            cores,
        ),
        demand(
            "memory in MiB",
            limits.max_total_ram_mib,
            limits.total_ram_used_mib,
            i64::try_from(memory).unwrap_or(i64::MAX),
        ),
        demand("networks", quotas.network.limit, quotas.network.used, 1),
        demand("routers", quotas.router.limit, quotas.router.used, 1),
        demand(
            "floating IPs",
            quotas.floatingip.limit,
            quotas.floatingip.used,
            1,
        ),
        // One for each server, one for the router.
        demand("ports", quotas.port.limit, quotas.port.used, count + 1),
    ]));
    if problems.is_empty() {
        return Ok(());
    }
    let message = format!(
        "stack `{}` does not fit this project; nothing was touched",
        stack.stack_name
    );
    Err(Failure::new(Kind::Refused, message)
        .caused_by(problems.join("\n"))
        .hint("fewer members, other flavors, or a larger quota"))
}

fn of_name<'a>(flavors: &'a [Flavor], named: &str) -> Option<&'a Flavor> {
    flavors
        .iter()
        .find(|flavor| flavor.name == named || flavor.id == named)
}
