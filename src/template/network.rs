//! The stack's own network, the way out of it, and the one address that is
//! reached from outside.

use super::hot::{Resource, Term};
use super::names;
use crate::topology::{Kind, RoleKey, Topology};

pub(super) fn resources(topology: &Topology) -> Vec<(String, Resource)> {
    let stack = &topology.stack;
    let dns = Some(&stack.dns_nameservers)
        .filter(|servers| !servers.is_empty())
        .map(|servers| Term::from(servers.clone()));
    let network = Resource::new(
        "OS::Neutron::Net",
        [("name", stack.stack_name.as_str().into())],
    );
    let subnet = Resource::new(
        "OS::Neutron::Subnet",
        [
            ("network", Term::resource(names::NETWORK)),
            ("cidr", stack.network_cidr.to_string().into()),
        ],
    )
    .with("dns_nameservers", dns);
    let router = Resource::new(
        "OS::Neutron::Router",
        [(
            "external_gateway_info",
            Term::map([("network", Term::param(names::PUBLIC_NET))]),
        )],
    );
    let interface = Resource::new(
        "OS::Neutron::RouterInterface",
        [
            ("router", Term::resource(names::ROUTER)),
            ("subnet", Term::resource(names::SUBNET)),
        ],
    );
    let mut resources = vec![
        (names::NETWORK.to_owned(), network),
        (names::SUBNET.to_owned(), subnet),
        (names::ROUTER.to_owned(), router),
        (names::ROUTER_INTERFACE.to_owned(), interface),
    ];
    // The gateway's comes first: its address goes into everybody's environment.
    let kinds = [Kind::Gateway, Kind::Postgresql, Kind::Rabbitmq, Kind::Redis];
    for role in kinds.into_iter().filter_map(|kind| topology.of_kind(kind)) {
        resources.push((names::fixed_port(&role), port(&role)));
    }
    resources.extend(topology.gateway().map(|role| {
        let address = Resource::new(
            "OS::Neutron::FloatingIP",
            [
                ("floating_network", Term::param(names::PUBLIC_NET)),
                ("port_id", Term::resource(&names::fixed_port(&role))),
            ],
        );
        // Neutron refuses the address while no router joins both networks.
        let address = address.after(names::ROUTER_INTERFACE);
        (names::FLOATING_IP.to_owned(), address)
    }));
    resources
}

/// A port outside its server's own stack: its address is known before there is a
/// server, so that all servers can be made at once.
fn port(role: &RoleKey) -> Resource {
    let subnet = Term::map([("subnet", Term::resource(names::SUBNET))]);
    let group = Term::resource(&names::security_group(role));
    Resource::new(
        "OS::Neutron::Port",
        [
            ("network", Term::resource(names::NETWORK)),
            ("fixed_ips", Term::List(vec![subnet])),
            ("security_groups", Term::List(vec![group])),
        ],
    )
}
