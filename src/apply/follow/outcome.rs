//! What a followed stack's status and tags mean for who asked for a change of it.

use std::time::Duration;

use super::Request;
use crate::openstack::stack::Stack;
use crate::openstack::stack_status::{Action, State};

/// An API behind several others may not know for a moment what another one made.
const NEW_GRACE: Duration = Duration::from_secs(10);

/// Whose change a stack shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// The one before: Heat has not begun.
    Before,
    Ours,
    /// One that was asked after ours, which Heat gave up for it.
    Anothers,
}

/// What a status means for one who waits for `action`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    GoesOn,
    Done,
    Failed,
    /// Failed, and a rollback may be about to start.
    MayRollBack,
}

pub(super) fn outcome(stack: &Stack, action: &Action, rolls_back: bool) -> Outcome {
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

pub(super) fn shown(stack: &Stack, request: Option<Request<'_>>) -> Shown {
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
pub(super) fn may_be_new(action: &Action, seen: bool, after: Duration) -> bool {
    *action == Action::Create && !seen && after < NEW_GRACE
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
