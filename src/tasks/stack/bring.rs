//! Brings a release into a stack that is there, and the old one back where that
//! fails: for updates, rollbacks and whatever takes one of them up.

use crate::apply::error::StackError;
use crate::apply::lock::Lease;
use crate::apply::roll::{self, Roll, RollError, roll};
use crate::apply::{change, gatekeeper};
use crate::error::{Failure, Kind};
use crate::openstack::client::Cloud;
use crate::openstack::stack::{Stack, StackRef};
use crate::openstack::stack_status::{Action, State};
use crate::plan::update::model::{Batch, BatchKind};
use crate::tasks::context::Context;
use crate::tasks::operator::now;
use crate::tasks::stack::goal::{self, Goal};
use crate::tasks::tests::judge::judge;
use crate::template::gate;
use crate::template::present::Present;
use crate::template::release::{Records, ReleaseRecord};
use crate::topology::Topology;

/// How long Heat waits for the checks before it goes back by itself: several times
/// what they take on a slow cloud, and short enough for nobody to notice at night.
const VERIFY_WAIT_S: u32 = 900;

/// Where something is brought in, and by whom.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// What the task was handed.
    pub context: &'a Context,
    /// The cloud.
    pub cloud: &'a Cloud,
    /// What the environment shall be.
    pub topology: &'a Topology,
    /// Its lock, which is ours.
    pub lease: &'a Lease,
}

/// How an update ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brought {
    /// There was nothing to do.
    Nothing,
    /// The release runs.
    In,
}

/// Brings `goal` in. Where that fails, the release that was left is brought back.
pub async fn bring(site: &Site<'_>, stack: &Stack, goal: &Goal) -> Result<Brought, Failure> {
    let Site {
        cloud, topology, ..
    } = *site;
    let reference = stack.reference();
    let there = roll::present(cloud, &reference).await?;
    let records = Records::read(&there.template);
    let batches = batches(topology, &there, goal);
    if is_there(stack, &records, goal, &batches) {
        return Ok(Brought::Nothing);
    }
    let failed = match Box::pin(run(site, &reference, goal, &batches)).await {
        Ok(()) => return Ok(Brought::In),
        Err(failed) => failed,
    };
    let left = records.current();
    match failed {
        RollError::BatchUndone { batch: 0, cause } => undone(topology, left, cause),
        RollError::BatchUndone { cause, .. } | RollError::Stopped { cause } => {
            Box::pin(back(site, &reference, left, cause)).await
        }
        RollError::Checks(reasons) => Err(Failure::new(
            Kind::Refused,
            format!(
                "`{}` does not pass its checks; nothing was changed",
                topology.env
            ),
        )
        .caused_by(reasons)),
        RollError::Interrupted => {
            Err(Failure::new(Kind::Failed, "stopped between two steps").hint(resume(topology)))
        }
        RollError::Lost(error) => Err(error.into()),
        RollError::Render(error) => {
            Err(Failure::new(Kind::Failed, "no template for this step").caused_by(error))
        }
    }
}

/// Follows a change that an earlier run asked for, and runs the checks that Heat
/// waits for in it. Fails as that run would have.
pub async fn take_up(cloud: &Cloud, topology: &Topology, stack: &Stack) -> Result<Stack, Failure> {
    let reference = stack.reference();
    let there = roll::present(cloud, &reference).await?;
    let records = Records::read(&there.template);
    let judge = async |_gate: &str| judge(cloud, topology, &reference).await;
    let gates = gate::in_template(&there.template);
    let keeper = gatekeeper::keep(cloud, &reference, &gates, &judge);
    let timeout = timeout_mins(topology);
    match change::take_up(cloud, &reference, &there.template, timeout, keeper).await {
        Ok(stack) => Ok(stack),
        Err(cause) if went_back(&cause) => {
            let there = roll::present(cloud, &reference).await?;
            let now = Records::read(&there.template);
            Err(rolled_back(
                topology,
                now.current().or(records.current()),
                cause,
            ))
        }
        Err(StackError::Failed(failed)) => {
            // What remains to be done is worked out anew.
            cloud.reporter().warn(failed.to_string(), "");
            Ok(cloud.heat().stack(&reference).await?)
        }
        Err(cause) => Err(cause.into()),
    }
}

fn timeout_mins(topology: &Topology) -> u32 {
    topology.stack.create_timeout_minutes + 2 * VERIFY_WAIT_S / 60
}

fn went_back(cause: &StackError) -> bool {
    match cause {
        StackError::Failed(failed) => failed.status.is(&Action::Rollback, &State::Complete),
        _ => false,
    }
}

fn resume(topology: &Topology) -> String {
    format!("`ptero-deploy resume {}` goes on", topology.env)
}

/// Whether the stack already is what `goal` asks for, whole and healthy.
fn is_there(stack: &Stack, records: &Records, goal: &Goal, batches: &[Batch]) -> bool {
    let healthy = stack.status.state == State::Complete;
    let same = records
        .current()
        .is_some_and(|one| one.id == goal.record.id);
    batches.is_empty() && healthy && same && records.update.is_none()
}

async fn run(
    site: &Site<'_>,
    stack: &StackRef,
    goal: &Goal,
    batches: &[Batch],
) -> Result<(), RollError> {
    let Site {
        cloud, topology, ..
    } = *site;
    let what = Roll {
        stack,
        topology,
        release: &goal.release,
        target: &goal.record,
        batches,
        wait_s: VERIFY_WAIT_S,
        timeout_mins: timeout_mins(topology),
        at: &now(),
        interrupt: &site.context.interrupt,
        lease: site.lease,
    };
    roll(cloud, &what, &async |_gate: &str| {
        judge(cloud, topology, stack).await
    })
    .await
}

fn undone(
    topology: &Topology,
    left: Option<&ReleaseRecord>,
    cause: StackError,
) -> Result<Brought, Failure> {
    if !went_back(&cause) {
        return Err(Failure::from(cause).hint(resume(topology)));
    }
    Err(rolled_back(topology, left, cause))
}

fn rolled_back(topology: &Topology, left: Option<&ReleaseRecord>, cause: StackError) -> Failure {
    let release = left.map_or_else(String::new, |one| format!(" on `{}` ({})", one.tag, one.id));
    Failure::from(cause).rolled_back(format!(
        "the update failed; `{}` is back{release}",
        topology.env
    ))
}

/// The same path toward the release that was left.
async fn back(
    site: &Site<'_>,
    stack: &StackRef,
    left: Option<&ReleaseRecord>,
    cause: StackError,
) -> Result<Brought, Failure> {
    let Site {
        cloud, topology, ..
    } = *site;
    let Some(left) = left else {
        return Err(Failure::from(cause).hint(resume(topology)));
    };
    cloud
        .reporter()
        .warn(cause.to_string(), format!("going back to `{}`", left.tag));
    let goal = goal::of_record(cloud, topology, left).await?;
    let there = roll::present(cloud, stack).await?;
    let batches = batches(topology, &there, &goal);
    match Box::pin(run(site, stack, &goal, &batches)).await {
        Ok(()) => Err(rolled_back(topology, Some(left), cause)),
        Err(again) => {
            let message = format!("the update failed, and so did the way back: {again}");
            Err(Failure::new(Kind::Failed, message)
                .caused_by(cause)
                .hint(resume(topology)))
        }
    }
}

/// One batch with everything that is new, and everything that is old.
fn batches(topology: &Topology, there: &Present, goal: &Goal) -> Vec<Batch> {
    let present = there.members(topology);
    let has = |name: &str| present.iter().any(|one| one.rendered.resource == name);
    let wanted = &goal.template.members;
    let add: Vec<String> = wanted
        .iter()
        .filter(|one| !has(&one.resource))
        .map(|one| one.resource.clone())
        .collect();
    let remove: Vec<String> = present
        .iter()
        .filter(|one| {
            wanted
                .iter()
                .all(|new| new.resource != one.rendered.resource)
        })
        .map(|one| one.rendered.resource.clone())
        .collect();
    if add.is_empty() && remove.is_empty() {
        return Vec::new();
    }
    vec![Batch {
        kind: BatchKind::Surge,
        capacity: Vec::new(),
        canaries: Vec::new(),
        add,
        remove,
    }]
}
