//! The two that are compared.

use std::process::Command;

use anyhow::{Result, bail};
use ptero_deploy::verify::target::{JobTarget, Target};
use url::Url;

use crate::update::release::Release;
use crate::update::site::Site;
use crate::update::{heat, ours};

/// The workflow service's port at the gateway.
const WORKFLOW_PORT: u16 = 7000;

/// The job service's port at the gateway's address inside.
const JOB_PORT: u16 = 5000;

/// The system user that miniptero's members have for jobs.
const JOB_USER: &str = "ptero-job";

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// This program.
    Ours,
    /// Heat alone, by openstackclient.
    Heat,
}

impl Side {
    /// By the name that it has on the command line and in the figures.
    pub(crate) fn named(name: &str) -> Result<Self> {
        match name {
            "ours" => Ok(Self::Ours),
            "heat" => Ok(Self::Heat),
            _ => bail!("no side `{name}`: there are ours, heat"),
        }
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Heat => "heat",
        }
    }

    /// Makes its stack at the first release; one of an earlier run goes before.
    pub(crate) async fn create(self, site: &Site) -> Result<()> {
        self.delete(site).await?;
        match self {
            Self::Ours => ours::create(site).await,
            Self::Heat => heat::create(site).await,
        }
    }

    /// What brings another release into its stack.
    pub(crate) fn update(self, site: &Site, release: &Release) -> Result<Command> {
        match self {
            Self::Ours => ours::update(site, release),
            Self::Heat => heat::update(release),
        }
    }

    /// Where its stack answers.
    pub(crate) async fn target(self, site: &Site) -> Result<Target> {
        let (address, inside) = match self {
            Self::Ours => ours::addresses(site).await?,
            Self::Heat => heat::addresses(site).await?,
        };
        target(&address, &inside)
    }

    /// Removes its stack, if there is one.
    pub(crate) async fn delete(self, site: &Site) -> Result<()> {
        match self {
            Self::Ours => ours::delete(site).await,
            Self::Heat => heat::delete(site).await,
        }
    }
}

/// A gateway at `address`, at `inside` for members.
fn target(address: &str, inside: &str) -> Result<Target> {
    let url = Url::parse(&format!("http://{address}:{WORKFLOW_PORT}"))?;
    Ok(Target {
        gateway: url.clone(),
        workflow: url,
        services: Vec::new(),
        doors: Vec::new(),
        jobs: Some(JobTarget {
            service_url: format!("http://{inside}:{JOB_PORT}/v1"),
            user: JOB_USER.to_owned(),
            members: Vec::new(),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::{Side, target};

    #[test]
    fn a_side_is_known_by_its_name() {
        for side in [Side::Ours, Side::Heat] {
            assert_eq!(Side::named(side.name()).unwrap(), side);
        }
        assert!(Side::named("theirs").is_err());
    }

    #[test]
    fn clients_and_members_use_addresses_of_their_own() {
        let target = target("203.0.113.7", "10.157.0.4").unwrap();
        assert_eq!(target.workflow.as_str(), "http://203.0.113.7:7000/");
        let jobs = target.jobs.unwrap();
        assert_eq!(jobs.service_url, "http://10.157.0.4:5000/v1");
    }
}
