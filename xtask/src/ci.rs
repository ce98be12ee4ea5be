//! CI, whole: the fast part first, then the part on a real cloud. A step that
//! cannot run fails; none is skipped.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::tools::{have, install, run, run_with, say, workspace};

/// Pinned, because a new release may judge differently.
const CARGO_DENY: &str = "0.20.2";

/// Everything that must pass before a change lands.
pub(crate) fn all() -> Result<()> {
    fast()?;
    step("dependencies", dependencies)?;
    step("miniptero on real servers", miniptero)?;
    step("stories on the cloud", live)
}

/// What needs no cloud: under five minutes.
pub(crate) fn fast() -> Result<()> {
    step("format", || run("cargo", &["fmt", "--all", "--check"]))?;
    step("lints", || {
        run(
            "cargo",
            &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--quiet",
                "--",
                "-D",
                "warnings",
            ],
        )
    })?;
    step("unit and scenario tests", rust_tests)?;
    step("guest scripts", guest)?;
    step("puppet module", puppet)
}

/// Takes the snapshots as they come out now.
pub(crate) fn golden() -> Result<()> {
    run_with(
        Command::new("cargo")
            .args(["test", "--workspace", "--quiet"])
            .env("INSTA_UPDATE", "always"),
    )
}

fn step(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    say(&format!("== {name}"));
    let began = Instant::now();
    work().with_context(|| format!("step `{name}` failed"))?;
    say(&format!(
        "== {name}: done in {} s",
        began.elapsed().as_secs()
    ));
    Ok(())
}

fn rust_tests() -> Result<()> {
    // A snapshot that differs must fail, never be written.
    let mut command = Command::new("cargo");
    command.env("INSTA_UPDATE", "no");
    if have("cargo-nextest") {
        command.args(["nextest", "run", "--workspace", "--no-tests=fail"]);
    } else {
        command.args(["test", "--workspace", "--quiet"]);
    }
    run_with(&mut command)
}

fn guest() -> Result<()> {
    // For a certificate of an authority that nobody knows.
    install(&[("openssl", "openssl")])?;
    run(
        "/usr/bin/python3",
        &[
            "-m",
            "unittest",
            "discover",
            "-s",
            "guest/tests",
            "-t",
            "guest",
        ],
    )
}

fn puppet() -> Result<()> {
    install(&[("puppet", "puppet-agent"), ("puppet-lint", "puppet-lint")])?;
    let manifests = files_below(&workspace().join("puppet/ptero/manifests"), "pp")?;
    let mut validate = Command::new("puppet");
    run_with(validate.args(["parser", "validate"]).args(&manifests))?;
    let mut templates = Command::new("puppet");
    let epp = files_below(&workspace().join("puppet/ptero/templates"), "epp")?;
    run_with(templates.args(["epp", "validate"]).args(&epp))?;
    run("puppet-lint", &["--fail-on-warnings", "puppet/ptero"])
}

fn dependencies() -> Result<()> {
    if !have("cargo-deny") {
        run(
            "cargo",
            &["install", "cargo-deny", "--locked", "--version", CARGO_DENY],
        )?;
    }
    run("cargo", &["deny", "check", "bans", "licenses", "sources"])
}

/// The small services against their real PostgreSQL and RabbitMQ, which the
/// tests start by themselves on loopback.
fn miniptero() -> Result<()> {
    install(&[
        ("rabbitmq-server", "rabbitmq-server"),
        // The server: a machine may have only the client.
        ("/usr/lib/postgresql/15/bin/initdb", "postgresql"),
    ])?;
    run(
        "/usr/bin/python3",
        &["-m", "unittest", "discover", "-s", "miniptero/tests"],
    )
}

/// In the profile that the tests were compiled in: optimised once more, the same
/// crates take minutes of a small machine, and the cloud is what is waited for.
fn live() -> Result<()> {
    run("cargo", &["build", "--workspace"])?;
    run("target/debug/live-tests", &[] as &[&str])
}

/// Paths of the files below `dir` that end in `.extension`; none is an error,
/// so that a moved folder does not turn a check into nothing.
fn files_below(dir: &Path, extension: &str) -> Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    let mut todo = vec![dir.to_owned()];
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(&dir).with_context(|| format!("{}", dir.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    anyhow::ensure!(
        !found.is_empty(),
        "no .{extension} file below {}",
        dir.display()
    );
    Ok(found)
}
