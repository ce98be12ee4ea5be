//! Beside a stack that Heat takes members out of: tells how far their drains are,
//! and ends a drain that nobody can end any more, because a delete in Heat waits
//! for the signal of a machine that may be dead.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use crate::apply::drain_state::{
    At, Clock, Drain, LEFT_ALONE, LOOK_AT_ONCE, LOOK_EVERY, LOOK_LATEST, Progress, ServerIs, Todo,
};
use crate::apply::event_log::path;
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::heat::DEPTH_MAX;
use crate::openstack::nova::ServerStatus;
use crate::openstack::stack::{Resource, StackRef};
use crate::openstack::stack_status::{Action, State};

/// The resources of a member's template.
const DRAIN: &str = "drain";
/// The handle at which an agent tells how far its drain is.
pub(crate) const PROGRESS: &str = "progress";
pub(crate) const SERVER: &str = "server";

/// What is wanted of the drains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Jobs come to their end, or to what the policy says.
    Drain,
    /// Every drain is over at once: the jobs go with the environment.
    AtOnce,
}

/// Does `work`, which makes Heat remove members of `stack`, and cares for their
/// drains meanwhile.
pub async fn beside<T>(
    cloud: &Cloud,
    stack: &StackRef,
    mode: Mode,
    work: impl Future<Output = T>,
) -> T {
    tokio::select! {
        biased;
        done = work => done,
        never = watch(cloud, stack, mode) => match never {},
    }
}

async fn watch(cloud: &Cloud, stack: &StackRef, mode: Mode) -> std::convert::Infallible {
    let mut clock = Clock::default();
    let mut last = Instant::now();
    let mut drains: HashMap<String, Drain> = HashMap::new();
    loop {
        let asked = Instant::now();
        let answered = cloud.heat().resources(stack, DEPTH_MAX).await;
        let took = asked.elapsed();
        let now = clock.after(last.elapsed(), answered.is_ok());
        last = Instant::now();
        // Who follows the stack tells of a cloud that does not answer.
        if let Ok(resources) = answered {
            // Those that Heat does not wait for any more are forgotten with the old map.
            let looks = going(stack, &resources).into_iter().map(|one| {
                let drain = drains.remove(&one.stack.id);
                let drain = drain.unwrap_or_else(|| Drain::new(now));
                care(cloud, one, drain, mode, now)
            });
            // Side by side: Heat takes seconds for a signal, and members go together.
            drains = join_all(looks.collect::<Vec<_>>())
                .await
                .into_iter()
                .collect();
        }
        sleep(pause(mode, took)).await;
    }
}

/// How long to wait after a look that took Heat so long.
fn pause(mode: Mode, took: Duration) -> Duration {
    match mode {
        Mode::Drain => (took * LEFT_ALONE).clamp(LOOK_EVERY, LOOK_LATEST),
        Mode::AtOnce => took.clamp(LOOK_AT_ONCE, LOOK_LATEST),
    }
}

async fn care(cloud: &Cloud, one: Going, mut drain: Drain, mode: Mode, now: At) -> (String, Drain) {
    match mode {
        Mode::AtOnce => signal(cloud, &one, &mut drain, now, "not waited for").await,
        Mode::Drain => look(cloud, &one, &mut drain, now).await,
    }
    (one.stack.id, drain)
}

/// A drain that Heat waits for.
struct Going {
    /// The member's own stack.
    stack: StackRef,
    /// The member's resource in the root stack, without its digest.
    member: String,
    /// Nova's id of its server; none where there is none any more.
    server: Option<String>,
}

fn going(root: &StackRef, resources: &[Resource]) -> Vec<Going> {
    let stacks: BTreeSet<String> = resources
        .iter()
        .filter_map(|one| one.stack().map(|stack| stack.name))
        .collect();
    let drains = resources.iter().filter(|one| {
        one.name == DRAIN
            && one.kind == "OS::Heat::SoftwareDeployment"
            && one.status.is(&Action::Delete, &State::InProgress)
            // Heat writes the status first and makes the deployment after: a signal
            // in between is answered with 200 and lost (Heat 19).
            && !one.physical_id.is_empty()
    });
    drains
        .filter_map(|drain| {
            let stack = drain.stack().filter(|stack| stack.id != root.id)?;
            let server = resources
                .iter()
                .find(|one| one.name == SERVER && one.stack().as_ref() == Some(&stack))
                .map(|server| server.physical_id.clone())
                .filter(|id| !id.is_empty());
            let path = path(&root.name, &stacks, &stack.name, DRAIN);
            let member = path.rsplit('/').nth(1).unwrap_or(&stack.name);
            let member = member.rsplit_once('_').map_or(member, |(place, _)| place);
            Some(Going {
                member: member.to_owned(),
                server,
                stack,
            })
        })
        .collect()
}

async fn look(cloud: &Cloud, one: &Going, drain: &mut Drain, now: At) {
    let told = cloud.heat().resource_metadata(&one.stack, PROGRESS).await;
    let answered = !told.as_ref().is_err_and(CloudError::is_transient);
    drain.asked(answered, now);
    if let Some(progress) = told.ok().as_ref().and_then(Progress::read) {
        drain.heard(progress, now);
    }
    let server = if drain.wants_server(now) {
        server(cloud, one).await
    } else {
        None
    };
    if let Some(text) = drain.news(now) {
        cloud.reporter().note(&one.member, text);
    }
    match drain.todo(server, now) {
        Todo::Wait => {}
        Todo::Signal(why) => signal(cloud, one, drain, now, why).await,
        Todo::Warn => cloud.reporter().warn(
            format!("{}: nothing is heard of its agent any more", one.member),
            format!(
                "its jobs are waited for; to give them up, stop server {}, and the stack goes on by itself",
                one.server.as_deref().unwrap_or_default()
            ),
        ),
        Todo::Stop => stop(cloud, one, drain, now).await,
    }
}

/// None where the cloud did not say.
async fn server(cloud: &Cloud, one: &Going) -> Option<ServerIs> {
    let Some(id) = &one.server else {
        return Some(ServerIs::Gone);
    };
    match cloud.nova().server(id).await {
        Ok(server) => Some(match server.status {
            ServerStatus::Deleted => ServerIs::Gone,
            ServerStatus::Shutoff => ServerIs::Off,
            ServerStatus::Error => ServerIs::Broken,
            ServerStatus::Build | ServerStatus::Active | ServerStatus::Unknown(_) => ServerIs::On,
        }),
        Err(error) if error.is_not_found() => Some(ServerIs::Gone),
        Err(_) => None,
    }
}

async fn stop(cloud: &Cloud, one: &Going, drain: &mut Drain, now: At) {
    let Some(id) = &one.server else { return };
    let stopped = cloud.nova().stop_server(id).await;
    drain.stop_asked(now);
    let text = match stopped {
        Ok(()) => format!(
            "{}: its agent does not drain it; stopping its server, its jobs begin anew elsewhere",
            one.member
        ),
        Err(error) => format!(
            "{}: its agent does not drain it, and its server cannot be stopped: {error}",
            one.member
        ),
    };
    cloud.reporter().warn(text, "");
}

/// In the place of the agent.
async fn signal(cloud: &Cloud, one: &Going, drain: &mut Drain, now: At, why: &str) {
    if !drain.may_signal(now) {
        return;
    }
    let result = serde_json::json!({
        "deploy_stdout": format!("signalled by ptero-deploy: {why}"),
        "deploy_stderr": "",
        "deploy_status_code": 0,
    });
    match cloud.heat().signal(&one.stack, DRAIN, &result).await {
        // Signalled by the agent at the same moment.
        Err(error) if gone(&error) => {}
        Err(error) => {
            let text = format!("{}: its drain could not be ended: {error}", one.member);
            cloud.reporter().warn(text, "");
        }
        Ok(()) => {}
    }
}

fn gone(error: &CloudError) -> bool {
    error.is_not_found() || error.is_conflict() || error.is_transient()
}

#[cfg(test)]
mod tests;
