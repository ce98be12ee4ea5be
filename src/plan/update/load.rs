//! What members and the infrastructure take of a project's quota.

use std::collections::BTreeSet;
use std::ops::{Add, Sub};

use super::model::{Input, Peak, Room, Size};
use crate::plan::quota::{Demand, Quota, shortages};
use crate::topology::{Kind, Member, RoleKey};

const KINDS: usize = 8;

/// How much of each kind of thing, in the order of [`Room::kinds`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Load([i64; KINDS]);

impl Room {
    /// Each kind of thing by the operator's word for it.
    fn kinds(&self) -> [(&'static str, Quota); KINDS] {
        [
            ("servers", self.servers),
            ("cores", self.cores),
            ("memory in MiB", self.ram_mib),
            ("ports", self.ports),
            ("security groups", self.security_groups),
            ("networks", self.networks),
            ("routers", self.routers),
            ("floating IPs", self.floating_ips),
        ]
    }

    /// What is short for `load` beside what is used; what is not asked for cannot be.
    pub(super) fn short(&self, load: Load) -> Vec<String> {
        let demands: Vec<Demand> = self
            .kinds()
            .into_iter()
            .zip(load.0)
            .filter(|(_, wanted)| *wanted > 0)
            .map(|((what, quota), wanted)| Demand {
                what,
                limit: quota.limit,
                used: quota.used,
                wanted,
            })
            .collect();
        shortages(&demands)
    }

    pub(super) fn fits(&self, load: Load) -> bool {
        self.short(load).is_empty()
    }

    /// What is used at most when `load` is the most that is added; kinds that do
    /// not change are left out.
    pub(super) fn peaks(&self, load: Load) -> Vec<Peak> {
        self.kinds()
            .into_iter()
            .zip(load.0)
            .filter(|(_, wanted)| *wanted > 0)
            .map(|((what, quota), wanted)| Peak {
                what: what.to_owned(),
                used: quota.used,
                peak: quota.used.saturating_add(wanted),
                limit: quota.limit,
            })
            .collect()
    }
}

/// What is short for a stack that is to be made with `members`.
pub fn short_for_new_stack(room: &Room, members: &[(&Member, Size)]) -> Vec<String> {
    let places = members.iter().map(|(member, _)| *member);
    let stack = Load::of_roles(places) + Load::of_stack(true);
    let load = members.iter().fold(stack, |sum, (member, size)| {
        sum + Load::of_member(member.kind, *size)
    });
    room.short(load)
}

impl Load {
    /// The port of any but an application is part of the infrastructure.
    pub(super) fn of_member(kind: Kind, size: Size) -> Self {
        let own_port = i64::from(kind == Kind::Application);
        Self([1, size.cores, size.ram_mib, own_port, 0, 0, 0, 0])
    }

    /// What comes with the stack itself, and with roles that it did not have.
    pub(super) fn of_infrastructure(input: &Input<'_>) -> Self {
        let seen = input.seen.map_or(&[][..], |seen| &seen.members);
        let had: BTreeSet<&RoleKey> = seen.iter().map(|one| &one.member.role).collect();
        let wanted = input.wanted.members.iter().map(|one| &one.member);
        let fresh = wanted.filter(|member| !had.contains(&member.role));
        Self::of_roles(fresh) + Self::of_stack(input.seen.is_none())
    }

    /// The security group of each role, and the port of those whose port is fixed.
    fn of_roles<'a>(members: impl Iterator<Item = &'a Member>) -> Self {
        let roles: BTreeSet<(&RoleKey, Kind)> =
            members.map(|member| (&member.role, member.kind)).collect();
        let fixed = roles.iter().filter(|(_, kind)| *kind != Kind::Application);
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        Self([0, 0, 0, count(fixed.count()), count(roles.len()), 0, 0, 0])
    }

    /// A network, a router with a port in it, and a floating IP.
    fn of_stack(is_new: bool) -> Self {
        let one = i64::from(is_new);
        Self([0, 0, 0, one, 0, one, one, one])
    }

    /// The larger of each.
    pub(super) fn max(self, other: Self) -> Self {
        self.zip(other, i64::max)
    }

    fn zip(self, other: Self, with: fn(i64, i64) -> i64) -> Self {
        let mut both = self.0;
        for (mine, theirs) in both.iter_mut().zip(other.0) {
            *mine = with(*mine, theirs);
        }
        Self(both)
    }
}

impl Add for Load {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.zip(other, i64::saturating_add)
    }
}

impl Sub for Load {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.zip(other, i64::saturating_sub)
    }
}
