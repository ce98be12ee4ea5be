//! Nothing is left of the embedded cloud.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::host::{Listings, listings};
use crate::program::{home, run};
use crate::report::Report;

/// Keeps the listings of before for the last story.
pub(crate) fn remember(before: &Listings) -> Result<()> {
    let all: serde_json::Map<String, Value> = before
        .iter()
        .map(|(name, lines)| ((*name).to_owned(), json!(lines)))
        .collect();
    Ok(std::fs::write(file(), Value::Object(all).to_string())?)
}

/// Compares the host after a purge with the host before the first `up`.
pub(crate) fn leaves_nothing(report: &mut Report) -> Result<()> {
    let before = std::fs::read_to_string(file()).context("the first story did not run")?;
    let before: Value = serde_json::from_str(&before)?;
    let purge = run(&["devcloud", "down", "--purge"])?;
    report.check("down --purge exits 0", purge.code == 0);
    for (name, after) in listings()? {
        let before: BTreeSet<String> = serde_json::from_value(before[name].clone())?;
        let new: Vec<&String> = after.difference(&before).collect();
        let gone: Vec<&String> = before.difference(&after).collect();
        report.check(
            &format!("{name} are as before (new {new:?}, gone {gone:?})"),
            new.is_empty() && gone.is_empty(),
        );
    }
    report.check(
        "its folder is gone",
        !PathBuf::from(devcloud::DEFAULT_ROOT).exists(),
    );
    Ok(())
}

fn file() -> PathBuf {
    home().join("before.json")
}
