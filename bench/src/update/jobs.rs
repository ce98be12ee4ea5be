//! A stream of jobs that goes on until it is ended, judged by the ledger of the
//! slow tests: every job proves its start and its end at the gateway.

use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use ptero_deploy::ui::reporter::Reporter;
use ptero_deploy::verify::finding::Finding;
use ptero_deploy::verify::slow::ledger::{Ended, Ledger};
use ptero_deploy::verify::slow::limits::SlowLimits;
use ptero_deploy::verify::slow::plan::{Plan, PlannedJob};
use ptero_deploy::verify::slow::run_id::RunId;
use ptero_deploy::verify::slow::start::{Options, Slow, start, take_up};
use ptero_deploy::verify::target::Target;
use serde_json::{Value, json};

use crate::program::LONGEST;

/// Between two jobs. With the lengths below, four places are busy on average: of
/// eight where all four workers are there, of six while one is being replaced.
const EVERY: Duration = Duration::from_secs(5);

/// How long jobs run, in turn. Most are over within what a cloud gives a server to
/// shut down, one in ten is not.
const LENGTHS_S: [u64; 10] = [5, 10, 15, 20, 8, 12, 25, 6, 18, 90];

/// What became of the jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    /// Those that the service took.
    pub(crate) taken: usize,
    /// Those that did not come to their end, or whose workflow failed.
    pub(crate) lost: usize,
    /// Those that started more than once.
    pub(crate) run_twice: usize,
    /// Those that the service did not take.
    pub(crate) not_taken: usize,
    /// Those that went on long after they should have ended.
    pub(crate) still_running: usize,
    /// The longest from a job's submission to its start.
    pub(crate) longest_wait: Duration,
}

impl Counts {
    fn of(ledger: &Ledger) -> Self {
        let wait = ledger.longest_wait().map_or(0, |(ms, _)| ms);
        Self {
            taken: ledger.submitted(),
            lost: ledger.lost(),
            run_twice: ledger.run_twice(),
            not_taken: ledger.not_taken(),
            still_running: ledger.still_running(),
            longest_wait: Duration::from_millis(wait),
        }
    }

    /// For a line of figures.
    pub(crate) fn json(&self) -> Value {
        json!({
            "taken": self.taken,
            "lost": self.lost,
            "run_twice": self.run_twice,
            "not_taken": self.not_taken,
            "still_running": self.still_running,
            "longest_wait_s": self.longest_wait.as_secs_f64(),
        })
    }
}

/// Jobs that are sent one after the other.
pub(crate) struct Stream {
    slow: Slow,
    target: Target,
}

impl Stream {
    /// Sends the first job.
    pub(crate) async fn start(target: &Target) -> Result<Self> {
        let plan = plan();
        let (minutes, jobs) = (LONGEST.as_secs() / 60, plan.jobs.len());
        let options = Options {
            run: RunId::random(u16::try_from(minutes)?, u16::try_from(jobs)?),
            plan,
            limits: SlowLimits::SLOW,
        };
        let slow = start(target, options, &Reporter::silent()).await;
        Ok(Self {
            slow: slow.map_err(|finding| found(&finding))?,
            target: target.clone(),
        })
    }

    /// Sends no more jobs, and follows those that were sent to their ends: the run
    /// is stopped, and taken up again with these only.
    pub(crate) async fn end(self) -> Result<Counts> {
        let run = self.slow.run().clone();
        self.slow.stop();
        let sending = self.slow.finish().await;
        let sent = sent(sending.jobs.iter().map(|job| &job.ended));
        ensure!(sent > 0, "no job was sent");
        let mut plan = plan();
        plan.jobs.truncate(sent);
        // The last was sent just now, and the longest may be the last.
        plan.total = plan
            .jobs
            .iter()
            .map(|job| job.length)
            .max()
            .unwrap_or_default();
        let options = Options {
            run,
            plan,
            limits: SlowLimits::SLOW,
        };
        let slow = take_up(&self.target, options, &Reporter::silent()).await;
        let ledger = slow.map_err(|finding| found(&finding))?.finish().await;
        if let Some(reason) = &ledger.unread {
            return Err(anyhow!("the ledger could not be read: {reason}"));
        }
        let mut counts = Counts::of(&ledger);
        // Who takes a run up cannot know of a job that left no trace at all.
        counts.not_taken = counts.not_taken.max(sending.not_taken());
        Ok(counts)
    }
}

fn found(finding: &Finding) -> anyhow::Error {
    anyhow!("the jobs cannot be followed: {finding}")
}

/// As many jobs as there could ever be.
fn plan() -> Plan {
    let count = LONGEST.as_secs() / EVERY.as_secs();
    let lengths = LENGTHS_S.iter().cycle();
    let jobs = (0..count)
        .zip(lengths)
        .zip(1..)
        .map(|((at, length), number)| PlannedJob {
            number,
            due: EVERY * u32::try_from(at).unwrap_or(u32::MAX),
            length: Duration::from_secs(*length),
        });
    Plan {
        total: LONGEST,
        jobs: jobs.collect(),
    }
}

/// How many jobs were sent, up to the last.
fn sent<'a>(jobs: impl DoubleEndedIterator<Item = &'a Ended> + ExactSizeIterator) -> usize {
    let mut jobs = jobs;
    jobs.rposition(|ended| *ended != Ended::NotSubmitted)
        .map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use super::{EVERY, Ended, LENGTHS_S, plan, sent};
    use ptero_deploy::verify::slow::run_id::JOBS_MAX;

    #[test]
    fn jobs_come_steadily_and_fit_a_run() {
        let plan = plan();
        assert!(plan.jobs.len() <= usize::from(JOBS_MAX));
        for (at, pair) in plan.jobs.windows(2).enumerate() {
            assert_eq!(pair[0].number, at + 1);
            assert_eq!(pair[1].due, pair[0].due + EVERY);
        }
    }

    #[test]
    fn the_jobs_leave_places_free_while_a_worker_is_away() {
        let seconds: u64 = LENGTHS_S.iter().sum();
        let every = EVERY.as_secs() * u64::try_from(LENGTHS_S.len()).unwrap();
        assert!(seconds < 5 * every);
    }

    #[test]
    fn jobs_up_to_the_last_that_was_sent_count() {
        let refused = Ended::NotTaken("503".to_owned());
        let ends = [
            Ended::Finished,
            Ended::NotSubmitted,
            refused,
            Ended::NotSubmitted,
        ];
        assert_eq!(sent(ends.iter()), 3);
        assert_eq!(sent(ends[1..2].iter()), 0);
    }
}
