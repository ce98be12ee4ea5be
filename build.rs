//! Lists the files the program carries (the Puppet module, the builder, the
//! agent, the demo's services), so that the binary alone can bake an image.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Folders that go into a list, each with the prefix its files get there.
const BAKE: [(&str, &str); 2] = [("guest", ""), ("puppet/ptero", "puppet/ptero/")];
const MINIPTERO: [(&str, &str); 1] = [("miniptero", "")];

/// Not part of what runs: their change must not change a recipe's digest.
const LEFT_OUT: [&str; 7] = [
    "__pycache__",
    "tests",
    "spec",
    ".git",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
];

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut text = String::new();
    list(&root, "BAKE", &BAKE, &mut text)?;
    list(&root, "MINIPTERO", &MINIPTERO, &mut text)?;
    fs::write(out.join("payload.rs"), text)
}

fn list(root: &Path, name: &str, folders: &[(&str, &str)], text: &mut String) -> io::Result<()> {
    let mut files = Vec::new();
    for (folder, prefix) in folders {
        let folder = root.join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        walk(&folder, prefix, &mut files)?;
    }
    // The order is part of the digest, so it is not the file system's.
    files.sort();
    _ = writeln!(text, "const {name}: &[PayloadFile] = &[");
    for (path, file) in files {
        let source = file.to_string_lossy();
        let executable = executable(&file)?;
        _ = writeln!(
            text,
            "    PayloadFile {{ path: {path:?}, bytes: include_bytes!({source:?}), executable: {executable} }},"
        );
    }
    text.push_str("];\n");
    Ok(())
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if LEFT_OUT.contains(&name.as_str()) {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.push((path, entry.path()));
        }
    }
    Ok(())
}

/// Git keeps the executable bit; the archive sent to the build machine must too.
#[cfg(unix)]
fn executable(file: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::metadata(file)?.permissions().mode() & 0o100 != 0)
}

#[cfg(not(unix))]
fn executable(_: &Path) -> io::Result<bool> {
    Ok(false)
}
