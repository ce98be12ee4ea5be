//! The site's own Puppet modules: they are part of the recipes of those services
//! that name classes, and of no others.

use super::payload;

/// Where they go below the payload's folder; `bake.py` knows it too.
pub const FOLDER: &str = "puppet/site";

/// A file of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleFile {
    /// Where it is, below the folder of modules, with `/`.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Whether it is a program. No other permission counts: they differ from one
    /// operator's checkout to another's.
    pub executable: bool,
}

/// The digest of all modules, whatever order they are in.
pub fn digest(files: &[ModuleFile]) -> String {
    let mut files: Vec<&ModuleFile> = files.iter().collect();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    payload::digest_of(
        files
            .iter()
            .map(|file| (file.path.as_str(), file.executable, file.bytes.as_slice())),
    )
}

#[cfg(test)]
mod tests {
    use super::{ModuleFile, digest};

    fn file(path: &str, bytes: &[u8], executable: bool) -> ModuleFile {
        ModuleFile {
            path: path.to_owned(),
            bytes: bytes.to_vec(),
            executable,
        }
    }

    #[test]
    fn names_contents_and_programs_count_and_the_order_does_not() {
        let (a, b) = (file("a", b"1", false), file("b", b"2", false));
        let known = digest(&[a.clone(), b.clone()]);
        assert_eq!(known, digest(&[b.clone(), a.clone()]));
        for other in [
            vec![a.clone()],
            vec![a.clone(), file("b", b"3", false)],
            vec![a.clone(), file("b", b"2", true)],
            vec![a.clone(), file("c", b"2", false)],
        ] {
            assert_ne!(known, digest(&other));
        }
    }
}
