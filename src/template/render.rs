//! Topology and release in, Heat template out.

use indexmap::IndexMap;
use serde_json::json;

use super::boot::backends;
use super::hot::{Hot, Parameter, ParameterType, Resource, Term, VERSION};
use super::member::{config, deployment};
use super::model::{ReleaseInput, RenderError, Template};
use super::output::outputs;
use super::place::{Placed, place};
use super::{firewall, names, network, secret};
use crate::digest;
use crate::topology::{Kind, RoleKey, Service, Topology};

/// Renders the stack of one environment at one release.
pub fn render(topology: &Topology, release: &ReleaseInput) -> Result<Template, RenderError> {
    let placed = topology
        .members
        .iter()
        .map(|member| place(topology, release, member))
        .collect::<Result<Vec<_>, _>>()?;
    let mut resources: IndexMap<String, Resource> = network::resources(topology)
        .into_iter()
        .chain(firewall::resources(topology))
        .chain(secret::resources(topology))
        .chain(server_groups(topology))
        .collect();
    for placed in &placed {
        let name = placed.rendered.resource.clone();
        resources.insert(name, placed.resource.clone());
    }
    resources.extend(backends_deployment(topology, &placed));
    let hot = Hot {
        heat_template_version: VERSION,
        description: format!("PTero, environment {}, tag {}", topology.env, release.tag),
        parameters: parameters(topology),
        resources,
        outputs: outputs(topology, release, &placed),
    };
    let json = json!(hot);
    let files: IndexMap<String, String> = placed.iter().map(|placed| placed.file.clone()).collect();
    let digest = digest::of(&json!({"template": json, "files": files}));
    Ok(Template {
        tags: tags(topology, &digest),
        json,
        files,
        digest,
        members: placed.into_iter().map(|placed| placed.rendered).collect(),
    })
}

/// By these a stack is found again. Heat takes 80 characters, and no comma.
fn tags(topology: &Topology, digest: &str) -> Vec<String> {
    vec![
        "ptero-deploy".to_owned(),
        format!("ptero-env:{}", topology.env),
        format!("ptero:{digest}"),
    ]
}

fn parameters(topology: &Topology) -> IndexMap<String, Parameter> {
    let public = Parameter {
        kind: ParameterType::String,
        description: "the public network, by name or id".to_owned(),
        default: Some(topology.stack.public_net_id.clone().into()),
        hidden: false,
    };
    [(names::PUBLIC_NET.to_owned(), public)].into()
}

/// Groups that are spread over hosts as far as there are enough. They are there
/// for one member too: a second one must not change the first.
fn server_groups(topology: &Topology) -> Vec<(String, Resource)> {
    if !topology.stack.anti_affinity {
        return Vec::new();
    }
    topology
        .roles()
        .into_iter()
        .filter(|key| {
            topology
                .services
                .get(&key.service)
                .is_some_and(|service| service.kind == Kind::Application)
        })
        .map(|key| {
            let name = names::server_group(key);
            let title = format!("{}-{}-{}", topology.stack.stack_name, key.service, key.role);
            let policies = Term::List(vec!["soft-anti-affinity".into()]);
            let group = Resource::new(
                "OS::Nova::ServerGroup",
                [("name", title.into()), ("policies", policies)],
            );
            (name, group)
        })
        .collect()
}

/// Tells the gateway who is behind it, once they are there, and whenever that
/// changes.
fn backends_deployment(topology: &Topology, placed: &[Placed]) -> Vec<(String, Resource)> {
    let Some(gateway) = topology.gateway() else {
        return Vec::new();
    };
    let Some(server) = placed
        .iter()
        .find(|placed| placed.rendered.member.role == gateway)
    else {
        return Vec::new();
    };
    let document = backends(topology, |service| {
        placed
            .iter()
            .filter(|placed| is_web(&placed.rendered.member.role))
            .filter(|placed| placed.rendered.member.role.service == *service)
            .map(|placed| (placed.rendered.name.clone(), placed.address.clone()))
            .collect()
    });
    let server = Term::attr(&server.rendered.resource, "server_id");
    let actions = ["CREATE", "UPDATE"];
    vec![
        (names::BACKENDS_CONFIG.to_owned(), config()),
        (
            names::BACKENDS.to_owned(),
            deployment(names::BACKENDS, server, document, &actions),
        ),
    ]
}

fn is_web(key: &RoleKey) -> bool {
    key.role.as_str() == Service::WEB_ROLE
}
