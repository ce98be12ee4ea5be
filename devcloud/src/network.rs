//! Addresses and names the cloud has on its host: all of them, in one place, so that `down` removes what `up` made.

use std::net::Ipv4Addr;

/// Where the APIs answer. One /30 holds the host's end and the cloud's; 172.31.250.0/23 is far from the networks that
/// Docker, libvirt and home routers choose.
pub const API_ADDRESS: Ipv4Addr = Ipv4Addr::new(172, 31, 250, 2);
/// The host's end of that /30, the cloud's way out.
pub const API_GATEWAY: Ipv4Addr = Ipv4Addr::new(172, 31, 250, 1);
/// The provider network `public`: floating IPs.
pub const PUBLIC_CIDR: &str = "172.31.251.0/24";
/// The host's end of it, the gateway of every router.
pub const PUBLIC_GATEWAY: Ipv4Addr = Ipv4Addr::new(172, 31, 251, 1);
/// First floating IP; .2 to .9 stay free for tests that need a host of their own.
pub const PUBLIC_FIRST: Ipv4Addr = Ipv4Addr::new(172, 31, 251, 10);
/// Last floating IP.
pub const PUBLIC_LAST: Ipv4Addr = Ipv4Addr::new(172, 31, 251, 250);
/// Both networks, for the rule that lets them out.
pub const BOTH_CIDR: &str = "172.31.250.0/23";
/// Neutron's name of the provider network.
pub const PUBLIC_NETWORK: &str = "public";

/// A link is at most 15 characters; `dc` for devcloud, 0 on the host, 1 inside.
pub const API_LINK_HOST: &str = "dc0";
/// The cloud's end.
pub const API_LINK_CLOUD: &str = "dc1";
/// Provider network, host's end.
pub const PUBLIC_LINK_HOST: &str = "ext0";
/// Provider network, the end that Neutron's bridge takes.
pub const PUBLIC_LINK_CLOUD: &str = "ext1";

/// Written on the host's ends, to know our own after a crash.
pub const LINK_ALIAS: &str = "ptero-devcloud";

/// The nftables table of the masquerade rule; a table of its own can be removed without touching anybody's rules.
pub const NFT_TABLE: &str = "ptero_devcloud";
/// The control group that all processes of the cloud and of its servers live under, in every hierarchy.
pub const CONTROL_GROUP: &str = "ptero-devcloud";

/// Keystone.
pub const KEYSTONE_PORT: u16 = 5000;
/// Glance.
pub const GLANCE_PORT: u16 = 9292;
/// Placement.
pub const PLACEMENT_PORT: u16 = 8778;
/// Nova.
pub const NOVA_PORT: u16 = 8774;
/// Nova's metadata, asked by Neutron's proxy only.
pub const METADATA_PORT: u16 = 8775;
/// Neutron.
pub const NEUTRON_PORT: u16 = 9696;
/// Heat.
pub const HEAT_PORT: u16 = 8004;
/// Heat's API in the style of Amazon's `CloudFormation`.
pub const HEAT_CFN_PORT: u16 = 8000;
/// The directory of base images.
pub const IMAGES_PORT: u16 = 8080;
/// RabbitMQ, on the cloud's own loopback.
pub const RABBIT_PORT: u16 = 5672;

/// The only region.
pub const REGION: &str = "RegionOne";

/// `http://ADDRESS:PORT`.
pub fn api_url(port: u16) -> String {
    format!("http://{API_ADDRESS}:{port}")
}

/// What `OS_AUTH_URL` takes.
pub fn auth_url() -> String {
    format!("{}/v3", api_url(KEYSTONE_PORT))
}
