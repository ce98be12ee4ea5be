//! What a stack tells of the release that runs in it, of those before it, and of
//! an update that is under way: plain records, written into its outputs with each
//! change and read back by any operator on any machine.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::model::{ReleaseInput, RenderedMember};
use crate::digest;
use crate::name::{EnvName, ServiceName};

/// The version of the records' format.
pub const VERSION: u32 = 2;
/// Releases that a stack remembers: Heat takes templates up to 512 KiB, and nobody
/// goes back further.
pub const HISTORY_MAX: usize = 20;
/// The resource that is signalled when a release has passed tests: a handle keeps
/// what it is sent, so writing it down needs no change of the stack.
pub const JOURNAL: &str = "journal";
/// The resource that members signal when they know of jobs whose end was lost.
pub const LOST_JOBS: &str = "lost_jobs";
/// Digits of an identity: enough to tell twenty releases apart, short enough to type.
const ID_CHARS: usize = 12;

/// One release, as it was deployed to one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRecord {
    /// The version of this format.
    pub version: u32,
    /// What it is called by: the same content has the same one.
    #[serde(default)]
    pub id: String,
    /// The environment.
    #[serde(default)]
    pub env: String,
    /// The tag that was asked for.
    pub tag: String,
    /// The catalogue.
    #[serde(default)]
    pub catalog: String,
    /// The commit of each application.
    #[serde(default)]
    pub commits: IndexMap<ServiceName, String>,
    /// The digest of each recipe's image.
    #[serde(default)]
    pub images: IndexMap<String, String>,
    /// The digest of each member, by its resource.
    #[serde(default)]
    pub members: IndexMap<String, String>,
    /// Who deployed it: `user@host`.
    #[serde(default)]
    pub by: String,
    /// When, by RFC 3339.
    #[serde(default)]
    pub at: String,
    /// Whether it passed the checks that end a deployment.
    #[serde(default)]
    pub verified: bool,
    /// When it passed which tests.
    #[serde(default)]
    pub tests: TestsPassed,
    /// Whether `rollback` asked for it, so that the same command goes on with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_rollback: bool,
}

/// When a release passed which tests, by RFC 3339.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestsPassed {
    /// The fast ones.
    #[serde(default)]
    pub fast: Option<String>,
    /// The slow ones.
    #[serde(default)]
    pub slow: Option<String>,
}

/// Tests whose passing is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tests {
    /// The fast ones.
    Fast,
    /// The slow ones.
    Slow,
}

impl Tests {
    /// What a journal's entry is called.
    pub fn entry(self, release: &str) -> String {
        match self {
            Self::Fast => format!("fast.{release}"),
            Self::Slow => format!("slow.{release}"),
        }
    }
}

/// Which half of a batch an unfinished update is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// New members come up beside the old ones.
    Add,
    /// Old members are drained and removed.
    Remove,
}

/// An update that has begun and has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateRecord {
    /// The release that is being left.
    pub from: String,
    /// The release that is being brought in.
    pub to: String,
    /// What is being done.
    pub phase: Phase,
    /// The batch, from 1.
    pub batch: usize,
    /// How many batches there are.
    pub batches: usize,
    /// Resources of members that serve and have yet to be made anew, as what they work on
    /// is gone: nothing else in the cloud tells of it.
    #[serde(default)]
    pub renew: Vec<String>,
    /// The release that is being brought in, whole: so that anybody can go on.
    pub target: ReleaseRecord,
}

/// All that a stack tells of its releases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    /// Releases, oldest first; the last is the one that runs, or that is being left.
    pub history: Vec<ReleaseRecord>,
    /// The update that is under way.
    pub update: Option<UpdateRecord>,
}

impl Records {
    /// Reads them from a stack's template. A stack of an earlier version tells of
    /// the one release only; what is no record of ours is left out.
    pub fn read(template: &Value) -> Self {
        let value = |name: &str| template["outputs"][name]["value"].clone();
        let history: Vec<ReleaseRecord> = match value("history") {
            Value::Array(records) => records.into_iter().filter_map(read_one).collect(),
            _ => read_one(value("release")).into_iter().collect(),
        };
        Self {
            history,
            update: serde_json::from_value(value("update")).ok(),
        }
    }

    /// The release that runs, or that is being left.
    pub fn current(&self) -> Option<&ReleaseRecord> {
        self.history.last()
    }

    /// Adds what the journal, its entries by name, tells of each release.
    #[must_use]
    pub fn with_journal(mut self, journal: &IndexMap<String, String>) -> Self {
        for release in &mut self.history {
            let told = |tests: Tests| journal.get(&tests.entry(&release.id)).cloned();
            let (fast, slow) = (told(Tests::Fast), told(Tests::Slow));
            release.verified |= fast.is_some();
            release.tests.fast = fast.or(release.tests.fast.take());
            release.tests.slow = slow.or(release.tests.slow.take());
        }
        self
    }

    /// The release that is still being brought in; `is_complete` tells whether the stack's
    /// last change came to its end. The last one of an update has the record of what it
    /// leads to already.
    pub fn unfinished(&self, is_complete: bool) -> Option<&ReleaseRecord> {
        match &self.update {
            Some(update) => Some(&update.target),
            None if is_complete => None,
            None => self.current(),
        }
    }

    /// The release that `rollback` means by itself: while one is under way, typed again,
    /// it goes on.
    pub fn to_roll_back_to(&self, is_complete: bool) -> Option<&ReleaseRecord> {
        let under_way = self.unfinished(is_complete);
        under_way
            .filter(|one| one.by_rollback)
            .or_else(|| self.last_verified_before())
    }

    /// The newest release that passed its checks before the one that runs: in the
    /// middle of an update the one that is being left. What came between two stays of
    /// one release was left again, and is no way back. Nor is one that is built as the
    /// one that runs: how many members there are is the configuration's.
    fn last_verified_before(&self) -> Option<&ReleaseRecord> {
        let (current, mut earlier) = self.history.split_last()?;
        if self.update.is_some() && current.verified {
            return Some(current);
        }
        if let Some(first) = earlier.iter().position(|one| one.id == current.id) {
            earlier = &earlier[..first];
        }
        let mut verified = earlier.iter().rev().filter(|one| one.verified);
        verified.find(|one| !one.is_built_as(current))
    }

    /// The newest record of a release that `name`, a tag or an id, stands for.
    pub fn find(&self, name: &str) -> Option<&ReleaseRecord> {
        let newest = || self.history.iter().rev();
        newest()
            .find(|one| one.id == name)
            .or_else(|| newest().find(|one| one.tag == name))
    }

    /// Adds the release that runs from now on, and forgets the oldest.
    #[must_use]
    pub fn with(mut self, release: ReleaseRecord) -> Self {
        // Coming back to what was being left is no new deployment.
        self.history.pop_if(|last| last.id == release.id);
        self.history.push(release);
        let surplus = self.history.len().saturating_sub(HISTORY_MAX);
        self.history.drain(..surplus);
        self.update = None;
        self
    }
}

fn read_one(value: Value) -> Option<ReleaseRecord> {
    serde_json::from_value(value).ok()
}

/// The record of `release` with `members` in `env`.
pub fn record(
    env: &EnvName,
    catalog: &str,
    release: &ReleaseInput,
    members: &[RenderedMember],
    by: &str,
    at: &str,
) -> ReleaseRecord {
    let images: IndexMap<String, String> = release
        .images
        .iter()
        .map(|(recipe, image)| (recipe.to_string(), image.digest.clone()))
        .collect();
    let members: IndexMap<String, String> = members
        .iter()
        .map(|member| (member.resource.clone(), member.digest.clone()))
        .collect();
    let record = ReleaseRecord {
        version: VERSION,
        id: String::new(),
        env: env.to_string(),
        tag: release.tag.to_string(),
        catalog: catalog.to_owned(),
        commits: release.commits.clone(),
        images,
        members,
        by: by.to_owned(),
        at: at.to_owned(),
        verified: false,
        tests: TestsPassed::default(),
        by_rollback: false,
    };
    record.identified()
}

impl ReleaseRecord {
    /// With the identity that follows from what it is made of.
    #[must_use]
    pub fn identified(self) -> Self {
        let content = serde_json::json!({
            "tag": self.tag, "commits": self.commits, "images": self.images,
            "members": self.members,
        });
        let id = digest::of(&content).chars().take(ID_CHARS).collect();
        Self { id, ..self }
    }

    /// Whether its images are those of `other`. An earlier version wrote none.
    fn is_built_as(&self, other: &Self) -> bool {
        !self.images.is_empty() && self.images == other.images
    }
}

#[cfg(test)]
mod tests {
    use super::{HISTORY_MAX, Records, ReleaseRecord};

    fn release(id: usize, verified: bool) -> ReleaseRecord {
        let value = serde_json::json!({"version": 2, "tag": format!("v{id}"), "id": id.to_string(),
            "verified": verified});
        serde_json::from_value(value).unwrap()
    }

    fn records(verified: &[bool]) -> Records {
        verified
            .iter()
            .enumerate()
            .fold(Records::default(), |records, (id, verified)| {
                records.with(release(id, *verified))
            })
    }

    #[test]
    fn the_way_back_leads_to_the_newest_verified_release() {
        let id = |records: &Records| records.last_verified_before().map(|one| one.id.clone());
        assert_eq!(id(&records(&[true, true, false, true])), Some("1".into()));
        assert_eq!(id(&records(&[true])), None);
        assert_eq!(id(&records(&[])), None);
        let again = records(&[true, true]).with(release(1, true));
        assert_eq!(id(&again), Some("0".into()), "not to itself");
        let back = records(&[true, true, true]).with(release(1, true));
        assert_eq!(id(&back), Some("0".into()), "not to what was left again");
        let back = records(&[true, true]).with(release(0, true));
        assert_eq!(id(&back), None);
    }

    #[test]
    fn what_was_only_scaled_is_no_way_back() {
        let with = |id: usize, image: &str| {
            let mut release = release(id, true);
            release.images.insert("workflow".into(), image.into());
            release
        };
        let releases = [with(0, "a"), with(1, "b"), with(2, "b"), with(3, "b")];
        let records = releases.into_iter().fold(Records::default(), Records::with);
        let found = records.last_verified_before();
        assert_eq!(found.map(|one| one.id.as_str()), Some("0"));
    }

    #[test]
    fn in_the_middle_of_an_update_it_leads_to_what_is_being_left() {
        let update = |verified: &[bool]| {
            let mut records = records(verified);
            let update = serde_json::json!({"from": "1", "to": "9", "phase": "add", "batch": 1,
                "batches": 1, "target": release(9, false)});
            records.update = serde_json::from_value(update).unwrap();
            records.last_verified_before().map(|one| one.id.clone())
        };
        assert_eq!(update(&[true, true]), Some("1".into()));
        assert_eq!(update(&[true, false]), Some("0".into()));
    }

    #[test]
    fn a_rollback_that_was_cut_short_goes_on() {
        let id = |records: &Records, is_complete: bool| {
            let found = records.to_roll_back_to(is_complete);
            found.map(|one| one.id.clone())
        };
        let mut back = release(1, true);
        back.by_rollback = true;
        let mut under_way = records(&[true, true, true]);
        let update = serde_json::json!({"from": "2", "to": "1", "phase": "add", "batch": 1,
            "batches": 1, "target": back});
        under_way.update = serde_json::from_value(update).unwrap();
        assert_eq!(id(&under_way, true), Some("1".into()));
        let last_change = records(&[true, true, true]).with(back);
        assert_eq!(id(&last_change, false), Some("1".into()));
        assert_eq!(id(&last_change, true), Some("0".into()), "the next one");
        // What is deployed again after a rollback is left again.
        let mut again = last_change;
        let update = serde_json::json!({"from": "1", "to": "2", "phase": "add", "batch": 1,
            "batches": 1, "target": release(2, true)});
        again.update = serde_json::from_value(update).unwrap();
        assert_eq!(id(&again, true), Some("1".into()));
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let many = records(&[true; HISTORY_MAX + 3]);
        assert_eq!(many.history.len(), HISTORY_MAX);
        assert_eq!(many.history[0].id, "3");
    }

    #[test]
    fn a_release_is_found_by_id_and_by_tag() {
        let records = records(&[true, true]);
        assert_eq!(records.find("v1").unwrap().id, "1");
        assert_eq!(records.find("0").unwrap().tag, "v0");
        assert!(records.find("v9").is_none());
    }
}
