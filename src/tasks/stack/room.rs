//! Whether the cloud has what a stack names, and room for it: asked before
//! anything is made, and all that is wrong is told at once.

use crate::error::{Failure, Kind};
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::neutron::{Network, Quotas};
use crate::openstack::nova::{Flavor, Limits};
use crate::plan::quota::{Demand, shortages};
use crate::tasks::stack::release::default_flavor;
use crate::topology::Topology;

/// Refuses a stack that cannot come up.
pub async fn check(cloud: &Cloud, topology: &Topology) -> Result<(), Failure> {
    let default_flavor = default_flavor(cloud, topology).await?;
    let (nova, neutron) = (cloud.nova(), cloud.neutron());
    let (flavors, limits, quotas, network) = tokio::join!(
        nova.flavors(),
        nova.limits(),
        neutron.quotas(),
        neutron.network(&topology.stack.public_net_id),
    );
    let (flavors, limits, quotas) = (flavors?, limits?, quotas?);
    let name = &topology.stack.stack_name;
    let mut unknown: Vec<String> = network_problem(network, topology).into_iter().collect();
    let mut wanted = Vec::new();
    for member in &topology.members {
        let role = &member.role;
        let named = topology.stack.flavor_of(&role.service, &role.role);
        let named = named.unwrap_or(&default_flavor);
        match flavors
            .iter()
            .find(|one| one.name == named || one.id == named)
        {
            Some(flavor) => wanted.push(flavor),
            None => unknown.push(format!("{role}: there is no flavor `{named}`")),
        }
    }
    unknown.dedup();
    if !unknown.is_empty() {
        let message = format!("stack `{name}` names what is not there; nothing was touched");
        return Err(Failure::new(Kind::Usage, message).caused_by(unknown.join("\n")));
    }
    let short = shortages(&demands(topology, &wanted, &limits, &quotas));
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

fn demands(
    topology: &Topology,
    flavors: &[&Flavor],
    limits: &Limits,
    quotas: &Quotas,
) -> [Demand; 8] {
    let demand = |what, limit, used, wanted| Demand {
        what,
        limit,
        used,
        wanted,
    };
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let members = count(topology.members.len());
    let cores = flavors.iter().map(|flavor| i64::from(flavor.vcpus)).sum();
    let memory: u64 = flavors.iter().map(|flavor| flavor.ram_mib).sum();
    let memory = i64::try_from(memory).unwrap_or(i64::MAX);
    let of = |what, quota: &crate::openstack::neutron::Quota, wanted| {
        demand(what, quota.limit, quota.used, wanted)
    };
    [
        demand(
            "servers",
            limits.max_total_instances,
            limits.total_instances_used,
            members,
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
            memory,
        ),
        of("networks", &quotas.network, 1),
        of("routers", &quotas.router, 1),
        of("floating IPs", &quotas.floatingip, 1),
        // One for each server, one for the router.
        of("ports", &quotas.port, members + 1),
        of(
            "security groups",
            &quotas.security_group,
            count(topology.roles().len()),
        ),
    ]
}
