//! Which jobs, when, how long: the same for the same time and number, so that
//! whoever takes a run up knows it.

use std::time::Duration;

use crate::verify::slow::run_id::RunId;

/// Jobs are sent during the first part of the time, so that some are new,
/// some in mid-life and some about to end whatever happens.
const SENDING: f64 = 0.6;

/// The longest job, as a part of the time: it is there nearly all along.
const LONGEST: f64 = 0.85;

/// No job is meant to end later: what is left is for those that had to wait.
const LAST_END: f64 = 0.95;

/// How quickly lengths fall from the longest to the shortest. With this, the
/// 20 jobs of ten minutes take 22 minutes together: two places to run jobs
/// are enough for them.
const FALL: f64 = 1.3;

/// The shortest job, for runs of minutes; in shorter ones, a part of the time.
const SHORTEST: Duration = Duration::from_secs(3);

/// The fraction of the golden ratio: its multiples are spread evenly.
const GOLDEN: f64 = 0.618_033_988_749_895;

/// All jobs of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// From the first submission until all should have ended.
    pub total: Duration,
    /// In the order of their submission.
    pub jobs: Vec<PlannedJob>,
}

/// One job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedJob {
    /// Its number, from 1.
    pub number: usize,
    /// When it is submitted, after the beginning.
    pub due: Duration,
    /// How long it runs.
    pub length: Duration,
}

impl Plan {
    /// What a run was meant to be.
    pub fn of(run: &RunId) -> Self {
        let total = Duration::from_secs(u64::from(run.minutes()) * 60);
        Self::spread(total, usize::from(run.jobs()))
    }

    /// `count` jobs over `total`: the longest first, the others in an order
    /// that has long and short ones everywhere.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn spread(total: Duration, count: usize) -> Self {
        let mut ranks: Vec<usize> = (0..count).collect();
        ranks.sort_by(|a, b| place(*a).total_cmp(&place(*b)));
        let shortest = SHORTEST.min(total / 40);
        let jobs = ranks.iter().enumerate().map(|(at, rank)| {
            let due = total.mul_f64(SENDING * at as f64 / count as f64);
            let length = total.mul_f64(LONGEST / ((rank + 1) as f64).powf(FALL));
            let room = total.mul_f64(LAST_END).saturating_sub(due);
            PlannedJob {
                number: at + 1,
                due: whole(due),
                length: whole(length.clamp(shortest, room.max(shortest))),
            }
        });
        Self {
            total,
            jobs: jobs.collect(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn place(rank: usize) -> f64 {
    (rank as f64 * GOLDEN).fract()
}

/// In whole milliseconds: no more is asked of any clock here.
fn whole(time: Duration) -> Duration {
    Duration::new(time.as_secs(), time.subsec_millis() * 1_000_000)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Plan;

    #[track_caller]
    fn case(minutes: u64, count: usize) {
        let total = Duration::from_secs(minutes * 60);
        let plan = Plan::spread(total, count);
        assert_eq!(plan.jobs.len(), count);
        for (at, job) in plan.jobs.iter().enumerate() {
            assert_eq!(job.number, at + 1);
            assert!(job.due + job.length <= total, "{job:?}");
            assert!(job.length >= Duration::from_secs(1), "{job:?}");
        }
        for pair in plan.jobs.windows(2) {
            assert!(pair[0].due < pair[1].due);
        }
        let first = plan.jobs.first().unwrap();
        assert_eq!(first.due, Duration::ZERO);
        assert!(first.length >= total.mul_f64(0.84));
    }

    #[test]
    fn a_job_runs_at_any_moment_and_all_end_in_time() {
        case(10, 20);
        case(1, 1);
        case(2, 8);
        case(24 * 60, 1000);
    }

    #[test]
    fn the_usual_jobs_fit_on_two_places_and_have_every_length() {
        let plan = Plan::spread(Duration::from_secs(600), 20);
        let lengths: Vec<u64> = plan.jobs.iter().map(|job| job.length.as_secs()).collect();
        assert_eq!(
            lengths,
            [
                510, 16, 49, 11, 22, 122, 13, 34, 18, 62, 11, 25, 207, 15, 40, 10, 20, 84, 12, 29
            ]
        );
        assert!(lengths.iter().sum::<u64>() < 2 * 700);
    }
}
