//! How long the steps of earlier updates took, from the events that Heat still has of
//! a stack. Asks nobody.

use std::collections::BTreeSet;

use crate::openstack::stack::HeatEvent;
use crate::openstack::stack_status::{Action, State};
use crate::plan::update::model::Earlier;
use crate::template::gate;
use crate::template::release::Records;

/// What the stack's own events tell, oldest first; `records` say which of their
/// resources were members.
pub fn earlier(events: &[HeatEvent], records: &Records) -> Earlier {
    Earlier {
        canary_checks_s: took(events, gate::CANARY, &Action::Create),
        checks_s: took(events, gate::ALL, &Action::Create),
        // Any other may have waited for jobs.
        removal_s: removals(events, records).min(),
    }
}

/// How long the last `action` on `resource` that came to its end took, in seconds.
pub fn took(events: &[HeatEvent], resource: &str, action: &Action) -> Option<u64> {
    let is = |event: &HeatEvent, state: &State| {
        event.resource_name == resource && event.status.is(action, state)
    };
    let end = events.iter().rposition(|one| is(one, &State::Complete))?;
    let (before, rest) = events.split_at(end);
    let start = before.iter().rfind(|one| is(one, &State::InProgress))?;
    let took = rest.first()?.time.duration_since(start.time);
    u64::try_from(took.as_secs()).ok().filter(|took| *took > 0)
}

fn removals(events: &[HeatEvent], records: &Records) -> impl Iterator<Item = u64> {
    let releases = records.history.iter();
    let members: BTreeSet<&String> = releases.flat_map(|one| one.members.keys()).collect();
    members
        .into_iter()
        .filter_map(|member| took(events, member, &Action::Delete))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Earlier, earlier};
    use crate::openstack::stack::HeatEvent;
    use crate::template::release::Records;

    const GATE: &str = "verified";

    fn events(rows: &[(u32, &str, &str)]) -> Vec<HeatEvent> {
        let event = |(index, row): (usize, &(u32, &str, &str))| {
            let (second, name, status) = row;
            let time = format!("2026-11-22T10:{:02}:{:02}Z", second / 60, second % 60);
            let value = json!({"id": index.to_string(), "event_time": time,
                "resource_name": name, "resource_status": status});
            serde_json::from_value(value).expect("an event")
        };
        rows.iter().enumerate().map(event).collect()
    }

    fn records() -> Records {
        let release = json!({"version": 2, "tag": "v1", "members": {"a_0": "d", "a_1": "d"}});
        Records::read(&json!({"outputs": {"history": {"value": [release]}}}))
    }

    #[test]
    fn the_last_checks_and_the_quickest_removal_count() {
        let events = events(&[
            (0, GATE, "CREATE_IN_PROGRESS"),
            (50, GATE, "CREATE_COMPLETE"),
            (60, "a_0", "DELETE_IN_PROGRESS"),
            (60, "a_1", "DELETE_IN_PROGRESS"),
            (84, "a_1", "DELETE_COMPLETE"),
            (184, "a_0", "DELETE_COMPLETE"),
            (190, GATE, "DELETE_IN_PROGRESS"),
            (191, GATE, "DELETE_COMPLETE"),
            (200, "canary_verified", "CREATE_IN_PROGRESS"),
            (241, "canary_verified", "CREATE_COMPLETE"),
            (300, GATE, "CREATE_IN_PROGRESS"),
            (345, GATE, "CREATE_COMPLETE"),
            // One that did not come to its end tells nothing.
            (400, GATE, "CREATE_IN_PROGRESS"),
            (500, GATE, "CREATE_FAILED"),
        ]);
        let expected = Earlier {
            canary_checks_s: Some(41),
            checks_s: Some(45),
            removal_s: Some(24),
        };
        assert_eq!(earlier(&events, &records()), expected);
    }

    #[test]
    fn what_heat_no_longer_tells_is_not_known() {
        assert_eq!(earlier(&[], &records()), Earlier::default());
        let only_its_end = events(&[(9, GATE, "CREATE_COMPLETE")]);
        assert_eq!(earlier(&only_its_end, &records()), Earlier::default());
    }
}
