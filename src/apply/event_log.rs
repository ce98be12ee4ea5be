//! What was already told of a stack's events, and from where to ask on.
//!
//! Heat orders events by the second at which an engine wrote them, and several
//! engines write: one may appear *before* others that we have. So the marker stays
//! some seconds behind, and what comes twice is known by its id. The same holds
//! when the marker was purged and Heat begins again at its oldest event.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::time::Duration;

use crate::openstack::stack::{HeatEvent, StackRef};

/// Later than this no engine writes an event of an earlier second.
const SETTLED_AFTER: Duration = Duration::from_secs(5);
/// Length of the random end of a nested stack's name.
const SHORT_ID_CHARS: usize = 12;

/// The events of one stack and of those nested in it.
#[derive(Debug)]
pub struct EventLog {
    root: StackRef,
    seen: HashSet<String>,
    /// Arrival and id of events that are too new to ask from.
    recent: VecDeque<(Duration, String)>,
    marker: Option<String>,
    /// Names of all stacks that events came from.
    stacks: BTreeSet<String>,
}

impl EventLog {
    /// A log that has told nothing yet.
    pub fn new(root: StackRef) -> Self {
        let stacks = BTreeSet::from([root.name.clone()]);
        Self {
            root,
            seen: HashSet::new(),
            recent: VecDeque::new(),
            marker: None,
            stacks,
        }
    }

    /// Takes what Heat sent at `now` (since any fixed moment), and gives what is new,
    /// in Heat's order.
    pub fn take(&mut self, events: Vec<HeatEvent>, now: Duration) -> Vec<HeatEvent> {
        let mut new: Vec<HeatEvent> = events
            .into_iter()
            .filter(|event| self.seen.insert(event.id.clone()))
            .collect();
        new.sort_by_key(|event| event.time);
        for event in &new {
            self.recent.push_back((now, event.id.clone()));
            self.stacks.extend(event.stack().map(|stack| stack.name));
        }
        while let Some((arrived, _)) = self.recent.front() {
            if now.saturating_sub(*arrived) < SETTLED_AFTER {
                break;
            }
            self.marker = self.recent.pop_front().map(|(_, id)| id);
        }
        new
    }

    /// The event after which to ask.
    pub fn marker(&self) -> Option<&str> {
        self.marker.as_deref()
    }

    /// Whether the event is the followed stack's own.
    pub fn is_root(&self, event: &HeatEvent) -> bool {
        event.physical_id == self.root.id
    }

    /// Path of resource names from the followed stack down to the event's resource.
    pub fn path(&self, event: &HeatEvent) -> String {
        if self.is_root(event) {
            return self.root.name.clone();
        }
        let stack = event.stack().map_or_else(String::new, |stack| stack.name);
        path(&self.root.name, &self.stacks, &stack, &event.resource_name)
    }
}

/// Path of a resource in `stack`, which may be nested in `root`. Heat names a nested
/// stack `PARENT-RESOURCE-<12 characters>`; where a name does not read so (Heat
/// shortens very long ones), the stack's own name stands for the way to it.
pub fn path(root: &str, stacks: &BTreeSet<String>, stack: &str, resource: &str) -> String {
    let mut parts = vec![resource];
    let mut at = stack;
    while at != root {
        // The longest parent whose name fits: another stack's may begin the same way.
        let way = stacks
            .iter()
            .filter_map(|parent| {
                let rest = at.strip_prefix(parent.as_str())?.strip_prefix('-')?;
                let (member, end) = rest.rsplit_once('-')?;
                (end.len() == SHORT_ID_CHARS).then_some((parent, member))
            })
            .max_by_key(|(parent, _)| parent.len());
        let Some((parent, member)) = way else {
            parts.push(at);
            break;
        };
        parts.push(member);
        at = parent;
    }
    parts.reverse();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{BTreeSet, Duration, EventLog, HeatEvent, StackRef, path};

    fn event(id: &str, second: u8) -> HeatEvent {
        serde_json::from_value(json!({
            "id": id, "event_time": format!("2026-11-22T12:00:{second:02}Z"), "resource_name": "r",
            "resource_status": "CREATE_COMPLETE", "physical_resource_id": "x",
            "links": [{"rel": "stack", "href": "http://c/v1/p/stacks/root/1"}],
        }))
        .expect("an event")
    }

    fn log() -> EventLog {
        EventLog::new(StackRef {
            name: "root".to_owned(),
            id: "1".to_owned(),
        })
    }

    fn ids(events: &[HeatEvent]) -> Vec<&str> {
        events.iter().map(|event| event.id.as_str()).collect()
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn an_event_that_comes_late_is_told_once_and_not_lost() {
        let mut log = log();
        assert_eq!(
            ids(&log.take(vec![event("a", 1), event("c", 3)], at(0))),
            ["a", "c"]
        );
        assert_eq!(log.marker(), None);
        assert_eq!(
            ids(&log.take(vec![event("a", 1), event("b", 1), event("c", 3)], at(2))),
            ["b"]
        );
        assert!(log.take(Vec::new(), at(6)).is_empty());
        assert_eq!(log.marker(), Some("c"));
        assert!(log.take(Vec::new(), at(7)).is_empty());
        assert_eq!(log.marker(), Some("b"), "what settled last");
    }

    #[test]
    fn a_purged_marker_brings_everything_again_and_tells_nothing_twice() {
        let mut log = log();
        log.take(vec![event("a", 1), event("b", 1)], at(0));
        log.take(Vec::new(), at(9));
        assert_eq!(log.marker(), Some("b"));
        let again = vec![event("b", 1), event("z", 4), event("y", 4)];
        assert_eq!(
            ids(&log.take(again, at(10))),
            ["z", "y"],
            "equal times keep Heat's order"
        );
    }

    #[track_caller]
    fn case(stack: &str, expected: &str) {
        let stacks = [
            "root",
            "root-web-abcdefghijkl",
            "root-web-abcdefghijkl-in-mnopqrstuvwx",
            "root-web",
        ]
        .map(str::to_owned);
        assert_eq!(path("root", &BTreeSet::from(stacks), stack, "r"), expected);
    }

    #[test]
    fn the_path_is_read_from_the_names_of_nested_stacks() {
        case("root", "r");
        case("root-web-abcdefghijkl", "web/r");
        case("root-a-b_c-zzzzzzzzzzzz", "a-b_c/r");
        case("root-web-abcdefghijkl-in-mnopqrstuvwx", "web/in/r");
        case("root-shortened", "root-shortened/r");
        case("", "/r");
    }
}
