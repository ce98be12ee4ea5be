//! What a member is told before it goes: the document of its deployment `drain`.
//! It is no part of the member's digest, as a changed policy is no new member.

use serde_json::Value;

use super::boot::{VERSION, processes};
use super::hot::Term;
use crate::topology::{Member, Ready, Topology};

/// The drain document of `member`, called `name`.
pub(super) fn document(topology: &Topology, member: &Member, name: &str) -> Term {
    // A topology's members are of its own services and roles.
    let service = &topology.services[&member.role.service];
    let role = &service.roles[&member.role.role];
    let celery = match &role.ready {
        Some(Ready::Celery(node)) => node.as_str().into(),
        _ => Term::NULL,
    };
    Term::map([
        ("version", VERSION.into()),
        ("task", "drain".into()),
        ("member", name.into()),
        ("service", member.role.service.as_str().into()),
        ("role", member.role.role.as_str().into()),
        ("kind", member.kind.as_str().into()),
        ("processes", processes(service, member).into()),
        ("celery", celery),
        ("deadline_s", deadline_s(topology).into()),
        ("policy", topology.stack.drain_policy.as_str().into()),
    ])
}

/// Puts what the configuration says now into a document that is there.
pub(super) fn renew(document: &mut Value, topology: &Topology) {
    if document.is_object() {
        document["deadline_s"] = deadline_s(topology).into();
        document["policy"] = topology.stack.drain_policy.as_str().into();
    }
}

fn deadline_s(topology: &Topology) -> u32 {
    topology.stack.drain_deadline_minutes * 60
}
