//! Whether the cloud has what a stack names, and room for it: asked before
//! anything is made, and all that is wrong is told at once.

use crate::bake::run::Kitchen;
use crate::error::{Failure, Kind};
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::neutron::Network;
use crate::plan::update::short_for_new_stack;
use crate::tasks::observe::{flavor, room, size};
use crate::tasks::stack::release::default_flavor;
use crate::topology::Topology;

/// Refuses what cannot come up, before so much as the environment's lock is written:
/// images that cannot be built, and a stack, where none is there yet, that has no place.
pub async fn beforehand(kitchen: &Kitchen<'_>, topology: &Topology) -> Result<(), Failure> {
    for_new(kitchen.cloud, topology).await?;
    kitchen.check().await
}

/// Refuses a stack that cannot come up; one that is there already has its place.
pub async fn for_new(cloud: &Cloud, topology: &Topology) -> Result<(), Failure> {
    let name = topology.stack.stack_name.as_str();
    if cloud.heat().find_stack(name).await?.is_none() {
        check(cloud, topology).await?;
    }
    Ok(())
}

async fn check(cloud: &Cloud, topology: &Topology) -> Result<(), Failure> {
    let default_flavor = default_flavor(cloud, topology).await?;
    let (nova, neutron) = (cloud.nova(), cloud.neutron());
    let (flavors, room, network) = tokio::join!(
        nova.flavors(),
        room(cloud),
        neutron.network(&topology.stack.public_net_id),
    );
    let (flavors, room) = (flavors?, room?);
    let name = &topology.stack.stack_name;
    let mut unknown: Vec<String> = network_problem(network, topology).into_iter().collect();
    let mut wanted = Vec::new();
    for member in &topology.members {
        let role = &member.role;
        let named = topology.stack.flavor_of(&role.service, &role.role);
        let named = named.unwrap_or(&default_flavor);
        match flavor(&flavors, named) {
            Some(flavor) => wanted.push((member, size(flavor))),
            None => unknown.push(format!("{role}: there is no flavor `{named}`")),
        }
    }
    unknown.dedup();
    if !unknown.is_empty() {
        let message = format!("stack `{name}` names what is not there; nothing was touched");
        return Err(Failure::new(Kind::Usage, message).caused_by(unknown.join("\n")));
    }
    let short = short_for_new_stack(&room, &wanted);
    if short.is_empty() {
        return Ok(());
    }
    let message = format!("stack `{name}` does not fit this project; nothing was touched");
    Err(Failure::new(Kind::Refused, message)
        .caused_by(short.join("\n"))
        .hint("fewer members, smaller flavors, or a larger quota"))
}

fn network_problem(network: Result<Network, CloudError>, topology: &Topology) -> Option<String> {
    match network {
        Ok(network) if network.external => None,
        Ok(_) => Some(format!(
            "public_net_id: network `{}` is not external: no router can use it as its way out",
            topology.stack.public_net_id
        )),
        Err(error) => Some(format!("public_net_id: {error}")),
    }
}
