//! Glance: image records; their data goes through `upload`.

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use crate::openstack::call::{Call, Service};
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::neutron::one;

/// Glance's calls.
pub struct Glance<'a> {
    pub(crate) cloud: &'a Cloud,
}

/// How an image is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageStatus {
    /// A record without data.
    Queued,
    /// Its data is on the way.
    Saving,
    /// Usable.
    Active,
    /// Its data broke off.
    Killed,
    /// Gone, or going.
    Deleted,
    /// Locked by the cloud's operator.
    Deactivated,
    /// A word that we do not know.
    Unknown(String),
}

impl<'de> Deserialize<'de> for ImageStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Ok(match word.as_str() {
            "queued" => Self::Queued,
            "saving" | "uploading" | "importing" => Self::Saving,
            "active" => Self::Active,
            "killed" => Self::Killed,
            "deleted" | "pending_delete" => Self::Deleted,
            "deactivated" => Self::Deactivated,
            _ => Self::Unknown(word),
        })
    }
}

/// An image.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Image {
    /// Its id.
    pub id: String,
    /// Its name; not unique, and may be none.
    pub name: Option<String>,
    /// How it is.
    pub status: ImageStatus,
    /// Bytes; none before there is data.
    pub size: Option<u64>,
    /// Algorithm of `os_hash_value`.
    #[serde(default)]
    pub os_hash_algo: Option<String>,
    /// Hash of the data, in hex.
    #[serde(default)]
    pub os_hash_value: Option<String>,
    /// The project that it belongs to.
    #[serde(default)]
    pub owner: Option<String>,
    /// Who may see it.
    #[serde(default)]
    pub visibility: String,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// When it was made.
    #[serde(default)]
    pub created_at: Option<jiff::Timestamp>,
    /// Everything else, our own properties among it.
    #[serde(flatten)]
    pub properties: Map<String, Value>,
}

impl Image {
    /// A property of its own, e.g. `ptero_recipe`.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).and_then(Value::as_str)
    }
}

/// A record to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewImage {
    /// Its name.
    pub name: String,
    /// `raw` or `qcow2`.
    pub disk_format: String,
    /// Smallest disk in GiB that a server needs for it.
    pub min_disk_gib: u32,
    /// Properties of our own.
    pub properties: IndexMap<String, String>,
}

#[derive(Deserialize)]
struct Images {
    images: Vec<Image>,
    next: Option<String>,
}

/// Property that tells which request made a record, to find it after a lost answer.
pub const OPERATION: &str = "ptero_operation";
/// A creation whose answer is lost again and again is an outage, not bad luck.
const CREATES_MAX: u32 = 3;

impl Glance<'_> {
    /// Images that we may see and that pass every filter, e.g. `("name", "a")` or one
    /// of our own properties.
    pub async fn images(&self, filters: &[(&str, &str)]) -> Result<Vec<Image>, CloudError> {
        let mut all: Vec<Image> = Vec::new();
        loop {
            let mut call = Call::read(Service::Image, "/images").query("limit", "200");
            for (name, value) in filters {
                call = call.query(name, *value);
            }
            if let Some(last) = all.last() {
                call = call.query("marker", last.id.as_str());
            }
            let page = self.cloud.ask::<Images>(&call).await?;
            let ended = page.next.is_none() || page.images.is_empty();
            all.extend(page.images);
            if ended {
                return Ok(all);
            }
        }
    }

    /// Like [`Self::images`], and only our project's: others may use our names.
    pub async fn own_images(&self, filters: &[(&str, &str)]) -> Result<Vec<Image>, CloudError> {
        let project = self.cloud.project_id().await?;
        let mut filters = filters.to_vec();
        filters.push(("owner", &project));
        self.images(&filters).await
    }

    /// The image of this id.
    pub async fn image(&self, id: &str) -> Result<Image, CloudError> {
        self.cloud
            .ask(&Call::read(Service::Image, format!("/images/{id}")))
            .await
    }

    /// The one image of this name or id that we may see.
    pub async fn find(&self, name_or_id: &str) -> Result<Image, CloudError> {
        if uuid::Uuid::try_parse(name_or_id).is_ok() {
            match self.image(name_or_id).await {
                Err(error) if error.is_not_found() => {}
                other => return other,
            }
        }
        let found = self.images(&[("name", name_or_id)]).await?;
        one("image", name_or_id, found, |image| &image.id)
    }

    /// Makes a record; when the answer is lost, the record is looked for first.
    pub async fn create(&self, new: &NewImage) -> Result<Image, CloudError> {
        let operation = uuid::Uuid::new_v4().to_string();
        let mut body = json!({
            "name": new.name,
            "disk_format": new.disk_format,
            "container_format": "bare",
            "min_disk": new.min_disk_gib,
            OPERATION: operation,
        });
        for (name, value) in &new.properties {
            body[name] = json!(value);
        }
        let call = Call::post(Service::Image, "/images", &body);
        let mut tries = 0;
        loop {
            tries += 1;
            match self.cloud.ask::<Image>(&call).await {
                Err(lost) if lost.answer_lost() => {
                    let made = self.own_images(&[(OPERATION, &operation)]).await?;
                    if let Some(image) = made.into_iter().next() {
                        return Ok(image);
                    }
                    if tries >= CREATES_MAX {
                        return Err(lost);
                    }
                }
                other => return other,
            }
        }
    }

    /// Sets properties of our own, new or there already.
    pub async fn set_properties(
        &self,
        id: &str,
        properties: &[(&str, &str)],
    ) -> Result<Image, CloudError> {
        let add = |(name, value): &(&str, &str)| json!({"op": "add", "path": format!("/{name}"), "value": value});
        let changes: Vec<Value> = properties.iter().map(add).collect();
        self.patch(id, &changes).await
    }

    /// Replaces the tags.
    pub async fn set_tags(&self, id: &str, tags: &[String]) -> Result<Image, CloudError> {
        self.patch(
            id,
            &[json!({"op": "replace", "path": "/tags", "value": tags})],
        )
        .await
    }

    async fn patch(&self, id: &str, changes: &[Value]) -> Result<Image, CloudError> {
        let call = Call::patch(Service::Image, format!("/images/{id}"), &changes)
            .header(
                "Content-Type",
                "application/openstack-images-v2.1-json-patch",
            )
            .repeatable();
        self.cloud.ask(&call).await
    }

    /// Removes an image; one that is gone already is fine.
    pub async fn delete(&self, id: &str) -> Result<(), CloudError> {
        self.cloud
            .remove(&Call::remove(Service::Image, format!("/images/{id}")))
            .await
    }
}
