//! The ledger of a run: what became of every job, for people and machines.

use serde_json::{Value, json};

use crate::verify::finding::{Finding, Verdict};
use crate::verify::junit::Case;
use crate::verify::slow::run_id::RunId;

/// The columns of the ledger as a table.
pub const COLUMNS: [&str; 3] = ["Entry", "Value", "Detail"];

/// What became of every job of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Ledger {
    /// The run.
    pub run: RunId,
    /// One per planned job.
    pub jobs: Vec<JobVerdict>,
    /// How many requests of the tests themselves failed; each was tried again.
    pub failed_requests: usize,
    /// The first of them, in words.
    pub first_failed_request: Option<String>,
    /// Why the ledger could not be read at the end.
    pub unread: Option<String>,
    /// Whether somebody wanted to stop before the end.
    pub stopped: bool,
}

/// What became of one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobVerdict {
    /// Its number, from 1.
    pub number: usize,
    /// How it ended.
    pub ended: Ended,
    /// Every process that ran it, in the order of their starts.
    pub attempts: Vec<Attempt>,
    /// When it was submitted, by the ledger's clock.
    pub submitted_ms: Option<u64>,
    /// What the job itself said of what went wrong.
    pub trouble: Option<String>,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It wrote its end down, and its workflow succeeded.
    Finished,
    /// It did not, or its workflow did not; and why.
    Lost(String),
    /// It goes on, or nobody knows; and why.
    Running(String),
    /// The workflow service never took it; and why.
    NotTaken(String),
    /// It was not sent, as the run was stopped.
    NotSubmitted,
}

/// One process that ran a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The number that it gave itself.
    pub id: String,
    /// The member it ran on.
    pub host: String,
    /// When it started, by the ledger's clock.
    pub start_ms: Option<u64>,
    /// When it came to its end.
    pub end_ms: Option<u64>,
}

impl JobVerdict {
    /// Whether it ran more than once.
    pub fn ran_twice(&self) -> bool {
        self.attempts.len() > 1
    }

    /// Whether all is as it should be.
    pub fn is_clean(&self) -> bool {
        match self.ended {
            Ended::Finished => self.attempts.len() == 1,
            Ended::NotSubmitted => self.attempts.is_empty(),
            _ => false,
        }
    }

    /// From its submission to its first start.
    pub fn wait_ms(&self) -> Option<u64> {
        let start = self.attempts.iter().find_map(|one| one.start_ms)?;
        Some(start.saturating_sub(self.submitted_ms?))
    }

    /// How long all its attempts took that came to their end.
    pub fn ran_ms(&self) -> u64 {
        let took = |one: &Attempt| Some(one.end_ms?.saturating_sub(one.start_ms?));
        self.attempts.iter().filter_map(took).sum()
    }

    /// What became of it, in a word or two.
    pub fn result(&self) -> String {
        let word = match self.ended {
            Ended::Finished if self.ran_twice() => return "run twice".to_owned(),
            Ended::Finished => "finished once",
            Ended::Lost(_) => "lost",
            Ended::Running(_) => "still running",
            Ended::NotTaken(_) => "not taken",
            Ended::NotSubmitted => "not submitted",
        };
        let twice = if self.ran_twice() { ", run twice" } else { "" };
        format!("{word}{twice}")
    }

    /// Why, and where it ran.
    pub fn detail(&self) -> String {
        let reason = match &self.ended {
            Ended::Lost(reason) | Ended::Running(reason) | Ended::NotTaken(reason) => Some(reason),
            Ended::Finished | Ended::NotSubmitted => None,
        };
        let trouble = self.trouble.as_ref();
        let mut words: Vec<String> = reason.into_iter().chain(trouble).cloned().collect();
        words.push(self.places());
        words.join("; ")
    }

    fn places(&self) -> String {
        if self.attempts.is_empty() {
            return "it never ran".to_owned();
        }
        let zero = self.submitted_ms.or_else(|| {
            let first = self.attempts.first()?;
            first.start_ms
        });
        let since = |at: u64| seconds(at.saturating_sub(zero.unwrap_or(at)));
        let place = |one: &Attempt| {
            let from = one.start_ms.map(|at| format!(" from {}", since(at)));
            let to = one.end_ms.map(|at| format!(" to {}", since(at)));
            let host = if one.host.is_empty() { "?" } else { &one.host };
            format!(
                "on {host}{}{}",
                from.unwrap_or_default(),
                to.unwrap_or_default()
            )
        };
        let places: Vec<String> = self.attempts.iter().map(place).collect();
        places.join(", ")
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn seconds(ms: u64) -> String {
    format!("{:.1} s", ms as f64 / 1000.0)
}

impl Ledger {
    /// Whether every job that was submitted ran once and to its end.
    pub fn is_clean(&self) -> bool {
        self.unread.is_none() && self.jobs.iter().all(JobVerdict::is_clean)
    }

    /// How many jobs are so.
    pub fn count(&self, so: impl Fn(&JobVerdict) -> bool) -> usize {
        self.jobs.iter().filter(|job| so(job)).count()
    }

    /// Jobs that the workflow service took.
    pub fn submitted(&self) -> usize {
        let not = |job: &JobVerdict| matches!(job.ended, Ended::NotTaken(_) | Ended::NotSubmitted);
        self.count(|job| !not(job))
    }

    /// Jobs that ran once, and to their end.
    pub fn finished_once(&self) -> usize {
        self.count(|job| job.ended == Ended::Finished && job.is_clean())
    }

    /// Jobs that did not come to their end, or whose workflow did not.
    pub fn lost(&self) -> usize {
        self.count(|job| matches!(job.ended, Ended::Lost(_)))
    }

    /// Jobs that started more than once.
    pub fn run_twice(&self) -> usize {
        self.count(JobVerdict::ran_twice)
    }

    /// Jobs that went on when the time was over.
    pub fn still_running(&self) -> usize {
        self.count(|job| matches!(job.ended, Ended::Running(_)))
    }

    /// Jobs that the workflow service did not take.
    pub fn not_taken(&self) -> usize {
        self.count(|job| matches!(job.ended, Ended::NotTaken(_)))
    }

    /// The longest time from submission to start, and whose.
    pub fn longest_wait(&self) -> Option<(u64, usize)> {
        let waits = self.jobs.iter();
        waits
            .filter_map(|job| Some((job.wait_ms()?, job.number)))
            .max_by_key(|(wait, _)| *wait)
    }

    /// What is not clean, a line each.
    pub fn reasons(&self) -> Vec<String> {
        let unread = self.unread.iter();
        let unread = unread.map(|reason| format!("the ledger could not be read: {reason}"));
        let dirty = self.jobs.iter().filter(|job| !job.is_clean());
        let dirty = dirty.map(|job| {
            let (result, detail) = (job.result(), job.detail());
            format!("job {}: {result}: {detail}", job.number)
        });
        unread.chain(dirty).collect()
    }

    /// A row per number, then one per job that is not clean, in the columns
    /// of [`COLUMNS`].
    pub fn rows(&self) -> Vec<Vec<Value>> {
        let row = |entry: &str, value: Value, detail: String| {
            vec![json!(entry), value, Value::String(detail)]
        };
        let none = String::new;
        let (wait, whose) = match self.longest_wait() {
            Some((ms, number)) => (json!(seconds(ms)), format!("job {number}")),
            None => (json!(""), none()),
        };
        let requests = self.first_failed_request.as_ref();
        let requests = requests.map_or_else(none, |first| format!("first: {first}"));
        let of = format!("of {}; run {}", self.jobs.len(), self.run);
        let mut rows = vec![
            row("submitted", json!(self.submitted()), of),
            row("finished once", json!(self.finished_once()), none()),
            row("lost", json!(self.lost()), none()),
            row("run twice", json!(self.run_twice()), none()),
            row("still running", json!(self.still_running()), none()),
            row("longest wait", wait, whose),
            row("failed requests", json!(self.failed_requests), requests),
        ];
        let dirty = self.jobs.iter().filter(|job| !job.is_clean());
        rows.extend(dirty.map(|job| {
            let name = format!("job {}", job.number);
            row(&name, json!(job.result()), job.detail())
        }));
        if let Some(reason) = &self.unread {
            rows.push(row("ledger", json!("not read"), reason.clone()));
        }
        rows
    }

    /// The jobs as test cases.
    pub fn cases(&self) -> Vec<Case> {
        let verdict = |job: &JobVerdict| -> Verdict {
            if job.is_clean() {
                return Ok(job.detail());
            }
            let seen = format!("{}: {}", job.result(), job.detail());
            Err(Finding::new("one start and one end", seen))
        };
        let sent = |job: &&JobVerdict| job.ended != Ended::NotSubmitted || !job.is_clean();
        let jobs = self.jobs.iter().filter(sent).map(|job| Case {
            name: format!("job {} runs once", job.number),
            verdict: verdict(job),
            took: std::time::Duration::from_millis(job.ran_ms()),
        });
        let unread = self.unread.iter().map(|reason| Case {
            name: "the ledger can be read".to_owned(),
            verdict: Err(Finding::new("the ledger", reason)),
            took: std::time::Duration::ZERO,
        });
        jobs.chain(unread).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Attempt, Ended, JobVerdict, Ledger};
    use crate::verify::slow::run_id::RunId;

    fn job(number: usize, ended: Ended, attempts: usize) -> JobVerdict {
        let attempt = |at: usize| Attempt {
            id: at.to_string(),
            host: "worker-0".into(),
            start_ms: Some(2000 * (number as u64) + 1000 * (at as u64)),
            end_ms: Some(60_000),
        };
        JobVerdict {
            number,
            ended,
            attempts: (0..attempts).map(attempt).collect(),
            submitted_ms: Some(1000),
            trouble: None,
        }
    }

    fn ledger(jobs: Vec<JobVerdict>) -> Ledger {
        Ledger {
            run: RunId::new(&format!("{}00010006", "a".repeat(24))).unwrap(),
            jobs,
            failed_requests: 2,
            first_failed_request: Some("503 from POST".into()),
            unread: None,
            stopped: false,
        }
    }

    #[test]
    fn the_numbers_count_each_job_where_it_belongs() {
        let seen = ledger(vec![
            job(1, Ended::Finished, 1),
            job(2, Ended::Finished, 2),
            job(3, Ended::Lost("why".into()), 2),
            job(4, Ended::Running("why".into()), 1),
            job(5, Ended::NotTaken("why".into()), 0),
            job(6, Ended::NotSubmitted, 0),
        ]);
        assert!(!seen.is_clean());
        let text: Vec<String> = seen
            .rows()
            .iter()
            .map(|row| format!("{} {} {}", row[0], row[1], row[2]).replace('"', ""))
            .collect();
        assert_eq!(
            text,
            [
                "submitted 4 of 6; run aaaaaaaaaaaaaaaaaaaaaaaa00010006",
                "finished once 1 ",
                "lost 1 ",
                "run twice 2 ",
                "still running 1 ",
                "longest wait 7.0 s job 4",
                "failed requests 2 first: 503 from POST",
                "job 2 run twice on worker-0 from 3.0 s to 59.0 s, on worker-0 from 4.0 s to 59.0 s",
                "job 3 lost, run twice why; on worker-0 from 5.0 s to 59.0 s, on worker-0 from 6.0 s to 59.0 s",
                "job 4 still running why; on worker-0 from 7.0 s to 59.0 s",
                "job 5 not taken why; it never ran",
            ]
        );
        assert_eq!(seen.reasons().len(), 4);
        assert_eq!(seen.cases().len(), 5);
    }

    #[test]
    fn a_ledger_that_cannot_be_read_is_not_clean() {
        let mut seen = ledger(vec![job(1, Ended::Finished, 1)]);
        assert!(seen.is_clean());
        seen.unread = Some("503".into());
        assert!(!seen.is_clean());
        assert_eq!(seen.reasons(), ["the ledger could not be read: 503"]);
    }
}
