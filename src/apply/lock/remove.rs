//! Removes one lock, and only that one: by its id.

use std::time::Duration;

use crate::apply::lock::state::{Meaning, Seen};
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::stack::StackRef;
use crate::openstack::stack_status::Action;
use crate::openstack::wait::{Deadline, Pace, Verdict, WaitError, until};

/// Heat removes a stack without resources in a second.
const LONGEST: Duration = Duration::from_secs(30);

/// Removes it whoever holds it, and returns once it is gone.
pub async fn remove(cloud: &Cloud, lock: &StackRef) -> Result<(), CloudError> {
    removed(cloud, lock, None).await.map(|_| ())
}

/// Removes it if nobody has renewed it since it was seen; whether it is gone.
pub(super) async fn remove_unchanged(cloud: &Cloud, seen: &Seen) -> Result<bool, CloudError> {
    removed(cloud, &seen.stack.reference(), Some(seen)).await
}

/// Heat drops a removal silently when a renewal is a moment faster, so it is asked
/// for as often as it is found not to go on.
async fn removed(
    cloud: &Cloud,
    lock: &StackRef,
    unchanged: Option<&Seen>,
) -> Result<bool, CloudError> {
    let attempt = async || {
        let seen = match cloud.heat().shown(lock).await {
            Ok(shown) => Seen::from(shown),
            Err(error) if error.is_not_found() => return Ok(Verdict::Done(true)),
            Err(error) => return Err(error),
        };
        if seen.meaning(false) == Meaning::Gone {
            return Ok(Verdict::Done(true));
        }
        let going = seen.stack.status.action == Action::Delete;
        let renewed =
            unchanged.is_some_and(|old| old.stack.updated_time != seen.stack.updated_time);
        if renewed && !going {
            return Ok(Verdict::Done(false));
        }
        if !going || seen.stack.status.is_failed() {
            cloud.heat().delete(lock).await?;
        }
        Ok(Verdict::<bool, ()>::Go)
    };
    match until(Deadline::after(LONGEST), Pace::QUICK, attempt).await {
        Ok(gone) => Ok(gone),
        Err(
            WaitError::Cloud(error)
            | WaitError::TimedOut {
                last: Some(error), ..
            },
        ) => Err(error),
        Err(_) => Err(CloudError::Local(format!(
            "stack `{}` does not go away",
            lock.name
        ))),
    }
}
