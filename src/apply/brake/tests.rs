use std::collections::BTreeSet;

use serde_json::json;

use super::{Braked, roles_down, still_excused};
use crate::error::Kind;
use crate::name::{EnvName, PoolName, RoleName, ServiceName};
use crate::openstack::nova::Server;
use crate::plan::update::model::{Batch, BatchKind};
use crate::template::RenderedMember;
use crate::topology::{Kind as ServiceKind, Member, RoleKey};

fn member(role: &str, slot: usize) -> RenderedMember {
    RenderedMember {
        member: Member {
            role: RoleKey {
                service: ServiceName::new("workflow").unwrap(),
                role: RoleName::new(role).unwrap(),
            },
            kind: ServiceKind::Application,
            pool: PoolName::new("default").unwrap(),
            slot: u32::try_from(slot).unwrap(),
        },
        name: format!("{role}-{slot}"),
        resource: format!("{role}_{slot}"),
        digest: "d".to_owned(),
    }
}

/// A server for each status that is no `-`.
fn pool(role: &str, statuses: &[&str]) -> (Vec<RenderedMember>, Vec<Server>) {
    let members = (0..statuses.len()).map(|slot| member(role, slot)).collect();
    let servers = statuses.iter().enumerate().filter(|(_, one)| **one != "-");
    let servers = servers.map(|(slot, status)| server(&format!("{role}-{slot}"), status));
    (members, servers.collect())
}

fn server(name: &str, status: &str) -> Server {
    serde_json::from_value(json!({"id": "1", "name": name, "status": status})).unwrap()
}

/// What is told; nothing where the update goes on.
fn told(pools: &[(Vec<RenderedMember>, Vec<Server>)], excused: &[&str]) -> Option<String> {
    let members: Vec<RenderedMember> = pools.iter().flat_map(|(one, _)| one.clone()).collect();
    let servers: Vec<Server> = pools.iter().flat_map(|(_, one)| one.clone()).collect();
    let excused: BTreeSet<&str> = excused.iter().copied().collect();
    let roles = roles_down(&members, &excused, &servers);
    let braked = Braked { begun: true, roles };
    let text = braked.to_string();
    let roles = text.rsplit_once(": ").map(|(_, roles)| roles.to_owned());
    roles.filter(|roles| !roles.is_empty())
}

#[track_caller]
fn case(statuses: &[&str], excused: &[&str], expected: Option<&str>) {
    let told = told(&[pool("worker", statuses)], excused);
    assert_eq!(told.as_deref(), expected, "{statuses:?}");
}

#[test]
fn a_fifth_of_a_role_may_be_down() {
    case(&["ACTIVE"; 3], &[], None);
    case(
        &["ERROR", "ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE"],
        &[],
        None,
    );
    let six = ["SHUTOFF", "-", "ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE"];
    case(&six, &[], Some("2 of 6 of workflow worker"));
    case(
        &["ACTIVE", "ACTIVE", "ACTIVE", "SOFT_DELETED"],
        &[],
        Some("1 of 4 of workflow worker"),
    );
    case(&["-"], &[], Some("1 of 1 of workflow worker"));
}

#[test]
fn what_nova_is_at_is_not_down() {
    case(&["BUILD", "REBOOT", "MIGRATING", "PAUSED"], &[], None);
}

#[test]
fn what_was_down_before_is_no_reason_but_counts() {
    case(&["-", "ACTIVE"], &["worker_0"], None);
    case(&["-", "-"], &["worker_0", "worker_1"], None);
    case(
        &["-", "ERROR", "ACTIVE"],
        &["worker_0"],
        Some("2 of 3 of workflow worker"),
    );
    case(&[], &["worker_0"], None);
}

#[test]
fn each_role_is_judged_by_itself() {
    let web = || pool("web", &["ACTIVE"; 8]);
    let worker = || pool("worker", &["ERROR", "ACTIVE"]);
    let expected = Some("1 of 2 of workflow worker".to_owned());
    assert_eq!(told(&[web(), worker()], &[]), expected);
    let both = told(&[pool("web", &["-"]), worker()], &[]);
    let expected = "1 of 1 of workflow web, 1 of 2 of workflow worker";
    assert_eq!(both.as_deref(), Some(expected));
}

#[test]
fn of_two_servers_of_one_name_the_better_counts() {
    let (members, mut servers) = pool("worker", &["ERROR"]);
    servers.push(server("worker-0", "ACTIVE"));
    assert_eq!(told(&[(members.clone(), servers)], &[]), None);
    let servers = vec![server("worker-0", "ERROR"), server("worker-0", "SHUTOFF")];
    assert!(told(&[(members, servers)], &[]).is_some());
}

#[test]
fn what_was_made_anew_is_excused_no_more() {
    let batch = |add: &str| Batch {
        kind: BatchKind::Surge,
        canaries: Vec::new(),
        add: vec![add.to_owned()],
        remove: Vec::new(),
        capacity: Vec::new(),
        checked: true,
    };
    let broken = ["a".to_owned(), "b".to_owned()];
    let excused =
        |added: &[Batch]| -> Vec<&str> { still_excused(&broken, added).into_iter().collect() };
    assert_eq!(excused(&[]), ["a", "b"]);
    assert_eq!(excused(&[batch("a")]), ["b"]);
    assert_eq!(excused(&[batch("a"), batch("b")]), [""; 0]);
}

#[test]
fn the_operator_is_told_what_is_down_and_how_to_go_on() {
    let failure = |begun| {
        let (members, servers) = pool("worker", &["ACTIVE", "SHUTOFF", "-"]);
        let roles = roles_down(&members, &BTreeSet::new(), &servers);
        Braked { begun, roles }.failure(&EnvName::new("staging").unwrap())
    };
    let failed = failure(true);
    assert_eq!(
        failed.to_string(),
        "`staging`: too many members went down since the update was planned: \
         2 of 3 of workflow worker"
    );
    let cause = std::error::Error::source(&failed).map(ToString::to_string);
    let lines = "worker-1: its server is shut off\nworker-2: its server is gone";
    assert_eq!(cause.as_deref(), Some(lines));
    assert_eq!(failed.kind(), Kind::Failed);
    assert!(failed.hints()[0].contains("stack status staging"));
    assert!(failed.hints()[1].contains("resume staging"));
    let refused = failure(false);
    assert_eq!(refused.kind(), Kind::Refused);
    assert!(refused.hints()[1].contains("nothing was changed"));
}
