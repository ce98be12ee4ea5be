//! Servers that never answer. A deployment ends by a signal of its server's agent,
//! which also tells when its own deadline passes; a server without a working agent
//! tells nothing, and Heat would wait until the time of the whole stack is up.

use std::collections::HashMap;
use std::time::Duration;

use crate::apply::event_log::EventLog;
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::heat::DEPTH_MAX;
use crate::openstack::stack::{HeatEvent, Resource, StackRef};
use crate::openstack::stack_status::State;

/// The agent counts from its own start, and is to be first: what it tells is worth
/// more. Between the two, the server boots.
const BOOT_GRACE: Duration = Duration::from_secs(60);

/// Begins the types of deployments to servers.
const DEPLOYMENT: &str = "OS::Heat::SoftwareDeployment";

/// A resource: the id of its stack, and its name there.
type Key = (String, String);

/// Deployments that wait for their server.
#[derive(Debug)]
pub struct Silence {
    limit: Duration,
    since: HashMap<Key, Duration>,
}

impl Silence {
    /// For servers that may take `deadline` to be ready.
    pub fn longer_than(deadline: Duration) -> Self {
        Self {
            limit: deadline + BOOT_GRACE,
            since: HashMap::new(),
        }
    }

    /// Notes what began and what ended by `now` (since any fixed moment).
    pub(crate) fn saw(
        &mut self,
        new: &[HeatEvent],
        log: &EventLog,
        kinds: &HashMap<String, String>,
        now: Duration,
    ) {
        for event in new {
            let kind = kinds.get(&log.path(event));
            let Some(stack) = event
                .stack()
                .filter(|_| kind.is_some_and(|kind| kind.starts_with(DEPLOYMENT)))
            else {
                continue;
            };
            let key = (stack.id, event.resource_name.clone());
            if event.status.state == State::InProgress {
                self.since.insert(key, now);
            } else {
                self.since.remove(&key);
            }
        }
    }

    fn overdue(&self, now: Duration) -> Vec<&Key> {
        let late = |since: &Duration| now.saturating_sub(*since) > self.limit;
        let all = self.since.iter();
        all.filter_map(|(key, since)| late(since).then_some(key))
            .collect()
    }

    /// Tells Heat of each server that was silent for too long; the stack then fails
    /// with that reason.
    pub(crate) async fn end(
        &mut self,
        cloud: &Cloud,
        stack: &StackRef,
        now: Duration,
    ) -> Result<(), CloudError> {
        let overdue = self.overdue(now);
        if overdue.is_empty() {
            return Ok(());
        }
        let resources = cloud.heat().resources(stack, DEPTH_MAX).await?;
        let reason = format!(
            "nothing was heard from the server in {} s",
            self.limit.as_secs()
        );
        for resource in &resources {
            if is_one_of(resource, &overdue) {
                cloud
                    .heat()
                    .fail_software_deployment(&resource.physical_id, &reason)
                    .await?;
            }
        }
        self.since
            .retain(|_, since| now.saturating_sub(*since) <= self.limit);
        Ok(())
    }
}

/// Whether it is one of `keys` and still waits.
fn is_one_of(resource: &Resource, keys: &[&Key]) -> bool {
    let stack = resource.stack();
    resource.status.state == State::InProgress
        && !resource.physical_id.is_empty()
        && keys.iter().any(|(id, name)| {
            *name == resource.name && stack.as_ref().is_some_and(|stack| stack.id == *id)
        })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use serde_json::json;

    use super::{BOOT_GRACE, DEPLOYMENT, Silence};
    use crate::apply::event_log::EventLog;
    use crate::openstack::stack::{HeatEvent, StackRef};

    fn event(name: &str, status: &str) -> HeatEvent {
        serde_json::from_value(json!({
            "id": format!("{name}-{status}"), "event_time": "2026-01-01T00:00:00Z",
            "resource_name": name, "resource_status": status, "physical_resource_id": "",
            "links": [{"rel": "stack", "href": "http://h/v1/p/stacks/s/s-id"}],
        }))
        .expect("an event")
    }

    #[test]
    fn a_deployment_is_overdue_until_its_server_answers() {
        let log = EventLog::new(StackRef {
            name: "s".to_owned(),
            id: "s-id".to_owned(),
        });
        let kind = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
        let kinds = HashMap::from([
            kind("dead", DEPLOYMENT),
            kind("fine", DEPLOYMENT),
            kind("slow", "OS::Nova::Server"),
        ]);
        let seconds = Duration::from_secs;
        let mut silence = Silence::longer_than(seconds(100));
        let begun = ["dead", "fine", "slow"].map(|name| event(name, "CREATE_IN_PROGRESS"));
        silence.saw(&begun, &log, &kinds, seconds(10));
        silence.saw(
            &[event("fine", "CREATE_COMPLETE")],
            &log,
            &kinds,
            seconds(20),
        );
        assert!(silence.overdue(seconds(110) + BOOT_GRACE).is_empty());
        let dead = ("s-id".to_owned(), "dead".to_owned());
        assert_eq!(silence.overdue(seconds(111) + BOOT_GRACE), [&dead]);
    }
}
