//! The files that the program carries: what a build machine needs (`bake.py`,
//! `upload.py`, the Puppet module, the agent) and the small services of the demo.

include!(concat!(env!("OUT_DIR"), "/payload.rs"));

/// A file that the program carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayloadFile {
    /// Where it goes, below the folder it is written to.
    pub path: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
    /// Whether it is a program.
    pub executable: bool,
}

/// What a build machine needs.
pub fn bake() -> &'static [PayloadFile] {
    BAKE
}

/// The small services of the demo.
pub fn miniptero() -> &'static [PayloadFile] {
    MINIPTERO
}

/// The digest of what a build machine needs: it is part of every recipe.
pub fn digest() -> String {
    digest_of(
        bake()
            .iter()
            .map(|file| (file.path, file.executable, file.bytes)),
    )
}

/// The digest of files in their order: of each its path, whether it is a program,
/// and what is in it.
pub(super) fn digest_of<'a>(files: impl Iterator<Item = (&'a str, bool, &'a [u8])>) -> String {
    let mut hash = blake3::Hasher::new();
    for (path, executable, bytes) in files {
        for part in [path.as_bytes(), &[u8::from(executable)], bytes] {
            hash.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            hash.update(part);
        }
    }
    hash.finalize().to_hex().to_string()
}
