//! The nested template of a member: one server, its port, the deployment by which
//! it says that it is ready, and for applications the one by which it says that it
//! may go. One text serves all members of a kind.

use indexmap::IndexMap;
use serde_json::json;

use super::hot::{Hot, Output, Parameter, ParameterType, Resource, Term, VERSION};

/// What of a member's template differs between members or stacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub(super) struct Shape {
    /// Whether its port is made with it, or given to it.
    pub(super) own_port: bool,
    /// Whether it has work to bring to an end before it goes. A deployment that has
    /// nothing to do is one more answer that a `stack delete` can lose.
    pub(super) drained: bool,
    /// Whether there is a key to log in with.
    pub(super) key: bool,
    /// Whether it goes to a certain zone.
    pub(super) zone: bool,
    /// Whether it is in a group that is spread over hosts.
    pub(super) spread: bool,
}

/// Where the in-guest agent looks for it (`ptero_agent/cloud.py`).
const CLOUD_CA: &str = "/etc/ptero/cloud-ca.pem";

/// The user data that gives a member the authority of the cloud's certificates. JSON is
/// YAML; the first line tells cloud-init what it is.
pub(super) fn user_data(cloud_ca: &str) -> String {
    let file = json!({"path": CLOUD_CA, "permissions": "0644", "content": cloud_ca});
    format!("#cloud-config\n{}\n", json!({"write_files": [file]}))
}

/// The template of members of this shape.
pub(super) fn template(shape: Shape) -> Hot {
    let mut resources: IndexMap<String, Resource> = IndexMap::new();
    if shape.own_port {
        resources.insert("port".to_owned(), port());
    }
    resources.insert("server".to_owned(), server(shape));
    resources.insert("boot_config".to_owned(), config());
    resources.insert(
        "boot".to_owned(),
        deployment(
            "boot",
            Term::resource("server"),
            Term::param("document"),
            &["CREATE"],
        ),
    );
    if shape.drained {
        resources.extend(drain());
    }
    let mut outputs: IndexMap<String, Output> = IndexMap::new();
    outputs.insert(
        "server_id".to_owned(),
        Output {
            description: "the server".to_owned(),
            value: Term::resource("server"),
        },
    );
    if shape.own_port {
        outputs.insert(
            "address".to_owned(),
            Output {
                description: "its address inside the stack".to_owned(),
                value: Term::address("port"),
            },
        );
    }
    Hot {
        heat_template_version: VERSION,
        description: "One member: created, deleted, never changed".to_owned(),
        parameters: parameters(shape),
        resources,
        outputs,
    }
}

fn parameters(shape: Shape) -> IndexMap<String, Parameter> {
    let text = |description: &str| Parameter {
        kind: ParameterType::String,
        description: description.to_owned(),
        default: None,
        hidden: false,
    };
    let mut parameters = vec![
        ("name", text("name of the server and of the host")),
        ("image", text("id of the image")),
        ("flavor", text("name or id of the flavor")),
    ];
    if shape.own_port {
        parameters.push(("network", text("the stack's network")));
        parameters.push(("subnet", text("the stack's subnet")));
        parameters.push(("security_group", text("what may reach it")));
    } else {
        parameters.push(("port", text("the port it gets")));
    }
    if shape.key {
        parameters.push(("key_name", text("key pair for logging in")));
    }
    if shape.zone {
        parameters.push(("availability_zone", text("zone of the server")));
    }
    if shape.spread {
        parameters.push(("server_group", text("group that is spread over hosts")));
    }
    let none = Parameter {
        default: Some("".into()),
        ..text("what cloud-init does besides what Heat has it do")
    };
    parameters.push(("user_data", none));
    let json = |description: &str, hidden| Parameter {
        kind: ParameterType::Json,
        description: description.to_owned(),
        default: None,
        hidden,
    };
    parameters.push(("metadata", json("what the server is, for lists", false)));
    parameters.push((
        "document",
        json("what it is told at boot; holds passwords", true),
    ));
    if shape.drained {
        // Not `drain`: a parameter and a resource may not share a name.
        let told = json("what it is told before it goes", true);
        parameters.push(("drain_document", told));
    }
    parameters
        .into_iter()
        .map(|(name, parameter)| (name.to_owned(), parameter))
        .collect()
}

fn port() -> Resource {
    let subnet = Term::map([("subnet", Term::param("subnet"))]);
    Resource::new(
        "OS::Neutron::Port",
        [
            ("network", Term::param("network")),
            ("fixed_ips", Term::List(vec![subnet])),
            (
                "security_groups",
                Term::List(vec![Term::param("security_group")]),
            ),
        ],
    )
}

fn server(shape: Shape) -> Resource {
    let port = if shape.own_port {
        Term::resource("port")
    } else {
        Term::param("port")
    };
    let hints = Term::map([("group", Term::param("server_group"))]);
    Resource::new(
        "OS::Nova::Server",
        [
            ("name", Term::param("name")),
            ("image", Term::param("image")),
            ("flavor", Term::param("flavor")),
            ("networks", Term::List(vec![Term::map([("port", port)])])),
            ("metadata", Term::param("metadata")),
            ("user_data", Term::param("user_data")),
            ("user_data_format", "SOFTWARE_CONFIG".into()),
            ("software_config_transport", "POLL_SERVER_HEAT".into()),
            // Heat's own defaults rebuild or replace a running server, with the
            // jobs on it. A member is never changed, so these are never used; if
            // one ever were, a new server is better than a rebuilt one.
            ("user_data_update_policy", "IGNORE".into()),
            ("image_update_policy", "REPLACE".into()),
            ("flavor_update_policy", "REPLACE".into()),
        ],
    )
    .with("key_name", shape.key.then(|| Term::param("key_name")))
    .with(
        "availability_zone",
        shape.zone.then(|| Term::param("availability_zone")),
    )
    .with("scheduler_hints", shape.spread.then_some(hints))
}

/// What runs before the server goes, and where it tells how far it is. Heat deletes
/// in the reverse order of references: the deployment first, which ends by the
/// agent's signal, then the server and the handle that it names.
fn drain() -> [(String, Resource); 3] {
    let handle = Resource::new(
        "OS::Heat::WaitConditionHandle",
        [("signal_transport", "HEAT_SIGNAL".into())],
    );
    let config = config_of(&[("document", "Json"), ("progress", "String")]);
    let inputs = Term::map([
        ("document", Term::param("drain_document")),
        ("progress", Term::attr("progress", "signal")),
    ]);
    let drain = deployment_with("drain", Term::resource("server"), inputs, &["DELETE"]);
    [
        ("progress".to_owned(), handle),
        ("drain_config".to_owned(), config),
        ("drain".to_owned(), drain),
    ]
}

/// The configuration of a deployment: a document for the agent in the member.
pub(super) fn config() -> Resource {
    config_of(&[("document", "Json")])
}

fn config_of(inputs: &[(&str, &str)]) -> Resource {
    let inputs = inputs
        .iter()
        .map(|(name, kind)| Term::map([("name", (*name).into()), ("type", (*kind).into())]));
    Resource::new(
        "OS::Heat::SoftwareConfig",
        [
            ("group", "ptero".into()),
            ("inputs", Term::List(inputs.collect())),
        ],
    )
}

/// A deployment of `document` to `server`, with the configuration `<name>_config`.
pub(super) fn deployment(name: &str, server: Term, document: Term, actions: &[&str]) -> Resource {
    let inputs = Term::map([("document", document)]);
    deployment_with(name, server, inputs, actions)
}

fn deployment_with(name: &str, server: Term, inputs: Term, actions: &[&str]) -> Resource {
    let actions: Vec<Term> = actions.iter().map(|action| (*action).into()).collect();
    Resource::new(
        "OS::Heat::SoftwareDeployment",
        [
            ("name", name.into()),
            ("config", Term::resource(&format!("{name}_config"))),
            ("server", server),
            ("input_values", inputs),
            ("actions", Term::List(actions)),
            ("signal_transport", "HEAT_SIGNAL".into()),
        ],
    )
}
