//! The demo's configuration with something else in it, and what is said then.

use anyhow::Result;
use serde_json::Value;

use crate::program::{Ended, command, config, home, run_with};
use crate::report::Report;

/// The demo's configuration.
pub(crate) fn settings() -> Result<Value> {
    Ok(serde_json::from_str(&std::fs::read_to_string(config())?)?)
}

/// Runs the program with another one.
pub(crate) fn run_changed(settings: &Value, args: &[&str]) -> Result<Ended> {
    let path = home().join("changed.yaml");
    std::fs::write(&path, settings.to_string())?;
    run_with(command(&path, args)?)
}

/// It ended so, and its message holds all of `words`.
pub(crate) fn said(report: &mut Report, what: &str, ended: &Ended, code: i32, words: &[&str]) {
    report.check(
        &format!("{what}: exit code {code} (was {})", ended.code),
        ended.code == code,
    );
    for word in words {
        report.check(
            &format!("{what}: the message names `{word}`"),
            ended.stderr.contains(word),
        );
    }
}
