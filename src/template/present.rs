//! The members of a stack as its own template has them: what has to stay is put
//! into the next template word for word.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::drain;
use super::hot::{Resource, Term};
use super::model::{RenderedMember, Template};
use super::place::Placed;
use super::release::{JOURNAL, LOST_JOBS};
use super::{gate, names};
use crate::digest;
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
    /// The name or id of its flavor.
    pub flavor: String,
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

    /// The resources beside members that `template` has otherwise, or only one of
    /// the two has. What an update itself needs is left out.
    pub fn other_infrastructure(&self, template: &Template) -> Vec<String> {
        let (mine, theirs) = (
            infrastructure(&self.template),
            infrastructure(&template.json),
        );
        let mut names: Vec<String> = mine
            .iter()
            .filter(|(name, definition)| theirs.get(*name) != Some(definition))
            .map(|(name, _)| (*name).clone())
            .collect();
        let added = theirs.keys().filter(|name| !mine.contains_key(*name));
        names.extend(added.map(|name| (*name).clone()));
        names
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
        let property = |name: &str| definition.get("properties")?.get(name)?.as_str();
        Some(PresentMember {
            rendered: RenderedMember {
                member,
                name: member_name.to_owned(),
                resource: name.to_owned(),
                digest: text("ptero_digest")?.to_owned(),
            },
            image: property("image")?.to_owned(),
            flavor: property("flavor")?.to_owned(),
            file: self.files.get(&resource.kind)?.clone(),
            resource,
        })
    }
}

impl PresentMember {
    /// Ready to stay: word for word, but for what becomes of its jobs when it goes,
    /// which is said anew each time.
    pub(super) fn placed(&self, topology: &Topology) -> Placed {
        let own_port = !self.resource.properties.contains_key("port");
        let mut resource = self.resource.clone();
        if let Some(Term::Plain(drain)) = resource.properties.get_mut("drain_document") {
            drain::renew(drain, topology);
        }
        let rendered = self.rendered.clone();
        let address = if own_port {
            Term::attr(&rendered.resource, "address")
        } else {
            Term::address(&names::fixed_port(&rendered.member.role))
        };
        Placed {
            rendered,
            resource,
            file: (self.resource.kind.clone(), self.file.clone()),
            address,
        }
    }
}

/// The digest of all that `template` has beside members and what an update itself needs.
pub fn infrastructure_digest(template: &Template) -> String {
    digest::of(&json!(infrastructure(&template.json)))
}

fn infrastructure(template: &Value) -> IndexMap<&String, &Value> {
    let resources = template.get("resources").and_then(Value::as_object);
    resources
        .into_iter()
        .flatten()
        .filter(|(name, definition)| is_infrastructure(name, definition))
        .collect()
}

fn is_infrastructure(name: &str, definition: &Value) -> bool {
    let kind = definition.get("type").and_then(Value::as_str);
    let told = [JOURNAL, LOST_JOBS].contains(&name);
    let of_updates = gate::is_gate(name) || names::is_backends(name) || told;
    !of_updates && !kind.is_some_and(is_member)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::infrastructure;

    #[test]
    fn members_and_what_updates_need_are_no_infrastructure() {
        let template = json!({"resources": {
            "subnet": {"type": "OS::Neutron::Subnet"},
            "job_worker_default_0_0a1b2c3d": {"type": "member-0a1b2c3d.yaml"},
            "verified": {"type": "OS::Heat::WaitCondition"},
            "backends": {"type": "OS::Heat::SoftwareDeployment"},
            "journal": {"type": "OS::Heat::WaitConditionHandle"},
        }});
        let names: Vec<&String> = infrastructure(&template).into_keys().collect();
        assert_eq!(names, ["subnet"]);
        assert!(infrastructure(&json!({})).is_empty());
    }
}
