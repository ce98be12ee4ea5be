//! Who calls whom: what a firewall has to let through, and no more.

use indexmap::IndexMap;

use super::catalog::{Kind, Service};
use super::model::{Flow, Party, RoleKey};
use crate::name::{RoleName, ServiceName};

/// Every flow between the roles of `services`, and from clients.
pub(super) fn flows(services: &IndexMap<ServiceName, Service>) -> Vec<Flow> {
    let applications = services
        .iter()
        .filter(|(_, service)| service.kind == Kind::Application);
    let mut flows = Vec::new();
    for (name, service) in applications {
        if let Some(gateway) = server(services, Kind::Gateway) {
            through_the_gateway(&mut flows, services, name, service, &gateway);
        }
        let needs = service.needs().filter(|(kind, _)| *kind != Kind::Gateway);
        for (kind, why) in needs {
            let Some(backing) = server(services, kind) else {
                continue;
            };
            let port = services
                .get(&backing.service)
                .and_then(|backing| backing.port);
            let why = why.trim_matches('`');
            for role in service.roles.keys() {
                flows.extend(port.map(|port| Flow {
                    from: Party::Role(key(name, role)),
                    to: backing.clone(),
                    port,
                    purpose: format!("{why} of {name}"),
                }));
            }
        }
    }
    flows
}

/// To the gateway from whoever may use the service, and on to who answers.
fn through_the_gateway(
    flows: &mut Vec<Flow>,
    services: &IndexMap<ServiceName, Service>,
    name: &ServiceName,
    service: &Service,
    gateway: &RoleKey,
) {
    let Some(port) = service.port else {
        return;
    };
    let mut flow = |from: Party, to: &RoleKey, purpose: String| {
        flows.push(Flow {
            from,
            to: to.clone(),
            port,
            purpose,
        });
    };
    if service.public {
        flow(Party::Clients, gateway, format!("{name} for clients"));
    }
    for (caller, other) in services {
        for (role_name, role) in &other.roles {
            if role.reaches.contains(name) {
                let from = Party::Role(key(caller, role_name));
                flow(from, gateway, format!("{name} for {caller} {role_name}"));
            }
        }
    }
    for role in service.roles.keys() {
        if role.as_str() == Service::WEB_ROLE {
            let from = Party::Role(gateway.clone());
            flow(from, &key(name, role), format!("{name} behind the gateway"));
        }
    }
}

fn server(services: &IndexMap<ServiceName, Service>, kind: Kind) -> Option<RoleKey> {
    let (name, service) = services.iter().find(|(_, service)| service.kind == kind)?;
    let role = service.roles.keys().next()?;
    Some(key(name, role))
}

fn key(service: &ServiceName, role: &RoleName) -> RoleKey {
    RoleKey {
        service: service.clone(),
        role: role.clone(),
    }
}
