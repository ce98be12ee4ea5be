//! What the checks found, for people and for machines.

use std::time::Duration;

use serde_json::{Value, json};

use crate::verify::check::Check;
use crate::verify::finding::Verdict;
use crate::verify::junit::Case;

/// The columns of the report as a table.
pub const COLUMNS: [&str; 4] = ["Check", "Result", "Seconds", "Detail"];

/// What the checks found, in the order of the table of checks.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// One per check.
    pub outcomes: Vec<Outcome>,
}

/// How one check ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The check.
    pub check: Check,
    /// What it found.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
}

impl Outcome {
    /// What was found, in words.
    pub fn detail(&self) -> String {
        match &self.verdict {
            Ok(detail) => detail.clone(),
            Err(finding) => finding.to_string(),
        }
    }

    fn result(&self) -> &'static str {
        match self.verdict {
            Ok(_) => "passed",
            Err(_) => "FAILED",
        }
    }
}

impl Report {
    /// The checks that did not pass.
    pub fn failures(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|one| one.verdict.is_err())
    }

    /// A row per check, in the columns of [`COLUMNS`].
    pub fn rows(&self) -> Vec<Vec<Value>> {
        let row = |one: &Outcome| {
            let tenths = (one.took.as_secs_f64() * 10.0).round() / 10.0;
            vec![
                json!(one.check.name()),
                json!(one.result()),
                json!(tenths),
                json!(one.detail()),
            ]
        };
        self.outcomes.iter().map(row).collect()
    }

    /// The checks as test cases.
    pub fn cases(&self) -> Vec<Case> {
        let case = |one: &Outcome| Case {
            name: one.check.name().to_owned(),
            verdict: one.verdict.clone(),
            took: one.took,
        };
        self.outcomes.iter().map(case).collect()
    }
}
