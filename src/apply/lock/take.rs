//! Takes a lock: whoever's creation of its stack succeeds holds it.

use std::time::Duration;

use serde_json::Map;
use tokio::time::sleep;

use crate::apply::lock::error::{LockError, told};
use crate::apply::lock::holder::Holder;
use crate::apply::lock::remove::{remove, remove_unchanged};
use crate::apply::lock::state::{Meaning, Seen, TAG, lock_name, look, of_name};
use crate::name::{EnvName, StackName};
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::stack::{NewStack, StackRef};
use crate::openstack::stack_status::Action;
use crate::openstack::wait::Deadline;

/// A lock that is released or taken over comes free within seconds; longer means that
/// Heat is in trouble.
const TAKE_LONGEST: Duration = Duration::from_secs(120);
/// Heat gives up on a stack without resources after this; it never comes to that.
const TIMEOUT_MINUTES: u32 = 5;
/// Looks at another stack of our lock's name before ours gives way: Heat itself
/// removes the later of two within the first moments.
const LOOKS_LATER: u32 = 3;
/// The first of two waits longer than that, or both would give way each time.
const LOOKS_FIRST: u32 = 10;

/// What a lock is wanted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The environment.
    pub env: EnvName,
    /// The command, as it would be typed again.
    pub command: String,
    /// What is done first; may be empty.
    pub step: String,
}

/// Takes the lock of `stack`, from a holder that is dead or stopped renewing it too.
pub(super) async fn take(
    cloud: &Cloud,
    stack: &StackName,
    claim: &Claim,
) -> Result<(StackRef, Holder), LockError> {
    let name = lock_name(stack);
    let deadline = Deadline::after(TAKE_LONGEST);
    while !deadline.passed() {
        let holder = Holder::new(claim);
        match create(cloud, &name, &holder).await {
            Ok(lock) if is_alone(cloud, &lock).await? => return Ok((lock, holder)),
            Ok(_) => {}
            Err(error) if error.is_conflict() => {}
            Err(error) => return Err(error.into()),
        }
        if let Some(seen) = look(cloud, stack).await? {
            make_way(cloud, claim, seen).await?;
        }
        sleep(pause()).await;
    }
    Err(LockError::Busy {
        env: claim.env.to_string(),
        after: TAKE_LONGEST,
    })
}

/// Removes a lock that is nobody's; an error where it is somebody's.
async fn make_way(cloud: &Cloud, claim: &Claim, seen: Seen) -> Result<(), LockError> {
    let reason = match seen.meaning(seen.is_dead()) {
        Meaning::Gone | Meaning::Leaving => return Ok(()),
        Meaning::Foreign => {
            return Err(LockError::Foreign {
                name: seen.stack.name,
            });
        }
        Meaning::Held(left) => {
            return Err(LockError::Held {
                env: claim.env.to_string(),
                seen: Box::new(seen),
                left,
            });
        }
        Meaning::Orphaned => "its process is gone",
        Meaning::Expired => "it was not renewed in time",
    };
    let text = format!("taking over its lock, held {}: {reason}", told(&seen));
    cloud.reporter().note(claim.env.as_str(), text);
    // Who renewed it meanwhile lives after all, and who was faster holds it: the next
    // look tells.
    remove_unchanged(cloud, &seen).await?;
    Ok(())
}

async fn create(cloud: &Cloud, name: &str, holder: &Holder) -> Result<StackRef, CloudError> {
    let new = NewStack {
        name: name.to_owned(),
        template: holder.template(),
        files: Map::new(),
        parameters: Map::new(),
        tags: vec![TAG.to_owned(), format!("{TAG}-{}", holder.id)],
        timeout_mins: TIMEOUT_MINUTES,
        disable_rollback: true,
    };
    cloud.heat().create(&new).await
}

/// Whether no other stack has our lock's name. Both of two that were made at once look
/// after they were made, so at least one of them sees the other; who sees another
/// and sees it stay gives way. So two never hold it.
async fn is_alone(cloud: &Cloud, lock: &StackRef) -> Result<bool, LockError> {
    let mut looks = 0;
    loop {
        let there = of_name(cloud, &lock.name).await?;
        let others = there
            .iter()
            .filter(|one| one.id != lock.id && one.status.action != Action::Delete);
        if others.count() == 0 {
            // Ours may be the one that was removed.
            let ours = there.iter().find(|one| one.id == lock.id);
            return Ok(ours.is_some_and(|one| one.status.action != Action::Delete));
        }
        looks += 1;
        let first = there.first().is_some_and(|one| one.id == lock.id);
        let patience = if first { LOOKS_FIRST } else { LOOKS_LATER };
        if looks >= patience {
            remove(cloud, lock).await?;
            return Ok(false);
        }
        sleep(pause()).await;
    }
}

/// Random, so that two who meet do not meet again and again.
pub(super) fn pause() -> Duration {
    let byte = uuid::Uuid::new_v4().as_bytes()[0];
    Duration::from_millis(150 + u64::from(byte))
}
