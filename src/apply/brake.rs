//! Stops an update whose members break while it is under way: whoever takes old ones
//! out of a cloud that loses new ones makes it worse.

use std::collections::BTreeSet;
use std::fmt;

use crate::error::{Failure, Kind};
use crate::name::EnvName;
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::nova::{Server, ServerStatus};
use crate::plan::update::model::Batch;
use crate::template::RenderedMember;

/// Of a role's members, in percent. A single machine may break in any large pool, and
/// the next update makes it anew; more at once are no accident of one machine. Of up
/// to four members it is any.
const DOWN_MAX_PERCENT: usize = 20;

/// Too many members of some role are down that were not when the update was planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Braked {
    /// Whether the stack tells of an update under way, which can be taken up.
    pub begun: bool,
    roles: Vec<RoleDown>,
}

/// A role of which too many are down.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RoleDown {
    role: String,
    members: usize,
    /// Name, and what is wrong.
    down: Vec<(String, &'static str)>,
}

/// Why a server does not serve, by Nova's account. None stands for one that Nova does
/// not know.
pub fn why_down(server: Option<&Server>) -> Option<&'static str> {
    match server.map(|server| &server.status) {
        None | Some(ServerStatus::Deleted) => Some("its server is gone"),
        Some(ServerStatus::Error) => Some("its server is in error"),
        Some(ServerStatus::Shutoff) => Some("its server is shut off"),
        Some(ServerStatus::Build | ServerStatus::Active | ServerStatus::Unknown(_)) => None,
    }
}

/// Those of `broken`, the members that were down when the update was planned, that
/// still may be: `added` are the batches whose new members are up, and with them those
/// that were made anew.
pub(super) fn still_excused<'a>(broken: &'a [String], added: &[Batch]) -> BTreeSet<&'a str> {
    let anew = |one: &&String| added.iter().any(|batch| batch.add.contains(*one));
    let excused = broken.iter().filter(|one| !anew(one));
    excused.map(String::as_str).collect()
}

/// Asks Nova whether too many of `members`, all of which should serve, are down. Those
/// that are `excused` alone are no reason: to make them anew is what the update is for.
pub(super) async fn look(
    cloud: &Cloud,
    members: &[RenderedMember],
    excused: &BTreeSet<&str>,
    begun: bool,
) -> Result<Option<Braked>, CloudError> {
    let servers = cloud.nova().servers(&[]).await?;
    let roles = roles_down(members, excused, &servers);
    Ok((!roles.is_empty()).then_some(Braked { begun, roles }))
}

fn roles_down(
    members: &[RenderedMember],
    excused: &BTreeSet<&str>,
    servers: &[Server],
) -> Vec<RoleDown> {
    let mut names: Vec<String> = Vec::new();
    let mut roles = Vec::new();
    for one in members {
        let name = one.member.role.to_string();
        if names.contains(&name) {
            continue;
        }
        let of_role = members
            .iter()
            .filter(|other| other.member.role == one.member.role);
        roles.extend(role_down(&name, of_role, excused, servers));
        names.push(name);
    }
    roles
}

fn role_down<'a>(
    role: &str,
    members: impl Iterator<Item = &'a RenderedMember>,
    excused: &BTreeSet<&str>,
    servers: &[Server],
) -> Option<RoleDown> {
    let members: Vec<&RenderedMember> = members.collect();
    let down: Vec<(&RenderedMember, &'static str)> = members
        .iter()
        .filter_map(|one| Some((*one, trouble(&one.name, servers)?)))
        .collect();
    let is_news = |(one, _): &(&RenderedMember, _)| !excused.contains(one.resource.as_str());
    let too_many = down.len() * 100 > members.len() * DOWN_MAX_PERCENT;
    (too_many && down.iter().any(is_news)).then(|| RoleDown {
        role: role.to_owned(),
        members: members.len(),
        down: down
            .into_iter()
            .map(|(one, why)| (one.name.clone(), why))
            .collect(),
    })
}

/// Two servers may have one name for a moment, while one is made anew: then the better
/// one counts.
fn trouble(name: &str, servers: &[Server]) -> Option<&'static str> {
    let mut named = servers.iter().filter(|server| server.name == name);
    let first = why_down(named.next())?;
    named
        .all(|other| why_down(Some(other)).is_some())
        .then_some(first)
}

impl fmt::Display for Braked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many members went down since the update was planned: ")?;
        for (index, role) in self.roles.iter().enumerate() {
            let gap = if index == 0 { "" } else { ", " };
            let (down, members) = (role.down.len(), role.members);
            write!(f, "{gap}{down} of {members} of {}", role.role)?;
        }
        Ok(())
    }
}

impl Braked {
    /// What the operator is told: which members, and how to go on.
    pub fn failure(&self, env: &EnvName) -> Failure {
        let down = self.roles.iter().flat_map(|role| &role.down);
        let lines: Vec<String> = down.map(|(name, why)| format!("{name}: {why}")).collect();
        let (kind, how) = if self.begun {
            (
                Kind::Failed,
                format!(
                    "once the cloud is well, `ptero-deploy resume {env}` makes them anew and goes on; \
                     `ptero-deploy abort {env}` goes back"
                ),
            )
        } else {
            (
                Kind::Refused,
                "nothing was changed; once the cloud is well, another update, planned anew, makes \
                 them anew"
                    .to_owned(),
            )
        };
        Failure::new(kind, format!("`{env}`: {self}"))
            .caused_by(lines.join("\n"))
            .hint(format!(
                "`ptero-deploy stack status {env}` shows what is there"
            ))
            .hint(how)
    }
}

#[cfg(test)]
mod tests;
