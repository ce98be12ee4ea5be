//! May this machine carry the cloud, and does it have the few tools for it?

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::command;
use crate::error::Error;
use crate::files;
use crate::layout::Layout;
use crate::loops;
use crate::progress::Reporter;
use crate::sysctl;

/// Programs the host must have, with the Debian package of each.
const TOOLS: [(&str, &str); 10] = [
    ("mmdebstrap", "mmdebstrap"),
    ("nft", "nftables"),
    ("ip", "iproute2"),
    ("unshare", "util-linux"),
    ("nsenter", "util-linux"),
    ("setpriv", "util-linux"),
    ("setsid", "util-linux"),
    ("losetup", "mount"),
    ("mount", "mount"),
    ("chroot", "coreutils"),
];

/// What decides whether the cloud can run here.
#[derive(Debug)]
pub(crate) struct Host {
    os_release: String,
    machine: String,
    uid: u32,
}

impl Host {
    /// This machine.
    pub(crate) fn this() -> Self {
        Self {
            os_release: files::read(Path::new("/etc/os-release"))
                .ok()
                .flatten()
                .unwrap_or_default(),
            machine: rustix::system::uname()
                .machine()
                .to_string_lossy()
                .into_owned(),
            uid: rustix::process::geteuid().as_raw(),
        }
    }

    /// The first reason why not.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let like = [self.field("ID"), self.field("ID_LIKE")].join(" ");
        // Derivatives such as Ubuntu have neither Debian's archive nor its versions, so only Debian itself is taken.
        if like.split_whitespace().next() != Some("debian") {
            let name = self.field("PRETTY_NAME");
            return Err(Error::NotDebian {
                found: if name.is_empty() {
                    "an unknown system".to_owned()
                } else {
                    name
                },
            });
        }
        if self.machine != "x86_64" {
            return Err(Error::NotAmd64 {
                found: self.machine.clone(),
            });
        }
        if self.uid != 0 {
            return Err(Error::NotRoot { uid: self.uid });
        }
        Ok(())
    }

    /// Debian's name of the host's release.
    pub(crate) fn codename(&self) -> String {
        self.field("VERSION_CODENAME")
    }

    fn field(&self, name: &str) -> String {
        let value = self
            .os_release
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_default().trim_matches('"').to_owned()
    }
}

/// Installs missing tools by name.
pub(crate) fn ensure_tools(report: &Reporter) -> Result<(), Error> {
    let missing = missing_tools();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: BTreeSet<&str> = missing.values().copied().collect();
    let packages: Vec<&str> = packages.into_iter().collect();
    report.step(
        &format!("installing {} on this host", packages.join(", ")),
        || {
            let mut install = apt_get("install");
            let installed = command::output(
                "apt-get install",
                install.arg("--no-install-recommends").args(&packages),
            );
            // A machine that never fetched its package lists cannot find them.
            let installed = installed.or_else(|_| {
                command::output("apt-get update", &mut apt_get("update"))?;
                command::output(
                    "apt-get install",
                    apt_get("install")
                        .arg("--no-install-recommends")
                        .args(&packages),
                )
            });
            installed.map_err(|error| Error::MissingTools {
                tools: missing.keys().map(|name| (*name).to_owned()).collect(),
                packages: packages.join(" "),
                reason: error.to_string(),
            })
        },
    )?;
    Ok(())
}

fn apt_get(verb: &str) -> Command {
    let mut command = Command::new("apt-get");
    command
        .args([verb, "--yes", "--quiet"])
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn missing_tools() -> BTreeMap<&'static str, &'static str> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found =
        |tool: &str| env::split_paths(&path).any(|directory| directory.join(tool).is_file());
    TOOLS.into_iter().filter(|(tool, _)| !found(tool)).collect()
}

/// What the host was like before the first `up`, to put it back by a purge.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Before {
    /// `net.ipv4.ip_forward`.
    pub(crate) ip_forward: String,
    /// `fs.inotify.max_user_instances`; earlier versions left it as it was.
    #[serde(default)]
    pub(crate) inotify_instances: Option<String>,
    /// Numbers of its loop devices.
    pub(crate) loops: BTreeSet<u32>,
}

impl Before {
    /// As written down, or as the host is now, which is written down.
    pub(crate) fn remember(layout: &Layout) -> Result<Self, Error> {
        if let Some(before) = Self::recall(layout)? {
            return Ok(before);
        }
        let before = Self {
            ip_forward: sysctl::IP_FORWARD.value()?,
            inotify_instances: Some(sysctl::INOTIFY_INSTANCES.value()?),
            loops: loops::present(),
        };
        let path = layout.host_state();
        let text = serde_json::to_string(&before).map_err(|source| Error::Damaged {
            path: path.clone(),
            source,
        })?;
        files::write(&path, text.as_bytes(), files::PRIVATE)?;
        Ok(before)
    }

    /// As written down.
    pub(crate) fn recall(layout: &Layout) -> Result<Option<Self>, Error> {
        let path = layout.host_state();
        let Some(text) = files::read(&path)? else {
            return Ok(None);
        };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|source| Error::Damaged { path, source })
    }
}

#[cfg(test)]
mod tests {
    use super::Host;

    const DEBIAN: &str =
        "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_CODENAME=bookworm\n";
    const UBUNTU: &str = "PRETTY_NAME=\"Ubuntu 24.04 LTS\"\nID=ubuntu\nID_LIKE=debian\n";

    #[track_caller]
    fn case(os_release: &str, machine: &str, uid: u32, expected: &str) {
        let host = Host {
            os_release: os_release.to_owned(),
            machine: machine.to_owned(),
            uid,
        };
        let said = host
            .check()
            .map_or_else(|error| error.to_string(), |()| "fine".to_owned());
        assert!(said.contains(expected), "{said}");
    }

    #[test]
    fn only_root_on_debian_amd64_is_taken() {
        case(DEBIAN, "x86_64", 0, "fine");
        case(
            UBUNTU,
            "x86_64",
            0,
            "needs a Debian host, this is `Ubuntu 24.04 LTS`",
        );
        case("", "x86_64", 0, "this is `an unknown system`");
        case(
            DEBIAN,
            "aarch64",
            0,
            "needs an amd64 host, this is `aarch64`",
        );
        case(DEBIAN, "x86_64", 1000, "not by user id 1000; try `sudo`");
    }

    #[test]
    fn the_codename_is_read() {
        let host = Host {
            os_release: DEBIAN.to_owned(),
            machine: String::new(),
            uid: 0,
        };
        assert_eq!(host.codename(), "bookworm");
    }
}
