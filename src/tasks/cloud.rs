//! The cloud of a run: that of the environment or clouds.yaml, else the
//! embedded one where it is up.

use crate::error::{Failure, Kind};
use crate::openstack::client::Cloud;
use crate::openstack::credentials::{self, Credentials, CredentialsError};
use crate::tasks::context::Context;
use crate::tasks::devcloud::embedded;

/// Logs in to the chosen cloud.
pub async fn connect(context: &Context) -> Result<Cloud, Failure> {
    let credentials = match credentials::from_env_and_clouds(&env) {
        Err(CredentialsError::Missing) => embedded_cloud()?,
        chosen => chosen.map_err(|error| {
            Failure::new(Kind::Usage, "the cloud's credentials cannot be used").caused_by(error)
        })?,
    };
    Ok(Cloud::connect(credentials, context.reporter.clone()).await?)
}

/// A variable of the environment.
pub fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Logs in to the embedded cloud, whatever the environment says.
pub async fn connect_embedded(context: &Context) -> Result<Cloud, Failure> {
    Ok(Cloud::connect(embedded_cloud()?, context.reporter.clone()).await?)
}

fn embedded_cloud() -> Result<Credentials, Failure> {
    let cloud = embedded::here();
    if !cloud.is_up() {
        return Err(Failure::new(Kind::Usage, "no cloud is chosen")
            .hint("set OS_CLOUD to an entry of clouds.yaml, or OS_AUTH_URL and its companions")
            .hint("or start the embedded cloud: `ptero-deploy devcloud up`"));
    }
    let variables = cloud.env().map_err(embedded::failure)?.variables();
    let of = |name: &str| {
        let own = variables.iter().find(|(key, _)| *key == name);
        // The cache of tokens and the like still follow the environment.
        own.map(|(_, value)| value.clone())
            .or_else(|| env(name).filter(|_| !name.starts_with("OS_")))
    };
    credentials::from_env_and_clouds(&of).map_err(|error| {
        Failure::new(Kind::Failed, "the embedded cloud's credentials").caused_by(error)
    })
}
