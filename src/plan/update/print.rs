//! A plan as text for people: what happens, what it costs, and how to go back.

use std::fmt::Write;

use super::model::{
    Batch, BatchKind, Drain, Kept, Migration, Refusal, Reversible, Server, UpdatePlan,
};
use crate::config::DrainPolicy;
use crate::plan::way_back::WayBack;
use crate::template::release::ReleaseRecord;

/// Names of members that stay are listed up to this many: beyond, they hide what
/// changes.
const UNCHANGED_SHOWN: usize = 6;

impl UpdatePlan {
    /// The plan as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if self.batches.is_empty() {
            self.no_changes(&mut text);
            self.notes(&mut text);
            return text;
        }
        self.heading(&mut text);
        for (index, batch) in self.batches.iter().enumerate() {
            self.batch(&mut text, index + 1, batch);
        }
        text.push('\n');
        self.costs(&mut text);
        self.notes(&mut text);
        text
    }

    fn no_changes(&self, text: &mut String) {
        let members = count(self.unchanged.len(), "member");
        let to = release(&self.to);
        let env = &self.env;
        let _ = if self.is_only_named_anew() {
            writeln!(
                text,
                "No changes but the name: {env} has all {members} of {to}, and each is healthy."
            )
        } else {
            writeln!(
                text,
                "No changes: {env} has all {members} of {to}, and each is healthy."
            )
        };
    }

    fn heading(&self, text: &mut String) {
        let to = release(&self.to);
        let _ = match (&self.stack, &self.from) {
            (None, _) => writeln!(text, "{}: there is no stack yet -> {to}", self.env),
            (Some(stack), Some(from)) => {
                writeln!(text, "{} ({stack}): {} -> {to}", self.env, release(from))
            }
            (Some(stack), None) => {
                writeln!(text, "{} ({stack}): unknown release -> {to}", self.env)
            }
        };
        if !self.builds.is_empty() {
            let names = self.builds.join(", ");
            let _ = writeln!(
                text,
                "Images are built first: {names}; only then are the names below final"
            );
        }
    }

    fn batch(&self, text: &mut String, number: usize, batch: &Batch) {
        let _ = write!(text, "\nBatch {number} of {}: ", self.batches.len());
        let (add, remove) = (batch.add.len(), batch.remove.len());
        let _ = match batch.kind {
            BatchKind::Create => writeln!(text, "make the stack with {}", count(add, "member")),
            BatchKind::Surge if add == 0 && remove == 0 => {
                writeln!(text, "the infrastructure only")
            }
            BatchKind::Surge if remove == 0 => writeln!(text, "add {add}"),
            BatchKind::Surge if add == 0 => writeln!(text, "drain and remove {remove}"),
            BatchKind::Surge => {
                writeln!(
                    text,
                    "add {add} beside the old ones, then drain and remove {remove}"
                )
            }
            BatchKind::RemoveFirst => writeln!(
                text,
                "drain and remove {remove}, then add {add}: no room beside the old ones"
            ),
            BatchKind::Stateful if add == 0 => writeln!(text, "remove {remove}"),
            BatchKind::Stateful => {
                writeln!(
                    text,
                    "remove {remove}, then add {add}: what is on it is lost"
                )
            }
        };
        if number == 1 && !self.infrastructure.is_empty() {
            let _ = writeln!(text, "  ~ {}", self.infrastructure.join(", "));
        }
        if !batch.checked && !batch.add.is_empty() {
            let _ = writeln!(text, "  checked only once all is up");
        }
        for capacity in &batch.capacity {
            let (now, after, lowest) = (capacity.now, capacity.after, capacity.lowest);
            let lowest = if lowest < now.min(after) {
                format!(", at times {lowest}")
            } else {
                String::new()
            };
            let _ = writeln!(text, "  {}: {now} -> {after}{lowest}", capacity.role);
            self.members(text, batch, &capacity.role);
        }
    }

    /// The members of one role that come and go with a batch.
    fn members(&self, text: &mut String, batch: &Batch, role: &str) {
        let of_role = |resources| self.of_role(resources, role);
        for (resource, Server { name, .. }) in of_role(&batch.add) {
            let _ = match self.repairs.get(resource) {
                Some(trouble) => writeln!(text, "    ~ {name}  made anew: {}", trouble.why),
                None if batch.canaries.contains(resource) => {
                    writeln!(text, "    + {name}  first, and checked before the others")
                }
                None => writeln!(text, "    + {name}"),
            };
        }
        for (resource, server) in of_role(&batch.remove) {
            if !self.repairs.contains_key(resource) {
                let jobs = match server.jobs_max {
                    Some(1) => "  up to 1 job".to_owned(),
                    Some(most @ 2..) => format!("  up to {most} jobs"),
                    Some(0) | None => String::new(),
                };
                let _ = writeln!(text, "    - {}{jobs}", server.name);
            }
        }
    }

    fn of_role<'a>(&'a self, resources: &'a [String], role: &str) -> Vec<(&'a String, &'a Server)> {
        let known = resources
            .iter()
            .filter_map(|resource| Some((resource, self.servers.get(resource)?)));
        known.filter(|(_, server)| server.role == role).collect()
    }

    fn costs(&self, text: &mut String) {
        self.unchanged_line(text);
        for migration in &self.migrations {
            let _ = writeln!(text, "Migration:  {}", migrated(migration));
        }
        if self.stack.is_some() {
            self.way_back_lines(text);
        }
        for point in &self.single_points {
            let _ = writeln!(text, "Lost:       {}: {}", point.role, point.lost);
        }
        let drains = self
            .batches
            .iter()
            .any(|batch| batch.kind != BatchKind::Stateful && !batch.remove.is_empty());
        if drains {
            self.jobs_line(text);
            let _ = writeln!(text, "Jobs:       {}", drained(self.drain));
        }
        for (index, peak) in self.peak.iter().enumerate() {
            let title = if index == 0 { "At most:" } else { "" };
            let limit = if peak.limit < 0 {
                "without limit".to_owned()
            } else {
                format!("of {}", peak.limit)
            };
            let _ = writeln!(
                text,
                "{title:<11} {} {} {limit}, now {}",
                peak.peak, peak.what, peak.used
            );
        }
        if let Some(seconds) = self.expected_s {
            let jobs = if drains {
                ", and as long as jobs on old members take"
            } else {
                ""
            };
            let _ = writeln!(text, "Takes:      about {}{jobs}", duration(seconds));
        }
    }

    /// How many there are is known to the workers alone: `server-info`, all that PTero
    /// tells of them from outside, lists which of them answer.
    fn jobs_line(&self, text: &mut String) {
        let most = match self.jobs_max {
            Some(0) => return,
            Some(most) => format!(", up to {most} on members that go"),
            None => String::new(),
        };
        let _ = writeln!(
            text,
            "Jobs now:   unknown{most}: the services tell which workers answer, not what they work on"
        );
    }

    fn unchanged_line(&self, text: &mut String) {
        if self.unchanged.is_empty() {
            return;
        }
        let names: Vec<&str> = self
            .unchanged
            .iter()
            .take(UNCHANGED_SHOWN)
            .filter_map(|resource| self.servers.get(resource))
            .map(|server| server.name.as_str())
            .collect();
        let more = self.unchanged.len().saturating_sub(names.len());
        let more = if more == 0 {
            String::new()
        } else {
            format!(" and {more} more")
        };
        let _ = writeln!(text, "Unchanged:  {}{more}", names.join(", "));
    }

    fn way_back_lines(&self, text: &mut String) {
        match &self.way_back {
            WayBack::Open => {
                let loses = self
                    .batches
                    .iter()
                    .any(|batch| batch.kind == BatchKind::Stateful);
                let but = if loses {
                    ", but what is lost stays lost"
                } else {
                    ""
                };
                let _ = writeln!(text, "Way back:   open{but}");
            }
            WayBack::Closed { reasons } => {
                let _ = writeln!(text, "Way back:   NONE");
                for reason in reasons {
                    let _ = writeln!(text, "            {reason}");
                }
            }
        }
    }

    fn notes(&self, text: &mut String) {
        for kept in &self.kept {
            let name = self.servers.get(&kept.resource);
            let name = name.map_or(kept.resource.as_str(), |server| &server.name);
            let Kept { service, lost, .. } = kept;
            let _ = writeln!(
                text,
                "Kept:       {name}, though the release has another; --allow-stateful {service} replaces it, and loses {lost}"
            );
        }
        for warning in &self.warnings {
            let _ = writeln!(text, "Note:       {warning}");
        }
    }
}

impl Refusal {
    /// What forbids it, a line each.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Stateful { service, lost } => {
                vec![format!("`{service}` would be replaced, which loses {lost}")]
            }
            Self::NoRoom { short, .. } => short
                .iter()
                .map(|line| format!("no room for a new member beside the old ones: {line}"))
                .collect(),
            Self::NoWayBack { reasons } => reasons
                .iter()
                .map(|reason| format!("no way back: {reason}"))
                .collect(),
        }
    }

    /// What the operator can do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Stateful { service, .. } => {
                format!("`--allow-stateful {service}` accepts that loss")
            }
            Self::NoRoom {
                remove_first_would_do: true,
                ..
            } => "`--allow-remove-first` removes old members before their successors come, with \
                  less capacity meanwhile; or a larger quota"
                .to_owned(),
            Self::NoRoom { .. } => "fewer members, smaller flavors, or a larger quota".to_owned(),
            Self::NoWayBack { .. } => "`--no-way-back` goes on without one".to_owned(),
        }
    }
}

fn release(record: &ReleaseRecord) -> String {
    if record.id.is_empty() {
        record.tag.clone()
    } else {
        format!("{} ({})", record.tag, record.id)
    }
}

fn count(number: usize, what: &str) -> String {
    if number == 1 {
        format!("1 {what}")
    } else {
        format!("{number} {what}s")
    }
}

fn migrated(migration: &Migration) -> String {
    let revision = |known: &Option<String>| known.clone().unwrap_or_else(|| "unknown".to_owned());
    let (service, from) = (&migration.service, revision(&migration.from));
    if migration.unbuilt {
        return format!("{service}: {from} now; what comes is known when its image is built");
    }
    let back = match migration.reversible {
        Reversible::OlderCodeWorks => "older code runs on it",
        Reversible::Downgrade => "can be undone by hand",
        Reversible::No => "no way to undo it is known",
    };
    format!("{service}: {from} -> {}; {back}", revision(&migration.to))
}

fn drained(drain: Drain) -> String {
    let deadline = duration(drain.deadline_s);
    let policy = match drain.policy {
        DrainPolicy::Wait => "they are waited for after that too",
        DrainPolicy::Requeue => "after that they start again elsewhere",
        DrainPolicy::Abort => "after that they are ended as failed",
    };
    format!("old members finish theirs within {deadline}; {policy}")
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3600)),
    }
}
