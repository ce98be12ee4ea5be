//! Cinder: only what a clean-up has to see.

use serde::Deserialize;

use crate::openstack::call::{Call, Service};
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;

/// Cinder's calls.
pub struct Cinder<'a> {
    pub(crate) cloud: &'a Cloud,
}

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Volume {
    /// Its id.
    pub id: String,
    /// Its name; may be empty.
    #[serde(default, deserialize_with = "crate::openstack::nova::text_or_null")]
    pub name: String,
    /// Cinder's word, shown only.
    pub status: String,
}

#[derive(Deserialize)]
struct Volumes {
    volumes: Vec<Volume>,
}

impl Cinder<'_> {
    /// Every volume of the project; none where the cloud has no Cinder.
    pub async fn volumes(&self) -> Result<Vec<Volume>, CloudError> {
        if !self.cloud.has(Service::Volume).await? {
            return Ok(Vec::new());
        }
        let call = Call::read(Service::Volume, "/volumes/detail");
        Ok(self.cloud.ask::<Volumes>(&call).await?.volumes)
    }

    /// Removes a volume; one that is gone already is fine.
    pub async fn delete_volume(&self, id: &str) -> Result<(), CloudError> {
        self.cloud
            .remove(&Call::remove(Service::Volume, format!("/volumes/{id}")))
            .await
    }
}
