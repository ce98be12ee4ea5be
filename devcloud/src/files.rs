//! Writing files so that a crash leaves the old one or the new one, never half.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use crate::error::{At as _, Error};

/// Only root, or the owner, may read it.
pub(crate) const PRIVATE: u32 = 0o600;
/// Everybody may read it.
pub(crate) const PUBLIC: u32 = 0o644;
/// Everybody may run it.
pub(crate) const PROGRAM: u32 = 0o755;

/// Writes a file with its mode, making its directory; readers see the old or the new content only.
pub(crate) fn write(path: &Path, content: &[u8], mode: u32) -> Result<(), Error> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).at("make the directory", directory)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&new)
        .at("write", &new)?;
    // A leftover of a crash keeps its old mode otherwise.
    file.set_permissions(fs::Permissions::from_mode(mode))
        .at("set the mode of", &new)?;
    file.write_all(content).at("write", &new)?;
    file.sync_all().at("write", &new)?;
    fs::rename(&new, path).at("write", path)
}

/// The content, or nothing when there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).at("read", path),
    }
}

/// Removes a file or a whole directory; absence is fine. Symbolic links are removed, not followed.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).at("remove", path),
        _ => Ok(()),
    }
}

/// The last lines of a text file, for an error message.
pub(crate) fn tail(path: &Path, lines: usize) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    last_lines(&String::from_utf8_lossy(&bytes), lines)
}

/// The last lines of a text, each with an indent.
pub(crate) fn last_lines(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let shown = &all[all.len().saturating_sub(lines)..];
    shown
        .iter()
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}
