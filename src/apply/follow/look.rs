//! When Heat is asked for what, while a stack is followed.

use std::time::Duration;

use crate::apply::event_log::EventLog;
use crate::openstack::stack::HeatEvent;

/// While nothing happens, events are looked for this often, and while events come,
/// the status.
const IDLE: Duration = Duration::from_secs(2);
/// So long after an event more are expected.
const LIVELY: Duration = Duration::from_secs(4);
/// A delete during which nothing happens for so long has been lost: seen with Heat 19
/// when a signal comes for a deployment that is just being deleted. Asked again, Heat
/// begins anew with what is left. Nova takes seconds for a server; minutes are rare, and
/// to ask once too often does no harm.
const STALLED: Duration = Duration::from_secs(120);
/// Asked so often in vain, Heat will not answer the next time either: threads of
/// heat-engine that hang keep the locks of their resources (seen with oslo.log 5.0).
const ASKED_ENOUGH: u32 = 3;

/// When to ask for what: the events while they come, the status while they do not.
#[derive(Debug, Default)]
pub(super) struct Look {
    pub(super) status_at: Option<Duration>,
    events_at: Option<Duration>,
    last_event: Duration,
    asked_again: Duration,
    times_asked: u32,
    ending: bool,
}

impl Look {
    pub(super) fn wanted(&self, now: Duration) -> (bool, bool) {
        let lively = now.saturating_sub(self.last_event) < LIVELY;
        let due = |at: Option<Duration>| at.is_none_or(|at| now.saturating_sub(at) >= IDLE);
        let status = self.ending || !lively || due(self.status_at);
        (status, lively || due(self.events_at))
    }

    /// Whether nothing has come for so long that Heat should be asked again; true once
    /// each time.
    pub(super) fn stalled(&mut self, now: Duration) -> bool {
        let since = self.last_event.max(self.asked_again);
        let stalled = now.saturating_sub(since) >= STALLED;
        if stalled {
            self.asked_again = now;
            self.times_asked += 1;
        }
        stalled
    }

    /// What is said when Heat is asked once more.
    pub(super) fn asks_again(&self) -> &'static str {
        if self.times_asked < ASKED_ENOUGH {
            "nothing happens any more; asking Heat once more to delete it"
        } else {
            "nothing happens any more, however often Heat is asked to delete it: \
             whoever runs this cloud may have to start heat-engine anew"
        }
    }

    pub(super) fn saw(&mut self, now: Duration, new: &[HeatEvent], log: &EventLog) {
        self.events_at = Some(now);
        if !new.is_empty() {
            self.last_event = now;
            self.times_asked = 0;
        }
        // The stack's own last event says that its status is worth a look at once.
        self.ending |= new
            .iter()
            .any(|event| log.is_root(event) && event.status.is_final());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delete_without_news_is_asked_for_again_now_and_then() {
        let at = Duration::from_secs;
        let mut look = Look {
            last_event: at(10),
            ..Look::default()
        };
        assert!(!look.stalled(at(129)));
        assert!(look.stalled(at(130)));
        assert!(!look.stalled(at(131)));
        assert!(!look.asks_again().contains("heat-engine"));
        assert!(look.stalled(at(250)) && look.stalled(at(370)));
        assert!(look.asks_again().contains("heat-engine"));
        look.last_event = at(300);
        assert!(!look.stalled(at(400)));
    }

    #[test]
    fn events_are_asked_for_while_they_come_and_the_status_while_they_do_not() {
        let at = Duration::from_millis;
        let mut look = Look::default();
        assert_eq!(look.wanted(at(0)), (true, true));
        (look.status_at, look.events_at) = (Some(at(0)), Some(at(500)));
        assert_eq!(look.wanted(at(1000)), (false, true), "lively");
        assert_eq!(
            look.wanted(at(2000)),
            (true, true),
            "the status from time to time"
        );
        (look.status_at, look.events_at) = (Some(at(9_500)), Some(at(9_000)));
        assert_eq!(look.wanted(at(10_000)), (true, false), "idle");
        assert_eq!(
            look.wanted(at(11_000)),
            (true, true),
            "the events from time to time"
        );
        look.ending = true;
        look.last_event = at(11_000);
        assert_eq!(look.wanted(at(11_500)), (true, true));
    }
}
