//! One change of a stack: asked of Heat, and followed to its end, or to the end
//! of Heat's own way back.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::apply::delete;
use crate::apply::drain::{self, Mode};
use crate::apply::error::StackError;
use crate::apply::event_log::EventLog;
use crate::apply::follow::{Follow, Request, follow};
use crate::apply::gatekeeper;
use crate::apply::lock::Lease;
use crate::apply::stack::{kinds, tags};
use crate::openstack::client::Cloud;
use crate::openstack::heat::DEPTH_MAX;
use crate::openstack::stack::{Stack, StackRef, StackUpdate};
use crate::openstack::stack_status::{Action, State};
use crate::openstack::wait::Deadline;
use crate::template::Template;

/// Heat needs a moment after its own time limit to write down what failed, and for
/// the way back as long again: our deadline must not come first.
const HEAT_GRACE: Duration = Duration::from_secs(180);

/// What a stack shall become.
#[derive(Clone, Copy)]
pub struct Change<'a> {
    /// The stack.
    pub stack: &'a StackRef,
    /// All of what it shall be.
    pub template: &'a Template,
    /// Whether Heat goes back by itself when it fails.
    pub goes_back: bool,
    /// Minutes until Heat gives up.
    pub timeout_mins: u32,
    /// How long a server may take to be ready.
    pub server_deadline: Duration,
    /// The environment's lock, asked for last before the change.
    pub lease: &'a Lease,
}

/// Asks for the change and follows it; `beside` runs as long as that goes on.
pub async fn change(
    cloud: &Cloud,
    change: &Change<'_>,
    beside: impl Future<Output = ()>,
) -> Result<Stack, StackError> {
    let mut log = EventLog::new(change.stack.clone());
    // What happened before is another story.
    let heat = cloud.heat();
    let (past, there, before) = tokio::try_join!(
        heat.events(change.stack, None, DEPTH_MAX),
        heat.resources(change.stack, DEPTH_MAX),
        heat.stack(change.stack),
    )?;
    log.take(past, Duration::ZERO);
    let files = texts(change.template);
    let update = StackUpdate {
        template: change.template.json.clone(),
        files: files.clone(),
        parameters: Map::new(),
        tags: tags(&change.template.tags, &change.template.digest),
        timeout_mins: change.timeout_mins,
        disable_rollback: !change.goes_back,
    };
    let request = update.tags.last().map(|tag| Request {
        tag,
        before: &before.tags,
    });
    cloud.renew().await?;
    change.lease.check().await?;
    cloud.heat().update(change.stack, &update).await?;
    // Of what goes and of what comes.
    let mut kinds = kinds(&change.template.json, &files);
    kinds.extend(delete::kinds(change.stack, &there));
    let what = Follow {
        stack: change.stack,
        action: Action::Update,
        request,
        rolls_back: change.goes_back,
        deadline: deadline(change.timeout_mins, change.goes_back),
        kinds: &kinds,
        server_deadline: Some(change.server_deadline),
    };
    Box::pin(both(cloud, &mut log, &what, beside)).await
}

/// Follows a change that somebody else asked for, for as long as they gave it;
/// `timeout_mins` where Heat does not tell how long that is.
pub async fn take_up(
    cloud: &Cloud,
    stack: &StackRef,
    template: &Value,
    timeout_mins: u32,
    server_deadline: Duration,
    beside: impl Future<Output = ()>,
) -> Result<Stack, StackError> {
    let mut log = EventLog::new(stack.clone());
    let heat = cloud.heat();
    let (past, now) = tokio::try_join!(heat.events(stack, None, DEPTH_MAX), heat.stack(stack))?;
    log.take(past, Duration::ZERO);
    let kinds = kinds(template, &Map::new());
    let what = Follow {
        stack,
        action: Action::Update,
        request: None,
        rolls_back: true,
        deadline: deadline(now.timeout_mins.unwrap_or(timeout_mins), true),
        kinds: &kinds,
        server_deadline: Some(server_deadline),
    };
    Box::pin(both(cloud, &mut log, &what, beside)).await
}

/// Makes Heat give up what it is at and go back; one that goes back already is
/// followed only. The stack as it is then: an update that came to its end before
/// stands. `timeout_mins` where Heat does not tell how long it was given.
pub async fn undo(
    cloud: &Cloud,
    lease: &Lease,
    stack: &StackRef,
    timeout_mins: u32,
) -> Result<Stack, StackError> {
    let mut log = EventLog::new(stack.clone());
    let heat = cloud.heat();
    let (past, now) = tokio::try_join!(heat.events(stack, None, DEPTH_MAX), heat.stack(stack))?;
    log.take(past, Duration::ZERO);
    if now.status.is(&Action::Update, &State::InProgress) {
        lease.check().await?;
        heat.cancel_update(stack).await?;
    }
    let what = Follow {
        stack,
        // Going back is how it ends; Heat may write that it failed a moment before.
        action: Action::Update,
        request: None,
        rolls_back: true,
        deadline: deadline(now.timeout_mins.unwrap_or(timeout_mins), true),
        kinds: &HashMap::new(),
        server_deadline: None,
    };
    let shut = gatekeeper::refuse(cloud, stack, "the update was given up");
    match both(cloud, &mut log, &what, shut).await {
        Err(StackError::Failed(failed))
            if failed.status.is(&Action::Rollback, &State::Complete) =>
        {
            Ok(heat.stack(stack).await?)
        }
        ended => ended,
    }
}

async fn both(
    cloud: &Cloud,
    log: &mut EventLog,
    what: &Follow<'_>,
    beside: impl Future<Output = ()>,
) -> Result<Stack, StackError> {
    // Going on or going back, members may be drained.
    let following = drain::beside(
        cloud,
        what.stack,
        Mode::Drain,
        Box::pin(follow(cloud, log, what)),
    );
    let mut following = std::pin::pin!(following);
    let mut beside = std::pin::pin!(beside);
    let mut goes_on = true;
    let ended = loop {
        tokio::select! {
            ended = &mut following => break ended?,
            () = &mut beside, if goes_on => goes_on = false,
        }
    };
    ended.ok_or_else(|| StackError::Gone {
        stack: what.stack.name.clone(),
    })
}

fn deadline(timeout_mins: u32, goes_back: bool) -> Deadline {
    let there = Duration::from_secs(u64::from(timeout_mins) * 60);
    let back = if goes_back { there } else { Duration::ZERO };
    Deadline::after(there + back + HEAT_GRACE)
}

fn texts(template: &Template) -> Map<String, Value> {
    let files = template.files.iter();
    files
        .map(|(name, text)| (name.clone(), Value::String(text.clone())))
        .collect()
}

#[cfg(test)]
mod tests;
