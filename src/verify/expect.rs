//! What a deployment should consist of: a topology and the names of its
//! members in, the [`Target`] of the checks out. Asks nobody.

use url::Url;

use crate::topology::{Member, Process, Ready, Service, Topology};
use crate::verify::target::{Door, JobTarget, ServiceTarget, Target};

/// The service that takes workflows.
const WORKFLOW: &str = "workflow";

/// Where a deployment answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses<'a> {
    /// The gateway's address for whoever is outside.
    pub public: &'a str,
    /// Its address for members.
    pub internal: &'a str,
}

/// A topology in which nothing can be checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Uncheckable {
    /// Nothing takes workflows from outside.
    #[error("no public service `{WORKFLOW}` in catalogue `{0}`")]
    NoWorkflow(String),
    /// An address that is none.
    #[error("`{0}` is not an address")]
    BadAddress(String),
}

/// The target of the checks; `members` pairs every application member with
/// its host name.
pub fn target(
    topology: &Topology,
    members: &[(Member, String)],
    addresses: Addresses<'_>,
) -> Result<Target, Uncheckable> {
    let found = topology
        .advertised()
        .find(|(name, service, _)| name.as_str() == WORKFLOW && service.public);
    let Some((_, _, port)) = found else {
        return Err(Uncheckable::NoWorkflow(topology.catalog.clone()));
    };
    let text = format!("http://{}:{port}", addresses.public);
    let workflow = Url::parse(&text).map_err(|_| Uncheckable::BadAddress(text))?;
    let services = topology.advertised().map(|(name, _, _)| ServiceTarget {
        name: name.to_string(),
        web_members: hosts(members, name.as_str(), |role| role == Service::WEB_ROLE),
        celery_nodes: celery_nodes(topology, members, name.as_str()),
    });
    Ok(Target {
        gateway: workflow.clone(),
        workflow,
        services: services.collect(),
        doors: doors(topology, addresses.public),
        jobs: jobs(topology, members, addresses.internal),
    })
}

/// What clients are answered where they ask as the gateway itself does.
fn doors(topology: &Topology, address: &str) -> Vec<Door> {
    let public = topology
        .advertised()
        .filter(|(_, service, _)| service.public);
    let doors = public.filter_map(|(name, service, port)| {
        let check = service.web_check()?;
        let url = Url::parse(&format!("http://{address}:{port}{}", check.path)).ok()?;
        Some(Door {
            service: name.to_string(),
            url,
            status: check.status,
        })
    });
    doors.collect()
}

fn hosts(members: &[(Member, String)], service: &str, role: impl Fn(&str) -> bool) -> Vec<String> {
    members
        .iter()
        .filter(|(member, _)| member.role.service.as_str() == service)
        .filter(|(member, _)| role(member.role.role.as_str()))
        .map(|(_, host)| host.clone())
        .collect()
}

fn celery_nodes(topology: &Topology, members: &[(Member, String)], service: &str) -> Vec<String> {
    let of_service = members
        .iter()
        .filter(|(member, _)| member.role.service.as_str() == service);
    let mut nodes = Vec::new();
    for (member, host) in of_service {
        let Some(role) = topology.role(&member.role) else {
            continue;
        };
        let mut names: Vec<&str> = role.processes.values().filter_map(node).collect();
        if let (true, Some(Ready::Celery(name))) = (names.is_empty(), &role.ready) {
            names.push(name);
        }
        nodes.extend(names.iter().map(|name| name.replace("%h", host)));
    }
    nodes
}

/// The name of the Celery node that a process is, e.g. `worker@%h`.
fn node(process: &Process) -> Option<&str> {
    let mut words = process.command.iter();
    words.find(|word| *word == "-n" || *word == "--hostname")?;
    words.next().map(String::as_str)
}

/// Where jobs run: the first role that has users for them.
fn jobs(topology: &Topology, members: &[(Member, String)], gateway: &str) -> Option<JobTarget> {
    topology.advertised().find_map(|(name, service, port)| {
        let (role, user) = service
            .roles
            .iter()
            .find_map(|(name, role)| Some((name, role.job_users.first()?)))?;
        Some(JobTarget {
            service_url: format!("http://{gateway}:{port}/v1"),
            user: user.clone(),
            members: hosts(members, name.as_str(), |one| one == role.as_str()),
        })
    })
}
