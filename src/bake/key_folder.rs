//! Where the keys of a build machine are while it is needed. A killed program leaves
//! its folder behind; the next one that makes its own removes it.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use tempfile::TempDir;

/// How the folders are called. Earlier versions called theirs otherwise and held no lock.
const PREFIX: &str = "ptero-deploy-keys-";

/// A folder for our user alone, that goes when this does. It is locked, and the
/// kernel ends the lock with the program, however that ends.
pub(super) struct KeyFolder {
    dir: TempDir,
    _lock: File,
}

impl KeyFolder {
    /// Makes one among the temporary files, and removes what killed programs left.
    pub(super) fn make() -> io::Result<Self> {
        let parent = std::env::temp_dir();
        // Others' business: it must not hinder this machine.
        let _ = sweep(&parent);
        Self::make_in(&parent)
    }

    fn make_in(parent: &Path) -> io::Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix(PREFIX)
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)?;
        let lock = File::open(dir.path())?;
        lock.lock()?;
        Ok(Self { dir, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// Removes our user's folders whose programs are gone.
fn sweep(parent: &Path) -> io::Result<()> {
    let user = rustix::process::getuid().as_raw();
    for entry in fs::read_dir(parent)?.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry
                .metadata()
                .is_ok_and(|meta| meta.is_dir() && meta.uid() == user);
        if ours {
            let _ = remove_if_left(&entry.path());
        }
    }
    Ok(())
}

fn remove_if_left(folder: &Path) -> io::Result<()> {
    let lock = File::open(folder)?;
    // One that is empty may have been made a moment ago, and not be locked yet.
    if lock.try_lock().is_ok() && fs::read_dir(folder)?.next().is_some() {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{KeyFolder, sweep};
    use std::fs;

    #[test]
    fn only_what_nobody_holds_is_removed() {
        let parent = tempfile::tempdir().unwrap();
        let held = KeyFolder::make_in(parent.path()).unwrap();
        fs::write(held.path().join("user"), "key").unwrap();
        let left = parent.path().join("ptero-deploy-keys-left");
        let just_made = parent.path().join("ptero-deploy-keys-new");
        let other = parent.path().join("other");
        for folder in [&left, &just_made, &other] {
            fs::create_dir(folder).unwrap();
        }
        fs::write(left.join("user"), "key").unwrap();
        fs::write(other.join("user"), "key").unwrap();
        sweep(parent.path()).unwrap();
        assert!(held.path().join("user").exists());
        assert!(just_made.exists() && other.exists());
        assert!(!left.exists());
    }
}
