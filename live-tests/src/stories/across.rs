//! Slow tests that run while something else is done.

use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use crate::program::{Ended, run};

/// Slow tests in the background.
pub(crate) struct Across(JoinHandle<Result<Ended>>);

impl Across {
    /// `tests` runs them to their end.
    pub(crate) fn start(tests: impl FnOnce() -> Result<Ended> + Send + 'static) -> Self {
        Self(thread::spawn(tests))
    }

    /// Those of `staging`: so many jobs in so many minutes.
    pub(crate) fn staging(minutes: &'static str, jobs: &'static str) -> Self {
        let tests = ["tests", "slow", "staging", "--minutes", minutes];
        Self::start(move || run(&[&tests[..], &["--jobs", jobs]].concat()))
    }

    /// The same, and the ledger can be counted in.
    pub(crate) fn counted(minutes: &'static str, jobs: &'static str) -> Self {
        let tests = ["tests", "slow", "staging", "--minutes", minutes];
        Self::start(move || run(&[&tests[..], &["--jobs", jobs, "-f", "json"]].concat()))
    }

    /// How they ended.
    pub(crate) fn ended(self) -> Result<Ended> {
        self.0.join().map_err(|_| anyhow!("the slow tests died"))?
    }
}

/// The number that stands at `entry` in a ledger of [`Across::counted`].
pub(crate) fn count(ledger: &str, entry: &str) -> Result<u64> {
    let rows: Value = serde_json::from_str(ledger)?;
    let rows = rows.as_array().context("a list was expected")?;
    let row = rows.iter().find(|row| row["Entry"] == entry);
    row.and_then(|row| row["Value"].as_u64())
        .with_context(|| format!("the ledger has no number at `{entry}`"))
}
