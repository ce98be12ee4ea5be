//! The build machine: a Heat stack of its own (one thing to find, one thing to
//! delete) with a network, a floating IP and one server that only ssh reaches.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

/// What names of build stacks begin with.
pub const STACK_PREFIX: &str = "ptero-build-";

/// Heat gives up after this; booting one server takes minutes at most, even
/// where the image must first be copied to the hypervisor.
pub const CREATE_TIMEOUT_MIN: u32 = 30;

/// What a build machine is made from.
pub struct MachineInput<'a> {
    /// Name or id of the image it boots from.
    pub image: &'a str,
    /// Name or id of the flavor.
    pub flavor: &'a str,
    /// Name or id of the external network.
    pub public_net: &'a str,
    /// Name servers for its subnet; empty lets the cloud choose.
    pub dns_nameservers: &'a [String],
    /// cloud-init user data with its keys.
    pub user_data: &'a SecretString,
}

/// The stack's template. User data is a hidden parameter, so that the host key
/// in it is not shown by whoever lists the stack.
pub fn template(input: &MachineInput<'_>) -> Value {
    json!({
        "heat_template_version": "rocky",
        "description": "ptero-deploy build machine; may be deleted at any time",
        "parameters": {"user_data": {"type": "string", "hidden": true}},
        "resources": {
            "network": {"type": "OS::Neutron::Net"},
            "subnet": {"type": "OS::Neutron::Subnet", "properties": {
                "network": {"get_resource": "network"},
                "cidr": "10.92.0.0/28",
                "dns_nameservers": input.dns_nameservers,
            }},
            "router": {"type": "OS::Neutron::Router", "properties": {
                "external_gateway_info": {"network": input.public_net},
            }},
            "interface": {"type": "OS::Neutron::RouterInterface", "properties": {
                "router": {"get_resource": "router"},
                "subnet": {"get_resource": "subnet"},
            }},
            "security_group": {"type": "OS::Neutron::SecurityGroup", "properties": {
                "description": "ssh to the build machine",
                "rules": [
                    {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22},
                    {"direction": "egress"},
                ],
            }},
            "port": {"type": "OS::Neutron::Port", "properties": {
                "network": {"get_resource": "network"},
                "fixed_ips": [{"subnet": {"get_resource": "subnet"}}],
                "security_groups": [{"get_resource": "security_group"}],
            }},
            "floating_ip": {"type": "OS::Neutron::FloatingIP", "depends_on": ["interface"],
                "properties": {
                    "floating_network": input.public_net,
                    "port_id": {"get_resource": "port"},
            }},
            "server": {"type": "OS::Nova::Server", "depends_on": ["interface"], "properties": {
                "image": input.image,
                "flavor": input.flavor,
                "networks": [{"port": {"get_resource": "port"}}],
                "user_data_format": "RAW",
                "user_data": {"get_param": "user_data"},
            }},
        },
        "outputs": {"address": {"value": {"get_attr": ["floating_ip", "floating_ip_address"]}}},
    })
}

/// The stack's parameters; to be sent, never to be shown.
pub fn parameters(input: &MachineInput<'_>) -> Value {
    json!({"user_data": input.user_data.expose_secret()})
}

#[cfg(test)]
mod tests {
    use super::{MachineInput, template};

    #[test]
    fn the_template_does_not_hold_the_keys() {
        let input = MachineInput {
            image: "debian-12",
            flavor: "m1.build",
            public_net: "public",
            dns_nameservers: &["10.0.0.1".to_owned()],
            user_data: &"poison-secret".to_owned().into(),
        };
        let text = template(&input).to_string();
        assert!(!text.contains("poison-secret"));
        assert!(text.contains("debian-12"));
    }
}
