//! Passwords: made by Heat, known to nobody else, one for each use.

use super::hot::{Resource, Term};
use super::names;
use crate::topology::{Kind, Topology};

/// Long enough that guessing is hopeless; letters and digits need no quoting in
/// any URL or configuration file.
const LENGTH: u32 = 32;

pub(super) fn resources(topology: &Topology) -> Vec<(String, Resource)> {
    let databases = topology
        .services
        .iter()
        .filter(|(_, service)| service.database.is_some())
        .map(|(name, _)| names::database_secret(name));
    let vhosts = topology
        .services
        .iter()
        .filter(|(_, service)| service.vhost.is_some())
        .map(|(name, _)| names::vhost_secret(name));
    let redis = topology
        .of_kind(Kind::Redis)
        .map(|_| names::REDIS_SECRET.to_owned());
    let services = topology
        .services
        .iter()
        .filter(|(_, service)| service.has_secret())
        .map(|(name, _)| names::service_secret(name));
    databases
        .chain(vhosts)
        .chain(services)
        .chain(redis)
        .map(|name| (name, random()))
        .collect()
}

fn random() -> Resource {
    let class = Term::map([("class", "lettersdigits".into()), ("min", 1.into())]);
    Resource::new(
        "OS::Heat::RandomString",
        [
            ("length", LENGTH.into()),
            ("character_classes", Term::List(vec![class])),
        ],
    )
}
