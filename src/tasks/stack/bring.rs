//! Brings a release into a stack that is there, and the old one back where that
//! fails: for updates, rollbacks and whatever takes one of them up.

use crate::apply::error::StackError;
use crate::apply::lock::Lease;
use crate::apply::roll::{self, Roll, RollError, roll};
use crate::apply::{change, gatekeeper};
use crate::bake::identify::Identified;
use crate::config::DrainPolicy;
use crate::error::{Failure, Kind};
use crate::name::ServiceName;
use crate::openstack::client::Cloud;
use crate::openstack::stack::{Stack, StackRef};
use crate::openstack::stack_status::{Action, State};
use crate::plan::update::model::{Options, UpdatePlan};

use crate::tasks::context::Context;
use crate::tasks::images::kitchen::kitchen;
use crate::tasks::loading::Loaded;
use crate::tasks::observe::observe;
use crate::tasks::operator::now;
use crate::tasks::stack::goal::{self, Goal};
use crate::tasks::stack::planning::planned;
use crate::tasks::stack::there;
use crate::tasks::tests::judge::judge;
use crate::template::gate;
use crate::template::release::{Records, ReleaseRecord, UpdateRecord};
use crate::topology::Topology;

/// How long Heat waits for the checks before it goes back by itself: several times
/// what they take on a slow cloud, and short enough for nobody to notice at night.
const VERIFY_WAIT_S: u32 = 900;

/// A job that is waited for may run as long as its unit may take to stop (the
/// catalogue's `stop_timeout_s`): a day.
const DRAIN_LONGEST_MINS: u32 = 24 * 60;

/// Where something is brought in, and by whom.
#[derive(Clone)]
pub struct Site<'a> {
    /// What the task was handed.
    pub context: &'a Context,
    /// The cloud.
    pub cloud: &'a Cloud,
    /// What the environment shall be.
    pub topology: &'a Topology,
    /// Its lock, which is ours.
    pub lease: &'a Lease,
    /// What the operator allows.
    pub options: Options,
}

/// How an update ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brought {
    /// There was nothing to do.
    Nothing,
    /// This release runs.
    In(Box<ReleaseRecord>),
}

/// Brings `goal` in as far as it is not there. Where that fails, the release that was
/// left is brought back.
pub async fn bring(site: &Site<'_>, stack: &Stack, goal: &Goal) -> Result<Brought, Failure> {
    let plan = plan(site.cloud, site.topology, stack, goal, &site.options).await?;
    carry_out(site, stack, goal, &plan).await
}

/// The plan that leads from what is there to `goal`.
pub async fn plan(
    cloud: &Cloud,
    topology: &Topology,
    stack: &Stack,
    goal: &Goal,
    options: &Options,
) -> Result<UpdatePlan, Failure> {
    let observed = observe(cloud, topology, Some(stack)).await?;
    planned(topology, &observed, goal, &[], options)
}

/// Whether the environment runs `tag` already, whole and healthy. Only looks: nothing
/// is written to the cloud, not even a lock.
///
/// `allow_stateful` are servers that may be replaced: one that was kept may not be any
/// more.
pub async fn runs_already(
    context: &Context,
    loaded: &Loaded,
    cloud: &Cloud,
    topology: &Topology,
    identified: &Identified,
    allow_stateful: &[ServiceName],
) -> Result<bool, Failure> {
    let kitchen = kitchen(context, loaded, cloud, identified);
    let name = topology.stack.stack_name.as_str();
    let heat = cloud.heat();
    let (images, stack) = tokio::join!(kitchen.plan(), heat.find_stack(name));
    let (Some(stack), true) = (stack?, images?.0.is_nothing()) else {
        return Ok(false);
    };
    if stack.status.state != State::Complete {
        return Ok(false);
    }
    // With nothing missing this only looks the images up.
    let images = kitchen.ensure(&context.interrupt).await?;
    let goal = goal::of_tag(cloud, topology, identified, images).await?;
    let options = Options {
        // Nothing is done: so nothing else needs to be allowed.
        no_way_back: true,
        allow_stateful: allow_stateful.to_vec(),
        ..Options::default()
    };
    let Ok(plan) = plan(cloud, topology, &stack, &goal, &options).await else {
        return Ok(false);
    };
    let records = there::records(cloud, &stack).await?;
    Ok(is_there(&stack, &records, &plan))
}

/// Carries `plan` out, which leads to `goal`.
pub async fn carry_out(
    site: &Site<'_>,
    stack: &Stack,
    goal: &Goal,
    plan: &UpdatePlan,
) -> Result<Brought, Failure> {
    let Site {
        context,
        cloud,
        topology,
        ..
    } = *site;
    let _careful = context.interrupt.careful();
    let reference = stack.reference();
    let there = roll::present(cloud, &reference).await?;
    let records = Records::read(&there.template);
    if is_there(stack, &records, plan) {
        return Ok(Brought::Nothing);
    }
    for line in plan.text().lines().filter(|line| !line.is_empty()) {
        context.reporter.note(&stack.name, line);
    }
    let failed = match Box::pin(run(site, &reference, goal, plan)).await {
        Ok(()) => return Ok(Brought::In(Box::new(plan.to.clone()))),
        Err(failed) => failed,
    };
    let left = records.current();
    match failed {
        // An update that had begun may have earlier batches that stand.
        RollError::BatchUndone { batch: 0, cause } if records.update.is_none() => {
            undone(topology, left, cause)
        }
        RollError::BatchUndone { cause, .. } | RollError::Stopped { cause }
            if matches!(cause, StackError::Failed(_)) =>
        {
            Box::pin(back(site, &reference, left, cause)).await
        }
        other => Err(told(topology, other)),
    }
}

/// What ended an update that is not undone: Heat goes on, or nobody knows, or nothing
/// was to be gone on with. Nothing is done on top of that.
fn told(topology: &Topology, failed: RollError) -> Failure {
    let env = &topology.env;
    match failed {
        RollError::BatchUndone { cause, .. } | RollError::Stopped { cause } => match cause {
            StackError::Overtaken { .. } => cause.into(),
            cause => Failure::from(cause).hint(resume(topology)),
        },
        RollError::Checks(reasons) => Failure::new(
            Kind::Refused,
            format!("`{env}` does not pass its checks; nothing was changed"),
        )
        .caused_by(reasons),
        RollError::Repaired(reasons) => Failure::new(
            Kind::Refused,
            format!("members of `{env}` were made anew, and it does not pass its checks"),
        )
        .caused_by(reasons)
        .hint(resume(topology)),
        RollError::Braked(braked) => braked.failure(env),
        RollError::Interrupted => {
            Failure::new(Kind::Failed, "stopped between two steps").hint(resume(topology))
        }
        RollError::Lost(error) => error.into(),
        RollError::Render(error) => {
            Failure::new(Kind::Failed, "no template for this step").caused_by(error)
        }
    }
}

/// The environment's stack once Heat is done with what an earlier run asked for.
pub async fn ready(site: &Site<'_>) -> Result<Stack, Failure> {
    let stack = there::find(site.cloud, site.topology).await?;
    let (action, state) = (&stack.status.action, &stack.status.state);
    match (action, state) {
        (Action::Update | Action::Rollback, State::InProgress) => {
            let text = format!("is {}; following it", stack.status);
            site.context.reporter.note(&stack.name, text);
            take_up(site.cloud, site.topology, &stack).await
        }
        (_, State::InProgress) | (Action::Create | Action::Delete, State::Failed) => {
            let message = format!("stack `{}` is {}", stack.name, stack.status);
            let env = &site.topology.env;
            Err(Failure::new(Kind::Refused, message).hint(format!(
                "`ptero-deploy stack create {env} --tag TAG` takes it up"
            )))
        }
        _ => Ok(stack),
    }
}

/// Follows a change that an earlier run asked for, and runs the checks that Heat
/// waits for in it. Fails as that run would have.
async fn take_up(cloud: &Cloud, topology: &Topology, stack: &Stack) -> Result<Stack, Failure> {
    let reference = stack.reference();
    let there = roll::present(cloud, &reference).await?;
    let records = Records::read(&there.template);
    let judge = async |_gate: &str| judge(cloud, topology, &reference).await;
    let gates = gate::in_template(&there.template);
    let keeper = gatekeeper::keep(cloud, &reference, &gates, &judge);
    let timeout = timeout_mins(topology);
    let server = roll::server_deadline(topology);
    match change::take_up(cloud, &reference, &there.template, timeout, server, keeper).await {
        Ok(stack) => Ok(stack),
        Err(cause) if went_back(&cause) => {
            let there = roll::present(cloud, &reference).await?;
            let now = Records::read(&there.template);
            if let Some(update) = &now.update {
                return Err(batch_undone(topology, update, cause));
            }
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

/// What the members need to come up, the checks at both gates, and the drains: the
/// innermost limit has to be the first that ends.
pub fn timeout_mins(topology: &Topology) -> u32 {
    let stack = &topology.stack;
    let drain = match stack.drain_policy {
        DrainPolicy::Wait => DRAIN_LONGEST_MINS.max(stack.drain_deadline_minutes),
        DrainPolicy::Requeue | DrainPolicy::Abort => stack.drain_deadline_minutes,
    };
    stack.create_timeout_minutes + 2 * VERIFY_WAIT_S / 60 + drain
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

/// Whether the stack already is what `plan` leads to, whole and healthy.
fn is_there(stack: &Stack, records: &Records, plan: &UpdatePlan) -> bool {
    let healthy = stack.status.state == State::Complete;
    let current = records.current();
    // By the tag where an earlier version wrote no identity.
    let same = current
        .is_some_and(|one| one.id == plan.to.id || one.id.is_empty() && one.tag == plan.to.tag);
    plan.batches.is_empty() && healthy && same && records.update.is_none()
}

async fn run(
    site: &Site<'_>,
    stack: &StackRef,
    goal: &Goal,
    plan: &UpdatePlan,
) -> Result<(), RollError> {
    let Site {
        cloud, topology, ..
    } = *site;
    let what = Roll {
        stack,
        topology,
        release: &goal.release,
        target: &plan.to,
        batches: &plan.batches,
        repairs: &plan.repairs,
        broken: &plan.broken,
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

/// Heat took one batch back, and those before it stand: neither release is whole.
fn batch_undone(topology: &Topology, update: &UpdateRecord, cause: StackError) -> Failure {
    let env = &topology.env;
    Failure::from(cause)
        .hint(format!(
            "members of `{}` from earlier batches serve on: `ptero-deploy resume {env}` tries the rest again",
            update.target.tag
        ))
        .hint(format!("`ptero-deploy abort {env}` goes back to what ran before"))
}

/// The same path toward the release that was left.
async fn back(
    site: &Site<'_>,
    stack: &StackRef,
    left: Option<&ReleaseRecord>,
    cause: StackError,
) -> Result<Brought, Failure> {
    let topology = site.topology;
    let Some(left) = left else {
        return Err(Failure::from(cause).hint(resume(topology)));
    };
    let text = format!("going back to `{}`", left.tag);
    site.cloud.reporter().warn(cause.to_string(), text);
    match Box::pin(bring_back(site, stack, left)).await {
        Ok(()) => Err(rolled_back(topology, Some(left), cause)),
        Err(again) => Err(Failure::from(cause).not_rolled_back(again)),
    }
}

async fn bring_back(
    site: &Site<'_>,
    stack: &StackRef,
    left: &ReleaseRecord,
) -> Result<(), Failure> {
    let Site {
        cloud, topology, ..
    } = *site;
    let go_on = |failure: Failure| failure.hint(resume(topology));
    let goal = goal::of_record(cloud, topology, left)
        .await
        .map_err(go_on)?;
    let options = Options {
        // There is nothing to go back to from here.
        no_way_back: true,
        ..site.options.clone()
    };
    let now = cloud.heat().stack(stack).await?;
    let plan = plan(cloud, topology, &now, &goal, &options)
        .await
        .map_err(go_on)?;
    run(site, stack, &goal, &plan)
        .await
        .map_err(|again| told(topology, again))
}
