//! How long an update will take, by how long its steps took before: members that came
//! up, checks at the gates, members that went.

use indexmap::IndexMap;

use super::model::{Batch, Earlier, Input};
use crate::topology::RoleKey;

/// Seconds; none where it is not known how long any member took to come up. Checks and
/// removals of which nothing is known, as no update was before this one, count for
/// nothing.
pub(super) fn expected(batches: &[Batch], input: &Input<'_>) -> Option<u64> {
    let boots = Boots::of(input)?;
    let earlier = input.seen?.earlier;
    // Where nothing comes, what stays is checked before anything goes.
    let adds = batches.iter().any(|batch| !batch.add.is_empty());
    let before = earlier.checks_s.filter(|_| !adds && !batches.is_empty());
    let steps = batches.iter().map(|batch| {
        let removal = earlier.removal_s.filter(|_| !batch.remove.is_empty());
        boots
            .of_batch(batch)
            .saturating_add(checks(batch, input, earlier))
            .saturating_add(removal.unwrap_or_default())
    });
    let total = steps.fold(before.unwrap_or_default(), u64::saturating_add);
    Some(total).filter(|total| *total > 0)
}

/// How long members took to come up: the slowest of each role.
struct Boots<'a> {
    input: &'a Input<'a>,
    slowest: IndexMap<&'a RoleKey, u64>,
    overall: u64,
}

impl<'a> Boots<'a> {
    fn of(input: &'a Input<'a>) -> Option<Self> {
        let mut slowest: IndexMap<&RoleKey, u64> = IndexMap::new();
        for one in &input.seen?.members {
            let boot = slowest.entry(&one.member.role).or_default();
            *boot = one.boot_s.unwrap_or(0).max(*boot);
        }
        let overall = slowest.values().copied().max().filter(|most| *most > 0)?;
        Some(Self {
            input,
            slowest,
            overall,
        })
    }

    /// New members come up side by side, the canaries before the others; each takes as
    /// long as the slowest of its role took, or the slowest of all.
    fn of_batch(&self, batch: &Batch) -> u64 {
        let (first, rest): (Vec<&String>, Vec<&String>) = batch
            .add
            .iter()
            .partition(|resource| batch.canaries.contains(resource));
        self.longest(first).saturating_add(self.longest(rest))
    }

    fn longest(&self, group: Vec<&String>) -> u64 {
        let boots = group.into_iter().filter_map(|one| self.boot(one));
        boots.max().unwrap_or_default()
    }

    fn boot(&self, resource: &str) -> Option<u64> {
        let mut members = self.input.wanted.members.iter();
        let member = members.find(|one| one.resource == resource)?;
        let known = self.slowest.get(&member.member.role).copied();
        Some(known.filter(|known| *known > 0).unwrap_or(self.overall))
    }
}

/// What a batch's gates take. One that is made anew under its old name stands behind
/// none; and where all that come are canaries there is one gate.
fn checks(batch: &Batch, input: &Input<'_>, earlier: Earlier) -> u64 {
    let seen = input.seen.map_or(&[][..], |seen| &seen.members);
    let is_fresh = |resource: &&String| !seen.iter().any(|one| one.resource == **resource);
    let fresh = batch.add.iter().filter(is_fresh).count();
    // Both gates run the same checks.
    let all = earlier.checks_s.or(earlier.canary_checks_s);
    let canary = earlier.canary_checks_s.or(all);
    let all = all.filter(|_| fresh > 0);
    let canary = canary.filter(|_| (1..fresh).contains(&batch.canaries.len()));
    all.unwrap_or_default()
        .saturating_add(canary.unwrap_or_default())
}
