//! Keystone: short-lived credentials for a build machine.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::openstack::call::{Call, Service};
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;

/// Keystone's calls.
pub struct Keystone<'a> {
    pub(crate) cloud: &'a Cloud,
}

/// One request that an application credential may make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRule {
    /// Catalogue type, e.g. `image`.
    pub service: String,
    /// HTTP method.
    pub method: String,
    /// Path with `*` and `**`, e.g. `/v2/images/*/file`.
    pub path: String,
}

/// A credential that we made.
#[derive(Debug, Clone)]
pub struct ApplicationCredential {
    /// Its id.
    pub id: String,
    /// Its name, unique for the user.
    pub name: String,
    /// Its secret, which Keystone tells nobody again.
    pub secret: SecretString,
}

/// An application credential as Keystone lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ListedCredential {
    /// Its id.
    pub id: String,
    /// Its name, unique for the user.
    pub name: String,
}

#[derive(Deserialize)]
struct One {
    application_credential: ListedCredential,
}

#[derive(Deserialize)]
struct Many {
    application_credentials: Vec<ListedCredential>,
}

impl Keystone<'_> {
    async fn path(&self) -> Result<String, CloudError> {
        Ok(format!(
            "/users/{}/application_credentials",
            self.cloud.user_id().await?
        ))
    }

    /// Makes a credential that ends at `expires_at` and can do what `rules` allow.
    /// The secret is ours, so a lost answer only costs a look at the list.
    pub async fn create_application_credential(
        &self,
        name: &str,
        expires_at: jiff::Timestamp,
        rules: &[AccessRule],
    ) -> Result<ApplicationCredential, CloudError> {
        let secret = format!(
            "{}{}",
            uuid::Uuid::new_v4().simple(),
            uuid::Uuid::new_v4().simple()
        );
        let secret = SecretString::from(secret);
        let body = json!({"application_credential": {
            "name": name,
            "secret": secret.expose_secret(),
            // Keystone reads no offset, and six digits of the second at most.
            "expires_at": expires_at.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            "access_rules": rules,
        }});
        let call = Call::post(Service::Identity, self.path().await?, &body);
        let id = match self.cloud.ask::<One>(&call).await {
            Ok(one) => one.application_credential.id,
            Err(lost) if lost.answer_lost() => {
                let made = self.application_credentials(name).await?;
                made.into_iter().next().ok_or(lost)?.id
            }
            Err(error) => return Err(error),
        };
        Ok(ApplicationCredential {
            id,
            name: name.to_owned(),
            secret,
        })
    }

    /// Our credentials of exactly this name: one or none.
    pub async fn application_credentials(
        &self,
        name: &str,
    ) -> Result<Vec<ListedCredential>, CloudError> {
        let call = Call::read(Service::Identity, self.path().await?).query("name", name);
        Ok(self.cloud.ask::<Many>(&call).await?.application_credentials)
    }

    /// All our credentials whose name begins with `prefix`: what a killed run left.
    pub async fn application_credentials_with_prefix(
        &self,
        prefix: &str,
    ) -> Result<Vec<ListedCredential>, CloudError> {
        let call = Call::read(Service::Identity, self.path().await?);
        let all = self.cloud.ask::<Many>(&call).await?.application_credentials;
        Ok(all
            .into_iter()
            .filter(|one| one.name.starts_with(prefix))
            .collect())
    }

    /// Ends a credential; one that is gone already is fine.
    pub async fn delete_application_credential(&self, id: &str) -> Result<(), CloudError> {
        let path = format!("{}/{id}", self.path().await?);
        self.cloud
            .remove(&Call::remove(Service::Identity, path))
            .await
    }
}
