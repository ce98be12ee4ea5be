//! The names of resources, in one place: what is called how must not change, or
//! Heat makes everything anew.

use crate::name::ServiceName;
use crate::topology::{Member, RoleKey};

pub(super) const PUBLIC_NET: &str = "public_net_id";
pub(super) const NETWORK: &str = "network";
pub(super) const SUBNET: &str = "subnet";
pub(super) const ROUTER: &str = "router";
pub(super) const ROUTER_INTERFACE: &str = "router_interface";
pub(super) const FLOATING_IP: &str = "gateway_address";
pub(super) const BACKENDS_CONFIG: &str = "backends_config";
pub(super) const BACKENDS: &str = "backends";
/// The same for the first of an update's new members.
pub(super) const CANARY_BACKENDS: &str = "canary_backends";
pub(super) const CANARY_BACKENDS_CONFIG: &str = "canary_backends_config";

fn role(key: &RoleKey) -> String {
    format!("{}_{}", key.service, key.role).replace('-', "_")
}

pub(super) fn security_group(key: &RoleKey) -> String {
    format!("group_{}", role(key))
}

pub(super) fn server_group(key: &RoleKey) -> String {
    format!("spread_{}", role(key))
}

/// The port of a server whose address others have to know before it is there.
pub(super) fn fixed_port(key: &RoleKey) -> String {
    format!("{}_port", role(key))
}

pub(super) fn database_secret(service: &ServiceName) -> String {
    format!("secret_database_{service}").replace('-', "_")
}

pub(super) fn vhost_secret(service: &ServiceName) -> String {
    format!("secret_vhost_{service}").replace('-', "_")
}

pub(super) fn service_secret(service: &ServiceName) -> String {
    format!("secret_service_{service}").replace('-', "_")
}

pub(super) const REDIS_SECRET: &str = "secret_redis";

/// `<service>_<role>_<pool>_<slot>_<digest8>`.
pub(super) fn member(member: &Member, digest8: &str) -> String {
    format!("{}-{digest8}", member.slot_name()).replace('-', "_")
}

/// Whether `resource` tells the gateway who is behind it.
pub(super) fn is_backends(resource: &str) -> bool {
    [
        BACKENDS,
        BACKENDS_CONFIG,
        CANARY_BACKENDS,
        CANARY_BACKENDS_CONFIG,
    ]
    .contains(&resource)
}
