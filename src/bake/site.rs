//! Where images will be made, found out before anything is written to the cloud:
//! all that the configuration names for it and that is not there, is told at once.

use crate::bake::ensure::choose_flavor;
use crate::bake::machine::MachineNetwork;
use crate::config::{BuildMachine, Config};
use crate::error::{Failure, Kind};
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::glance::ImageStatus;
use crate::plan::flavor::BUILD_MACHINE;

/// Where images will be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Site {
    /// On this host.
    Local,
    /// On a build machine.
    Machine(MachineSite),
}

/// What a build machine will be made from, and where it will be put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineSite {
    /// Id of its image.
    pub image: String,
    /// Name of its flavor.
    pub flavor: String,
    /// Where it will be put.
    pub network: MachineNetwork,
}

/// Looks up what the configuration names.
pub async fn find(cloud: &Cloud, config: &Config) -> Result<Site, Failure> {
    let BuildMachine::Image(image) = &config.build.build_machine else {
        return if rustix::process::geteuid().is_root() {
            Ok(Site::Local)
        } else {
            Err(Failure::new(
                Kind::Usage,
                "`build_machine_image: local` bakes on this host and needs root",
            ))
        };
    };
    let (image, flavor, network) = tokio::join!(
        find_image(cloud, image),
        find_flavor(cloud, config.build.build_machine_flavor.as_deref()),
        find_network(cloud, config),
    );
    match (image, flavor, network) {
        (Ok(image), Ok(flavor), Ok(network)) => Ok(Site::Machine(MachineSite {
            image,
            flavor,
            network,
        })),
        (image, flavor, network) => Err(refused(
            [image.err(), flavor.err(), network.err()]
                .into_iter()
                .flatten(),
        )),
    }
}

/// Why one of the things cannot be used.
enum Unusable {
    /// What the configuration says is wrong: a line for the operator.
    Wrong(String),
    /// Nothing is known of it.
    Unknown(Failure),
}

impl Unusable {
    fn of(key: &str, error: CloudError) -> Self {
        match error {
            CloudError::NotFound { .. } | CloudError::Ambiguous { .. } => {
                let hints = error.hints().join("; ");
                let hint = if hints.is_empty() {
                    hints
                } else {
                    format!(" ({hints})")
                };
                Self::Wrong(format!("images.build.{key}: {error}{hint}"))
            }
            error => Self::Unknown(error.into()),
        }
    }
}

/// One failure for all: a cloud that does not answer says nothing about the rest.
fn refused(unusable: impl Iterator<Item = Unusable>) -> Failure {
    let mut wrong = Vec::new();
    for one in unusable {
        match one {
            Unusable::Wrong(line) => wrong.push(line),
            Unusable::Unknown(failure) => return failure,
        }
    }
    Failure::new(
        Kind::Usage,
        "no build machine can be made; nothing was touched",
    )
    .caused_by(wrong.join("\n"))
}

async fn find_image(cloud: &Cloud, name: &str) -> Result<String, Unusable> {
    const KEY: &str = "build_machine_image";
    let image = cloud.glance().find(name).await;
    let image = image.map_err(|error| Unusable::of(KEY, error))?;
    if image.status == ImageStatus::Active {
        return Ok(image.id);
    }
    Err(Unusable::Wrong(format!(
        "images.build.{KEY}: image `{name}` has no data yet"
    )))
}

async fn find_flavor(cloud: &Cloud, named: Option<&str>) -> Result<String, Unusable> {
    const KEY: &str = "build_machine_flavor";
    if let Some(named) = named {
        let flavor = cloud.nova().flavor(named).await;
        return match flavor {
            Ok(flavor) => Ok(flavor.name),
            Err(error) => Err(Unusable::of(KEY, error)),
        };
    }
    choose_flavor(cloud, BUILD_MACHINE, "images.build.build_machine_flavor")
        .await
        .map_err(|failure| match failure.kind() {
            Kind::Usage => Unusable::Wrong(format!("images.build.{KEY}: {failure}")),
            _ => Unusable::Unknown(failure),
        })
}

async fn find_network(cloud: &Cloud, config: &Config) -> Result<MachineNetwork, Unusable> {
    let build = &config.build;
    if let Some(given) = &build.build_machine_network {
        let network = find_one(cloud, "build_machine_network", given).await?;
        // Only one named for the build machine: that of the stacks may not be
        // reachable from a network that somebody else made.
        let public_net = match &build.public_net_id {
            Some(named) => Some(find_one(cloud, "public_net_id", named).await?),
            None => None,
        };
        return Ok(MachineNetwork::Given {
            network,
            public_net,
        });
    }
    let stack = config.stacks.values().next();
    let public_net = build.public_net_id.as_deref();
    let public_net = public_net.or(stack.map(|stack| stack.public_net_id.as_str()));
    let public_net = public_net.ok_or_else(|| {
        Unusable::Wrong("images.build.public_net_id: has to be set, as no stack names one".into())
    })?;
    let public_net = find_one(cloud, "public_net_id", public_net).await?;
    Ok(MachineNetwork::Own { public_net })
}

async fn find_one(cloud: &Cloud, key: &str, name: &str) -> Result<String, Unusable> {
    let network = cloud.neutron().network(name).await;
    let network = network.map_err(|error| Unusable::of(key, error))?;
    Ok(network.id)
}

#[cfg(test)]
mod tests {
    use super::{Unusable, refused};
    use crate::error::{Failure, Kind};
    use crate::openstack::error::CloudError;

    fn missing(what: &'static str) -> CloudError {
        CloudError::NotFound {
            what,
            name: "x".to_owned(),
        }
    }

    #[test]
    fn all_that_is_not_there_is_a_mistake_of_the_configuration() {
        let twice = CloudError::Ambiguous {
            what: "image",
            name: "x".to_owned(),
            ids: vec!["1".to_owned(), "2".to_owned()],
        };
        let wrong = [
            Unusable::of("build_machine_image", twice),
            Unusable::of("build_machine_flavor", missing("flavor")),
        ];
        let failure = refused(wrong.into_iter());
        assert_eq!(failure.kind(), Kind::Usage);
        let cause = std::error::Error::source(&failure).map(ToString::to_string);
        assert_eq!(
            cause.as_deref(),
            Some(
                "images.build.build_machine_image: 2 images are called `x`: 1, 2 \
                 (name the image by its id, or remove the others)\n\
                 images.build.build_machine_flavor: no flavor `x`"
            )
        );
    }

    #[test]
    fn a_cloud_that_does_not_answer_is_no_mistake_of_the_configuration() {
        let unknown = Unusable::Unknown(Failure::new(Kind::Failed, "no answer"));
        let wrong = Unusable::of("build_machine_flavor", missing("flavor"));
        assert_eq!(refused([wrong, unknown].into_iter()).kind(), Kind::Failed);
    }
}
