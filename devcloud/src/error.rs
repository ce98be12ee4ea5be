//! What can go wrong, told to an operator: what, which one, the cause, the next step.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// Any failure of the embedded cloud.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The packages of the cloud are Debian's.
    #[error(
        "the embedded cloud needs a Debian host, this is `{found}`; use any other OpenStack through OS_* or clouds.yaml instead"
    )]
    NotDebian {
        /// `PRETTY_NAME` of /etc/os-release.
        found: String,
    },
    /// Only this architecture was ever tried.
    #[error("the embedded cloud needs an amd64 host, this is `{found}`")]
    NotAmd64 {
        /// The machine's architecture as the kernel names it.
        found: String,
    },
    /// Namespaces, mounts and links need root.
    #[error(
        "the embedded cloud must be started by root (user id 0), not by user id {uid}; try `sudo`"
    )]
    NotRoot {
        /// The effective user id.
        uid: u32,
    },
    /// Tools of the host are absent and could not be installed.
    #[error("missing on this host: {}; `apt-get install {packages}` failed: {reason}", tools.join(", "))]
    MissingTools {
        /// The programs.
        tools: Vec<String>,
        /// The Debian packages that carry them.
        packages: String,
        /// What apt said.
        reason: String,
    },
    /// The host's apt knows no mirror of its own release.
    #[error(
        "no mirror of Debian {codename} in /etc/apt/sources.list or sources.list.d; add one, the cloud is made from it"
    )]
    NoMirror {
        /// The host's release.
        codename: String,
    },
    /// libvirt's LXC driver cannot work without control groups.
    #[error(
        "no control groups are mounted below /sys/fs/cgroup, and LXC servers need them; mount them, as Debian's own init does"
    )]
    NoControlGroups,
    /// Another root directory's cloud owns the addresses.
    #[error("another embedded cloud is running from `{}`; stop it first: PTERO_DEVCLOUD_ROOT={} devcloud down", root.display(), root.display())]
    OtherRoot {
        /// Its root directory.
        root: PathBuf,
    },
    /// A link of that name exists and is not ours.
    #[error(
        "{what} `{name}` of this host is in the way of the embedded cloud's; remove or rename it"
    )]
    InTheWay {
        /// What kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Something was asked of a cloud that is not running.
    #[error("the embedded cloud is not running; start it with `devcloud up`")]
    NotUp,
    /// No daemon has this name.
    #[error("no daemon is called `{name}`; there are: {known}")]
    UnknownDaemon {
        /// As given.
        name: String,
        /// All names.
        known: String,
    },
    /// A program failed.
    #[error("{what} failed ({status}):\n{tail}")]
    Command {
        /// What it was to do.
        what: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of its output.
        tail: String,
    },
    /// A daemon did not become ready.
    #[error("{what} was not ready within {limit_s} s; log: {}\n{tail}", log.display())]
    NotReady {
        /// Which daemon or state.
        what: String,
        /// The deadline.
        limit_s: u64,
        /// The log to read.
        log: PathBuf,
        /// Its end.
        tail: String,
    },
    /// A daemon ended while it was waited for.
    #[error("{name} ended while starting; log: {}\n{tail}", log.display())]
    Died {
        /// The daemon.
        name: String,
        /// The log to read.
        log: PathBuf,
        /// Its end.
        tail: String,
    },
    /// A template names a value that does not exist, or a value is used by none.
    #[error("template `{template}`: {problem}")]
    Template {
        /// Name of the file.
        template: String,
        /// What is wrong.
        problem: String,
    },
    /// A file of ours does not parse.
    #[error("`{}` is damaged ({source}); `devcloud down --purge` and `devcloud up` make it anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        source: serde_json::Error,
    },
    /// clouds.yaml is written in a way that cannot be merged line by line.
    #[error("`{}`: {problem}; nothing was changed", path.display())]
    CloudsYaml {
        /// The file.
        path: PathBuf,
        /// What is in the way.
        problem: String,
    },
    /// A file or directory could not be used.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// Verb.
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// Gives an [`io::Error`] its verb and path.
pub(crate) trait At<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::Io {
            action,
            path: path.to_owned(),
            source,
        })
    }
}

impl<T> At<T> for Result<T, rustix::io::Errno> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(io::Error::from).at(action, path)
    }
}
