//! Folders of this user that outlive a run. Nothing in them is needed: they
//! only save time, or keep what people may want to read.

use std::path::{Path, PathBuf};

use crate::tasks::cloud::env;

/// Clones of repositories.
pub fn git_cache() -> PathBuf {
    below("XDG_CACHE_HOME", ".cache").join("git")
}

/// Logs of builds.
pub fn build_logs() -> PathBuf {
    below("XDG_STATE_HOME", ".local/state").join("builds")
}

/// What the demo makes: repositories and a configuration.
pub fn demo() -> PathBuf {
    below("XDG_DATA_HOME", ".local/share").join("demo")
}

fn below(variable: &str, fallback: &str) -> PathBuf {
    let set = |name| {
        env(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set(variable)
        .or_else(|| set("HOME").map(|home| home.join(fallback)))
        .unwrap_or_else(|| Path::new("/var/tmp").to_owned())
        .join("ptero-deploy")
}
