//! What /proc tells about processes, mounts and sockets. The parsers are pure.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// A process that cannot be mistaken for a later one with the same number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Process {
    /// Its number in the host.
    pub(crate) pid: i32,
    /// Clock ticks from boot to its start.
    started: u64,
    /// Which boot.
    boot: String,
}

impl Process {
    /// The process that has this number now.
    pub(crate) fn with_pid(pid: i32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let Stat {
            started, zombie, ..
        } = parse_stat(&stat)?;
        (!zombie).then(|| Self {
            pid,
            started,
            boot: boot(),
        })
    }

    /// Whether it still runs.
    pub(crate) fn alive(&self) -> bool {
        Self::with_pid(self.pid).as_ref() == Some(self)
    }
}

fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// The parts of /proc/PID/stat that are used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) parent: i32,
    pub(crate) zombie: bool,
    pub(crate) started: u64,
}

/// The name in brackets may itself hold brackets and spaces, so fields are counted from the last one.
pub(crate) fn parse_stat(text: &str) -> Option<Stat> {
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    Some(Stat {
        zombie: matches!(*fields.first()?, "Z" | "X"),
        parent: fields.get(1)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

/// Numbers of the children of a process, as some `proc` file system numbers them.
pub(crate) fn children(proc: &Path, pid: i32) -> Vec<i32> {
    let numbered = fs::read_dir(proc)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    numbered
        .filter(|number| {
            let stat = fs::read_to_string(proc.join(format!("{number}/stat"))).unwrap_or_default();
            parse_stat(&stat).is_some_and(|stat| stat.parent == pid)
        })
        .collect()
}

/// Memory that is a process's own: its proportional share, in KiB.
pub(crate) fn memory_kib(proc: &Path, pid: i32) -> u64 {
    let rollup = fs::read_to_string(proc.join(format!("{pid}/smaps_rollup"))).unwrap_or_default();
    rollup
        .lines()
        .find_map(|line| {
            line.strip_prefix("Pss:")?
                .trim()
                .strip_suffix("kB")?
                .trim()
                .parse()
                .ok()
        })
        .unwrap_or(0)
}

/// One line of /proc/mounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    pub(crate) point: String,
    pub(crate) kind: String,
    pub(crate) options: Vec<String>,
}

/// Parses /proc/mounts, where space, tab, newline and backslash are written as octal.
pub(crate) fn parse_mounts(text: &str) -> Vec<Mount> {
    text.lines()
        .filter_map(|line| {
            let mut fields = line.split(' ');
            let point = unescape(fields.nth(1)?);
            let kind = fields.next()?.to_owned();
            let options = fields.next()?.split(',').map(str::to_owned).collect();
            Some(Mount {
                point,
                kind,
                options,
            })
        })
        .collect()
}

fn unescape(field: &str) -> String {
    [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ]
    .iter()
    .fold(field.to_owned(), |text, (code, char)| {
        text.replace(code, char)
    })
}

/// Whether some socket listens on the port, by the text of /proc/net/tcp.
pub(crate) fn listens(tcp: &str, port: u16) -> bool {
    const LISTEN: &str = "0A";
    let wanted = format!("{port:04X}");
    tcp.lines().skip(1).any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields.get(3) == Some(&LISTEN)
            && fields
                .get(1)
                .is_some_and(|local| local.ends_with(&format!(":{wanted}")))
    })
}

#[cfg(test)]
mod tests {
    use super::{Stat, listens, parse_mounts, parse_stat};

    #[test]
    fn a_name_with_brackets_does_not_move_the_fields() {
        let text = "77 (a ) b) S 12 77 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 9";
        assert_eq!(
            parse_stat(text),
            Some(Stat {
                parent: 12,
                zombie: false,
                started: 4711
            })
        );
        assert!(parse_stat(&text.replace(" S ", " Z ")).is_some_and(|stat| stat.zombie));
        assert_eq!(parse_stat("nonsense"), None);
    }

    #[test]
    fn mounts_are_read_with_their_escapes() {
        let found = parse_mounts(
            "proc /proc proc rw,relatime 0 0\ncgroup /a\\040b cgroup rw,cpu,cpuacct 0 0\nshort\n",
        );
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].point, "/a b");
        assert_eq!(found[1].kind, "cgroup");
        assert_eq!(found[1].options, ["rw", "cpu", "cpuacct"]);
    }

    #[test]
    fn only_listening_sockets_count() {
        let tcp = "  sl  local_address rem_address   st\n   0: 02FA1FAC:1388 00000000:0000 0A 0\n   1: 0100007F:1628 00000000:0000 01 0\n";
        assert!(listens(tcp, 5000));
        assert!(!listens(tcp, 5672));
        assert!(!listens("", 5000));
    }
}
