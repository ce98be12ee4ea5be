//! Topology and release in, Heat template out.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::json;

use super::boot::backends;
use super::gate::{self, Gates};
use super::hot::{Hot, Parameter, ParameterType, Resource, Term, VERSION};
use super::member::{config, deployment};
use super::model::{ReleaseInput, RenderError, Template};
use super::output::outputs;
use super::place::{Placed, place};
use super::present::{Present, is_member};
use super::release::{JOURNAL, LOST_JOBS};
use super::{firewall, names, network, secret};
use crate::digest;
use crate::topology::{Kind, RoleKey, Service, Topology};

/// Renders the stack of one environment at one release, whole.
pub fn render(topology: &Topology, release: &ReleaseInput) -> Result<Template, RenderError> {
    let placed = place_all(topology, release)?;
    Ok(assemble(topology, release, &placed, IndexMap::new()))
}

/// What a stack shall hold at one moment of an update.
#[derive(Debug, Clone, Copy)]
pub struct Stage<'a> {
    /// The stack as it is.
    pub present: &'a Present,
    /// The resources of all members that shall be there, old ones and new ones.
    pub members: &'a BTreeSet<String>,
    /// What the new ones among them have to wait for; none: nothing.
    pub gates: Option<&'a Gates>,
}

/// Renders the stack on its way to a release: the release's members as far as the
/// stage has them, beside those old ones that it keeps, word for word.
pub fn stage(
    topology: &Topology,
    release: &ReleaseInput,
    stage: Stage<'_>,
) -> Result<Template, RenderError> {
    let present = stage.present.members(topology);
    let mut placed = place_all(topology, release)?;
    let ours: BTreeSet<String> = placed.iter().map(resource_name).collect();
    placed.retain(|one| stage.members.contains(&one.rendered.resource));
    let is_there = |placed: &Placed| {
        let name = &placed.rendered.resource;
        present.iter().any(|one| one.rendered.resource == *name)
    };
    let fresh: Vec<String> = placed
        .iter()
        .filter(|one| !is_there(one))
        .map(resource_name)
        .collect();
    let kept: Vec<Placed> = present
        .iter()
        .filter(|one| !ours.contains(&one.rendered.resource))
        .filter(|one| stage.members.contains(&one.rendered.resource))
        .map(|one| one.placed(topology))
        .collect();
    let mut extra = IndexMap::new();
    if !kept.is_empty() {
        extra = beneath(stage.present);
    }
    placed.extend(kept);
    if let Some(gates) = stage.gates.filter(|_| !fresh.is_empty()) {
        if let Some(gate) = gate::in_template(&stage.present.template).first() {
            return Err(RenderError::GateThere(gate));
        }
        let canaries: Vec<String> = gates
            .canaries
            .iter()
            .filter(|one| fresh.contains(one))
            .cloned()
            .collect();
        extra.extend(gated(topology, &mut placed, gates, &fresh, &canaries));
    }
    Ok(assemble(topology, release, &placed, extra))
}

/// What the present template has beside its members: some of it may carry an old
/// member though the release no longer knows it.
fn beneath(present: &Present) -> IndexMap<String, Resource> {
    present
        .resources()
        .filter(|(name, _)| !gate::is_gate(name) && !names::is_backends(name))
        .filter_map(|(name, definition)| Some((name.clone(), Resource::read(definition)?)))
        .filter(|(_, resource)| !is_member(&resource.kind))
        .collect()
}

/// The gates, and the order that they bring: canaries, their checks, the other new
/// members, their checks.
fn gated(
    topology: &Topology,
    placed: &mut [Placed],
    gates: &Gates,
    fresh: &[String],
    canaries: &[String],
) -> IndexMap<String, Resource> {
    let mut resources: IndexMap<String, Resource> = IndexMap::new();
    let is_canary = |one: &Placed| canaries.contains(&one.rendered.resource);
    let all_are = canaries.len() == fresh.len();
    if !canaries.is_empty() && !all_are {
        let first: Vec<Placed> = placed
            .iter()
            .filter(|one| is_canary(one) || !fresh.contains(&one.rendered.resource))
            .cloned()
            .collect();
        let mut after = canaries.to_vec();
        let told = backends_deployment(
            topology,
            &first,
            [names::CANARY_BACKENDS, names::CANARY_BACKENDS_CONFIG],
        );
        if !told.is_empty() {
            after.push(names::CANARY_BACKENDS.to_owned());
        }
        resources.extend(told);
        resources.extend(gate::resources(gate::CANARY, gates.wait_s, &after));
        for one in placed.iter_mut().filter(|one| {
            fresh.contains(&one.rendered.resource) && !canaries.contains(&one.rendered.resource)
        }) {
            one.resource.depends_on.push(gate::CANARY.to_owned());
        }
    }
    let mut after = fresh.to_vec();
    if gateway(topology, placed).is_some() {
        after.push(names::BACKENDS.to_owned());
    }
    resources.extend(gate::resources(gate::ALL, gates.wait_s, &after));
    resources
}

fn resource_name(placed: &Placed) -> String {
    placed.rendered.resource.clone()
}

fn place_all(topology: &Topology, release: &ReleaseInput) -> Result<Vec<Placed>, RenderError> {
    let members = topology.members.iter();
    members
        .map(|member| place(topology, release, member))
        .collect()
}

fn assemble(
    topology: &Topology,
    release: &ReleaseInput,
    placed: &[Placed],
    extra: IndexMap<String, Resource>,
) -> Template {
    let mut resources: IndexMap<String, Resource> = network::resources(topology)
        .into_iter()
        .chain(firewall::resources(topology))
        .chain(secret::resources(topology))
        .chain(server_groups(topology))
        .chain([(JOURNAL.to_owned(), gate::new_handle())])
        .chain(lost_jobs(topology))
        .collect();
    for (name, resource) in extra {
        resources.entry(name).or_insert(resource);
    }
    for placed in placed {
        let name = placed.rendered.resource.clone();
        resources.insert(name, placed.resource.clone());
    }
    resources.extend(backends_deployment(
        topology,
        placed,
        [names::BACKENDS, names::BACKENDS_CONFIG],
    ));
    let hot = Hot {
        heat_template_version: VERSION,
        description: format!("PTero, environment {}, tag {}", topology.env, release.tag),
        parameters: parameters(topology),
        resources,
        outputs: outputs(topology, placed),
    };
    let json = json!(hot);
    let files: IndexMap<String, String> = placed.iter().map(|placed| placed.file.clone()).collect();
    let digest = digest::of(&json!({"template": json, "files": files}));
    Template {
        tags: tags(topology, &digest),
        json,
        files,
        digest,
        members: placed.iter().map(|one| one.rendered.clone()).collect(),
    }
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

/// Where members tell of jobs whose end was lost, if any of them asks for those.
fn lost_jobs(topology: &Topology) -> Option<(String, Resource)> {
    topology
        .asks_for_lost_jobs()
        .then(|| (LOST_JOBS.to_owned(), gate::new_handle()))
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
fn backends_deployment(
    topology: &Topology,
    placed: &[Placed],
    [name, config_name]: [&str; 2],
) -> Vec<(String, Resource)> {
    let Some(server) = gateway(topology, placed) else {
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
        (config_name.to_owned(), config()),
        (
            name.to_owned(),
            deployment(name, server, document, &actions),
        ),
    ]
}

fn gateway<'a>(topology: &Topology, placed: &'a [Placed]) -> Option<&'a Placed> {
    let gateway = topology.gateway()?;
    placed
        .iter()
        .find(|placed| placed.rendered.member.role == gateway)
}

fn is_web(key: &RoleKey) -> bool {
    key.role.as_str() == Service::WEB_ROLE
}
