//! Security groups: one per role, open for the topology's flows and nothing else.
//!
//! Rules are resources of their own, because groups that name each other in their
//! rules could not be made in any order.

use indexmap::IndexMap;

use super::hot::{Resource, Term};
use super::names;
use crate::topology::{Party, RoleKey, Topology};

/// Where a rule lets traffic in from.
enum Source {
    Group(String),
    Range(Term),
}

pub(super) fn resources(topology: &Topology) -> Vec<(String, Resource)> {
    let mut groups = Vec::new();
    let mut rules: IndexMap<String, Resource> = IndexMap::new();
    for role in all_roles(topology) {
        let description = format!("{role} of PTero in {}", topology.env);
        let name = format!(
            "{}-{}-{}",
            topology.stack.stack_name, role.service, role.role
        );
        let group = Resource::new(
            "OS::Neutron::SecurityGroup",
            [("name", name.into()), ("description", description.into())],
        );
        groups.push((names::security_group(&role), group));
    }
    for flow in &topology.flows {
        let to = names::security_group(&flow.to);
        match &flow.from {
            Party::Clients => {
                for (suffix, range) in client_ranges(topology) {
                    let name = format!("{to}_{}_from_{suffix}", flow.port);
                    rules.insert(name, rule(&to, flow.port, Source::Range(range)));
                }
            }
            Party::Role(from) => {
                let from = names::security_group(from);
                let name = format!("{to}_{}_from_{}", flow.port, &from["group_".len()..]);
                rules.insert(name, rule(&to, flow.port, Source::Group(from)));
            }
        }
    }
    rules.extend(logging_in(topology));
    groups.into_iter().chain(rules).collect()
}

/// All roles of the deployed services: also one without members now may have some
/// after the next update, and others' rules name its group.
fn all_roles(topology: &Topology) -> Vec<RoleKey> {
    topology
        .services
        .iter()
        .flat_map(|(service, entry)| {
            entry.roles.keys().map(|role| RoleKey {
                service: service.clone(),
                role: role.clone(),
            })
        })
        .collect()
}

/// From where public services are used. Members use them by the address that is
/// told to clients, and such traffic comes back through the router, which puts its
/// own outside address on it: no group matches it, so that address is let in.
fn client_ranges(topology: &Topology) -> Vec<(&'static str, Term)> {
    let clients = topology.stack.client_cidr;
    let mut ranges = vec![("clients", clients.to_string().into())];
    if !clients.is_any() {
        let address = Term::Attr(vec![
            names::ROUTER.into(),
            "external_gateway_info".into(),
            "external_fixed_ips".into(),
            0.into(),
            "ip_address".into(),
        ]);
        let range = Term::Replace {
            template: "<%0%>/32".to_owned(),
            params: [("<%0%>".to_owned(), address)].into(),
        };
        ranges.push(("router", range));
    }
    ranges
}

/// With a key, logging in at the gateway, and from there everywhere.
fn logging_in(topology: &Topology) -> Vec<(String, Resource)> {
    const SSH: u16 = 22;
    let (Some(cidr), Some(_), Some(gateway)) = (
        topology.stack.ssh_cidr,
        &topology.stack.key_name,
        topology.gateway(),
    ) else {
        return Vec::new();
    };
    let entrance = names::security_group(&gateway);
    all_roles(topology)
        .iter()
        .map(|role| {
            let to = names::security_group(role);
            let source = if *role == gateway {
                Source::Range(cidr.to_string().into())
            } else {
                Source::Group(entrance.clone())
            };
            (format!("{to}_{SSH}"), rule(&to, SSH, source))
        })
        .collect()
}

fn rule(group: &str, port: u16, from: Source) -> Resource {
    let (key, source) = match from {
        Source::Group(name) => ("remote_group", Term::resource(&name)),
        Source::Range(range) => ("remote_ip_prefix", range),
    };
    Resource::new(
        "OS::Neutron::SecurityGroupRule",
        [
            ("security_group", Term::resource(group)),
            ("direction", "ingress".into()),
            ("ethertype", "IPv4".into()),
            ("protocol", "tcp".into()),
            ("port_range_min", port.into()),
            ("port_range_max", port.into()),
            (key, source),
        ],
    )
}
