//! What an update's plan is made from, and what it is.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::config::DrainPolicy;
use crate::digest;
use crate::name::ServiceName;
use crate::plan::quota::Quota;
use crate::plan::way_back::{PastImages, WayBack};
use crate::template::RenderedMember;
use crate::template::release::{ReleaseRecord, UpdateRecord};
use crate::topology::{Member, RoleKey};

/// What a member takes of the project's quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Virtual processors.
    pub cores: i64,
    /// Memory in MiB.
    pub ram_mib: i64,
}

/// A member in the stack's present template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberSeen {
    /// Its place.
    pub member: Member,
    /// Its name and host name.
    pub name: String,
    /// Its resource in the root template.
    pub resource: String,
    /// The digest of all that is in it.
    pub digest: String,
    /// The digest of its image's recipe, where Glance still has the image.
    pub image_digest: Option<String>,
    /// Whether it serves; if not, `trouble` says why.
    pub healthy: bool,
    /// What is wrong with it.
    pub trouble: Option<Trouble>,
    /// How many jobs it works on at a time, where that is known. How many there are now
    /// never is: its service tells of it only that it answers.
    pub jobs_max: Option<u32>,
    /// What it takes of the quota.
    pub size: Size,
    /// How long it took to come up, in seconds.
    pub boot_s: Option<u64>,
}

/// What is wrong with a member that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// In words.
    pub why: String,
    /// Whether Heat takes it for complete: it makes such a one anew only after it
    /// was marked as unhealthy.
    pub unknown_to_heat: bool,
}

/// A stack as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackSeen {
    /// Heat's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Heat's status, e.g. `UPDATE_COMPLETE`.
    pub status: String,
    /// When it was last changed, or made.
    pub updated: String,
    /// Its members, in the template's order.
    pub members: Vec<MemberSeen>,
    /// The release that runs, or that is being left.
    pub release: Option<ReleaseRecord>,
    /// The releases that ran here, oldest first, with that one.
    pub history: Vec<ReleaseRecord>,
    /// An update that has begun and has not ended.
    pub unfinished: Option<UpdateRecord>,
    /// How long the steps of earlier updates took.
    pub earlier: Earlier,
}

/// How long the steps of earlier updates took, in seconds, where Heat still tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Earlier {
    /// The last checks of the first new members.
    pub canary_checks_s: Option<u64>,
    /// The last checks of all of them.
    pub checks_s: Option<u64>,
    /// The quickest removal of a member: one that had no jobs.
    pub removal_s: Option<u64>,
}

impl StackSeen {
    /// Stands for all that a plan is computed from: a plan is good as long as the
    /// stack has the same.
    pub fn fingerprint(&self) -> String {
        let mut members: Vec<_> = self
            .members
            .iter()
            .map(|one| (&one.resource, &one.digest, one.healthy))
            .collect();
        members.sort();
        digest::of(&serde_json::json!([
            self.id,
            self.updated,
            self.status,
            members
        ]))
    }
}

/// What shall be there.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// Every server.
    pub members: Vec<RenderedMember>,
    /// What a member of each role takes of the quota.
    pub sizes: IndexMap<RoleKey, Size>,
    /// The release.
    pub release: ReleaseRecord,
    /// The schema of each service that has one.
    pub schema: IndexMap<ServiceName, Schema>,
    /// Recipes whose image is not there yet.
    pub unbuilt: Vec<String>,
    /// Resources beside members that differ from the stack's: networks, rules.
    pub infrastructure: Vec<String>,
    /// The digest of all resources beside members, as they shall be.
    pub infrastructure_digest: String,
}

/// A service's schema before and after.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema {
    /// The newest revision that the old code knows.
    pub old: Option<String>,
    /// The newest revision that the new code knows.
    pub new: Option<String>,
    /// Whether `new` is unknown only because the image is not built yet.
    pub unbuilt: bool,
    /// What is known of going back.
    pub reversible: Reversible,
}

/// How a migration can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reversible {
    /// The catalogue says that older code runs on the newer schema.
    OlderCodeWorks,
    /// The catalogue has a command that undoes it, which an operator has to run.
    Downgrade,
    /// Nothing says that it can be.
    #[default]
    No,
}

/// What the project may have, and has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Servers.
    pub servers: Quota,
    /// Virtual processors.
    pub cores: Quota,
    /// Memory in MiB.
    pub ram_mib: Quota,
    /// Networks.
    pub networks: Quota,
    /// Routers.
    pub routers: Quota,
    /// Floating IPs.
    pub floating_ips: Quota,
    /// Ports.
    pub ports: Quota,
    /// Security groups.
    pub security_groups: Quota,
}

/// What the operator allows, and asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// At most so many members of a role at a time.
    pub batch: Option<u32>,
    /// Services with data that may be replaced.
    pub allow_stateful: Vec<ServiceName>,
    /// Go on though there is no way back.
    pub no_way_back: bool,
    /// Where there is no room beside an old member, remove it first.
    pub allow_remove_first: bool,
    /// When a drain is overdue, in seconds.
    pub drain_deadline_s: u64,
    /// What happens then.
    pub drain_policy: DrainPolicy,
}

/// All that a plan is computed from.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The environment.
    pub env: &'a str,
    /// The stack; none: it has to be made.
    pub seen: Option<&'a StackSeen>,
    /// What shall be there.
    pub wanted: &'a Wanted,
    /// What the project may have.
    pub room: &'a Room,
    /// Images that are there.
    pub images: &'a PastImages,
    /// What the operator said.
    pub options: &'a Options,
}

/// What an update will do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpdatePlan {
    /// The version of this format.
    pub version: u32,
    /// The environment.
    pub env: String,
    /// The stack's name; none: it has to be made.
    pub stack: Option<String>,
    /// The release that is left.
    pub from: Option<ReleaseRecord>,
    /// The release that will run.
    pub to: ReleaseRecord,
    /// What the plan was computed from; empty where there was no stack.
    pub fingerprint: String,
    /// Resources beside members that change; they do so with the first batch.
    pub infrastructure: Vec<String>,
    /// The digest of all resources beside members, as they shall be.
    #[serde(default)]
    pub infrastructure_digest: String,
    /// What will be done, in order; none: nothing to do.
    pub batches: Vec<Batch>,
    /// Every member that is named below, by its resource.
    pub servers: IndexMap<String, Server>,
    /// Resources of members that stay as they are.
    pub unchanged: Vec<String>,
    /// Resources of members that are there but do not serve, and are made anew.
    pub repairs: IndexMap<String, Trouble>,
    /// Resources of all members that do not serve now, those among them that go: that
    /// they are down is no news to an update that is under way.
    #[serde(default)]
    pub broken: Vec<String>,
    /// Servers that stay though the release has others for them, because what is on
    /// them would be lost.
    #[serde(default)]
    pub kept: Vec<Kept>,
    /// Recipes whose image has to be built first.
    pub builds: Vec<String>,
    /// Schemas that change.
    pub migrations: Vec<Migration>,
    /// Whether the release that is left can come back.
    pub way_back: WayBack,
    /// What is needed at most at one time, against what there is.
    pub peak: Vec<Peak>,
    /// What there is only one of, and is touched.
    pub single_points: Vec<SinglePoint>,
    /// The most jobs that may be at work on members that go, where that is known. Not
    /// part of what a plan is good for: jobs come and go.
    #[serde(default)]
    pub jobs_max: Option<u32>,
    /// What happens to jobs.
    pub drain: Drain,
    /// Seconds, the jobs of a drain left out, by how long members took to come up, to
    /// be checked and to go before.
    pub expected_s: Option<u64>,
    /// What the operator should know besides.
    pub warnings: Vec<String>,
}

/// A server that stays though the release has another for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its resource.
    pub resource: String,
    /// The resource of the other.
    pub instead_of: String,
    /// The service.
    pub service: ServiceName,
    /// What would be lost with it.
    pub lost: String,
}

/// A member in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its name and host name.
    pub name: String,
    /// Service and role, e.g. `workflow web`.
    pub role: String,
    /// The pool.
    pub pool: String,
    /// Its place in the pool.
    pub slot: u32,
    /// How many jobs may be at work on it, where it is there and that is known.
    #[serde(default)]
    pub jobs_max: Option<u32>,
}

/// One step of an update: the stack is whole after it. One that neither adds nor
/// removes changes only the infrastructure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// In which order it adds and removes.
    pub kind: BatchKind,
    /// Resources of those new members that come up and are checked before the others.
    pub canaries: Vec<String>,
    /// Resources of all its new members, the canaries among them.
    pub add: Vec<String>,
    /// Resources of members that go.
    pub remove: Vec<String>,
    /// Members of each role that it touches.
    pub capacity: Vec<Capacity>,
    /// Whether the checks are run on it. Once data is lost, those who work on it have yet
    /// to come up anew: only what all comes to in the end is checked.
    #[serde(default = "always")]
    pub checked: bool,
}

/// Plans of earlier versions do not say.
fn always() -> bool {
    true
}

/// In which order a batch adds and removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchKind {
    /// The stack is made.
    Create,
    /// New members beside the old ones, then the old ones go.
    Surge,
    /// Old members go, then the new ones come.
    RemoveFirst,
    /// As `RemoveFirst`, and what was on the old one is lost.
    Stateful,
}

/// How many members of a role serve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// Service and role, e.g. `workflow web`.
    pub role: String,
    /// Before the batch.
    pub now: usize,
    /// At its lowest.
    pub lowest: usize,
    /// After the batch.
    pub after: usize,
}

/// A schema that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migration {
    /// The service.
    pub service: ServiceName,
    /// The newest revision that the old code knows.
    pub from: Option<String>,
    /// The newest revision that the new code knows; none: not known before its
    /// image is built.
    pub to: Option<String>,
    /// Whether `to` is unknown only because the image is not built yet.
    pub unbuilt: bool,
    /// How it can be undone.
    pub reversible: Reversible,
}

/// What is needed of one kind of thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peak {
    /// What it is, e.g. `servers`.
    pub what: String,
    /// What the project uses now.
    pub used: i64,
    /// What it uses at most in the course of the update.
    pub peak: i64,
    /// What it may have; below 0 is no limit.
    pub limit: i64,
}

/// Something that there is only one of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinglePoint {
    /// Service and role, e.g. `postgresql server`.
    pub role: String,
    /// What is lost, or not there meanwhile.
    pub lost: String,
}

/// What happens to jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drain {
    /// When a drain is overdue, in seconds.
    pub deadline_s: u64,
    /// What happens then.
    pub policy: DrainPolicy,
}

/// Why an update is not planned; nothing was touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Servers with data would be replaced.
    Stateful {
        /// The service.
        service: ServiceName,
        /// What would be lost.
        lost: String,
    },
    /// The project has no room.
    NoRoom {
        /// What is short, a line each.
        short: Vec<String>,
        /// Whether it would do to remove old members first.
        remove_first_would_do: bool,
    },
    /// The release that is left could not come back.
    NoWayBack {
        /// Why.
        reasons: Vec<String>,
    },
}
