//! Removes one lock, and only that one: by its id.

use std::time::Duration;

use tokio::time::Instant;

use crate::apply::lock::state::{Meaning, Seen};
use crate::apply::lock::take::pause;
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::stack::StackRef;
use crate::openstack::stack_status::Action;
use crate::openstack::wait::{Deadline, Pace, Verdict, WaitError, until};

/// Heat removes a stack without resources in a second.
const LONGEST: Duration = Duration::from_secs(30);
/// A second removal makes Heat stop the first, show it as failed for a moment, and begin
/// again: two who ask at each such moment would keep each other from it for ever.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// Removes it whoever holds it, and returns once it is gone.
pub async fn remove(cloud: &Cloud, lock: &StackRef) -> Result<(), CloudError> {
    if removed(cloud, lock, None).await? {
        return Ok(());
    }
    let text = format!("stack `{}` does not go away", lock.name);
    Err(CloudError::Local(text))
}

/// Removes it if nobody has renewed it since it was seen; whether it is gone.
pub(super) async fn remove_unchanged(cloud: &Cloud, seen: &Seen) -> Result<bool, CloudError> {
    removed(cloud, &seen.stack.reference(), Some(seen)).await
}

/// Heat drops a removal silently when a renewal is a moment faster, so it is asked for
/// again when it is found not to go on.
async fn removed(
    cloud: &Cloud,
    lock: &StackRef,
    unchanged: Option<&Seen>,
) -> Result<bool, CloudError> {
    let mut asked: Option<Instant> = None;
    let attempt = async || {
        let seen = match cloud.heat().shown(lock).await {
            Ok(shown) => Seen::from(shown),
            Err(error) if error.is_not_found() => return Ok(Verdict::Done(true)),
            Err(error) => return Err(error),
        };
        if seen.meaning(false) == Meaning::Gone {
            return Ok(Verdict::Done(true));
        }
        let status = &seen.stack.status;
        let leaves = status.action == Action::Delete;
        let renewed =
            unchanged.is_some_and(|old| old.stack.updated_time != seen.stack.updated_time);
        if renewed && !leaves {
            return Ok(Verdict::Done(false));
        }
        let goes_on = leaves && !status.is_failed();
        let early = asked.is_some_and(|asked| asked.elapsed() < ASK_AGAIN + 8 * pause());
        if !goes_on && !early {
            asked = Some(Instant::now());
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
        Err(_) => Ok(false),
    }
}
