//! What a lock's stack means at one moment: a verdict over what was seen.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::apply::lock::holder::Holder;
use crate::name::StackName;
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::heat_clock::{Shown, time};
use crate::openstack::stack::Stack;
use crate::openstack::stack_status::{Action, State};

/// A holder renews its lock this often.
pub const RENEW: Duration = Duration::from_secs(30);
/// A lock that was not renewed for this long is nobody's: five renewals may be lost to
/// a cloud's hiccup, and whoever comes after a crash waits no longer than for a coffee.
pub const LEASE: Duration = Duration::from_secs(180);
/// Tells a lock from any other stack of that name.
pub const TAG: &str = "ptero-lock";

/// A lock's stack as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The stack.
    pub stack: Stack,
    /// Who holds it, where it can be read.
    pub holder: Option<Holder>,
    /// The cloud's time.
    pub now: Option<Timestamp>,
}

/// What it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// Somebody holds it; for so long, unless it is renewed. Not known where the
    /// cloud does not tell its time.
    Held(Option<Duration>),
    /// It was not renewed in time.
    Expired,
    /// Its holder is certainly dead.
    Orphaned,
    /// It is being removed.
    Leaving,
    /// It is gone.
    Gone,
    /// It is no lock.
    Foreign,
}

impl Seen {
    /// When it was made or changed last.
    pub fn renewed(&self) -> Option<Timestamp> {
        let stack = &self.stack;
        time(stack.updated_time.as_ref().unwrap_or(&stack.creation_time))
    }

    /// When it ends unless it is renewed.
    pub fn ends(&self) -> Option<Timestamp> {
        let lease = SignedDuration::try_from(LEASE).ok()?;
        self.renewed()?.checked_add(lease).ok()
    }

    /// What it means; `dead` where its holder is known to be.
    pub fn meaning(&self, dead: bool) -> Meaning {
        let status = &self.stack.status;
        if status.is(&Action::Delete, &State::Complete) {
            return Meaning::Gone;
        }
        if !self.stack.tags.iter().any(|tag| tag == TAG) {
            return Meaning::Foreign;
        }
        match (&status.action, status.is_failed()) {
            // There is nothing in it that could hold it back: ask again.
            (Action::Delete, true) => return Meaning::Expired,
            (Action::Delete, false) => return Meaning::Leaving,
            _ => {}
        }
        if dead {
            return Meaning::Orphaned;
        }
        let (Some(now), Some(ends)) = (self.now, self.ends()) else {
            return Meaning::Held(None);
        };
        match Duration::try_from(ends.duration_since(now)) {
            Ok(left) if !left.is_zero() => Meaning::Held(Some(left)),
            _ => Meaning::Expired,
        }
    }

    /// Whether somebody holds it, as far as can be known.
    pub fn is_in_force(&self) -> bool {
        matches!(self.meaning(self.is_dead()), Meaning::Held(_))
    }

    /// Whether the holder's process is known to be dead.
    pub fn is_dead(&self) -> bool {
        self.holder.as_ref().is_some_and(Holder::is_dead)
    }
}

impl From<Shown> for Seen {
    fn from(shown: Shown) -> Self {
        Self {
            holder: Holder::read(&shown.outputs),
            stack: shown.stack,
            now: shown.now,
        }
    }
}

/// The name of a stack's lock.
pub fn lock_name(stack: &StackName) -> String {
    format!("{stack}-lock")
}

/// All stacks of a lock's name. Heat looks for the name, then writes it, and orders
/// those of one second at will: so two may be there for a moment.
pub(super) async fn of_name(cloud: &Cloud, name: &str) -> Result<Vec<Stack>, CloudError> {
    let mut stacks = cloud.heat().stacks(&[("name", name)]).await?;
    stacks.retain(|stack| stack.name == name);
    stacks.sort_by(|a, b| (&a.creation_time, &a.id).cmp(&(&b.creation_time, &b.id)));
    Ok(stacks)
}

/// The lock of a stack as it is now; none where there is none.
pub async fn look(cloud: &Cloud, stack: &StackName) -> Result<Option<Seen>, CloudError> {
    let found = of_name(cloud, &lock_name(stack)).await?;
    let Some(first) = found.first() else {
        return Ok(None);
    };
    match cloud.heat().shown(&first.reference()).await {
        Ok(shown) => {
            let seen = Seen::from(shown);
            let gone = seen.meaning(false) == Meaning::Gone;
            Ok((!gone).then_some(seen))
        }
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::{Meaning, Seen};

    fn seen(status: &str, tags: &[&str], renewed: &str, now: &str) -> Seen {
        let stack = json!({"id": "1", "stack_name": "a-lock", "stack_status": status, "tags": tags,
            "creation_time": "2026-11-22T12:00:00Z", "updated_time": renewed});
        Seen {
            stack: serde_json::from_value(stack).unwrap(),
            holder: None,
            now: now.parse().ok(),
        }
    }

    #[track_caller]
    fn case(status: &str, renewed: &str, now: &str, expected: &Meaning) {
        let seen = seen(status, &["ptero-lock"], renewed, now);
        assert_eq!(seen.meaning(false), *expected, "{status} {renewed} {now}");
    }

    const RENEWED: &str = "2026-11-22T12:10:00Z";
    const LATE: &str = "2026-11-22T12:13:00Z";

    #[test]
    fn a_lock_is_held_until_its_time_is_up_by_the_clouds_clock() {
        let held = |left| Meaning::Held(Some(Duration::from_secs(left)));
        case("UPDATE_COMPLETE", RENEWED, RENEWED, &held(180));
        case(
            "UPDATE_IN_PROGRESS",
            RENEWED,
            "2026-11-22T12:12:59Z",
            &held(1),
        );
        case("UPDATE_COMPLETE", RENEWED, LATE, &Meaning::Expired);
        case(
            "CREATE_COMPLETE",
            "2026-11-22T12:10:00",
            LATE,
            &Meaning::Expired,
        );
        // A clock that runs ahead on the engine only makes it last longer.
        case(
            "UPDATE_COMPLETE",
            RENEWED,
            "2026-11-22T12:09:00Z",
            &held(240),
        );
    }

    #[test]
    fn without_the_clouds_time_nothing_expires() {
        case("UPDATE_COMPLETE", RENEWED, "", &Meaning::Held(None));
        case("UPDATE_COMPLETE", "?", LATE, &Meaning::Held(None));
    }

    #[test]
    fn one_that_goes_is_waited_for_and_one_that_stuck_is_removed_again() {
        case("DELETE_IN_PROGRESS", RENEWED, RENEWED, &Meaning::Leaving);
        case("DELETE_FAILED", RENEWED, RENEWED, &Meaning::Expired);
        case("DELETE_COMPLETE", RENEWED, RENEWED, &Meaning::Gone);
    }

    #[test]
    fn a_dead_holder_is_not_waited_for_and_another_stack_is_not_touched() {
        let held = seen("UPDATE_COMPLETE", &["ptero-lock"], RENEWED, RENEWED);
        assert_eq!(held.meaning(true), Meaning::Orphaned);
        let foreign = seen("CREATE_COMPLETE", &["a"], RENEWED, LATE);
        assert_eq!(foreign.meaning(true), Meaning::Foreign);
    }
}
