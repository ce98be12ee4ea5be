//! Who made a temporary object of the cloud: a mark on every build machine and
//! unfinished image, by which a later run knows that its maker is dead and the
//! object may go.

use std::fs;

/// A mark: the host, its boot, the process and when that process started (ids
/// of processes come round again; the pair does not).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    host: String,
    boot: String,
    pid: u32,
    started: u64,
}

/// What can be said, from here, about the maker of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alive {
    /// It ran on this host and is gone.
    No,
    /// It runs on this host.
    Yes,
    /// It ran on another host: nothing can be said from here.
    Elsewhere,
}

impl Owner {
    /// The mark of this process.
    pub fn current() -> Self {
        let pid = std::process::id();
        Self {
            host: host(),
            boot: boot(),
            pid,
            started: started(pid).unwrap_or(0),
        }
    }

    /// Reads a mark; none when the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let owner = Self {
            host: parts.next()?.to_owned(),
            boot: parts.next()?.to_owned(),
            pid: parts.next()?.parse().ok()?,
            started: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(owner)
    }

    /// Whether the maker still runs.
    pub fn alive(&self) -> Alive {
        if self.host != host() || boot().is_empty() {
            // Another host, or one without /proc: nothing can be known.
            Alive::Elsewhere
        } else if self.boot == boot() && started(self.pid) == Some(self.started) {
            Alive::Yes
        } else {
            Alive::No
        }
    }

    /// Where it ran, for messages.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}:{}:{}:{}",
            self.host, self.boot, self.pid, self.started
        )
    }
}

/// The name of this host and eight digits that tell it from others of that name, and
/// containers from each other, whose processes this one cannot see.
fn host() -> String {
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy();
    // The mark travels as a Heat tag, which takes neither `,` nor much length.
    let name: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c))
        .take(30)
        .collect();
    let machine = fs::read_to_string("/etc/machine-id").unwrap_or_default();
    let processes = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let both = format!("{machine} {}", processes.display());
    let digest = blake3::hash(both.as_bytes()).to_hex();
    format!("{name}-{}", &digest[..8])
}

/// Eight digits of the kernel's boot id: enough to tell one boot from the next.
fn boot() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.chars().take(8).collect()
}

/// When `pid` started, in clock ticks since boot; none for one that has ended.
fn started(pid: u32) -> Option<u64> {
    started_by(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The same from its stat line: field 22, counted after the command's name, which may
/// itself hold spaces. One that was killed stays in the list until its parent asks how
/// it ended, which may be never.
fn started_by(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    let state = fields.next()?;
    let started = fields.nth(18)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(started)
}

#[cfg(test)]
mod tests {
    use super::{Alive, Owner, started_by};

    #[test]
    fn this_process_is_alive_and_its_mark_survives_a_round_trip() {
        let owner = Owner::current();
        let read = Owner::parse(&owner.to_string()).unwrap();
        assert_eq!(read, owner);
        assert_eq!(read.alive(), Alive::Yes);
        assert!(
            owner.to_string().len() <= 80,
            "a Heat tag has 80 characters"
        );
    }

    #[test]
    fn a_process_that_started_at_another_time_is_another() {
        let mut owner = Owner::current();
        owner.started += 1;
        assert_eq!(owner.alive(), Alive::No);
        owner.host = "elsewhere".to_owned();
        assert_eq!(owner.alive(), Alive::Elsewhere);
    }

    #[test]
    fn a_process_that_nobody_asked_for_its_end_is_dead() {
        let stat =
            |state| format!("7 (a) b) {state} 1 7 7 0 -1 4 0 0 0 0 1 2 0 0 20 0 1 0 4711 9 9");
        assert_eq!(started_by(&stat("S")), Some(4711));
        assert_eq!(started_by(&stat("Z")), None);
        assert_eq!(started_by("7 (a) S 1"), None);
    }

    #[test]
    fn other_texts_are_no_marks() {
        assert_eq!(Owner::parse(""), None);
        assert_eq!(Owner::parse("a:b:c:d"), None);
        assert_eq!(Owner::parse("a:b:1:2:3"), None);
    }
}
