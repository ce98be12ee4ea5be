//! One `up` or `down` at a time.

use std::fs::{self, File, OpenOptions};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use crate::error::{At as _, Error};
use crate::layout::Layout;
use crate::progress::Reporter;

/// Held until dropped; the kernel drops it with its process.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for whoever holds it. A purge removes the file, so after waiting it is looked at again.
    pub(crate) fn take(layout: &Layout, report: &Reporter) -> Result<Self, Error> {
        let path = layout.lock();
        loop {
            fs::create_dir_all(layout.home()).at("make the directory", layout.home())?;
            let file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)
                .at("write", &path)?;
            if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
                report.note("another `devcloud up` or `down` is at work; waiting for it");
                flock(&file, FlockOperation::LockExclusive).at("lock", &path)?;
            }
            if is_current(&file, &path) {
                return Ok(Self { _file: file });
            }
        }
    }
}

fn is_current(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let (Ok(held), Ok(there)) = (file.metadata(), fs::metadata(path)) else {
        return false;
    };
    (held.dev(), held.ino()) == (there.dev(), there.ino())
}
