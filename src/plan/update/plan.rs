//! What is there and what is wanted in, a plan or what forbids it out.

use indexmap::IndexMap;

use super::batches::Batches;
use super::difference::{Difference, Swap, difference};
use super::expected::expected;
use super::model::{
    Batch, BatchKind, Drain, Input, Kept, Migration, Options, Refusal, Server, SinglePoint,
    StackSeen, UpdatePlan, Wanted,
};
use crate::plan::way_back::{WayBack, way_back};
use crate::template::release::ReleaseRecord;
use crate::topology::Kind;

/// The version of a plan's format.
const VERSION: u32 = 1;

impl UpdatePlan {
    /// Whether nothing would be written.
    pub fn is_nothing(&self) -> bool {
        self.batches.is_empty() && !self.is_only_named_anew()
    }

    /// Whether the members stay and only what they are called changes: another tag
    /// with the same content.
    pub fn is_only_named_anew(&self) -> bool {
        let from = self.from.as_ref();
        self.batches.is_empty() && from.is_none_or(|from| from.tag != self.to.tag)
    }
}

impl UpdatePlan {
    /// What a plan that was kept would do otherwise than this one, which was made now
    /// for the same release. Which servers a plan keeps is part of its release.
    pub fn differs_from(&self, kept: &Self) -> Vec<String> {
        let parts = [
            (
                self.fingerprint != kept.fingerprint,
                "the stack was changed",
            ),
            (self.batches != kept.batches, "other members come or go"),
            (
                self.infrastructure_digest != kept.infrastructure_digest,
                "what is changed beside the members is not the same",
            ),
            (
                self.drain != kept.drain,
                "drains have another deadline or policy",
            ),
        ];
        let differing = parts.into_iter().filter(|(differs, _)| *differs);
        differing.map(|(_, what)| what.to_owned()).collect()
    }
}

/// Plans an update; all that forbids it is told at once.
pub fn plan(input: &Input<'_>) -> Result<UpdatePlan, Vec<Refusal>> {
    let (difference, kept) = difference(input);
    let mut refusals = stateful_refusals(&difference.swaps, input.options);
    let mut batches = Batches::new(input);
    let filled = batches.fill(difference.swaps.clone());
    // What follows from a wrong first answer would only confuse.
    if let Err(refusal) = filled {
        refusals.push(hinted(refusal, input));
    }
    let migrations = migrations(input.wanted);
    let way_back = if batches.done.is_empty() || input.seen.is_none() {
        WayBack::Open
    } else {
        let short = if input.options.allow_remove_first {
            Vec::new()
        } else {
            batches.short_for_return(&difference.swaps)
        };
        let from = input.seen.and_then(|seen| seen.release.as_ref());
        // What is wanted too will be there, built first where it is not yet.
        let mut images = input.images.clone();
        images.extend(input.wanted.release.images.values().cloned());
        way_back(from, &images, &migrations, &short)
    };
    if let WayBack::Closed { reasons } = &way_back
        && !input.options.no_way_back
    {
        let reasons = reasons.clone();
        refusals.push(Refusal::NoWayBack { reasons });
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    if batches.done.is_empty() && !input.wanted.infrastructure.is_empty() {
        batches.done.push(only_infrastructure());
    }
    let mut plan = assembled(input, difference, batches, migrations, way_back);
    plan.to = with_kept(plan.to, &kept, input);
    Ok(UpdatePlan { kept, ..plan })
}

/// The release as it will really be: with the servers that stay, and their images. It
/// is another release than one without them, and no test of the one is one of the other.
fn with_kept(mut to: ReleaseRecord, kept: &[Kept], input: &Input<'_>) -> ReleaseRecord {
    if kept.is_empty() {
        return to;
    }
    let seen = input.seen.iter().flat_map(|seen| &seen.members);
    for old in seen {
        let Some(one) = kept.iter().find(|one| one.resource == old.resource) else {
            continue;
        };
        to.members.shift_remove(&one.instead_of);
        to.members.insert(old.resource.clone(), old.digest.clone());
        let left = input.seen.and_then(|seen| seen.release.as_ref());
        let images = left.iter().flat_map(|left| &left.images);
        for (recipe, digest) in
            images.filter(|(_, digest)| old.image_digest.as_ref() == Some(*digest))
        {
            to.images.insert(recipe.clone(), digest.clone());
        }
    }
    to.identified()
}

fn assembled(
    input: &Input<'_>,
    difference: Difference,
    batches: Batches<'_>,
    migrations: Vec<Migration>,
    way_back: WayBack,
) -> UpdatePlan {
    let Difference {
        unchanged,
        repairs,
        mut servers,
        ..
    } = difference;
    let touched = |resource: &String| {
        let of = |batch: &Batch| batch.add.contains(resource) || batch.remove.contains(resource);
        unchanged.contains(resource) || batches.done.iter().any(of)
    };
    servers.retain(|resource, _| touched(resource));
    let seen = input.seen;
    UpdatePlan {
        version: VERSION,
        env: input.env.to_owned(),
        stack: seen.map(|seen| seen.name.clone()),
        from: seen.and_then(|seen| seen.release.clone()),
        to: input.wanted.release.clone(),
        fingerprint: seen.map(StackSeen::fingerprint).unwrap_or_default(),
        infrastructure: input.wanted.infrastructure.clone(),
        infrastructure_digest: input.wanted.infrastructure_digest.clone(),
        unchanged,
        repairs,
        broken: seen.map(broken).unwrap_or_default(),
        kept: Vec::new(),
        builds: input.wanted.unbuilt.clone(),
        migrations,
        way_back,
        peak: input.room.peaks(batches.peak),
        single_points: single_points(&batches.done, input),
        jobs_max: jobs_max(&batches.done, &servers),
        drain: Drain {
            deadline_s: input.options.drain_deadline_s,
            policy: input.options.drain_policy,
        },
        expected_s: expected(&batches.done, input),
        warnings: warnings(input, &batches.done),
        servers,
        batches: batches.done,
    }
}

fn broken(seen: &StackSeen) -> Vec<String> {
    let members = seen.members.iter().filter(|one| !one.healthy);
    members.map(|one| one.resource.clone()).collect()
}

/// What would be lost with a server that cannot stand beside its successor.
pub fn lost(kind: Kind) -> &'static str {
    match kind {
        Kind::Application => "none serves until the new one is up",
        Kind::Postgresql => "all data and history of every service",
        Kind::Rabbitmq => "all steps that wait in queues or are in flight",
        Kind::Redis => "every running net",
        Kind::Gateway => "every connection, and new ones for as long as the new server boots",
    }
}

fn stateful_refusals(swaps: &[Swap], options: &Options) -> Vec<Refusal> {
    let refused = swaps
        .iter()
        .filter(|swap| swap.is_stateful() && !options.allow_stateful.contains(&swap.role.service));
    refused
        .map(|swap| Refusal::Stateful {
            service: swap.role.service.clone(),
            lost: lost(swap.kind).to_owned(),
        })
        .collect()
}

/// Says of a lack of room whether it would do to remove old members first.
fn hinted(refusal: Refusal, input: &Input<'_>) -> Refusal {
    let Refusal::NoRoom { short, .. } = refusal else {
        return refusal;
    };
    let options = Options {
        allow_remove_first: true,
        ..input.options.clone()
    };
    let removing = Input {
        options: &options,
        ..*input
    };
    let would_do = !input.options.allow_remove_first && {
        let (difference, _) = difference(&removing);
        Batches::new(&removing).fill(difference.swaps).is_ok()
    };
    Refusal::NoRoom {
        short,
        remove_first_would_do: would_do,
    }
}

fn migrations(wanted: &Wanted) -> Vec<Migration> {
    let changed = wanted
        .schema
        .iter()
        .filter(|(_, schema)| schema.old.is_none() || schema.old != schema.new);
    changed
        .map(|(service, schema)| Migration {
            service: service.clone(),
            from: schema.old.clone(),
            to: schema.new.clone(),
            unbuilt: schema.unbuilt,
            reversible: schema.reversible,
        })
        .collect()
}

fn only_infrastructure() -> Batch {
    Batch {
        kind: BatchKind::Surge,
        canaries: Vec::new(),
        add: Vec::new(),
        remove: Vec::new(),
        capacity: Vec::new(),
        checked: true,
    }
}

fn single_points(batches: &[Batch], input: &Input<'_>) -> Vec<SinglePoint> {
    let members = input.wanted.members.iter().map(|one| &one.member);
    let seen = input.seen.iter().flat_map(|seen| &seen.members);
    let kinds: IndexMap<String, Kind> = seen
        .map(|one| &one.member)
        .chain(members)
        .map(|member| (member.role.to_string(), member.kind))
        .collect();
    let mut points: Vec<SinglePoint> = Vec::new();
    let touched = batches.iter().filter(|one| one.kind != BatchKind::Create);
    for capacity in touched.flat_map(|batch| &batch.capacity) {
        let gap = capacity.lowest == 0 && capacity.now > 0 && capacity.after > 0;
        let kind = kinds.get(&capacity.role).copied();
        let kind = kind.unwrap_or(Kind::Application);
        let replaced = kind != Kind::Application && capacity.now > 0;
        if (gap || replaced) && !points.iter().any(|point| point.role == capacity.role) {
            points.push(SinglePoint {
                role: capacity.role.clone(),
                lost: lost(kind).to_owned(),
            });
        }
    }
    points
}

/// The most jobs on members that go.
fn jobs_max(batches: &[Batch], servers: &IndexMap<String, Server>) -> Option<u32> {
    let mut removed = batches.iter().flat_map(|batch| &batch.remove);
    removed.try_fold(0_u32, |sum, resource| {
        Some(sum.saturating_add(servers.get(resource)?.jobs_max?))
    })
}

fn warnings(input: &Input<'_>, batches: &[Batch]) -> Vec<String> {
    let Some(seen) = input.seen else {
        return Vec::new();
    };
    let mut warnings = Vec::new();
    let surges = batches.iter().filter(|one| one.kind == BatchKind::Surge);
    if surges.filter(|one| !one.add.is_empty()).count() > 1 {
        warnings.push(
            "not all new members come at once: Heat by itself undoes only the batch that fails"
                .to_owned(),
        );
    }
    if seen.status.ends_with("_IN_PROGRESS") {
        warnings.push(format!(
            "the stack is {}: something is changing it now, and this plan will be out of date",
            seen.status
        ));
    } else if seen.status.ends_with("_FAILED") {
        warnings.push(format!("the stack is {}", seen.status));
    }
    if let Some(update) = &seen.unfinished {
        warnings.push(format!(
            "an update to {} has not ended (batch {} of {})",
            update.target.tag, update.batch, update.batches
        ));
    }
    warnings
}
