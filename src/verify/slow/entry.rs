//! The ledger's lines.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What a line tells of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Told {
    /// It is about to be submitted: told by the tests, so that both ends of
    /// the wait are on one clock.
    Submit,
    /// It runs.
    Start,
    /// It came to its end.
    End,
}

impl Told {
    /// As it stands in URLs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Start => "start",
            Self::End => "end",
        }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// When, by the ledger's clock, in milliseconds of Unix time.
    pub at_ms: u64,
    /// The job, as [`job`] names it.
    pub job: String,
    /// What happened.
    pub event: Told,
    /// Which of the processes that ran the job.
    pub attempt: String,
    /// The member it ran on.
    pub host: String,
}

/// What a job is called in the ledger.
pub fn job(number: usize) -> String {
    format!("job-{number}")
}

/// Every line ever read. A gateway that is replaced begins an empty ledger,
/// so what was read once is kept.
#[derive(Debug, Clone, Default)]
pub struct Entries {
    lines: BTreeMap<(String, Told, String), Entry>,
}

impl Entries {
    /// Adds the lines of an answer.
    pub fn add(&mut self, text: &str) -> Result<(), serde_json::Error> {
        for line in text.lines() {
            let entry: Entry = serde_json::from_str(line)?;
            let key = (entry.job.clone(), entry.event, entry.attempt.clone());
            self.lines.entry(key).or_insert(entry);
        }
        Ok(())
    }

    /// The lines about a job.
    pub fn of(&self, number: usize) -> impl Iterator<Item = &Entry> {
        let job = job(number);
        let first = (job.clone(), Told::Submit, String::new());
        self.lines
            .range(first..)
            .map(|(_, entry)| entry)
            .take_while(move |entry| entry.job == job)
    }

    /// Whether there is such a line about a job.
    pub fn tell(&self, number: usize, event: Told) -> bool {
        self.of(number).any(|entry| entry.event == event)
    }
}

#[cfg(test)]
mod tests {
    use super::{Entries, Told};

    const LINES: &str = r#"{"at_ms": 5, "job": "job-1", "event": "submit", "attempt": "a", "host": ""}
{"at_ms": 9, "job": "job-1", "event": "start", "attempt": "b", "host": "w"}
{"at_ms": 9, "job": "job-10", "event": "start", "attempt": "c", "host": "w", "more": 1}
"#;

    #[test]
    fn lines_are_kept_by_job_and_once() {
        let mut entries = Entries::default();
        entries.add(LINES).unwrap();
        entries.add(LINES).unwrap();
        entries.add("").unwrap();
        assert_eq!(entries.of(1).count(), 2);
        assert_eq!(entries.of(10).count(), 1);
        assert!(entries.tell(1, Told::Start));
        assert!(!entries.tell(10, Told::Submit));
        assert!(!entries.tell(1, Told::End));
    }

    #[test]
    fn what_is_no_ledger_is_an_error() {
        assert!(Entries::default().add("<html>").is_err());
        let unknown = r#"{"at_ms": 5, "job": "a", "event": "x", "attempt": "a", "host": ""}"#;
        assert!(Entries::default().add(unknown).is_err());
    }
}
