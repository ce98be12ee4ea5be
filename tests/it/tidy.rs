//! The shape of the tree, as ARCHITECTURE.md states it.

use std::fs;
use std::path::{Path, PathBuf};

/// A file longer than this holds two things.
const LINES_MAX: usize = 500;

/// What a pure module must not reach for.
const IMPURE: [&str; 9] = [
    "std::env::var",
    "std::fs::",
    "TcpStream",
    "UdpSocket",
    "std::process::",
    "std::time::Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "tokio::",
];

/// Where everything is calculation.
const PURE: [&str; 5] = ["config", "topology", "image", "template", "plan"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty());
    found
}

/// The modules in the order of the data, as `src/lib.rs` declares them.
fn order() -> Vec<String> {
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let names = text
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod "));
    names
        .map(|name| name.trim_end_matches(';').to_owned())
        .collect()
}

/// The top module that a file below `src` belongs to.
fn module(file: &Path) -> String {
    let below = file.strip_prefix(root().join("src")).unwrap();
    let first = below
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The code of a file, without its tests and comments.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let text = text
        .split("#[cfg(test)]")
        .next()
        .unwrap_or_default()
        .to_owned();
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_module_uses_only_modules_above_it() {
    let order = order();
    let place = |name: &str| order.iter().position(|one| one == name);
    let mut wrong = Vec::new();
    for file in rust_files(&root().join("src")) {
        let Some(own) = place(&module(&file)) else {
            continue;
        };
        for part in code(&file).split("crate::").skip(1) {
            let used: String = part
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if place(&used).is_some_and(|used| used > own) {
                wrong.push(format!("{} uses `{used}`", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_calculates_reaches_for_nothing() {
    let mut wrong = Vec::new();
    for file in rust_files(&root().join("src")) {
        if PURE.contains(&module(&file).as_str()) {
            let code = code(&file);
            let found = IMPURE.iter().filter(|call| code.contains(**call));
            wrong.extend(found.map(|call| format!("{}: {call}", file.display())));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_holds_two_things() {
    let folders = [
        "src",
        "devcloud/src",
        "live-tests/src",
        "xtask/src",
        "bench/src",
    ];
    let files = folders
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)));
    let long: Vec<String> = files
        .filter(|file| fs::read_to_string(file).unwrap().lines().count() > LINES_MAX)
        .map(|file| file.display().to_string())
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn nothing_is_left_to_do_later() {
    for file in rust_files(&root().join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        for word in ["TODO", "FIXME", "XXX", "not wired"] {
            assert!(!text.contains(word), "{}: {word}", file.display());
        }
    }
}

/// What was built or downloaded is not source, and stays in the history for ever.
#[test]
fn every_file_that_git_keeps_is_text() {
    let listing = std::process::Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output()
        .unwrap();
    let listing = String::from_utf8(listing.stdout).unwrap();
    let kept: Vec<&str> = listing.split_terminator('\0').collect();
    assert!(kept.contains(&"Cargo.toml"), "git lists no files");
    let binary: Vec<&&str> = kept
        .iter()
        .filter(|path| {
            fs::read(root().join(path)).is_ok_and(|bytes| str::from_utf8(&bytes).is_err())
        })
        .collect();
    assert!(binary.is_empty(), "{binary:?}");
}
