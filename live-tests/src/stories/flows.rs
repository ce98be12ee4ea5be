//! Who can reach what: the flows that PTero has, and no other. What is expected is
//! written here by itself, and not asked of the program.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::cloud::{openstack, openstack_does};
use crate::network::{Place, Question, listening};
use crate::program::config;
use crate::report::{Report, say};
use crate::servers;
use crate::stories::deployed;

/// Logging in; tried though nothing may listen there.
const SSH: u16 = 22;

/// A server of the stack.
struct Member {
    service: String,
    role: String,
    address: IpAddr,
    /// A process that runs there.
    pid: String,
}

/// In the stack that the demo left; and a hole that somebody makes is seen.
pub(crate) fn of_the_demo(report: &mut Report) -> Result<()> {
    only_declared(report, &config(), "staging")?;
    let group = "ptero-staging-shell-command-worker";
    let everybody = ["--ingress", "--protocol", "tcp", "--remote-ip", "0.0.0.0/0"];
    let hole = [
        &["security", "group", "rule", "create"],
        &everybody[..],
        &[group],
    ]
    .concat();
    let hole = openstack(&hole)?;
    let hole = hole["id"].as_str().context("the rule has no id")?;
    let members = members(&config(), "staging")?;
    let seen = among(&members, &BTreeSet::from([SSH]));
    openstack_does(&["security", "group", "rule", "delete", hole])?;
    let (holes, _) = seen?;
    let into = "shell-command worker:22: open is true";
    report.check(
        &format!("a hole made by hand is seen ({} ways)", holes.len()),
        !holes.is_empty() && holes.iter().all(|hole| hole.ends_with(into)),
    );
    Ok(())
}

/// Tries every port on which any member listens, at every member, from every member
/// and from outside.
pub(crate) fn only_declared(report: &mut Report, config: &Path, env: &str) -> Result<()> {
    let members = members(config, env)?;
    let mut ports = BTreeSet::from([SSH]);
    for member in &members {
        ports.extend(listening(Place::Server(&member.pid))?);
    }
    say(&format!("     {} members, ports {ports:?}", members.len()));
    let (wrong, tried) = among(&members, &ports)?;
    report.check(
        &format!("among members, {tried} ways: what may be reached is, nothing else"),
        wrong.is_empty(),
    );
    let (outside, tried) = from_outside(config, env, &ports)?;
    report.check(
        &format!("from outside, {tried} ways: public services are reached, nothing else"),
        outside.is_empty(),
    );
    for line in wrong.iter().chain(&outside) {
        say(&format!("     | {line}"));
    }
    Ok(())
}

/// What was otherwise than it should be, and how many ways were tried.
fn among(members: &[Member], ports: &BTreeSet<u16>) -> Result<(Vec<String>, usize)> {
    let mut questions = Vec::new();
    for from in members {
        let others: Vec<&Member> = members.iter().filter(|to| to.pid != from.pid).collect();
        let targets: Vec<SocketAddr> = others
            .iter()
            .flat_map(|to| ports.iter().map(|port| SocketAddr::new(to.address, *port)))
            .collect();
        let question = Question::ask(Place::Server(&from.pid), &targets)?;
        questions.push((from, others, question));
    }
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for (from, others, question) in questions {
        let reached = question.answer()?;
        for (to, port) in others
            .iter()
            .flat_map(|to| ports.iter().map(move |port| (to, *port)))
        {
            let seen = reached.contains(&SocketAddr::new(to.address, port));
            tried += 1;
            if seen != may_reach(from, to, port) {
                let (from, to) = (from.shown(), to.shown());
                wrong.push(format!("{from} -> {to}:{port}: open is {seen}"));
            }
        }
    }
    Ok((wrong, tried))
}

fn from_outside(config: &Path, env: &str, ports: &BTreeSet<u16>) -> Result<(Vec<String>, usize)> {
    let address = deployed::address(config, env)?;
    let targets: Vec<SocketAddr> = ports
        .iter()
        .map(|port| SocketAddr::new(address, *port))
        .collect();
    let reached = Question::ask(Place::Outside, &targets)?.answer()?;
    let wrong = targets
        .iter()
        .filter(|target| reached.contains(target) != is_public(target.port()))
        .map(|target| format!("outside -> {target}: open is {}", reached.contains(target)));
    Ok((wrong.collect(), targets.len()))
}

/// The port on which a service answers.
fn port_of(service: &str) -> Option<u16> {
    match service {
        "workflow" => Some(7000),
        "petri" => Some(6000),
        "shell-command" => Some(5000),
        "lsf" => Some(8000),
        "auth" => Some(9000),
        _ => None,
    }
}

/// What clients use: workflow, and auth where it runs.
fn is_public(port: u16) -> bool {
    port == 7000 || port == 9000
}

/// PTero's flows. All traffic to web servers goes through the gateway.
fn may_reach(from: &Member, to: &Member, port: u16) -> bool {
    let service = from.service.as_str();
    match to.service.as_str() {
        "gateway" => is_public(port) || calls_jobs(from, port),
        "postgresql" => {
            port == 5432 && ["workflow", "shell-command", "lsf", "auth"].contains(&service)
        }
        "rabbitmq" => {
            port == 5672 && !["gateway", "postgresql", "redis", "auth"].contains(&service)
        }
        "redis" => port == 6379 && service == "petri",
        other => service == "gateway" && to.role == "web" && Some(port) == port_of(other),
    }
}

/// Whoever calls these can run commands: only the worker of workflow that calls does.
fn calls_jobs(from: &Member, port: u16) -> bool {
    from.service == "workflow" && from.role == "http_worker" && [5000, 6000, 8000].contains(&port)
}

impl Member {
    fn shown(&self) -> String {
        format!("{} {}", self.service, self.role)
    }
}

fn members(config: &Path, env: &str) -> Result<Vec<Member>> {
    let running = servers::all()?;
    let mut members = Vec::new();
    for one in deployed::members(config, env)? {
        let text = |key: &str| one[key].as_str().context("a text was expected");
        let name = text("name")?;
        let server = running.iter().find(|server| server.name == name);
        members.push(Member {
            service: text("service")?.to_owned(),
            role: text("role")?.to_owned(),
            address: text("address")?.parse()?,
            pid: server
                .with_context(|| format!("no server `{name}`"))?
                .pid
                .clone(),
        });
    }
    ensure!(members.len() > 1, "a stack of one member has no flows");
    Ok(members)
}
