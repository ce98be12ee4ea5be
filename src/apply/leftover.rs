//! What of an environment is still there: a comparison of two lists.

use std::fmt;

use crate::openstack::stack::Resource;

/// Kind of thing that a stack can leave behind, in the order of removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ThingKind {
    /// A nested stack.
    Stack,
    /// A server.
    Server,
    /// A floating IP.
    FloatingIp,
    /// A port.
    Port,
    /// A volume.
    Volume,
    /// A router.
    Router,
    /// A network.
    Network,
    /// A security group.
    SecurityGroup,
}

impl fmt::Display for ThingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stack => "stack",
            Self::Server => "server",
            Self::FloatingIp => "floating IP",
            Self::Port => "port",
            Self::Volume => "volume",
            Self::Router => "router",
            Self::Network => "network",
            Self::SecurityGroup => "security group",
        })
    }
}

/// A thing in the cloud.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thing {
    /// What it is.
    pub kind: ThingKind,
    /// Its id.
    pub id: String,
    /// Its name, or a floating IP's address; may be empty.
    pub name: String,
}

/// A thing that should be gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The thing.
    pub thing: Thing,
    /// Whether it certainly was the stack's; else only its name says so, and it is
    /// not touched.
    pub certain: bool,
    /// Why it is still there; empty where unknown.
    pub reason: String,
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Thing { kind, id, name } = &self.thing;
        write!(f, "{kind} {id}")?;
        if !name.is_empty() {
            write!(f, " `{name}`")?;
        }
        if !self.certain {
            f.write_str(" (by its name)")?;
        }
        if self.reason.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.reason)
        }
    }
}

/// The real things of a stack, from its resources of all depths.
pub fn inventory(resources: &[Resource]) -> Vec<Thing> {
    let thing = |resource: &Resource| {
        let kind = match resource.kind.as_str() {
            _ if resource.nested().is_some() => ThingKind::Stack,
            "OS::Nova::Server" => ThingKind::Server,
            "OS::Neutron::FloatingIP" => ThingKind::FloatingIp,
            "OS::Neutron::Port" => ThingKind::Port,
            "OS::Cinder::Volume" => ThingKind::Volume,
            "OS::Neutron::Router" => ThingKind::Router,
            "OS::Neutron::Net" => ThingKind::Network,
            "OS::Neutron::SecurityGroup" => ThingKind::SecurityGroup,
            _ => return None,
        };
        let id = resource.physical_id.clone();
        (!id.is_empty()).then(|| Thing {
            kind,
            id,
            name: resource.name.clone(),
        })
    };
    resources.iter().filter_map(thing).collect()
}

/// What of the stack is still among `seen`: by the ids of its inventory, or by names
/// that begin with the stack's as Heat's do, unless they belong to another stack
/// whose longer name begins the same way.
pub fn leftovers(
    inventory: &[Thing],
    seen: &[Thing],
    stack: &str,
    other_stacks: &[String],
) -> Vec<Leftover> {
    let belongs = |name: &str, stack: &str| {
        name.strip_prefix(stack)
            .is_some_and(|rest| rest.starts_with('-'))
    };
    let ours = |name: &str| {
        belongs(name, stack)
            && !other_stacks
                .iter()
                .any(|other| belongs(other, stack) && (name == other || belongs(name, other)))
    };
    let mut left: Vec<Leftover> = seen
        .iter()
        .filter_map(|thing| {
            let certain = inventory
                .iter()
                .any(|known| known.kind == thing.kind && known.id == thing.id);
            (certain || ours(&thing.name)).then(|| Leftover {
                thing: thing.clone(),
                certain,
                reason: String::new(),
            })
        })
        .collect();
    left.sort_by(|a, b| a.thing.cmp(&b.thing));
    left
}

#[cfg(test)]
mod tests {
    use super::{Thing, ThingKind, leftovers};

    fn thing(kind: ThingKind, id: &str, name: &str) -> Thing {
        Thing {
            kind,
            id: id.to_owned(),
            name: name.to_owned(),
        }
    }

    #[test]
    fn ids_are_certain_names_are_a_hint_and_a_longer_stack_keeps_its_own() {
        use ThingKind::{Network, Port, Server};
        let inventory = [thing(Server, "1", "server"), thing(Port, "2", "port")];
        let seen = [
            thing(Network, "9", "staging-net-abc"),
            thing(Server, "1", "renamed"),
            thing(Server, "2", "an id of another kind"),
            thing(Server, "3", "staging-2-web-abc"),
            thing(Server, "4", "stagingx"),
        ];
        let left = leftovers(&inventory, &seen, "staging", &["staging-2".to_owned()]);
        let texts: Vec<String> = left.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "server 1 `renamed`",
                "network 9 `staging-net-abc` (by its name)"
            ]
        );
    }
}
