//! What a caller may choose.

use std::env;
use std::path::PathBuf;

/// Where everything lives unless told otherwise.
pub const DEFAULT_ROOT: &str = "/var/lib/ptero-devcloud";
/// The variable that tells otherwise.
pub const ROOT_VARIABLE: &str = "PTERO_DEVCLOUD_ROOT";

/// A Debian release that base images are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Release {
    /// Debian 11, bullseye.
    Debian11,
    /// Debian 12, bookworm.
    Debian12,
}

impl Release {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Debian11, Self::Debian12];

    /// Name of the image in Glance, and of its file.
    pub fn image_name(self) -> &'static str {
        match self {
            Self::Debian11 => "debian-11",
            Self::Debian12 => "debian-12",
        }
    }

    /// Debian's name of the release in its archive.
    pub fn codename(self) -> &'static str {
        match self {
            Self::Debian11 => "bullseye",
            Self::Debian12 => "bookworm",
        }
    }

    /// The release with that image name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|release| release.image_name() == name)
    }

    pub(crate) fn version(self) -> &'static str {
        self.image_name().trim_start_matches("debian-")
    }
}

/// The choices of one embedded cloud.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The directory that holds everything it keeps.
    pub root: PathBuf,
    /// Base images to have; Debian 12 is there always.
    pub bases: Vec<Release>,
}

impl Default for Settings {
    fn default() -> Self {
        let root = env::var_os(ROOT_VARIABLE)
            .filter(|value| !value.is_empty())
            .map_or_else(|| PathBuf::from(DEFAULT_ROOT), PathBuf::from);
        Self {
            root,
            bases: vec![Release::Debian12],
        }
    }
}

impl Settings {
    /// Debian 12 and what else was asked for, each once.
    pub(crate) fn wanted_bases(&self) -> Vec<Release> {
        let mut all = self.bases.clone();
        all.push(Release::Debian12);
        all.sort_unstable();
        all.dedup();
        all
    }
}
