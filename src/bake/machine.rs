//! The build machine: a Heat stack of its own (one thing to find, one thing to
//! delete) with one server that only ssh reaches, and what leads there.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

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
    /// Where it is put.
    pub network: &'a MachineNetwork,
    /// Name servers for its own subnet; empty lets the cloud choose.
    pub dns_nameservers: &'a [String],
    /// cloud-init user data with its keys.
    pub user_data: &'a SecretString,
}

/// Where a build machine is put, and how it is reached. Ids of networks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MachineNetwork {
    /// On a network of its own behind this external one, by a floating IP.
    Own {
        /// The external network.
        public_net: String,
    },
    /// On one that is there.
    Given {
        /// That network.
        network: String,
        /// The external network of its floating IP; without one the machine is
        /// reached at its own address.
        public_net: Option<String>,
    },
}

impl MachineNetwork {
    fn floating_net(&self) -> Option<&str> {
        match self {
            Self::Own { public_net } => Some(public_net),
            Self::Given { public_net, .. } => public_net.as_deref(),
        }
    }
}

/// The stack's template. User data is a hidden parameter, so that the host key
/// in it is not shown by whoever lists the stack.
pub fn template(input: &MachineInput<'_>) -> Value {
    let mut resources = Map::new();
    // What must be there before the machine can reach anything.
    let mut after: &[&str] = &[];
    let mut port = json!({"security_groups": [{"get_resource": "security_group"}]});
    match input.network {
        MachineNetwork::Own { public_net } => {
            resources.extend(own_network(public_net, input.dns_nameservers));
            after = &["interface"];
            port["network"] = json!({"get_resource": "network"});
            port["fixed_ips"] = json!([{"subnet": {"get_resource": "subnet"}}]);
        }
        MachineNetwork::Given { network, .. } => port["network"] = json!(network),
    }
    resources.extend(named([
        (
            "security_group",
            json!({"type": "OS::Neutron::SecurityGroup", "properties": {
                "description": "ssh to the build machine",
                "rules": [
                    {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22},
                    {"direction": "egress"},
                ],
            }}),
        ),
        (
            "port",
            json!({"type": "OS::Neutron::Port", "properties": port}),
        ),
        (
            "server",
            json!({"type": "OS::Nova::Server", "depends_on": after, "properties": {
                "image": input.image,
                "flavor": input.flavor,
                "networks": [{"port": {"get_resource": "port"}}],
                "user_data_format": "RAW",
                "user_data": {"get_param": "user_data"},
            }}),
        ),
    ]));
    let address = if let Some(floating_net) = input.network.floating_net() {
        let floating_ip = json!({"type": "OS::Neutron::FloatingIP", "depends_on": after,
            "properties": {
                "floating_network": floating_net,
                "port_id": {"get_resource": "port"},
        }});
        resources.extend(named([("floating_ip", floating_ip)]));
        json!({"get_attr": ["floating_ip", "floating_ip_address"]})
    } else {
        json!({"get_attr": ["port", "fixed_ips", 0, "ip_address"]})
    };
    json!({
        "heat_template_version": "rocky",
        "description": "ptero-deploy build machine; may be deleted at any time",
        "parameters": {"user_data": {"type": "string", "hidden": true}},
        "resources": resources,
        "outputs": {"address": {"value": address}},
    })
}

fn own_network(public_net: &str, dns_nameservers: &[String]) -> Map<String, Value> {
    named([
        ("network", json!({"type": "OS::Neutron::Net"})),
        (
            "subnet",
            json!({"type": "OS::Neutron::Subnet", "properties": {
                "network": {"get_resource": "network"},
                "cidr": "10.92.0.0/28",
                "dns_nameservers": dns_nameservers,
            }}),
        ),
        (
            "router",
            json!({"type": "OS::Neutron::Router", "properties": {
                "external_gateway_info": {"network": public_net},
            }}),
        ),
        (
            "interface",
            json!({"type": "OS::Neutron::RouterInterface", "properties": {
                "router": {"get_resource": "router"},
                "subnet": {"get_resource": "subnet"},
            }}),
        ),
    ])
}

fn named<const N: usize>(resources: [(&str, Value); N]) -> Map<String, Value> {
    let resources = resources.into_iter();
    resources
        .map(|(name, resource)| (name.to_owned(), resource))
        .collect()
}

/// The stack's parameters; to be sent, never to be shown.
pub fn parameters(input: &MachineInput<'_>) -> Value {
    json!({"user_data": input.user_data.expose_secret()})
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{MachineInput, MachineNetwork, template};

    fn of(network: &MachineNetwork) -> Value {
        template(&MachineInput {
            image: "debian-12",
            flavor: "m1.build",
            network,
            dns_nameservers: &["10.0.0.1".to_owned()],
            user_data: &"poison-secret".to_owned().into(),
        })
    }

    #[track_caller]
    fn case(network: &MachineNetwork, resources: &[&str], address: &Value) {
        let template = of(network);
        let made = template["resources"].as_object().unwrap();
        let mut made: Vec<&str> = made.keys().map(String::as_str).collect();
        made.sort_unstable();
        assert_eq!(made, resources);
        assert_eq!(&template["outputs"]["address"]["value"], address);
    }

    #[test]
    fn only_what_leads_to_the_machine_is_made() {
        let public = || "public-id".to_owned();
        let floating = json!({"get_attr": ["floating_ip", "floating_ip_address"]});
        let own = MachineNetwork::Own {
            public_net: public(),
        };
        let given = |public_net| MachineNetwork::Given {
            network: "net-id".to_owned(),
            public_net,
        };
        let all = [
            "floating_ip",
            "interface",
            "network",
            "port",
            "router",
            "security_group",
            "server",
            "subnet",
        ];
        case(&own, &all, &floating);
        let some = ["floating_ip", "port", "security_group", "server"];
        case(&given(Some(public())), &some, &floating);
        let fixed = json!({"get_attr": ["port", "fixed_ips", 0, "ip_address"]});
        case(&given(None), &["port", "security_group", "server"], &fixed);
    }

    #[test]
    fn the_template_does_not_hold_the_keys() {
        let text = of(&MachineNetwork::Own {
            public_net: "public-id".to_owned(),
        })
        .to_string();
        assert!(!text.contains("poison-secret"));
        assert!(text.contains("debian-12"));
    }
}
