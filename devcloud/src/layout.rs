//! Where things lie below the root directory.

use std::path::{Path, PathBuf};

use crate::settings::Release;

/// Directory of base images inside the cloud.
pub(crate) const IMAGES_INSIDE: &str = "/srv/images";
/// Directory of the daemons' logs inside the cloud.
const LOGS_INSIDE: &str = "var/log/devcloud";

/// The paths of one embedded cloud.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    home: PathBuf,
}

impl Layout {
    pub(crate) fn new(home: &Path) -> Self {
        Self {
            home: home.to_owned(),
        }
    }

    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// Held while something is changed. Beside the directory, so that a purge can remove all of it.
    pub(crate) fn lock(&self) -> PathBuf {
        self.home.join("lock")
    }

    /// What the host was like before.
    pub(crate) fn host_state(&self) -> PathBuf {
        self.home.join("host.json")
    }

    /// The running cloud's process 1.
    pub(crate) fn keeper(&self) -> PathBuf {
        self.home.join("keeper.json")
    }

    /// Written last by `up`, with the same content as `keeper`.
    pub(crate) fn ready(&self) -> PathBuf {
        self.home.join("ready.json")
    }

    /// The passwords.
    pub(crate) fn secrets(&self) -> PathBuf {
        self.home.join("secrets.json")
    }

    /// The script that becomes process 1.
    pub(crate) fn keeper_script(&self) -> PathBuf {
        self.home.join("keeper.sh")
    }

    /// The root file system of the cloud.
    pub(crate) fn root(&self) -> PathBuf {
        self.home.join("root")
    }

    /// Exists when the root file system is whole; names what went into it.
    pub(crate) fn root_complete(&self) -> PathBuf {
        self.home.join("root.complete")
    }

    /// A path inside the cloud, seen from the host, for what is on the disk (not /run).
    pub(crate) fn inside(&self, path: &str) -> PathBuf {
        self.root().join(path.trim_start_matches('/'))
    }

    /// Where trees of base images grow.
    pub(crate) fn build(&self) -> PathBuf {
        self.home.join("build")
    }

    /// Logs of the programs that ran on the host.
    pub(crate) fn host_log(&self, name: &str) -> PathBuf {
        self.home.join(format!("{name}.log"))
    }

    /// The log of a daemon.
    pub(crate) fn log(&self, daemon: &str) -> PathBuf {
        self.root().join(LOGS_INSIDE).join(format!("{daemon}.log"))
    }

    /// Marks a step that is done once per root file system.
    pub(crate) fn marker(&self, name: &str) -> PathBuf {
        self.inside("/var/lib/devcloud")
            .join(format!("{name}.done"))
    }

    /// The image file of a release.
    pub(crate) fn image(&self, release: Release) -> PathBuf {
        self.inside(IMAGES_INSIDE)
            .join(format!("{}.raw", release.image_name()))
    }

    /// Its checksum file.
    pub(crate) fn checksum(&self, release: Release) -> PathBuf {
        self.inside(IMAGES_INSIDE)
            .join(format!("{}.raw.sha512", release.image_name()))
    }
}
