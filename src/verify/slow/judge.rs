//! What became of each job: what the ledger tells and what was seen of the
//! workflows in, the verdict out. Asks nobody.

use crate::verify::slow::entry::{Entries, Told};
use crate::verify::slow::ledger::{Attempt, Ended, JobVerdict};
use crate::verify::slow::seen::{Seen, Submission, Workflow};

/// The verdict on job `number`.
pub fn judge(number: usize, seen: &Seen, entries: &Entries) -> JobVerdict {
    let mut attempts: Vec<Attempt> = Vec::new();
    let mut submitted_ms: Option<u64> = None;
    for entry in entries.of(number) {
        if entry.event == Told::Submit {
            let earlier = submitted_ms.is_none_or(|known| entry.at_ms < known);
            submitted_ms = if earlier {
                Some(entry.at_ms)
            } else {
                submitted_ms
            };
            continue;
        }
        let known = attempts.iter().position(|one| one.id == entry.attempt);
        let at = known.unwrap_or_else(|| {
            attempts.push(Attempt {
                id: entry.attempt.clone(),
                host: entry.host.clone(),
                start_ms: None,
                end_ms: None,
            });
            attempts.len() - 1
        });
        match entry.event {
            Told::End => attempts[at].end_ms = Some(entry.at_ms),
            _ => attempts[at].start_ms = Some(entry.at_ms),
        }
    }
    attempts.sort_by_key(|one| one.start_ms.or(one.end_ms));
    JobVerdict {
        number,
        ended: ended(seen, &attempts),
        attempts,
        submitted_ms,
        trouble: seen.trouble.clone(),
    }
}

fn ended(seen: &Seen, attempts: &[Attempt]) -> Ended {
    match &seen.submission {
        Submission::NotYet | Submission::Skipped => return Ended::NotSubmitted,
        Submission::NotTaken(reason) => return Ended::NotTaken(reason.clone()),
        Submission::Taken => {}
    }
    let wrote_its_end = attempts.iter().any(|one| one.end_ms.is_some());
    match &seen.workflow {
        Workflow::Unknown => Ended::Running("its workflow could not be looked at".to_owned()),
        Workflow::Moving(status) => Ended::Running(format!("its workflow is `{status}`")),
        Workflow::Gone => Ended::Lost("its workflow is not there any more".to_owned()),
        Workflow::Ended(status) if status != Workflow::SUCCEEDED => {
            Ended::Lost(format!("its workflow ended as `{status}`"))
        }
        Workflow::Ended(_) if wrote_its_end => Ended::Finished,
        Workflow::Ended(_) => {
            Ended::Lost("its workflow succeeded, but the job never came to its end".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::verify::slow::entry::Entries;
    use crate::verify::slow::ledger::{Ended, JobVerdict};
    use crate::verify::slow::seen::{Seen, Submission, Workflow};

    fn verdict(
        submission: Submission,
        workflow: Workflow,
        lines: &[(u64, &str, &str)],
    ) -> JobVerdict {
        let mut entries = Entries::default();
        for (at_ms, event, attempt) in lines {
            let line = format!(
                r#"{{"at_ms":{at_ms},"job":"job-1","event":"{event}","attempt":"{attempt}","host":"on-{attempt}"}}"#
            );
            entries.add(&line).unwrap();
        }
        let seen = Seen {
            submission,
            workflow,
            trouble: None,
        };
        judge(1, &seen, &entries)
    }

    fn taken(workflow: Workflow, lines: &[(u64, &str, &str)]) -> JobVerdict {
        verdict(Submission::Taken, workflow, lines)
    }

    fn ended(status: &str) -> Workflow {
        Workflow::Ended(status.to_owned())
    }

    #[track_caller]
    fn words(verdict: &JobVerdict, expected: &str) {
        let clean = if verdict.is_clean() { "clean" } else { "dirty" };
        let text = format!("{clean}: {}: {}", verdict.result(), verdict.detail());
        assert_eq!(text, expected);
    }

    const ONCE: [(u64, &str, &str); 3] = [
        (1000, "submit", "x"),
        (3500, "start", "a"),
        (9000, "end", "a"),
    ];

    #[test]
    fn one_start_and_one_end_of_a_workflow_that_succeeded_are_clean() {
        let seen = taken(ended("succeeded"), &ONCE);
        words(&seen, "clean: finished once: on on-a from 2.5 s to 8.0 s");
        assert_eq!((seen.wait_ms(), seen.ran_ms()), (Some(2500), 5500));
    }

    #[test]
    fn an_end_that_nobody_wrote_is_a_lost_job_whatever_the_workflow_says() {
        let seen = taken(ended("succeeded"), &ONCE[..2]);
        words(
            &seen,
            "dirty: lost: its workflow succeeded, but the job never came to its end; on on-a from 2.5 s",
        );
        words(
            &taken(ended("succeeded"), &[]),
            "dirty: lost: its workflow succeeded, but the job never came to its end; it never ran",
        );
    }

    #[test]
    fn a_workflow_that_failed_or_is_gone_is_a_lost_job_though_it_came_to_its_end() {
        words(
            &taken(ended("failed"), &ONCE),
            "dirty: lost: its workflow ended as `failed`; on on-a from 2.5 s to 8.0 s",
        );
        words(
            &taken(Workflow::Gone, &ONCE),
            "dirty: lost: its workflow is not there any more; on on-a from 2.5 s to 8.0 s",
        );
    }

    #[test]
    fn a_second_start_is_a_job_run_twice() {
        let again = [
            (1000, "submit", "x"),
            (2000, "start", "b"),
            (4000, "start", "a"),
            (9000, "end", "a"),
        ];
        let seen = taken(ended("succeeded"), &again);
        words(
            &seen,
            "dirty: run twice: on on-b from 1.0 s, on on-a from 3.0 s to 8.0 s",
        );
        assert_eq!(seen.ended, Ended::Finished);
        words(
            &taken(ended("failed"), &again),
            "dirty: lost, run twice: its workflow ended as `failed`; on on-b from 1.0 s, on on-a from 3.0 s to 8.0 s",
        );
        // The wait is until the first start.
        assert_eq!(seen.wait_ms(), Some(1000));
    }

    #[test]
    fn what_moves_at_the_end_is_still_running() {
        words(
            &taken(Workflow::Moving("running".into()), &ONCE[..2]),
            "dirty: still running: its workflow is `running`; on on-a from 2.5 s",
        );
        words(
            &taken(Workflow::Unknown, &[]),
            "dirty: still running: its workflow could not be looked at; it never ran",
        );
    }

    #[test]
    fn what_was_not_taken_is_dirty_and_what_was_not_sent_is_not() {
        let refused = Submission::NotTaken("400: bad".into());
        words(
            &verdict(refused, Workflow::Unknown, &ONCE[..1]),
            "dirty: not taken: 400: bad; it never ran",
        );
        words(
            &verdict(Submission::NotYet, Workflow::Unknown, &[]),
            "clean: not submitted: it never ran",
        );
    }
}
