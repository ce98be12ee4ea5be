//! What an update cost its users: a line for each, a table for all.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Row;
use crate::measure::median;
use crate::update::jobs::Counts;
use crate::update::load::Seen;
use crate::update::side::Side;

/// One update.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Update {
    /// Whose.
    pub(crate) side: Side,
    /// In which round, from 1.
    pub(crate) round: u32,
    /// To which tag.
    pub(crate) tag: &'static str,
    /// Whether it ended well, and the tag runs that did not run before.
    pub(crate) came: bool,
    /// How long its command took.
    pub(crate) took: Duration,
    /// The requests meanwhile.
    pub(crate) load: Seen,
    /// The jobs meanwhile.
    pub(crate) jobs: Counts,
}

impl Update {
    /// All of it, for machines.
    pub(crate) fn json(&self) -> Value {
        json!({
            "side": self.side.name(),
            "round": self.round,
            "to": self.tag,
            "came": self.came,
            "seconds": self.took.as_secs_f64(),
            "requests": self.load.json(),
            "jobs": self.jobs.json(),
        })
    }
}

/// The table of both sides; a side that was not measured has empty cells.
pub(crate) fn rows(ours: &[Update], peer: &[Update]) -> Vec<Row> {
    let row = |what: &str, cell: fn(&[Update]) -> String| {
        let of = |side: &[Update]| {
            if side.is_empty() {
                String::new()
            } else {
                cell(side)
            }
        };
        Row {
            what: what.to_owned(),
            ours: of(ours),
            peer: of(peer),
            ratio: String::new(),
        }
    };
    let mut rows = vec![
        row("updates that came, of all", |side| {
            of(count(side, |one| u64::from(one.came)), count(side, |_| 1))
        }),
        row("failed requests, of all", |side| {
            of(
                count(side, |one| one.load.failed),
                count(side, |one| one.load.sent),
            )
        }),
        row("slowest request", |side| {
            let slowest = side.iter().map(|one| one.load.slowest).max();
            format!("{} ms", slowest.unwrap_or_default().as_millis())
        }),
        row("jobs lost, of all", |side| job(side, |jobs| jobs.lost)),
        row("jobs run twice, of all", |side| {
            job(side, |jobs| jobs.run_twice)
        }),
        row("jobs not taken or not ended in time, of all", |side| {
            job(side, |jobs| jobs.not_taken + jobs.still_running)
        }),
        row("longest wait of a job for its start", |side| {
            seconds(side.iter().map(|one| one.jobs.longest_wait).max())
        }),
        row("an update, median", |side| seconds(middle(side))),
    ];
    if let (Some(last), Some(ours), Some(peer)) = (rows.last_mut(), middle(ours), middle(peer)) {
        last.ratio = format!(
            "{:.2} of the peer's",
            ours.as_secs_f64() / peer.as_secs_f64()
        );
    }
    rows
}

fn count(side: &[Update], number: impl Fn(&Update) -> u64) -> u64 {
    side.iter().map(number).sum()
}

fn job(side: &[Update], number: fn(&Counts) -> usize) -> String {
    let sum = |number: &dyn Fn(&Counts) -> usize| side.iter().map(|one| number(&one.jobs)).sum();
    of::<usize>(sum(&number), sum(&|jobs| jobs.taken + jobs.not_taken))
}

fn of<N: std::fmt::Display>(some: N, all: N) -> String {
    format!("{some} of {all}")
}

fn seconds(time: Option<Duration>) -> String {
    time.map_or_else(String::new, |time| format!("{:.1} s", time.as_secs_f64()))
}

/// The median of those that came; one that failed early is not fast.
fn middle(side: &[Update]) -> Option<Duration> {
    let came = side.iter().filter(|one| one.came);
    let times: Vec<Duration> = came.map(|one| one.took).collect();
    (!times.is_empty()).then(|| median(times))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Counts, Seen, Side, Update, rows};

    fn update(side: Side, came: bool, took_s: u64, failed: u64, lost: usize) -> Update {
        Update {
            side,
            round: 1,
            tag: "v2",
            came,
            took: Duration::from_secs(took_s),
            load: Seen {
                sent: 1000,
                failed,
                slowest: Duration::from_millis(took_s),
                first_failure: None,
            },
            jobs: Counts {
                taken: 20,
                lost,
                run_twice: 0,
                not_taken: 1,
                still_running: 2,
                longest_wait: Duration::from_millis(1500),
            },
        }
    }

    fn text(ours: &[Update], peer: &[Update]) -> Vec<String> {
        let line = |row: &crate::Row| {
            format!("{} | {} | {} | {}", row.what, row.ours, row.peer, row.ratio)
        };
        rows(ours, peer).iter().map(line).collect()
    }

    #[test]
    fn the_table_adds_up_and_times_only_what_came() {
        let ours = [
            update(Side::Ours, true, 100, 0, 0),
            update(Side::Ours, true, 110, 0, 0),
            update(Side::Ours, true, 90, 0, 0),
        ];
        let peer = [
            update(Side::Heat, true, 200, 7, 2),
            update(Side::Heat, false, 3, 5, 1),
        ];
        assert_eq!(
            text(&ours, &peer),
            [
                "updates that came, of all | 3 of 3 | 1 of 2 | ",
                "failed requests, of all | 0 of 3000 | 12 of 2000 | ",
                "slowest request | 110 ms | 200 ms | ",
                "jobs lost, of all | 0 of 63 | 3 of 42 | ",
                "jobs run twice, of all | 0 of 63 | 0 of 42 | ",
                "jobs not taken or not ended in time, of all | 9 of 63 | 6 of 42 | ",
                "longest wait of a job for its start | 1.5 s | 1.5 s | ",
                "an update, median | 100.0 s | 200.0 s | 0.50 of the peer's",
            ]
        );
    }

    #[test]
    fn a_side_that_was_not_measured_has_empty_cells() {
        let seen = text(&[update(Side::Ours, false, 3, 0, 0)], &[]);
        assert_eq!(seen[0], "updates that came, of all | 0 of 1 |  | ");
        assert_eq!(seen[7], "an update, median |  |  | ");
    }

    #[test]
    fn a_line_has_everything_of_an_update() {
        let line = update(Side::Heat, true, 200, 7, 2).json();
        assert_eq!(line["side"], "heat");
        assert_eq!(line["seconds"], 200.0);
        assert_eq!(line["requests"]["failed"], 7);
        assert_eq!(line["jobs"]["lost"], 2);
    }
}
