//! Swaps in, batches out: as many at a time as there is room for, no role ever
//! without its members where that can be helped.

use std::collections::{BTreeSet, VecDeque};

use indexmap::IndexMap;

use super::difference::{Mover, Swap};
use super::load::Load;
use super::model::{Batch, BatchKind, Capacity, Input, Refusal};
use crate::topology::RoleKey;

/// What is left to do, and how far the batches have come.
pub(super) struct Batches<'a> {
    input: &'a Input<'a>,
    /// What is used beyond what the project uses now.
    used: Load,
    /// The most of it.
    pub(super) peak: Load,
    /// How many members of each role serve.
    serving: IndexMap<RoleKey, usize>,
    /// Roles that had a canary.
    tried: BTreeSet<RoleKey>,
    /// Whether data was lost: a canary then proves nothing, beside members that have
    /// yet to come up anew.
    lost: bool,
    pub(super) done: Vec<Batch>,
}

impl<'a> Batches<'a> {
    pub(super) fn new(input: &'a Input<'a>) -> Self {
        let used = Load::of_infrastructure(input);
        let roles = input.wanted.members.iter().map(|one| &one.member.role);
        let mut serving: IndexMap<RoleKey, usize> = roles.map(|role| (role.clone(), 0)).collect();
        for one in input.seen.iter().flat_map(|seen| &seen.members) {
            *serving.entry(one.member.role.clone()).or_default() += usize::from(one.healthy);
        }
        Self {
            input,
            used,
            peak: used,
            serving,
            tried: BTreeSet::new(),
            lost: false,
            done: Vec::new(),
        }
    }

    /// All batches for `swaps`.
    pub(super) fn fill(&mut self, mut swaps: Vec<Swap>) -> Result<(), Refusal> {
        swaps.sort_by_key(|swap| self.serving.get_index_of(&swap.role));
        let (stateful, others): (Vec<Swap>, Vec<Swap>) =
            swaps.into_iter().partition(Swap::is_stateful);
        // A server that nobody needs any more goes last: its users go before it.
        let (renewed, dropped): (Vec<Swap>, Vec<Swap>) =
            stateful.into_iter().partition(|swap| swap.add.is_some());
        // One that went with an earlier run, and has yet to come back.
        let is_back = |swap: &Swap| swap.has_data() && swap.add.is_some();
        let goes_on = others.iter().any(is_back) && others.iter().any(Swap::is_repair);
        let lost = renewed.iter().any(Swap::has_data) || goes_on;
        self.lost = lost;
        let (back, others): (Vec<Swap>, Vec<Swap>) =
            others.into_iter().partition(|swap| lost && is_back(swap));
        // The checks wait for what is new, not for what is made anew: so that comes first.
        let (anew, others) = others
            .into_iter()
            .partition(|swap| lost && swap.is_repair());
        for swap in renewed {
            self.remove_first(BatchKind::Stateful, vec![swap])?;
        }
        self.beside(back)?;
        self.beside(anew)?;
        self.beside(others)?;
        for swap in dropped {
            self.remove_first(BatchKind::Stateful, vec![swap])?;
        }
        if lost {
            self.check_in_the_end();
        }
        Ok(())
    }

    /// With the last batch that adds: what only goes is not checked.
    fn check_in_the_end(&mut self) {
        let adds = |batch: &Batch| !batch.add.is_empty();
        if let Some(last) = self.done.iter().rposition(adds) {
            for batch in &mut self.done[..last] {
                batch.checked = false;
            }
        }
    }

    /// As many at a time as there is room for beside the old ones.
    fn beside(&mut self, swaps: Vec<Swap>) -> Result<(), Refusal> {
        let (mut queues, mut gone) = queues(swaps);
        while !queues.is_empty() || !gone.is_empty() {
            let mut taken = self.taken(&mut queues);
            // What goes for nothing makes room: it goes with the first batch.
            taken.append(&mut gone);
            if taken.is_empty() {
                self.squeeze(&mut queues)?;
            } else {
                self.surge(taken);
            }
            queues.retain(|_, queue| !queue.is_empty());
        }
        Ok(())
    }

    /// What fits into one batch: the first of each role, then the second, and so on,
    /// so that no role has to wait for another.
    fn taken(&self, queues: &mut IndexMap<RoleKey, VecDeque<Swap>>) -> Vec<Swap> {
        let most = self.input.options.batch.map_or(usize::MAX, |most| {
            usize::try_from(most.max(1)).unwrap_or(usize::MAX)
        });
        let mut taken: Vec<Swap> = Vec::new();
        let mut used = self.used;
        let mut round = 0;
        let mut came = true;
        while came && round < most {
            came = false;
            for queue in queues.values_mut() {
                let load = used
                    + queue
                        .front()
                        .map(|swap| load(swap.add.as_ref()))
                        .unwrap_or_default();
                if self.input.room.fits(load)
                    && let Some(swap) = queue.pop_front()
                {
                    used = load;
                    taken.push(swap);
                    came = true;
                }
            }
            round += 1;
        }
        taken
    }

    /// Where there is no room beside the old ones: one of each role at a time.
    fn squeeze(&mut self, queues: &mut IndexMap<RoleKey, VecDeque<Swap>>) -> Result<(), Refusal> {
        let mut taken = Vec::new();
        let mut used = self.used;
        for queue in queues.values_mut() {
            let Some(swap) = queue.front().filter(|swap| swap.remove.is_some()) else {
                continue;
            };
            let load = used + load(swap.add.as_ref()) - load(swap.remove.as_ref());
            if self.input.options.allow_remove_first
                && self.input.room.fits(load)
                && let Some(swap) = queue.pop_front()
            {
                used = load;
                taken.push(swap);
            }
        }
        if taken.is_empty() {
            let next = queues.values().find_map(VecDeque::front);
            let load = self.used + next.map(|swap| load(swap.add.as_ref())).unwrap_or_default();
            return Err(Refusal::NoRoom {
                short: self.input.room.short(load),
                remove_first_would_do: false,
            });
        }
        self.remove_first(BatchKind::RemoveFirst, taken)
    }

    fn surge(&mut self, swaps: Vec<Swap>) {
        let mut canaries = Vec::new();
        for swap in swaps.iter().filter(|swap| swap.replaces()) {
            if self.tried.insert(swap.role.clone()) && !self.lost {
                canaries.extend(swap.add.iter().map(|one| one.resource.clone()));
            }
        }
        let kind = if self.input.seen.is_none() {
            BatchKind::Create
        } else {
            BatchKind::Surge
        };
        let come = swaps.iter().map(|swap| load(swap.add.as_ref()));
        self.peak = self.peak.max(come.fold(self.used, |sum, load| sum + load));
        self.push(kind, canaries, swaps);
    }

    fn remove_first(&mut self, kind: BatchKind, swaps: Vec<Swap>) -> Result<(), Refusal> {
        let after = swaps.iter().fold(self.used, |used, swap| {
            used + load(swap.add.as_ref()) - load(swap.remove.as_ref())
        });
        let short = self.input.room.short(after);
        if !short.is_empty() {
            return Err(Refusal::NoRoom {
                short,
                remove_first_would_do: false,
            });
        }
        self.peak = self.peak.max(after);
        self.push(kind, Vec::new(), swaps);
        Ok(())
    }

    fn push(&mut self, kind: BatchKind, canaries: Vec<String>, swaps: Vec<Swap>) {
        let capacity = self.capacity(kind, &swaps);
        let beside = matches!(kind, BatchKind::Surge | BatchKind::Create);
        let mut batch = Batch {
            kind,
            canaries,
            add: Vec::new(),
            remove: Vec::new(),
            capacity,
            checked: true,
        };
        for swap in swaps {
            self.used = self.used + load(swap.add.as_ref()) - load(swap.remove.as_ref());
            // Heat makes a failed one anew in its own order, unless it is told to
            // take it out first.
            let removed = !(beside && swap.is_repair());
            batch.add.extend(swap.add.map(|one| one.resource));
            if removed {
                batch.remove.extend(swap.remove.map(|one| one.resource));
            }
        }
        self.done.push(batch);
    }

    fn capacity(&mut self, kind: BatchKind, swaps: &[Swap]) -> Vec<Capacity> {
        let mut touched: Vec<Capacity> = Vec::new();
        for (role, now) in &mut self.serving {
            let own = || swaps.iter().filter(|swap| swap.role == *role);
            if own().next().is_none() {
                continue;
            }
            let serves = |one: &&Mover| one.serves;
            let come = own().filter_map(|swap| swap.add.as_ref()).filter(serves);
            let go = own().filter_map(|swap| swap.remove.as_ref()).filter(serves);
            let (come, go) = (come.count(), go.count());
            let after = now.saturating_add(come).saturating_sub(go);
            let lowest = match kind {
                BatchKind::Create | BatchKind::Surge => (*now).min(after),
                BatchKind::RemoveFirst | BatchKind::Stateful => now.saturating_sub(go),
            };
            touched.push(Capacity {
                role: role.to_string(),
                now: *now,
                lowest,
                after,
            });
            *now = after;
        }
        touched
    }

    /// What would be short for one of `swaps` to go the other way, after all is done.
    pub(super) fn short_for_return(&self, swaps: &[Swap]) -> Vec<String> {
        let old = swaps
            .iter()
            .filter(|swap| swap.replaces() && !swap.is_stateful());
        let most = old.fold(Load::default(), |most, swap| {
            most.max(load(swap.remove.as_ref()))
        });
        self.input.room.short(self.used + most)
    }
}

/// What comes, by role, those that replace another first; and what goes for nothing.
fn queues(swaps: Vec<Swap>) -> (IndexMap<RoleKey, VecDeque<Swap>>, Vec<Swap>) {
    let (come, gone): (Vec<Swap>, Vec<Swap>) =
        swaps.into_iter().partition(|swap| swap.add.is_some());
    let mut queues: IndexMap<RoleKey, VecDeque<Swap>> = IndexMap::new();
    for swap in come {
        queues.entry(swap.role.clone()).or_default().push_back(swap);
    }
    for queue in queues.values_mut() {
        queue.make_contiguous().sort_by_key(|swap| !swap.replaces());
    }
    (queues, gone)
}

fn load(mover: Option<&Mover>) -> Load {
    mover.map(|one| one.load).unwrap_or_default()
}
