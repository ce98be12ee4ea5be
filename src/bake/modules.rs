//! Reads the site's own Puppet modules, whole: what is shipped is then what was
//! counted into the recipes, though somebody edits it meanwhile.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::error::{Failure, Kind};
use crate::image::ModuleFile;

/// More is no folder of modules but a home or a root, and would be read all the same.
const FILES_MAX: usize = 20_000;

/// The same for large files, all of which are held in memory.
const BYTES_MAX: u64 = 64 << 20;

/// Changes with each fetch, and Puppet does not look at it.
const LEFT_OUT: &str = ".git";

/// All files below `folder`, sorted by their paths.
pub fn read(folder: &Path) -> Result<Vec<ModuleFile>, Failure> {
    let mut files = Vec::new();
    let mut bytes = 0;
    let mut todo = vec![(folder.to_owned(), String::new())];
    while let Some((folder, below)) = todo.pop() {
        for (path, name) in entries(&folder)? {
            let below = format!("{below}{name}");
            let kind = fs::symlink_metadata(&path).map_err(|error| unread(&path, error))?;
            if kind.is_dir() {
                todo.push((path, format!("{below}/")));
                continue;
            }
            if !kind.is_file() {
                let message = format!("`{}` is neither a file nor a folder", path.display());
                return Err(refused(message)
                    .hint("what a link points to would be missing on the build machine"));
            }
            bytes += kind.len();
            if files.len() == FILES_MAX || bytes > BYTES_MAX {
                let message = format!(
                    "more than {FILES_MAX} files or {} MiB in `images.build.puppet_modules`",
                    BYTES_MAX >> 20
                );
                return Err(refused(message).hint("is it the folder that was meant?"));
            }
            files.push(ModuleFile {
                path: below,
                bytes: fs::read(&path).map_err(|error| unread(&path, error))?,
                executable: kind.permissions().mode() & 0o100 != 0,
            });
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

/// What is in a folder, each with its name.
fn entries(folder: &Path) -> Result<Vec<(PathBuf, String)>, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unread(folder, error))? {
        let path = entry.map_err(|error| unread(folder, error))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(name) = name.map(str::to_owned) else {
            let message = format!("the name of `{}` is not UTF-8", path.display());
            return Err(refused(message));
        };
        if name != LEFT_OUT {
            found.push((path, name));
        }
    }
    Ok(found)
}

fn unread(path: &Path, error: io::Error) -> Failure {
    refused(format!("cannot read `{}`", path.display())).caused_by(error)
}

fn refused(message: String) -> Failure {
    Failure::new(Kind::Usage, message)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::read;

    #[test]
    fn all_files_are_read_but_for_gits() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for path in ["site/manifests", "site/.git", "a"] {
            fs::create_dir_all(at(path)).unwrap();
        }
        for path in ["site/manifests/scratch.pp", "site/.git/HEAD", "a/run"] {
            fs::write(at(path), path).unwrap();
        }
        fs::set_permissions(at("a/run"), fs::Permissions::from_mode(0o755)).unwrap();
        let seen: Vec<(String, bool)> = read(folder.path())
            .unwrap()
            .into_iter()
            .map(|file| (file.path, file.executable))
            .collect();
        let expected = [("a/run", true), ("site/manifests/scratch.pp", false)];
        assert_eq!(seen, expected.map(|(path, runs)| (path.to_owned(), runs)));
        symlink("/etc/passwd", at("site/link")).unwrap();
        let said = read(folder.path()).unwrap_err().to_string();
        assert!(
            said.ends_with("site/link` is neither a file nor a folder"),
            "{said}"
        );
    }
}
