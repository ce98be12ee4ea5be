//! Servers that never answer. A deployment ends by a signal of its server's agent,
//! which also tells when its own deadline passes; a server without a working agent, or
//! one that is gone, tells nothing, and Heat would wait until the time of the whole
//! change is up.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::apply::brake::why_down;
use crate::apply::drain::SERVER;
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::heat::DEPTH_MAX;
use crate::openstack::nova::Server;
use crate::openstack::stack::{Resource, StackRef};
use crate::openstack::stack_status::{Action, State};

/// The agent counts from its own start, and is to be first: what it tells is worth
/// more. Between the two, the server boots.
const BOOT_GRACE: Duration = Duration::from_secs(60);

/// A list of all resources costs Heat more than its events do, and who waits for a
/// server waits for a minute at least.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// Begins the types of deployments to servers.
const DEPLOYMENT: &str = "OS::Heat::SoftwareDeployment";

/// A resource: the id of its stack, and its name there.
type Key = (String, String);

/// Deployments that wait for their server.
#[derive(Debug)]
pub struct Silence {
    limit: Duration,
    looked: Option<Duration>,
    since: BTreeMap<Key, Duration>,
}

impl Silence {
    /// For servers that may take `deadline` to be ready.
    pub fn longer_than(deadline: Duration) -> Self {
        Self {
            limit: deadline + BOOT_GRACE,
            looked: None,
            since: BTreeMap::new(),
        }
    }

    /// Tells Heat of each server that was silent for too long, or that cannot answer any
    /// more; the stack then fails with that reason. `now` is since any fixed moment.
    pub(crate) async fn end(
        &mut self,
        cloud: &Cloud,
        stack: &StackRef,
        now: Duration,
    ) -> Result<(), CloudError> {
        let due = |looked| now.saturating_sub(looked) >= LOOK_EVERY;
        if !self.looked.is_none_or(due) {
            return Ok(());
        }
        self.looked = Some(now);
        let (heat, nova) = (cloud.heat(), cloud.nova());
        let resources = heat.resources(stack, DEPTH_MAX).await?;
        if !resources.iter().any(waits) {
            self.since.clear();
            return Ok(());
        }
        let servers = nova.servers(&[]).await?;
        for (deployment, reason) in self.hopeless(&resources, &servers, now) {
            heat.fail_software_deployment(&deployment, &reason).await?;
        }
        Ok(())
    }

    /// Ids of the deployments that nobody will end, and why.
    fn hopeless(
        &mut self,
        resources: &[Resource],
        servers: &[Server],
        now: Duration,
    ) -> Vec<(String, String)> {
        let waiting: Vec<(Key, &Resource)> = resources
            .iter()
            .filter(|one| waits(one))
            .filter_map(|one| Some(((one.stack()?.id, one.name.clone()), one)))
            .collect();
        let keys: BTreeSet<&Key> = waiting.iter().map(|(key, _)| key).collect();
        self.since.retain(|key, _| keys.contains(key));
        let mut hopeless = Vec::new();
        for (key, deployment) in waiting {
            let server = server_of(&key.0, resources);
            let since = *self.since.entry(key).or_insert(now);
            let silent = now.saturating_sub(since) > self.limit;
            let reason = server
                .and_then(|id| why_down(servers.iter().find(|one| one.id == id)))
                .map(ToOwned::to_owned)
                .or_else(|| silent.then(|| self.too_long()));
            hopeless.extend(reason.map(|reason| (deployment.physical_id.clone(), reason)));
        }
        hopeless
    }

    fn too_long(&self) -> String {
        let limit = self.limit.as_secs();
        format!("nothing was heard from the server in {limit} s")
    }
}

/// Whether its server's agent is to do something. Drains are somebody else's: they may
/// take as long as jobs do.
fn waits(resource: &Resource) -> bool {
    let status = &resource.status;
    resource.kind.starts_with(DEPLOYMENT)
        && !resource.physical_id.is_empty()
        && status.state == State::InProgress
        && matches!(status.action, Action::Create | Action::Update)
}

/// Nova's id of the server of the member whose stack has this id; None where the stack
/// is no member's.
fn server_of<'a>(stack: &str, resources: &'a [Resource]) -> Option<&'a str> {
    let mut named = resources.iter().filter(|one| one.name == SERVER);
    let server = named.find(|one| one.stack().is_some_and(|its| its.id == stack))?;
    Some(server.physical_id.as_str()).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::{BOOT_GRACE, DEPLOYMENT, Silence};
    use crate::openstack::nova::Server;
    use crate::openstack::stack::Resource;

    const LIMIT: Duration = Duration::from_secs(100);

    fn resource(stack: &str, name: &str, kind: &str, status: &str, id: &str) -> Resource {
        serde_json::from_value(json!({
            "resource_name": name, "resource_type": kind, "resource_status": status,
            "physical_resource_id": id,
            "links": [{"rel": "stack", "href": format!("http://h/v1/p/stacks/{stack}/{stack}")}],
        }))
        .expect("a resource")
    }

    fn member(stack: &str, status: &str) -> [Resource; 2] {
        let (server, boot) = (format!("{stack}-server"), format!("{stack}-boot"));
        [
            resource(
                stack,
                "server",
                "OS::Nova::Server",
                "CREATE_COMPLETE",
                &server,
            ),
            resource(stack, "boot", DEPLOYMENT, status, &boot),
        ]
    }

    fn server(stack: &str, status: &str) -> Server {
        let id = format!("{stack}-server");
        serde_json::from_value(json!({"id": id, "name": stack, "status": status}))
            .expect("a server")
    }

    fn told(silence: &mut Silence, all: &[Resource], servers: &[Server], at: u64) -> Vec<String> {
        let hopeless = silence.hopeless(all, servers, Duration::from_secs(at));
        hopeless
            .into_iter()
            .map(|(id, reason)| format!("{id}: {reason}"))
            .collect()
    }

    #[test]
    fn a_deployment_whose_server_is_silent_is_ended_at_its_limit() {
        let mut silence = Silence::longer_than(LIMIT);
        let all = [
            member("a", "CREATE_IN_PROGRESS"),
            member("b", "CREATE_COMPLETE"),
        ]
        .concat();
        let servers = [server("a", "ACTIVE"), server("b", "ACTIVE")];
        let limit = (LIMIT + BOOT_GRACE).as_secs();
        assert_eq!(told(&mut silence, &all, &servers, 10), [""; 0]);
        assert_eq!(told(&mut silence, &all, &servers, 10 + limit), [""; 0]);
        let reason = format!("a-boot: nothing was heard from the server in {limit} s");
        assert_eq!(told(&mut silence, &all, &servers, 11 + limit), [reason]);
    }

    #[test]
    fn a_deployment_whose_server_is_gone_is_ended_at_once() {
        let mut silence = Silence::longer_than(LIMIT);
        let all = ["a", "b", "c", "d"].map(|one| member(one, "CREATE_IN_PROGRESS"));
        let servers = [
            server("b", "ERROR"),
            server("c", "SHUTOFF"),
            server("d", "REBOOT"),
        ];
        assert_eq!(
            told(&mut silence, &all.concat(), &servers, 0),
            [
                "a-boot: its server is gone",
                "b-boot: its server is in error",
                "c-boot: its server is shut off",
            ]
        );
    }

    #[test]
    fn drains_and_what_heat_has_not_made_yet_are_left_alone() {
        let mut silence = Silence::longer_than(LIMIT);
        let all = [
            resource("a", "drain", DEPLOYMENT, "DELETE_IN_PROGRESS", "a-drain"),
            resource("a", "boot", DEPLOYMENT, "CREATE_IN_PROGRESS", ""),
            // Of a server in another stack.
            resource("root", "backends", DEPLOYMENT, "UPDATE_IN_PROGRESS", "x"),
        ];
        assert_eq!(told(&mut silence, &all, &[], 0), [""; 0]);
    }
}
