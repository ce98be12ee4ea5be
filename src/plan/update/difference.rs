//! What is there against what is wanted: which members stay, and which go for
//! which others.

use indexmap::IndexMap;

use super::load::Load;
use super::model::{Input, Kept, MemberSeen, Options, Server, Trouble, Wanted};
use super::plan::lost;
use crate::template::RenderedMember;
use crate::topology::{Kind, Member, RoleKey};

/// A member that comes or goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mover {
    pub(super) resource: String,
    pub(super) load: Load,
    /// Whether it serves now; a new one does once it is there.
    pub(super) serves: bool,
}

/// What happens in one place: a new member, an old one, or one for the other. One
/// that is made anew is both, under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Swap {
    pub(super) role: RoleKey,
    pub(super) kind: Kind,
    pub(super) add: Option<Mover>,
    pub(super) remove: Option<Mover>,
}

/// All that differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) unchanged: Vec<String>,
    pub(super) repairs: IndexMap<String, Trouble>,
    pub(super) swaps: Vec<Swap>,
    /// Every member that is named, by its resource.
    pub(super) servers: IndexMap<String, Server>,
}

impl Swap {
    /// Whether what is on the old one is lost, as it cannot be beside its successor.
    pub(super) fn is_stateful(&self) -> bool {
        self.kind != Kind::Application && self.remove.is_some()
    }

    pub(super) fn is_repair(&self) -> bool {
        match (&self.add, &self.remove) {
            (Some(add), Some(remove)) => add.resource == remove.resource,
            _ => false,
        }
    }

    /// Whether others work on what is on it.
    pub(super) fn has_data(&self) -> bool {
        matches!(self.kind, Kind::Postgresql | Kind::Rabbitmq | Kind::Redis)
    }

    fn takes_data_along(&self) -> bool {
        self.has_data() && self.is_stateful() && self.add.is_some()
    }

    fn is_kept(&self, options: &Options) -> bool {
        let serves = self.remove.as_ref().is_some_and(|old| old.serves);
        let allowed = options.allow_stateful.contains(&self.role.service);
        self.is_stateful() && self.replaces() && serves && !allowed
    }

    pub(super) fn replaces(&self) -> bool {
        self.add.is_some() && self.remove.is_some() && !self.is_repair()
    }
}

/// All that differs and is not kept, and what is kept.
pub(super) fn difference(input: &Input<'_>) -> (Difference, Vec<Kept>) {
    let mut difference = compared(input);
    let kept = difference.keep(input.options);
    difference.renew_users(input);
    (difference, kept)
}

fn compared(input: &Input<'_>) -> Difference {
    let seen = input.seen.map_or(&[][..], |seen| &seen.members);
    let mut difference = Difference::default();
    let mut fresh: Vec<&RenderedMember> = Vec::new();
    for wanted in &input.wanted.members {
        let there = seen.iter().find(|one| one.resource == wanted.resource);
        let server = Server {
            jobs_max: there.and_then(jobs_max),
            ..server(&wanted.member, &wanted.name)
        };
        difference.servers.insert(wanted.resource.clone(), server);
        match there {
            Some(there) if there.healthy => difference.unchanged.push(wanted.resource.clone()),
            Some(there) => {
                let trouble = there.trouble.clone().unwrap_or(Trouble {
                    why: "it is not healthy".to_owned(),
                    unknown_to_heat: false,
                });
                difference.repair(wanted, there, trouble, input.wanted);
            }
            None => fresh.push(wanted),
        }
    }
    let mut old: Vec<&MemberSeen> = seen
        .iter()
        .filter(|one| !difference.servers.contains_key(&one.resource))
        .collect();
    for one in &old {
        let server = Server {
            jobs_max: jobs_max(one),
            ..server(&one.member, &one.name)
        };
        difference.servers.insert(one.resource.clone(), server);
    }
    for (wanted, partner) in paired(&fresh, &mut old) {
        difference.swaps.push(Swap {
            role: wanted.member.role.clone(),
            kind: wanted.member.kind,
            add: Some(arriving(wanted, input.wanted)),
            remove: partner.map(leaving),
        });
    }
    difference.swaps.extend(old.into_iter().map(|one| Swap {
        role: one.member.role.clone(),
        kind: one.member.kind,
        add: None,
        remove: Some(leaving(one)),
    }));
    difference
}

impl Difference {
    /// Makes the applications' members that would stay anew as well, where a server with
    /// data is: they opened a database, or declared queues, that are not there any more.
    fn renew_users(&mut self, input: &Input<'_>) {
        let Some(lost) = self.swaps.iter().find(|swap| swap.takes_data_along()) else {
            return;
        };
        let trouble = Trouble {
            why: format!("what it works on goes with {}", lost.role.service),
            unknown_to_heat: true,
        };
        let seen = input.seen.map_or(&[][..], |seen| &seen.members);
        for wanted in &input.wanted.members {
            let there = seen.iter().find(|one| one.resource == wanted.resource);
            let Some(there) = there.filter(|one| one.healthy) else {
                continue;
            };
            if wanted.member.kind == Kind::Application {
                self.unchanged.retain(|one| *one != wanted.resource);
                self.repair(wanted, there, trouble.clone(), input.wanted);
            }
        }
    }

    fn repair(
        &mut self,
        rendered: &RenderedMember,
        there: &MemberSeen,
        trouble: Trouble,
        wanted: &Wanted,
    ) {
        self.repairs.insert(rendered.resource.clone(), trouble);
        self.swaps.push(Swap {
            role: rendered.member.role.clone(),
            kind: rendered.member.kind,
            add: Some(arriving(rendered, wanted)),
            remove: Some(leaving(there)),
        });
    }

    /// Takes those swaps out that would lose what is on a server, where nobody allowed
    /// it: that server serves, and stays as it is.
    fn keep(&mut self, options: &Options) -> Vec<Kept> {
        let (kept, swaps) = std::mem::take(&mut self.swaps)
            .into_iter()
            .partition(|swap| swap.is_kept(options));
        self.swaps = swaps;
        let kept: Vec<Swap> = kept;
        let kept: Vec<Kept> = kept
            .into_iter()
            .filter_map(|swap| {
                Some(Kept {
                    resource: swap.remove?.resource,
                    instead_of: swap.add?.resource,
                    service: swap.role.service,
                    lost: lost(swap.kind).to_owned(),
                })
            })
            .collect();
        self.unchanged
            .extend(kept.iter().map(|one| one.resource.clone()));
        kept
    }
}

/// The old member that goes for each new one: of the same slot, else of the same
/// pool, else of the same role. What is left in `old` goes for nothing.
fn paired<'a>(
    fresh: &[&'a RenderedMember],
    old: &mut Vec<&'a MemberSeen>,
) -> Vec<(&'a RenderedMember, Option<&'a MemberSeen>)> {
    let nearness: [fn(&Member, &Member) -> bool; 3] = [
        |a, b| a == b,
        |a, b| a.role == b.role && a.pool == b.pool,
        |a, b| a.role == b.role,
    ];
    let mut pairs: Vec<(&RenderedMember, Option<&MemberSeen>)> =
        fresh.iter().map(|wanted| (*wanted, None)).collect();
    for near in nearness {
        for (wanted, partner) in pairs.iter_mut().filter(|(_, partner)| partner.is_none()) {
            if let Some(index) = old.iter().position(|one| near(&wanted.member, &one.member)) {
                *partner = Some(old.remove(index));
            }
        }
    }
    pairs
}

fn server(member: &Member, name: &str) -> Server {
    Server {
        name: name.to_owned(),
        role: member.role.to_string(),
        pool: member.pool.to_string(),
        slot: member.slot,
        jobs_max: None,
    }
}

/// One that is down works on none.
fn jobs_max(seen: &MemberSeen) -> Option<u32> {
    if seen.healthy { seen.jobs_max } else { Some(0) }
}

fn arriving(rendered: &RenderedMember, wanted: &Wanted) -> Mover {
    let size = wanted.sizes.get(&rendered.member.role).copied();
    Mover {
        resource: rendered.resource.clone(),
        load: Load::of_member(rendered.member.kind, size.unwrap_or_default()),
        serves: true,
    }
}

fn leaving(seen: &MemberSeen) -> Mover {
    Mover {
        resource: seen.resource.clone(),
        load: Load::of_member(seen.member.kind, seen.size),
        serves: seen.healthy,
    }
}
