//! What is put on a builder, as one tar file: the scripts, the Puppet module
//! and the sources at their commits.

use std::io;
use std::path::Path;

use tar::{Builder, Header};
use tempfile::NamedTempFile;

use crate::image::payload::PayloadFile;

/// A source tree, archived, and where it goes below the payload's folder.
pub struct SourceFile<'a> {
    /// The archive on this host.
    pub file: &'a Path,
    /// Its path on the builder.
    pub path: &'a str,
}

/// Packs scripts and sources; what comes out is the same for the same input.
pub fn pack(files: &[PayloadFile], sources: &[SourceFile<'_>]) -> io::Result<NamedTempFile> {
    let target = NamedTempFile::new()?;
    let mut tar = Builder::new(io::BufWriter::new(target.reopen()?));
    for file in files {
        let mode = if file.executable { 0o755 } else { 0o644 };
        let mut header = header(file.bytes.len() as u64, mode);
        tar.append_data(&mut header, file.path, file.bytes)?;
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
        let sources = [SourceFile {
            file: source.path(),
            path: "sources/a.tar",
        }];
        let packed = pack(&files, &sources).unwrap();
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
            ("sources/a.tar".to_owned(), "tree".to_owned(), 0o644),
        ];
        assert_eq!(seen, expected);
    }
}
