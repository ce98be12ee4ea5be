//! Carries an update out: for each batch a change of the stack that adds members
//! and waits for the checks, then one that drains and removes those they replace.

mod order;

use std::collections::BTreeSet;
use std::time::Duration;

use indexmap::IndexMap;

use self::order::{removes_first, to_renew};
use crate::apply::brake::{self, Braked};
use crate::apply::change::{Change, change};
use crate::apply::error::StackError;
use crate::apply::gatekeeper;
use crate::apply::lock::{Lease, LockError};
use crate::openstack::client::Cloud;
use crate::openstack::stack::StackRef;
use crate::plan::update::model::{Batch, Trouble};
use crate::template::gate::{self, Gates};
use crate::template::present::Present;
use crate::template::release::{Phase, Records, ReleaseRecord, UpdateRecord};
use crate::template::{ReleaseInput, RenderError, RenderedMember, Stage, Template, stage};
use crate::topology::Topology;
use crate::ui::interrupt::Interrupt;

/// Heat works with the token of the request, and drains may take a day: so many tokens
/// that live for an hour, as Keystone's do by default, and one more for each end.
const TOKENS_MAX: u32 = 26;

/// What is brought in, and how.
#[derive(Clone, Copy)]
pub struct Roll<'a> {
    /// The stack.
    pub stack: &'a StackRef,
    /// What the environment shall be.
    pub topology: &'a Topology,
    /// The release.
    pub release: &'a ReleaseInput,
    /// Its record.
    pub target: &'a ReleaseRecord,
    /// What is done, in order.
    pub batches: &'a [Batch],
    /// Resources of members that are made anew under their names, and why.
    pub repairs: &'a IndexMap<String, Trouble>,
    /// Resources of members that were down when that was planned.
    pub broken: &'a [String],
    /// How long Heat waits for the checks at each gate, in seconds.
    pub wait_s: u32,
    /// Minutes until Heat gives a change up.
    pub timeout_mins: u32,
    /// The present time, by RFC 3339.
    pub at: &'a str,
    /// Whether the operator wants to stop.
    pub interrupt: &'a Interrupt,
    /// The environment's lock.
    pub lease: &'a Lease,
}

/// Why an update did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum RollError {
    /// Heat took the batch's new members out again; the batches before it stand.
    #[error("{cause}")]
    BatchUndone {
        /// The batch, from 0.
        batch: usize,
        /// What went wrong.
        cause: StackError,
    },
    /// It stopped between two consistent states, and Heat did not go back.
    #[error("{cause}")]
    Stopped {
        /// What went wrong.
        cause: StackError,
    },
    /// The checks did not pass, and nothing was changed since.
    #[error("{0}")]
    Checks(String),
    /// Members were made anew, and then the checks did not pass.
    #[error("{0}")]
    Repaired(String),
    /// Members went down meanwhile, and nothing was removed since.
    #[error("{0}")]
    Braked(Braked),
    /// The operator wanted to stop; what is there is consistent.
    #[error("stopped between two steps, as asked")]
    Interrupted,
    /// Somebody else took the environment's lock: whoever it is goes on.
    #[error(transparent)]
    Lost(#[from] LockError),
    /// The release makes no template.
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// Reads the template that a stack has now.
pub async fn present(cloud: &Cloud, stack: &StackRef) -> Result<Present, StackError> {
    let heat = cloud.heat();
    let (template, files) = tokio::try_join!(heat.template(stack), heat.files(stack))?;
    Ok(Present { template, files })
}

/// Carries out every batch, and writes down what runs then. `judge` runs the checks
/// at a gate.
pub async fn roll<J>(cloud: &Cloud, roll: &Roll<'_>, judge: &J) -> Result<(), RollError>
where
    J: AsyncFn(&str) -> Result<(), String>,
{
    let adds = roll.batches.iter().any(|batch| !batch.add.is_empty());
    if roll.batches.is_empty() && runs_already(&read(cloud, roll).await?, roll) {
        // Only what an earlier run left is put in order.
        return settle(cloud, roll, 0).await;
    }
    if !adds {
        // Nothing new will be checked: so what stays is, before anything goes.
        judge(gate::ALL).await.map_err(RollError::Checks)?;
    }
    for (number, batch) in roll.batches.iter().enumerate() {
        if removes_first(batch) {
            remove(cloud, roll, number, batch, false).await?;
            // Heat goes back to where the old one is gone already.
            add(cloud, roll, number, batch, judge)
                .await
                .map_err(not_undone)?;
        } else {
            add(cloud, roll, number, batch, judge).await?;
            let last = number + 1 == roll.batches.len();
            remove(cloud, roll, number, batch, last).await?;
        }
    }
    if roll.batches.last().is_none_or(removes_first) {
        settle(cloud, roll, roll.batches.len().saturating_sub(1)).await?;
    }
    Ok(())
}

fn not_undone(error: RollError) -> RollError {
    match error {
        RollError::BatchUndone { cause, .. } => RollError::Stopped { cause },
        other => other,
    }
}

async fn add<J>(
    cloud: &Cloud,
    roll: &Roll<'_>,
    number: usize,
    batch: &Batch,
    judge: &J,
) -> Result<(), RollError>
where
    J: AsyncFn(&str) -> Result<(), String>,
{
    if batch.add.is_empty() {
        return Ok(());
    }
    begin(roll, number, "adding").await?;
    let present = without_gates(cloud, roll, number, read(cloud, roll).await?).await?;
    // Once old ones are gone, to stop would only leave fewer.
    if !removes_first(batch) {
        look(cloud, roll, &present, &[], &roll.batches[..number]).await?;
    }
    let mut members = names(roll, &present);
    members.extend(batch.add.iter().cloned());
    let gates = batch.checked.then(|| Gates {
        canaries: batch.canaries.clone(),
        wait_s: roll.wait_s,
    });
    let template = staged(roll, &present, &members, gates.as_ref())?;
    let template = template.with_records(&under_way(roll, &present, number, Phase::Add));
    tell(
        cloud,
        roll,
        number,
        &format!("adding {}", count(batch.add.len())),
    );
    mark(cloud, roll, batch).await?;
    let what = Change {
        stack: roll.stack,
        template: &template,
        goes_back: true,
        timeout_mins: roll.timeout_mins,
        lease: roll.lease,
        server_deadline: server_deadline(roll.topology),
    };
    let open = gate::in_template(&template.json);
    let keeper = gatekeeper::keep(cloud, roll.stack, &open, judge);
    change(cloud, &what, keeper)
        .await
        .map_err(|cause| match cause {
            StackError::Lock(lost) => RollError::Lost(lost),
            cause => RollError::BatchUndone {
                batch: number,
                cause,
            },
        })?;
    if batch.checked && open.is_empty() {
        // What is made anew under its old name stands behind no gate.
        judge(gate::ALL).await.map_err(RollError::Repaired)?;
    }
    Ok(())
}

/// Tells Heat of members that it takes for complete and that are made anew with this
/// batch: else it would leave them as they are.
async fn mark(cloud: &Cloud, roll: &Roll<'_>, batch: &Batch) -> Result<(), RollError> {
    if removes_first(batch) {
        // Heat has removed them already.
        return Ok(());
    }
    for resource in &batch.add {
        if let Some(trouble) = roll.repairs.get(resource).filter(|it| it.unknown_to_heat) {
            roll.lease.check().await?;
            let heat = cloud.heat();
            let marked = heat.mark_unhealthy(roll.stack, resource, &trouble.why);
            marked.await.map_err(|error| RollError::Stopped {
                cause: error.into(),
            })?;
        }
    }
    Ok(())
}

/// A stack without the gates of the batch before, or of a run that ended between two
/// steps: what passed them would let the next members through unseen.
async fn without_gates(
    cloud: &Cloud,
    roll: &Roll<'_>,
    number: usize,
    present: Present,
) -> Result<Present, RollError> {
    if gate::in_template(&present.template).is_empty() {
        return Ok(present);
    }
    let members = names(roll, &present);
    let records = under_way(roll, &present, number, Phase::Add);
    apply(cloud, roll, &present, &members, &records).await?;
    read(cloud, roll).await
}

async fn remove(
    cloud: &Cloud,
    roll: &Roll<'_>,
    number: usize,
    batch: &Batch,
    last: bool,
) -> Result<(), RollError> {
    if batch.remove.is_empty() && !last {
        return Ok(());
    }
    begin(roll, number, "removing").await?;
    let present = read(cloud, roll).await?;
    let mut members = names(roll, &present);
    members.retain(|one| !batch.remove.contains(one));
    if !batch.remove.is_empty() {
        let added = number + usize::from(!removes_first(batch));
        look(cloud, roll, &present, &batch.remove, &roll.batches[..added]).await?;
        let text = format!("draining and removing {}", count(batch.remove.len()));
        tell(cloud, roll, number, &text);
    }
    let records = if last {
        done(roll, &present)
    } else {
        under_way(roll, &present, number, Phase::Remove)
    };
    apply(cloud, roll, &present, &members, &records).await
}

/// Leaves nothing of the update in the stack but its result.
async fn settle(cloud: &Cloud, roll: &Roll<'_>, number: usize) -> Result<(), RollError> {
    begin(roll, number, "settling").await?;
    let present = read(cloud, roll).await?;
    let members = names(roll, &present);
    let records = done(roll, &present);
    apply(cloud, roll, &present, &members, &records).await
}

/// A change without new members: Heat must not go back from it, as it would make
/// anew what was drained.
async fn apply(
    cloud: &Cloud,
    roll: &Roll<'_>,
    present: &Present,
    members: &BTreeSet<String>,
    records: &Records,
) -> Result<(), RollError> {
    let template = staged(roll, present, members, None)?.with_records(records);
    let what = Change {
        stack: roll.stack,
        template: &template,
        goes_back: false,
        timeout_mins: roll.timeout_mins,
        lease: roll.lease,
        server_deadline: server_deadline(roll.topology),
    };
    for _ in 1..TOKENS_MAX {
        match change(cloud, &what, std::future::ready(())).await {
            Err(StackError::Failed(failed)) if failed.token_ended() => {
                let next = "Heat's token ended before the drains did; asking again with a new one";
                cloud.reporter().warn(failed.to_string(), next);
            }
            ended => return ended.map(drop).map_err(stopped),
        }
    }
    let ended = change(cloud, &what, std::future::ready(())).await;
    ended.map(drop).map_err(stopped)
}

fn stopped(cause: StackError) -> RollError {
    match cause {
        StackError::Lock(lost) => RollError::Lost(lost),
        cause => RollError::Stopped { cause },
    }
}

/// How long a server of the environment may take to be ready.
pub fn server_deadline(topology: &Topology) -> Duration {
    Duration::from_secs(u64::from(topology.stack.member_deadline_s))
}

/// Stops where too many of those that are there, and do not go with this step, went
/// down. `added` are the batches whose new members came up.
async fn look(
    cloud: &Cloud,
    roll: &Roll<'_>,
    present: &Present,
    going: &[String],
    added: &[Batch],
) -> Result<(), RollError> {
    let members = present.members(roll.topology).into_iter();
    let staying: Vec<RenderedMember> = members
        .map(|one| one.rendered)
        .filter(|one| !going.contains(&one.resource))
        .collect();
    let excused = brake::still_excused(roll.broken, added);
    let begun = Records::read(&present.template).update.is_some();
    match brake::look(cloud, &staying, &excused, begun).await {
        Ok(None) => Ok(()),
        Ok(Some(braked)) => Err(RollError::Braked(braked)),
        Err(error) => Err(RollError::Stopped {
            cause: error.into(),
        }),
    }
}

async fn read(cloud: &Cloud, roll: &Roll<'_>) -> Result<Present, RollError> {
    present(cloud, roll.stack)
        .await
        .map_err(|cause| RollError::Stopped { cause })
}

fn names(roll: &Roll<'_>, present: &Present) -> BTreeSet<String> {
    let members = present.members(roll.topology);
    members
        .into_iter()
        .map(|one| one.rendered.resource)
        .collect()
}

fn staged(
    roll: &Roll<'_>,
    present: &Present,
    members: &BTreeSet<String>,
    gates: Option<&Gates>,
) -> Result<Template, RenderError> {
    let what = Stage {
        present,
        members,
        gates,
    };
    stage(roll.topology, roll.release, what)
}

fn under_way(roll: &Roll<'_>, present: &Present, number: usize, phase: Phase) -> Records {
    let mut records = Records::read(&present.template);
    records.update = Some(UpdateRecord {
        from: records
            .current()
            .map(|one| one.id.clone())
            .unwrap_or_default(),
        to: roll.target.id.clone(),
        phase,
        batch: number + 1,
        batches: roll.batches.len(),
        renew: to_renew(&roll.batches[number..], roll.repairs, phase),
        target: roll.target.clone(),
    });
    records
}

/// What is told once the release runs. Where nothing had to be brought in, nothing
/// was checked, and what was known of it stays.
fn done(roll: &Roll<'_>, present: &Present) -> Records {
    let mut records = Records::read(&present.template);
    if roll.batches.is_empty() && runs_already(present, roll) {
        records.update = None;
        return records;
    }
    let mut release = roll.target.clone();
    release.verified = true;
    release.tests.fast = Some(roll.at.to_owned());
    records.with(release)
}

fn runs_already(present: &Present, roll: &Roll<'_>) -> bool {
    let records = Records::read(&present.template);
    records
        .current()
        .is_some_and(|one| one.id == roll.target.id)
}

/// Before each change: whether to go on at all. Others read `doing` meanwhile.
async fn begin(roll: &Roll<'_>, number: usize, doing: &str) -> Result<(), RollError> {
    if roll.interrupt.is_requested() {
        return Err(RollError::Interrupted);
    }
    let of = roll.batches.len();
    roll.lease
        .step(format!("batch {} of {of}: {doing}", number + 1))
        .await?;
    Ok(roll.lease.check().await?)
}

fn tell(cloud: &Cloud, roll: &Roll<'_>, number: usize, text: &str) {
    let of = roll.batches.len();
    let text = format!("batch {} of {of}: {text}", number + 1);
    cloud.reporter().note(&roll.stack.name, text);
}

fn count(members: usize) -> String {
    if members == 1 {
        "1 member".to_owned()
    } else {
        format!("{members} members")
    }
}
