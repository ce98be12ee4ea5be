//! Events of a followed stack, as the operator reads them.

use super::Follow;
use crate::apply::drain::PROGRESS;
use crate::apply::event_log::EventLog;
use crate::openstack::client::Cloud;
use crate::openstack::stack::HeatEvent;
use crate::openstack::stack_status::Action;
use crate::ui::event::Event;

pub(super) fn tell(cloud: &Cloud, log: &EventLog, what: &Follow<'_>, new: &[HeatEvent]) {
    for event in new {
        // A nested stack's own events say again what its resource's event says.
        if event.is_of_stack() && !log.is_root(event) {
            continue;
        }
        // Every few seconds of a drain; `apply/drain.rs` tells what was said.
        if event.resource_name == PROGRESS && is_signal(event) {
            continue;
        }
        let path = log.path(event);
        let root = log.is_root(event);
        let kind = what
            .kinds
            .get(&path)
            .filter(|_| !root)
            .cloned()
            .unwrap_or_else(|| {
                if root {
                    "OS::Heat::Stack".to_owned()
                } else {
                    String::new()
                }
            });
        cloud.reporter().emit(&Event::StackEvent {
            resource: path,
            resource_type: kind,
            status: event.status.to_string(),
            reason: event.reason.clone(),
            failed: event.status.is_failed(),
        });
    }
}

fn is_signal(event: &HeatEvent) -> bool {
    matches!(&event.status.action, Action::Unknown(word) if word == "SIGNAL")
}
