//! The name of one run of the slow tests. It is a random number that only
//! the tests know, and ends with what was asked for, so that an earlier run
//! can be taken up with nothing but its name.

use std::fmt;

use uuid::Uuid;

/// The most minutes of a run: a day.
pub const MINUTES_MAX: u16 = 24 * 60;

/// The most jobs of a run: their lines fit into the ledger several times over.
pub const JOBS_MAX: u16 = 1000;

/// A run: 24 random hexadecimal digits, 4 of its minutes, 4 of its jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunId {
    text: String,
    minutes: u16,
    jobs: u16,
}

/// Text that names no run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a run is named by 32 hexadecimal digits, as the tests print them")]
pub struct BadRunId;

impl RunId {
    /// A new run.
    pub fn random(minutes: u16, jobs: u16) -> Self {
        let random = Uuid::new_v4().simple().to_string();
        Self {
            text: format!("{}{minutes:04x}{jobs:04x}", &random[..24]),
            minutes,
            jobs,
        }
    }

    /// A run by its name.
    pub fn new(text: &str) -> Result<Self, BadRunId> {
        let digits = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        if text.len() != 32 || !text.chars().all(digits) {
            return Err(BadRunId);
        }
        let number = |text| u16::from_str_radix(text, 16).map_err(|_| BadRunId);
        let (minutes, jobs) = (number(&text[24..28])?, number(&text[28..])?);
        if !(1..=MINUTES_MAX).contains(&minutes) || !(1..=JOBS_MAX).contains(&jobs) {
            return Err(BadRunId);
        }
        Ok(Self {
            text: text.to_owned(),
            minutes,
            jobs,
        })
    }

    /// As it stands in URLs.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How long it was meant to take.
    pub fn minutes(&self) -> u16 {
        self.minutes
    }

    /// How many jobs it was meant to have.
    pub fn jobs(&self) -> u16 {
        self.jobs
    }

    /// The name of the workflow of a job: no other has it, so that one whose
    /// answer was lost is found, and the same sent again is refused.
    pub fn workflow(&self, number: usize) -> String {
        format!("slow-{}-{number}", &self.text[..8])
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::{BadRunId, RunId};

    #[test]
    fn a_run_is_known_by_its_name() {
        let run = RunId::random(10, 20);
        assert_eq!(RunId::new(run.as_str()), Ok(run.clone()));
        assert_eq!((run.minutes(), run.jobs()), (10, 20));
        assert_ne!(RunId::random(10, 20), run);
        assert!(run.workflow(3).starts_with("slow-"));
    }

    #[test]
    fn other_text_names_no_run() {
        let zeros = "0".repeat(32);
        let minutes = format!("{}ffff0001", "0".repeat(24));
        let capital = format!("{}A000a0014", "0".repeat(23));
        for text in ["", "staging", &zeros, &minutes, &capital] {
            assert_eq!(RunId::new(text), Err(BadRunId), "{text:?}");
        }
    }
}
