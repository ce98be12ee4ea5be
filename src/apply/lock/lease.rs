//! A lock that is ours for as long as we renew it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::apply::lock::error::LockError;
use crate::apply::lock::holder::Holder;
use crate::apply::lock::remove::remove;
use crate::apply::lock::state::{Meaning, RENEW, Seen, look};
use crate::apply::lock::take::{Claim, take};
use crate::error::Failure;
use crate::name::StackName;
use crate::openstack::client::Cloud;
use crate::openstack::stack::StackRef;
use crate::openstack::stack_status::Action;

/// After a renewal that did not come through, the next follows sooner.
const RENEW_AGAIN: Duration = Duration::from_secs(5);

/// A lock that is ours. It is renewed until it is released or dropped; dropped, it ends
/// by itself a little later.
pub struct Lease {
    held: Arc<Held>,
    renewal: JoinHandle<()>,
}

struct Held {
    cloud: Cloud,
    /// The stack whose lock this is.
    stack: StackName,
    /// The lock's own stack; its id is what tells our lock from a later one.
    lock: StackRef,
    holder: Mutex<Holder>,
    lost: Mutex<Option<LockError>>,
    /// One renewal at a time: else an older step could be told after a newer one.
    turn: tokio::sync::Mutex<()>,
    stop: Notify,
}

impl Lease {
    /// Takes the lock of `stack`.
    pub async fn take(cloud: &Cloud, stack: &StackName, claim: Claim) -> Result<Self, LockError> {
        let (lock, holder) = take(cloud, stack, &claim).await?;
        let held = Arc::new(Held {
            cloud: cloud.clone(),
            stack: stack.clone(),
            lock,
            holder: Mutex::new(holder),
            lost: Mutex::new(None),
            turn: tokio::sync::Mutex::new(()),
            stop: Notify::new(),
        });
        let renewal = tokio::spawn(renewals(Arc::clone(&held)));
        Ok(Self { held, renewal })
    }

    /// Tells others what is being done now. Fails only when the lock is lost: that others
    /// read an older step is no reason to stop.
    pub async fn step(&self, step: impl Into<String>) -> Result<(), LockError> {
        guarded(&self.held.holder).step = step.into();
        match self.held.renew().await {
            Err(lost @ LockError::Lost { .. }) => Err(lost),
            _ => Ok(()),
        }
    }

    /// Asks the cloud whether the lock is still ours: before every change.
    pub async fn check(&self) -> Result<(), LockError> {
        self.held.check().await
    }

    /// Gives the lock back; one that was lost is not touched.
    pub async fn release(mut self) -> Result<(), LockError> {
        self.held.stop.notify_one();
        // A renewal that is under way is seen through: it could undo the removal.
        let _ = (&mut self.renewal).await;
        if self.held.lost().is_none() {
            remove(&self.held.cloud, &self.held.lock).await?;
        }
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// Does `work` while holding the lock of `stack`, and gives it back however that ends.
pub async fn holding<T>(
    cloud: &Cloud,
    stack: &StackName,
    claim: Claim,
    work: impl AsyncFnOnce(&Lease) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let env = claim.env.clone();
    let lease = Lease::take(cloud, stack, claim).await?;
    let result = work(&lease).await;
    if let Err(error) = lease.release().await {
        let text = format!("the lock of environment `{env}` could not be given back: {error}");
        let hint = format!("it ends by itself, or by `ptero-deploy lock break {env}`");
        cloud.reporter().warn(text, hint);
    }
    result
}

async fn renewals(held: Arc<Held>) {
    let mut pause = RENEW;
    loop {
        tokio::select! {
            () = held.stop.notified() => return,
            () = sleep(pause) => {}
        }
        pause = match held.renew().await {
            Ok(()) => RENEW,
            Err(lost @ LockError::Lost { .. }) => {
                let hint = "what Heat is doing goes on; the next change is not begun";
                held.cloud.reporter().warn(lost.to_string(), hint);
                return;
            }
            Err(_) => RENEW_AGAIN,
        };
    }
}

impl Held {
    fn lost(&self) -> Option<LockError> {
        guarded(&self.lost).clone()
    }

    /// Renews it, and tells the present step with that.
    async fn renew(&self) -> Result<(), LockError> {
        let _turn = self.turn.lock().await;
        if let Some(lost) = self.lost() {
            return Err(lost);
        }
        let template = guarded(&self.holder).template();
        let renewed = self.cloud.heat().swap_template(&self.lock, &template).await;
        let Err(error) = renewed else { return Ok(()) };
        // Heat refuses to change what is gone, or goes, in several ways.
        self.still_ours().await?;
        Err(error.into())
    }

    async fn check(&self) -> Result<(), LockError> {
        if let Some(lost) = self.lost() {
            return Err(lost);
        }
        let seen = self.still_ours().await?;
        if seen.meaning(false) == Meaning::Expired {
            // Nobody took it while this machine slept; now it must not be taken.
            self.renew().await?;
            self.still_ours().await?;
        }
        Ok(())
    }

    /// Our lock's stack; an error that stays where it is not there any more.
    async fn still_ours(&self) -> Result<Seen, LockError> {
        let seen = match self.cloud.heat().shown(&self.lock).await {
            Ok(shown) => Some(Seen::from(shown)),
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(error.into()),
        };
        let own = guarded(&self.holder).id.clone();
        if let Some(seen) = seen.filter(|seen| is_ours(seen, &own)) {
            return Ok(seen);
        }
        let next = look(&self.cloud, &self.stack).await.ok().flatten();
        let by = next
            .filter(|seen| seen.stack.id != self.lock.id)
            .and_then(|seen| seen.holder)
            .map(|holder| holder.by);
        let env = guarded(&self.holder).env.clone();
        let lost = LockError::Lost { env, by };
        *guarded(&self.lost) = Some(lost.clone());
        Err(lost)
    }
}

/// Whether a lock's stack is there, stays, and names us.
fn is_ours(seen: &Seen, own: &str) -> bool {
    let stays = seen.stack.status.action != Action::Delete;
    // Heat may not know an output's value for a moment: the id of the stack decides.
    stays && seen.holder.as_ref().is_none_or(|holder| holder.id == own)
}

/// What is behind a mutex that is never held while something can fail.
fn guarded<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
