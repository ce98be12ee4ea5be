//! The members of a stack as its own template has them: what has to stay is put
//! into the next template word for word.

use indexmap::IndexMap;
use serde_json::Value;

use super::hot::{Resource, Term};
use super::model::RenderedMember;
use super::names;
use super::place::Placed;
use crate::name::{PoolName, RoleName, ServiceName};
use crate::topology::{Kind, Member, RoleKey, Topology};

/// The type of members begins so: the name of their nested template.
const MEMBER_TYPE: &str = "member-";

/// A stack's template, as Heat has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Present {
    /// The root template, as JSON.
    pub template: Value,
    /// The texts of nested templates, by the name they are called by.
    pub files: IndexMap<String, String>,
}

/// A member of a stack, as its template has it.
#[derive(Debug, Clone, PartialEq)]
pub struct PresentMember {
    /// Its place, name, resource and digest.
    pub rendered: RenderedMember,
    /// The id of the image that it was made from.
    pub image: String,
    pub(super) resource: Resource,
    pub(super) file: String,
}

impl Present {
    /// Every member, in the template's order. What does not look like one of ours
    /// is none.
    pub fn members(&self, topology: &Topology) -> Vec<PresentMember> {
        self.resources()
            .filter_map(|(name, definition)| self.member(topology, name, definition))
            .collect()
    }

    pub(super) fn resources(&self) -> impl Iterator<Item = (&String, &Value)> {
        let resources = self.template.get("resources").and_then(Value::as_object);
        resources.into_iter().flatten()
    }

    fn member(&self, topology: &Topology, name: &str, definition: &Value) -> Option<PresentMember> {
        let resource = Resource::read(definition)?;
        if !is_member(&resource.kind) {
            return None;
        }
        let metadata = definition.get("properties")?.get("metadata")?;
        let text = |key: &str| metadata.get(key).and_then(Value::as_str);
        let service = ServiceName::new(text("ptero_service")?).ok()?;
        let member_name = text("ptero_member")?;
        let member = Member {
            kind: kind(topology, &service, &resource),
            role: RoleKey {
                service,
                role: RoleName::new(text("ptero_role")?).ok()?,
            },
            pool: PoolName::new(text("ptero_pool")?).ok()?,
            slot: slot(member_name)?,
        };
        let image = definition.get("properties")?.get("image")?.as_str()?;
        Some(PresentMember {
            rendered: RenderedMember {
                member,
                name: member_name.to_owned(),
                resource: name.to_owned(),
                digest: text("ptero_digest")?.to_owned(),
            },
            image: image.to_owned(),
            file: self.files.get(&resource.kind)?.clone(),
            resource,
        })
    }
}

impl PresentMember {
    pub(super) fn placed(&self) -> Placed {
        let own_port = !self.resource.properties.contains_key("port");
        let rendered = self.rendered.clone();
        let address = if own_port {
            Term::attr(&rendered.resource, "address")
        } else {
            Term::address(&names::fixed_port(&rendered.member.role))
        };
        Placed {
            rendered,
            resource: self.resource.clone(),
            file: (self.resource.kind.clone(), self.file.clone()),
            address,
        }
    }
}

pub(super) fn is_member(kind: &str) -> bool {
    kind.starts_with(MEMBER_TYPE)
}

/// A service that the catalogue no longer has is an application: of the others
/// there is always one.
fn kind(topology: &Topology, service: &ServiceName, resource: &Resource) -> Kind {
    match topology.services.get(service) {
        Some(service) => service.kind,
        None if resource.properties.contains_key("port") => Kind::Gateway,
        None => Kind::Application,
    }
}

/// The slot in `service-role-pool-SLOT-digest`.
fn slot(name: &str) -> Option<u32> {
    name.rsplit('-').nth(1)?.parse().ok()
}
