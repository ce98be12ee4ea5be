//! Answers the waits inside an update: runs the checks when Heat has come to one,
//! and tells it whether they passed.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::stack::StackRef;
use crate::openstack::stack_status::{Action, State};
use crate::template::gate;

/// A gate opens after minutes of booting; seconds do not matter.
const LOOK: Duration = Duration::from_secs(2);
/// The one signal of each gate; sent twice, it counts once.
const SIGNAL: &str = "checks";

/// Where a gate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    NotYet,
    Waiting,
    Over,
}

/// Waits for each gate of `stack` in turn, asks `judge` whether to go on, and tells
/// Heat. Ends after the last one, or after the first refusal.
pub async fn keep<J>(cloud: &Cloud, stack: &StackRef, gates: &[&str], judge: &J)
where
    J: AsyncFn(&str) -> Result<(), String>,
{
    for gate in gates {
        if !reached(cloud, stack, gate).await {
            continue;
        }
        let verdict = judge(gate).await;
        let passed = verdict.is_ok();
        answer(cloud, stack, gate, verdict).await;
        if !passed {
            return;
        }
    }
}

/// Tells Heat at each gate that nothing passes any more, for as long as it is asked to.
/// An update that is cancelled goes on waiting at a gate it had come to, and goes back
/// only when that wait is over (Heat 19).
pub async fn refuse(cloud: &Cloud, stack: &StackRef, reason: &str) {
    loop {
        for gate in gate::GATES {
            if matches!(look(cloud, stack, gate).await, Ok(Gate::Waiting)) {
                answer(cloud, stack, gate, Err(reason.to_owned())).await;
            }
        }
        sleep(LOOK).await;
    }
}

/// Whether Heat waits at the gate now; false where it is past it.
async fn reached(cloud: &Cloud, stack: &StackRef, gate: &str) -> bool {
    loop {
        match look(cloud, stack, gate).await {
            Ok(Gate::Waiting) => return true,
            Ok(Gate::Over) => return false,
            // What follows the stack tells of a cloud that does not answer.
            Ok(Gate::NotYet) | Err(_) => sleep(LOOK).await,
        }
    }
}

async fn look(cloud: &Cloud, stack: &StackRef, gate: &str) -> Result<Gate, CloudError> {
    let resource = match cloud.heat().resource(stack, gate).await {
        Err(error) if error.is_not_found() => return Ok(Gate::NotYet),
        other => other?,
    };
    Ok(match (&resource.status.action, &resource.status.state) {
        (Action::Create | Action::Update, State::InProgress) => Gate::Waiting,
        (Action::Create | Action::Update, State::Complete | State::Failed) => Gate::Over,
        _ => Gate::NotYet,
    })
}

async fn answer(cloud: &Cloud, stack: &StackRef, gate: &str, verdict: Result<(), String>) {
    let (status, reason) = match verdict {
        Ok(()) => ("SUCCESS", "the checks passed".to_owned()),
        Err(reason) => ("FAILURE", reason),
    };
    let data = json!({"id": SIGNAL, "status": status, "reason": reason, "data": ""});
    // A result that does not arrive makes Heat go back when the wait is over: so it is
    // told for as long as Heat waits, or does not say whether it does.
    loop {
        let told = cloud.heat().signal(stack, &gate::handle(gate), &data).await;
        let Err(error) = told else {
            return;
        };
        let text = format!("the result of the checks did not reach Heat: {error}");
        cloud.reporter().warn(text, "it is told again");
        sleep(LOOK).await;
        if let Ok(Gate::Over | Gate::NotYet) = look(cloud, stack, gate).await {
            return;
        }
    }
}
