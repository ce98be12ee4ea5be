//! What is put on a builder, as one tar file: the scripts, the Puppet modules
//! and the sources at their commits.

use std::io;
use std::path::Path;

use tar::{Builder, Header};
use tempfile::NamedTempFile;

use crate::image::modules::{FOLDER, ModuleFile};
use crate::image::payload::PayloadFile;

/// A source tree, archived, and where it goes below the payload's folder.
pub struct SourceFile<'a> {
    /// The archive on this host.
    pub file: &'a Path,
    /// Its path on the builder.
    pub path: &'a str,
}

/// Packs scripts, the site's own Puppet modules and sources; what comes out is the
/// same for the same input.
pub fn pack(
    files: &[PayloadFile],
    modules: &[ModuleFile],
    sources: &[SourceFile<'_>],
) -> io::Result<NamedTempFile> {
    let target = NamedTempFile::new()?;
    let mut tar = Builder::new(io::BufWriter::new(target.reopen()?));
    for file in files {
        let mut header = header(file.bytes.len() as u64, mode(file.executable));
        tar.append_data(&mut header, file.path, file.bytes)?;
    }
    for file in modules {
        let mut header = header(file.bytes.len() as u64, mode(file.executable));
        let path = format!("{FOLDER}/{}", file.path);
        tar.append_data(&mut header, path, file.bytes.as_slice())?;
    }
    for source in sources {
        let file = std::fs::File::open(source.file)?;
        let mut header = header(file.metadata()?.len(), 0o644);
        tar.append_data(&mut header, source.path, file)?;
    }
    tar.into_inner()?
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    Ok(target)
}

fn mode(executable: bool) -> u32 {
    if executable { 0o755 } else { 0o644 }
}

fn header(size: u64, mode: u32) -> Header {
    let mut header = Header::new_gnu();
    header.set_size(size);
    header.set_mode(mode);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}

#[cfg(test)]
mod tests {
    use super::{SourceFile, pack};
    use crate::image::ModuleFile;
    use crate::image::payload::PayloadFile;
    use std::io::Read;

    #[test]
    fn files_and_sources_come_out_as_they_went_in() {
        let source = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(source.path(), b"tree").unwrap();
        let files = [PayloadFile {
            path: "bake.py",
            bytes: b"print()",
            executable: true,
        }];
        let modules = [ModuleFile {
            path: "site/manifests/init.pp".to_owned(),
            bytes: b"class site {}".to_vec(),
            executable: false,
        }];
        let sources = [SourceFile {
            file: source.path(),
            path: "sources/a.tar",
        }];
        let packed = pack(&files, &modules, &sources).unwrap();
        let mut archive = tar::Archive::new(packed.reopen().unwrap());
        let mut seen = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().display().to_string();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            seen.push((path, text, entry.header().mode().unwrap()));
        }
        let expected = [
            ("bake.py".to_owned(), "print()".to_owned(), 0o755),
            (
                "puppet/site/site/manifests/init.pp".to_owned(),
                "class site {}".to_owned(),
                0o644,
            ),
            ("sources/a.tar".to_owned(), "tree".to_owned(), 0o644),
        ];
        assert_eq!(seen, expected);
    }
}
