//! Nova: servers as Heat made them, flavors, keys and limits.

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer};
use serde_json::json;

use crate::openstack::call::{Call, Service};
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::neutron::one;

/// Nova's calls.
pub struct Nova<'a> {
    pub(crate) cloud: &'a Cloud,
}

/// How a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerStatus {
    /// Being made.
    Build,
    /// Runs.
    Active,
    /// Switched off.
    Shutoff,
    /// Broken; its fault says why.
    Error,
    /// Gone, for the short while that Nova still shows it.
    Deleted,
    /// A word that we do not branch on.
    Unknown(String),
}

impl<'de> Deserialize<'de> for ServerStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Ok(match word.as_str() {
            "BUILD" => Self::Build,
            "ACTIVE" => Self::Active,
            "SHUTOFF" => Self::Shutoff,
            "ERROR" => Self::Error,
            "DELETED" | "SOFT_DELETED" => Self::Deleted,
            _ => Self::Unknown(word),
        })
    }
}

/// Why a server is in error.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Fault {
    /// Nova's words.
    pub message: String,
}

/// An address of a server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Address {
    /// The address.
    pub addr: String,
    /// `fixed` or `floating`.
    #[serde(rename = "OS-EXT-IPS:type", default)]
    pub kind: String,
}

/// A server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Server {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How it is.
    pub status: ServerStatus,
    /// What Nova does with it at the moment, e.g. `deleting`.
    #[serde(rename = "OS-EXT-STS:task_state", default)]
    pub task_state: Option<String>,
    /// What its maker wrote on it.
    #[serde(default)]
    pub metadata: IndexMap<String, String>,
    /// Addresses by network name.
    #[serde(default)]
    pub addresses: IndexMap<String, Vec<Address>>,
    /// The image it was booted from.
    #[serde(default, deserialize_with = "image_id")]
    pub image: Option<String>,
    /// Why it is in error.
    pub fault: Option<Fault>,
}

/// Nova writes `""` for a server that boots from a volume.
fn image_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value
        .get("id")
        .and_then(serde_json::Value::as_str)
        .map(str::to_owned))
}

/// Text, or empty where the service writes null.
pub(crate) fn text_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.unwrap_or_default())
}

/// A flavor.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Flavor {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Processors.
    pub vcpus: u32,
    /// Memory in MiB.
    #[serde(rename = "ram")]
    pub ram_mib: u64,
    /// Disk in GiB; 0 takes the image's size.
    #[serde(rename = "disk")]
    pub disk_gib: u64,
}

/// What the project may use of Nova, and uses; -1 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Servers allowed.
    pub max_total_instances: i64,
    /// Servers there are.
    pub total_instances_used: i64,
    /// Processors allowed.
    pub max_total_cores: i64,
    /// Processors used.
    pub total_cores_used: i64,
    /// Memory allowed, in MiB.
    #[serde(rename = "maxTotalRAMSize")]
    pub max_total_ram_mib: i64,
    /// Memory used, in MiB.
    #[serde(rename = "totalRAMUsed")]
    pub total_ram_used_mib: i64,
}

/// Key pair made by Nova.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Keypair {
    /// Its name, unique for the user.
    pub name: String,
    /// OpenSSH form.
    pub public_key: String,
}

#[derive(Deserialize)]
struct Servers {
    servers: Vec<Server>,
}

#[derive(Deserialize)]
struct OneServer {
    server: Server,
}

#[derive(Deserialize)]
struct Flavors {
    flavors: Vec<Flavor>,
}

#[derive(Deserialize)]
struct Console {
    output: String,
}

#[derive(Deserialize)]
struct LimitsBody {
    limits: Absolute,
}

#[derive(Deserialize)]
struct Absolute {
    absolute: Limits,
}

#[derive(Deserialize)]
struct OneKeypair {
    keypair: Keypair,
}

/// Nova answers at most `max_limit` (1000 by default) servers; then pages follow.
const PAGE: usize = 500;

impl Nova<'_> {
    /// Every server of the project that passes the filters. `name` is a regular
    /// expression to Nova: compare the names of what comes back.
    pub async fn servers(&self, filters: &[(&str, &str)]) -> Result<Vec<Server>, CloudError> {
        let mut all: Vec<Server> = Vec::new();
        loop {
            let mut call =
                Call::read(Service::Compute, "/servers/detail").query("limit", PAGE.to_string());
            for (name, value) in filters {
                call = call.query(name, *value);
            }
            if let Some(last) = all.last() {
                call = call.query("marker", last.id.as_str());
            }
            let page = self.cloud.ask::<Servers>(&call).await?.servers;
            let full = page.len() == PAGE;
            all.extend(page);
            if !full {
                return Ok(all);
            }
        }
    }

    /// The server of this id.
    pub async fn server(&self, id: &str) -> Result<Server, CloudError> {
        let call = Call::read(Service::Compute, format!("/servers/{id}"));
        Ok(self.cloud.ask::<OneServer>(&call).await?.server)
    }

    /// Removes a server; one that is gone already is fine.
    pub async fn delete_server(&self, id: &str) -> Result<(), CloudError> {
        self.cloud
            .remove(&Call::remove(Service::Compute, format!("/servers/{id}")))
            .await
    }

    /// Asks to switch a server off; one that is off already is fine.
    pub async fn stop_server(&self, id: &str) -> Result<(), CloudError> {
        let body = json!({"os-stop": null});
        let call =
            Call::post(Service::Compute, format!("/servers/{id}/action"), &body).repeatable();
        match self.cloud.send(&call).await {
            Err(error) if error.is_conflict() => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// The last `lines` that a server wrote to its console.
    pub async fn console_log(&self, id: &str, lines: u32) -> Result<String, CloudError> {
        let body = json!({"os-getConsoleOutput": {"length": lines}});
        let path = format!("/servers/{id}/action");
        let call = Call::post(Service::Compute, path, &body).repeatable();
        Ok(self.cloud.ask::<Console>(&call).await?.output)
    }

    /// Every flavor that we may use.
    pub async fn flavors(&self) -> Result<Vec<Flavor>, CloudError> {
        let call = Call::read(Service::Compute, "/flavors/detail");
        Ok(self.cloud.ask::<Flavors>(&call).await?.flavors)
    }

    /// The one flavor of this name or id.
    pub async fn flavor(&self, name_or_id: &str) -> Result<Flavor, CloudError> {
        let all = self.flavors().await?;
        let (by_id, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.id == name_or_id);
        let by_name = rest.into_iter().filter(|one| one.name == name_or_id);
        let found = if by_id.is_empty() {
            by_name.collect()
        } else {
            by_id
        };
        one("flavor", name_or_id, found, |flavor| &flavor.id)
    }

    /// What the project may use, and uses.
    pub async fn limits(&self) -> Result<Limits, CloudError> {
        let call = Call::read(Service::Compute, "/limits");
        Ok(self.cloud.ask::<LimitsBody>(&call).await?.limits.absolute)
    }

    /// The key pair of this name, if there is one.
    pub async fn find_keypair(&self, name: &str) -> Result<Option<Keypair>, CloudError> {
        let call = Call::read(Service::Compute, format!("/os-keypairs/{name}"));
        match self.cloud.ask::<OneKeypair>(&call).await {
            Ok(found) => Ok(Some(found.keypair)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Registers a public key; the same key under the same name is fine.
    pub async fn create_keypair(
        &self,
        name: &str,
        public_key: &str,
    ) -> Result<Keypair, CloudError> {
        let body = json!({"keypair": {"name": name, "public_key": public_key}});
        let call = Call::post(Service::Compute, "/os-keypairs", &body).repeatable();
        match self.cloud.ask::<OneKeypair>(&call).await {
            Err(error) if error.is_conflict() => {
                let there = self.find_keypair(name).await?;
                there
                    .filter(|one| one.public_key.trim() == public_key.trim())
                    .ok_or(error)
            }
            other => other.map(|made| made.keypair),
        }
    }

    /// Removes a key pair; one that is gone already is fine.
    pub async fn delete_keypair(&self, name: &str) -> Result<(), CloudError> {
        self.cloud
            .remove(&Call::remove(
                Service::Compute,
                format!("/os-keypairs/{name}"),
            ))
            .await
    }
}
