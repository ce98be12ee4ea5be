//! Neutron: networks to deploy into, and what a stack may leave behind.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::openstack::call::{Call, Service};
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;

/// Neutron's calls.
pub struct Neutron<'a> {
    pub(crate) cloud: &'a Cloud,
}

/// A network.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Network {
    /// Its id.
    pub id: String,
    /// Its name; may be empty.
    pub name: String,
    /// Whether routers can use it as their way out.
    #[serde(rename = "router:external", default)]
    pub external: bool,
}

/// A port.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Port {
    /// Its id.
    pub id: String,
    /// Its name; may be empty.
    pub name: String,
    /// Its network.
    pub network_id: String,
    /// What uses it: a server or router; may be empty.
    pub device_id: String,
    /// Kind of user, e.g. `compute:nova`; may be empty.
    pub device_owner: String,
}

/// A floating IP.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FloatingIp {
    /// Its id.
    pub id: String,
    /// The address outside.
    pub floating_ip_address: String,
    /// The port it leads to.
    pub port_id: Option<String>,
}

/// A router, security group or subnet: what a clean-up has to see of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Thing {
    /// Its id.
    pub id: String,
    /// Its name; may be empty.
    pub name: String,
}

/// Used and allowed amount of one resource in the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Quota {
    /// What is allowed; -1 is no limit.
    pub limit: i64,
    /// What is used.
    pub used: i64,
    /// What is asked for and not yet used.
    #[serde(default)]
    pub reserved: i64,
}

/// Quotas that a stack counts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Quotas {
    /// Networks.
    pub network: Quota,
    /// Routers.
    pub router: Quota,
    /// Ports.
    pub port: Quota,
    /// Floating IPs.
    pub floatingip: Quota,
    /// Security groups.
    pub security_group: Quota,
}

#[derive(Deserialize)]
struct QuotasBody {
    quota: Quotas,
}

impl Neutron<'_> {
    async fn list<T: DeserializeOwned>(
        &self,
        collection: &str,
        filters: &[(&str, &str)],
    ) -> Result<Vec<T>, CloudError> {
        let mut call = Call::read(Service::Network, format!("/{collection}"));
        for (name, value) in filters {
            call = call.query(name, *value);
        }
        let mut body: serde_json::Map<String, serde_json::Value> = self.cloud.ask(&call).await?;
        let key = collection.replace('-', "_");
        let list = body.remove(&key).unwrap_or_default();
        serde_json::from_value(list).map_err(|reason| CloudError::Unreadable {
            method: "GET".to_owned(),
            url: format!("neutron /{collection}"),
            status: 200,
            reason: reason.to_string(),
            request_id: None,
        })
    }

    /// Networks that we may see and that pass every filter, e.g. `("name", "public")`.
    pub async fn networks(&self, filters: &[(&str, &str)]) -> Result<Vec<Network>, CloudError> {
        self.list("networks", filters).await
    }

    /// The one network of this name or id.
    pub async fn network(&self, name_or_id: &str) -> Result<Network, CloudError> {
        let (id, name) = ([("id", name_or_id)], [("name", name_or_id)]);
        let (by_id, by_name) = tokio::try_join!(self.networks(&id), self.networks(&name))?;
        let found = if by_id.is_empty() { by_name } else { by_id };
        one("network", name_or_id, found, |network| &network.id)
    }

    /// Ports of the project, e.g. `("network_id", ..)` or `("device_id", ..)`.
    pub async fn ports(&self, filters: &[(&str, &str)]) -> Result<Vec<Port>, CloudError> {
        self.list("ports", filters).await
    }

    /// Floating IPs of the project.
    pub async fn floating_ips(
        &self,
        filters: &[(&str, &str)],
    ) -> Result<Vec<FloatingIp>, CloudError> {
        self.list("floatingips", filters).await
    }

    /// Routers of the project.
    pub async fn routers(&self, filters: &[(&str, &str)]) -> Result<Vec<Thing>, CloudError> {
        self.list("routers", filters).await
    }

    /// Subnets of the project.
    pub async fn subnets(&self, filters: &[(&str, &str)]) -> Result<Vec<Thing>, CloudError> {
        self.list("subnets", filters).await
    }

    /// Security groups of the project.
    pub async fn security_groups(
        &self,
        filters: &[(&str, &str)],
    ) -> Result<Vec<Thing>, CloudError> {
        self.list("security-groups", filters).await
    }

    /// What the project may use, and uses.
    pub async fn quotas(&self) -> Result<Quotas, CloudError> {
        let project = self.cloud.project_id().await?;
        let call = Call::read(Service::Network, format!("/quotas/{project}/details.json"));
        Ok(self.cloud.ask::<QuotasBody>(&call).await?.quota)
    }

    /// Removes a port; one that is gone already is fine.
    pub async fn delete_port(&self, id: &str) -> Result<(), CloudError> {
        self.delete("ports", id).await
    }

    /// Gives a floating IP back; one that is gone already is fine.
    pub async fn delete_floating_ip(&self, id: &str) -> Result<(), CloudError> {
        self.delete("floatingips", id).await
    }

    /// Removes a network with its subnets; one that is gone already is fine.
    pub async fn delete_network(&self, id: &str) -> Result<(), CloudError> {
        self.delete("networks", id).await
    }

    /// Removes a router; one that is gone already is fine.
    pub async fn delete_router(&self, id: &str) -> Result<(), CloudError> {
        self.delete("routers", id).await
    }

    /// Removes a security group; one that is gone already is fine.
    pub async fn delete_security_group(&self, id: &str) -> Result<(), CloudError> {
        self.delete("security-groups", id).await
    }

    async fn delete(&self, collection: &str, id: &str) -> Result<(), CloudError> {
        self.cloud
            .remove(&Call::remove(
                Service::Network,
                format!("/{collection}/{id}"),
            ))
            .await
    }
}

/// The only one of `found`, or the error that there is none, or are several.
pub(crate) fn one<T>(
    what: &'static str,
    name: &str,
    mut found: Vec<T>,
    id: impl Fn(&T) -> &str,
) -> Result<T, CloudError> {
    if found.len() > 1 {
        return Err(CloudError::Ambiguous {
            what,
            name: name.to_owned(),
            ids: found.iter().map(|one| id(one).to_owned()).collect(),
        });
    }
    found.pop().ok_or_else(|| CloudError::NotFound {
        what,
        name: name.to_owned(),
    })
}
