//! Follows a stack to the end of what Heat does with it, and tells every event.

mod look;

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use self::look::Look;
use crate::apply::drain::PROGRESS;
use crate::apply::error::{FailedStack, StackError};
use crate::apply::event_log::EventLog;
use crate::apply::evidence::{self, Evidence};
use crate::apply::first_failure::{FirstFailure, busy, first_failure};
use crate::apply::silence::Silence;
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::heat::DEPTH_MAX;
use crate::openstack::stack::{HeatEvent, Stack, StackRef};
use crate::openstack::stack_status::{Action, State};
use crate::openstack::wait::Deadline;
use crate::ui::event::Event;

/// Half of this, and one answer, is how late the end is seen on average.
const TICK: Duration = Duration::from_millis(500);
/// Convergence writes `*_FAILED` first and starts the rollback after (Heat 19).
const ROLLBACK_GRACE: Duration = Duration::from_secs(10);

/// An API behind several others may not know for a moment what another one made.
const NEW_GRACE: Duration = Duration::from_secs(10);

/// What is followed.
#[derive(Debug)]
pub struct Follow<'a> {
    /// The stack.
    pub stack: &'a StackRef,
    /// What was asked of Heat.
    pub action: Action,
    /// What was asked, where a stack is changed that had ended well before: until Heat
    /// begins, it still shows how the change before ended.
    pub request: Option<Request<'a>>,
    /// Whether Heat undoes it when it fails.
    pub rolls_back: bool,
    /// Until when.
    pub deadline: Deadline,
    /// Types by path, for events; Heat's list of events lacks them.
    pub kinds: &'a HashMap<String, String>,
    /// How long a server may take to be ready; none where nobody waits for servers.
    pub server_deadline: Option<Duration>,
}

/// What tells one change of a stack from others.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The tag that it gives the stack.
    pub tag: &'a str,
    /// The tags that were there when it was asked.
    pub before: &'a [String],
}

/// Whose change a stack shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// The one before: Heat has not begun.
    Before,
    Ours,
    /// One that was asked after ours, which Heat gave up for it.
    Anothers,
}

/// What a status means for one who waits for `action`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    GoesOn,
    Done,
    Failed,
    /// Failed, and a rollback may be about to start.
    MayRollBack,
}

fn outcome(stack: &Stack, action: &Action, rolls_back: bool) -> Outcome {
    let status = &stack.status;
    match (&status.action, &status.state) {
        (now, State::Complete) if now == action => Outcome::Done,
        (Action::Rollback | Action::Delete, State::Complete | State::Failed) => Outcome::Failed,
        (now, State::Failed) if now == action && rolls_back => Outcome::MayRollBack,
        (now, State::Failed) if now == action => Outcome::Failed,
        // Anything else is not ours: the status from before, or another's action.
        _ => Outcome::GoesOn,
    }
}

fn shown(stack: &Stack, request: Option<Request<'_>>) -> Shown {
    let Some(request) = request else {
        return Shown::Ours;
    };
    let has = |tag: &str| stack.tags.iter().any(|one| one == tag);
    if has(request.tag) {
        Shown::Ours
    } else if stack.tags.iter().all(|tag| request.before.contains(tag)) {
        Shown::Before
    } else {
        Shown::Anothers
    }
}

/// Whether a stack that is not there may be one that is only not known everywhere yet.
fn may_be_new(action: &Action, seen: bool, after: Duration) -> bool {
    *action == Action::Create && !seen && after < NEW_GRACE
}

/// Follows to the end. Good: the stack as it is then (none for one that is deleted).
/// Bad: the first failure with its evidence.
pub async fn follow(
    cloud: &Cloud,
    log: &mut EventLog,
    what: &Follow<'_>,
) -> Result<Option<Stack>, StackError> {
    let begun = Instant::now();
    let mut events: Vec<HeatEvent> = Vec::new();
    let mut look = Look::default();
    let mut outage = Outage::default();
    let mut seen = false;
    let mut failed_since: Option<Instant> = None;
    let mut early: Option<Traced> = None;
    let mut silence = what.server_deadline.map(Silence::longer_than);
    loop {
        let (want_status, want_events) = look.wanted(begun.elapsed());
        let (status, news) = tokio::join!(
            async {
                if want_status {
                    Some(status(cloud, what).await)
                } else {
                    None
                }
            },
            async {
                if want_events {
                    Some(news(cloud, log, what).await)
                } else {
                    None
                }
            },
        );
        if let Some(news) = news {
            match news {
                Ok(news) => {
                    let new = log.take(news, begun.elapsed());
                    look.saw(begun.elapsed(), &new, log);
                    tell(cloud, log, what, &new);
                    events.extend(new.into_iter().filter(|event| event.status.is_failed()));
                    if what.rolls_back && early.is_none() && !events.is_empty() {
                        // On the way back Heat removes what could tell why.
                        early = Some(traced(cloud, what, &events).await);
                    }
                }
                Err(error) => outage.note(cloud, error)?,
            }
        }
        match status {
            Some(Ok(None)) if may_be_new(&what.action, seen, begun.elapsed()) => {}
            Some(Ok(stack)) => {
                outage.over();
                seen = true;
                look.status_at = Some(begun.elapsed());
                let Some(stack) = stack else {
                    return gone(cloud, log, what, begun.elapsed()).await;
                };
                let end = match shown(&stack, what.request) {
                    Shown::Ours => outcome(&stack, &what.action, what.rolls_back),
                    Shown::Before => Outcome::GoesOn,
                    Shown::Anothers => return Err(StackError::Overtaken { stack: stack.name }),
                };
                let since = *failed_since.get_or_insert_with(Instant::now);
                match end {
                    Outcome::GoesOn => failed_since = None,
                    Outcome::MayRollBack if since.elapsed() < ROLLBACK_GRACE => {}
                    Outcome::Done | Outcome::Failed | Outcome::MayRollBack => {
                        last_news(cloud, log, what, begun.elapsed(), &mut events).await;
                        return if end == Outcome::Done {
                            Ok((what.action != Action::Delete).then_some(stack))
                        } else {
                            Err(failed(cloud, what, stack, &events, early).await)
                        };
                    }
                }
            }
            Some(Err(error)) => outage.note(cloud, error)?,
            None => {}
        }
        if what.action == Action::Delete && look.stalled(begun.elapsed()) {
            cloud.reporter().note(&what.stack.name, look.asks_again());
            match cloud.heat().delete(what.stack).await {
                Err(error) if !error.is_not_found() => outage.note(cloud, error)?,
                _ => {}
            }
        }
        if let Some(silence) = &mut silence {
            // Only an aid: another look follows, and what Heat itself says decides.
            let _ = Box::pin(silence.end(cloud, what.stack, begun.elapsed())).await;
        }
        if what.deadline.passed() {
            return Err(timed_out(cloud, what).await);
        }
        sleep(TICK.min(what.deadline.remaining())).await;
    }
}

/// Errors that pass are waited out until the deadline, and told once.
#[derive(Debug, Default)]
struct Outage {
    told: bool,
}

impl Outage {
    fn note(&mut self, cloud: &Cloud, error: CloudError) -> Result<(), StackError> {
        if !error.is_transient() {
            return Err(error.into());
        }
        if !self.told {
            cloud
                .reporter()
                .warn(error.to_string(), "waiting for the cloud to answer again");
        }
        self.told = true;
        Ok(())
    }

    fn over(&mut self) {
        self.told = false;
    }
}

/// The stack, or none once it is deleted.
async fn status(cloud: &Cloud, what: &Follow<'_>) -> Result<Option<Stack>, CloudError> {
    match cloud.heat().stack(what.stack).await {
        Ok(stack) => {
            let deleted = stack.status.is(&Action::Delete, &State::Complete);
            Ok((!deleted).then_some(stack))
        }
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

async fn news(
    cloud: &Cloud,
    log: &EventLog,
    what: &Follow<'_>,
) -> Result<Vec<HeatEvent>, CloudError> {
    cloud
        .heat()
        .events(what.stack, log.marker(), DEPTH_MAX)
        .await
}

fn tell(cloud: &Cloud, log: &EventLog, what: &Follow<'_>, new: &[HeatEvent]) {
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

/// The status can be read a moment before the last events: they belong to the story.
async fn last_news(
    cloud: &Cloud,
    log: &mut EventLog,
    what: &Follow<'_>,
    now: Duration,
    events: &mut Vec<HeatEvent>,
) {
    if let Ok(news) = news(cloud, log, what).await {
        let new = log.take(news, now);
        tell(cloud, log, what, &new);
        events.extend(new.into_iter().filter(|event| event.status.is_failed()));
    }
}

/// A deleted stack's events can only be had without those of nested stacks.
async fn gone(
    cloud: &Cloud,
    log: &mut EventLog,
    what: &Follow<'_>,
    now: Duration,
) -> Result<Option<Stack>, StackError> {
    if what.action != Action::Delete {
        return Err(StackError::Gone {
            stack: what.stack.name.clone(),
        });
    }
    if let Ok(news) = cloud.heat().events(what.stack, log.marker(), 0).await {
        let new = log.take(news, now);
        tell(cloud, log, what, &new);
    }
    Ok(None)
}

/// The first failure, and what its server told.
type Traced = (Option<FirstFailure>, Option<Evidence>);

async fn traced(cloud: &Cloud, what: &Follow<'_>, events: &[HeatEvent]) -> Traced {
    let resources = cloud
        .heat()
        .resources(what.stack, DEPTH_MAX)
        .await
        .unwrap_or_default();
    let first = first_failure(what.stack, &resources, events);
    let evidence = match &first {
        Some(first) => evidence::find(cloud, first, &resources).await,
        None => None,
    };
    (first, evidence)
}

async fn failed(
    cloud: &Cloud,
    what: &Follow<'_>,
    stack: Stack,
    events: &[HeatEvent],
    early: Option<Traced>,
) -> StackError {
    let (first, evidence) = match early {
        Some((Some(first), evidence)) => (Some(first), evidence),
        _ => traced(cloud, what, events).await,
    };
    StackError::Failed(Box::new(FailedStack {
        stack: stack.name,
        status: stack.status,
        reason: stack.reason,
        first,
        evidence,
    }))
}

async fn timed_out(cloud: &Cloud, what: &Follow<'_>) -> StackError {
    let resources = cloud
        .heat()
        .resources(what.stack, DEPTH_MAX)
        .await
        .unwrap_or_default();
    StackError::TimedOut {
        stack: what.stack.name.clone(),
        action: what.action.clone(),
        after: what.deadline.limit(),
        busy: busy(what.stack, &resources),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Action, NEW_GRACE, Outcome, Request, Shown, may_be_new, outcome, shown};

    #[track_caller]
    fn case(status: &str, action: &Action, rolls_back: bool, expected: Outcome) {
        let stack =
            serde_json::from_value(json!({"id": "1", "stack_name": "a", "stack_status": status,
            "creation_time": "2026-11-22T12:00:00Z"}))
            .expect("a stack");
        assert_eq!(outcome(&stack, action, rolls_back), expected, "{status}");
    }

    #[test]
    fn a_status_is_judged_by_what_was_asked() {
        case(
            "CREATE_IN_PROGRESS",
            &Action::Create,
            false,
            Outcome::GoesOn,
        );
        case("CREATE_COMPLETE", &Action::Create, false, Outcome::Done);
        case("CREATE_FAILED", &Action::Create, false, Outcome::Failed);
        case("CREATE_FAILED", &Action::Create, true, Outcome::MayRollBack);
        case(
            "DELETE_IN_PROGRESS",
            &Action::Create,
            false,
            Outcome::GoesOn,
        );
        case("CREATE_COMPLETE", &Action::Update, true, Outcome::GoesOn);
        case("UPDATE_FAILED", &Action::Update, true, Outcome::MayRollBack);
        case(
            "ROLLBACK_IN_PROGRESS",
            &Action::Update,
            true,
            Outcome::GoesOn,
        );
        case("ROLLBACK_COMPLETE", &Action::Update, true, Outcome::Failed);
        case("ROLLBACK_FAILED", &Action::Update, true, Outcome::Failed);
        case("CREATE_COMPLETE", &Action::Delete, false, Outcome::GoesOn);
        case("DELETE_FAILED", &Action::Delete, false, Outcome::Failed);
    }

    #[test]
    fn only_a_new_stack_may_not_be_known_yet() {
        let soon = NEW_GRACE / 2;
        assert!(may_be_new(&Action::Create, false, soon));
        assert!(!may_be_new(&Action::Create, true, soon));
        assert!(!may_be_new(&Action::Create, false, NEW_GRACE));
        assert!(!may_be_new(&Action::Delete, false, soon));
    }

    #[test]
    fn a_change_is_known_from_the_one_before_and_the_one_after() {
        let stack = |tags: &[&str]| {
            serde_json::from_value(
                json!({"id": "1", "stack_name": "a", "stack_status": "UPDATE_COMPLETE",
                "creation_time": "2026-11-22T12:00:00Z", "tags": tags}),
            )
            .expect("a stack")
        };
        let before = ["x".to_owned(), "before".to_owned()];
        let now = Some(Request {
            tag: "now",
            before: &before,
        });
        assert_eq!(shown(&stack(&["x", "before"]), now), Shown::Before);
        assert_eq!(shown(&stack(&[]), now), Shown::Before);
        assert_eq!(shown(&stack(&["x", "now"]), now), Shown::Ours);
        assert_eq!(shown(&stack(&["x", "after"]), now), Shown::Anothers);
        assert_eq!(shown(&stack(&[]), None), Shown::Ours);
    }
}
