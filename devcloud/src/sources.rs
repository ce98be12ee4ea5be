//! Which mirrors the cloud and its base images use: the host's own, so that `up` works where only those are reachable.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::command;
use crate::error::Error;

/// Settings of the host's apt that decide whether a mirror can be reached or trusted at all.
const APT_SETTINGS: [&str; 5] = [
    "Acquire::http::Proxy",
    "Acquire::https::Proxy",
    "Acquire::Check-Valid-Until",
    "Acquire::Check-Date",
    "Acquire::Retries",
];

/// The mirrors of one host.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mirrors {
    main: String,
    updates: Option<String>,
    security: Option<String>,
}

impl Mirrors {
    /// Those of this host, whose release has that name.
    pub(crate) fn of_host(codename: &str) -> Result<Self, Error> {
        let mut texts = vec![fs::read_to_string("/etc/apt/sources.list").unwrap_or_default()];
        let parts = fs::read_dir("/etc/apt/sources.list.d")
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path());
        let mut parts: Vec<_> = parts
            .filter(|path| {
                path.extension()
                    .is_some_and(|end| end == "list" || end == "sources")
            })
            .collect();
        parts.sort();
        texts.extend(
            parts
                .iter()
                .map(|path| fs::read_to_string(path).unwrap_or_default()),
        );
        let entries: Vec<(String, String)> = texts.iter().flat_map(|text| entries(text)).collect();
        Self::among(&entries, codename).ok_or_else(|| Error::NoMirror {
            codename: codename.to_owned(),
        })
    }

    /// Only suites of the host's own release are Debian's; other archives name theirs otherwise. Local files and CD-ROMs
    /// are out of reach for a server.
    fn among(entries: &[(String, String)], codename: &str) -> Option<Self> {
        let of = |suite: String| {
            entries
                .iter()
                .find(|(uri, found)| *found == suite && uri.starts_with("http"))
                .map(|(uri, _)| uri.clone())
        };
        Some(Self {
            main: of(codename.to_owned())?,
            updates: of(format!("{codename}-updates")),
            security: of(format!("{codename}-security")),
        })
    }

    /// The lines of a sources.list for another release from the same mirrors.
    pub(crate) fn lines(&self, codename: &str) -> Vec<String> {
        let mut lines = vec![format!("deb {} {codename} main", self.main)];
        lines.extend(
            self.updates
                .iter()
                .map(|uri| format!("deb {uri} {codename}-updates main")),
        );
        lines.extend(
            self.security
                .iter()
                .map(|uri| format!("deb {uri} {codename}-security main")),
        );
        lines
    }
}

/// URI and suite of each binary entry, in either format; only entries with the component `main`.
fn entries(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter_map(one_line)
        .chain(text.split("\n\n").flat_map(stanza))
        .collect()
}

fn one_line(line: &str) -> Option<(String, String)> {
    let mut rest = line.trim().strip_prefix("deb ")?.trim_start();
    if rest.starts_with('[') {
        rest = rest.split_once(']')?.1;
    }
    let words: Vec<&str> = rest.split_whitespace().collect();
    words.get(2..)?.contains(&"main").then(|| {
        (
            words[0].trim_end_matches('/').to_owned(),
            words[1].to_owned(),
        )
    })
}

fn stanza(text: &str) -> Vec<(String, String)> {
    let field = |name: &str| -> Vec<&str> {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap_or_default().split_whitespace().collect()
    };
    if !field("Types").contains(&"deb")
        || !field("Components").contains(&"main")
        || field("Enabled") == ["no"]
    {
        return Vec::new();
    }
    let pairs = field("URIs")
        .into_iter()
        .flat_map(|uri| field("Suites").into_iter().map(move |suite| (uri, suite)));
    pairs
        .map(|(uri, suite)| (uri.trim_end_matches('/').to_owned(), suite.to_owned()))
        .collect()
}

/// Options for mmdebstrap that carry the host's proxies and date checks over.
pub(crate) fn apt_options() -> Vec<String> {
    let dump = command::output("apt-config dump", Command::new("apt-config").arg("dump"))
        .unwrap_or_default();
    carried(&dump)
}

fn carried(dump: &str) -> Vec<String> {
    let kept = dump.lines().filter(|line| {
        APT_SETTINGS.iter().any(|name| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(' '))
        })
    });
    kept.map(|line| line.trim_end_matches(';').to_owned())
        .collect()
}

/// The host's keyring, if it is where Debian puts it; mmdebstrap otherwise finds its own.
pub(crate) fn keyring() -> Option<&'static Path> {
    let path = Path::new("/usr/share/keyrings/debian-archive-keyring.gpg");
    path.exists().then_some(path)
}

#[cfg(test)]
mod tests {
    use super::{Mirrors, carried, entries};

    #[track_caller]
    fn case(text: &str, expected: &[&str]) {
        let mirrors = Mirrors::among(&entries(text), "bookworm").unwrap();
        assert_eq!(mirrors.lines("bullseye"), expected);
    }

    #[test]
    fn mirrors_are_read_from_either_format() {
        let both = [
            "deb http://m/debian bullseye main",
            "deb http://m/debian bullseye-updates main",
            "deb http://s/sec bullseye-security main",
        ];
        case(
            "Types: deb\n# a comment\nURIs: http://m/debian/\nSuites: bookworm bookworm-updates\nComponents: main contrib\n\nTypes: deb deb-src\nURIs: http://s/sec\nSuites: bookworm-security\nComponents: main\n",
            &both,
        );
        case(
            "deb [signed-by=/k arch=amd64] http://m/debian bookworm main\ndeb http://m/debian bookworm-updates main\n#deb http://x bookworm main\ndeb-src http://y bookworm main\ndeb http://s/sec bookworm-security main contrib\n",
            &both,
        );
    }

    #[test]
    fn foreign_archives_are_not_mirrors() {
        case(
            "deb http://packages.example/debian stable main\ndeb http://m/debian bookworm main\n",
            &["deb http://m/debian bullseye main"],
        );
        let disc = entries("deb cdrom:[Debian]/ bookworm main\n");
        assert_eq!(Mirrors::among(&disc, "bookworm"), None);
    }

    #[test]
    fn proxies_are_carried_over() {
        let dump = "APT \"\";\nAcquire::http::Proxy \"http://p:3142\";\nAcquire::http::ProxyX \"no\";\nAcquire::Check-Date \"false\";\n";
        assert_eq!(
            carried(dump),
            [
                "Acquire::http::Proxy \"http://p:3142\"",
                "Acquire::Check-Date \"false\""
            ]
        );
    }
}
