//! What the configuration may name: services and their roles. It is taken from
//! a catalogue, which stands below this module in the flow.

use indexmap::IndexMap;

use super::problem::nearest;
use crate::name::{PoolName, RoleName, ServiceName};

/// The services and roles a configuration may name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// Every service with its roles, in the catalogue's order.
    pub services: IndexMap<ServiceName, KnownService>,
}

/// One service that may be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownService {
    /// Its roles.
    pub roles: Vec<RoleName>,
    /// Whether its roles may have other than one server.
    pub scalable: bool,
}
