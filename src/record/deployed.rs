//! A stack's outputs, read back.

use serde::Deserialize;
use serde_json::Value;

use crate::name::{PoolName, RoleName, ServiceName};
use crate::openstack::stack::Output;
use crate::template::release::ReleaseRecord;
use crate::topology::{Member, RoleKey, Topology};

/// What runs in a stack, as its outputs tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployed {
    /// The gateway's address for whoever is outside.
    pub address: String,
    /// Every server.
    pub members: Vec<DeployedMember>,
    /// The release.
    pub release: ReleaseRecord,
}

/// One server of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DeployedMember {
    /// Its name, which is its host name too.
    pub name: String,
    /// Its service.
    pub service: ServiceName,
    /// Its role.
    pub role: RoleName,
    /// Its pool.
    pub pool: PoolName,
    /// Its place in the pool.
    pub slot: u32,
    /// Its address inside.
    pub address: String,
    /// Nova's id of it.
    pub server_id: String,
}

/// Why outputs cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// An output is missing, or has no value yet.
    #[error("the stack has no output `{0}` (yet)")]
    Missing(&'static str),
    /// An output is not of the form that this version writes.
    #[error("the stack's output `{name}` is not of this program's form")]
    Form {
        /// The output.
        name: &'static str,
        /// What was found.
        #[source]
        source: serde_json::Error,
    },
}

impl Deployed {
    /// Reads the outputs of a stack.
    pub fn read(outputs: &[Output]) -> Result<Self, Unreadable> {
        Ok(Self {
            address: parsed(outputs, "address")?,
            members: members(outputs)?,
            release: parsed(outputs, "release")?,
        })
    }

    /// The members as the topology has them, each with its host name.
    pub fn hosts(&self, topology: &Topology) -> Vec<(Member, String)> {
        let host = |member: &DeployedMember| {
            let kind = topology.services.get(&member.service)?.kind;
            let place = Member {
                role: RoleKey {
                    service: member.service.clone(),
                    role: member.role.clone(),
                },
                kind,
                pool: member.pool.clone(),
                slot: member.slot,
            };
            Some((place, member.name.clone()))
        };
        self.members.iter().filter_map(host).collect()
    }

    /// The first member of a service.
    pub fn member_of(&self, service: &ServiceName) -> Option<&DeployedMember> {
        self.members
            .iter()
            .find(|member| member.service == *service)
    }
}

/// The servers that are there: in the middle of an update some are still to come,
/// and have no address yet.
fn members(outputs: &[Output]) -> Result<Vec<DeployedMember>, Unreadable> {
    let mut entries: Vec<Value> = parsed(outputs, "members")?;
    entries.retain(|entry| !entry["address"].is_null() && !entry["server_id"].is_null());
    let name = "members";
    serde_json::from_value(Value::Array(entries))
        .map_err(|source| Unreadable::Form { name, source })
}

fn parsed<T: serde::de::DeserializeOwned>(
    outputs: &[Output],
    name: &'static str,
) -> Result<T, Unreadable> {
    let value = outputs
        .iter()
        .find(|output| output.key == name)
        .map(|output| &output.value);
    let value = value
        .filter(|value| !value.is_null())
        .ok_or(Unreadable::Missing(name))?;
    serde_json::from_value(inner(value)).map_err(|source| Unreadable::Form { name, source })
}

/// Heat hands structures out as they are, or, by some versions, as JSON text.
fn inner(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with(['{', '[']) => {
            serde_json::from_str(text).unwrap_or_else(|_| value.clone())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Deployed, Unreadable};
    use crate::openstack::stack::Output;
    use serde_json::{Value, json};

    fn output(key: &str, value: &Value) -> Output {
        serde_json::from_value(json!({"output_key": key, "output_value": value})).unwrap()
    }

    #[test]
    fn outputs_are_read_as_structures_and_as_text() {
        let members = json!([{"name": "gateway-server-default-0-aa", "service": "gateway", "role": "server",
            "pool": "default", "slot": 0, "address": "10.0.0.3", "server_id": "id"}]);
        let release = json!({"version": 1, "tag": "v1", "more": true});
        for members in [members.clone(), json!(members.to_string())] {
            let outputs = [
                output("address", &json!("172.31.251.20")),
                output("members", &members),
                output("release", &release),
            ];
            let deployed = Deployed::read(&outputs).unwrap();
            assert_eq!(deployed.members[0].address, "10.0.0.3");
            assert_eq!(deployed.release.tag, "v1");
        }
    }

    #[test]
    fn a_stack_that_is_not_ready_says_what_is_missing() {
        let outputs = [output("address", &Value::Null)];
        let error = Deployed::read(&outputs).unwrap_err();
        assert!(matches!(error, Unreadable::Missing("address")));
    }
}
