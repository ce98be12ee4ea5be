//! Every member that runs jobs ran one. No job can be sent to a certain
//! member, so rounds of more jobs than members are sent until each of them
//! has taken one.

use std::collections::BTreeSet;

use tokio::time::Instant;

use crate::verify::details::{JobRun, job_runs};
use crate::verify::document;
use crate::verify::finding::{Finding, Verdict};
use crate::verify::target::{JobTarget, short_host};
use crate::verify::workflow::Workflows;
use crate::verify::workflows::{NOTHING_KEPT, expect_end, name, or_kept_nothing};

/// Jobs per member and round: enough for each member to come into play in
/// most rounds, few enough for a round to take seconds.
const JOBS_PER_MEMBER: usize = 4;

/// The most jobs of a round, so that a check never is a load test.
const JOBS_MAX: usize = 200;

/// The most rounds: a member that took none of so many jobs is not at work.
const ROUNDS_MAX: usize = 12;

/// Names the member and keeps it busy for a moment, so that others take the
/// next job. `uname` is on every system, `hostname` is not.
const COMMAND: [&str; 3] = ["sh", "-c", "uname -n; sleep 1"];

/// Sends rounds of jobs until every member ran one.
pub async fn run(workflows: &Workflows<'_>, jobs: &JobTarget) -> Verdict {
    let deadline = Instant::now() + workflows.limits.every_member;
    let count = (jobs.members.len() * JOBS_PER_MEMBER).clamp(1, JOBS_MAX);
    let mut seen = BTreeSet::new();
    for round in 1..=ROUNDS_MAX {
        let document = document::with_jobs(&name("members"), jobs, &COMMAND, count);
        let ended = workflows.run(&document).await?;
        expect_end(workflows, "succeeded", &ended).await?;
        if !ended.keeps_output() {
            return Ok(format!(
                "{count} jobs succeeded, on whichever; {NOTHING_KEPT}"
            ));
        }
        let report = workflows.report(&ended, "workflow-details").await?;
        seen.extend(hosts(&job_runs(&report)));
        workflows.forget(&ended).await;
        let verdict = verdict(jobs, &seen, round);
        if verdict.is_ok() || round == ROUNDS_MAX || Instant::now() >= deadline {
            return or_kept_nothing(workflows, &document, verdict).await;
        }
    }
    verdict(jobs, &seen, ROUNDS_MAX)
}

fn hosts(runs: &[JobRun]) -> impl Iterator<Item = String> {
    runs.iter()
        .map(|run| short_host(run.stdout.trim()).to_owned())
        .filter(|host| !host.is_empty())
}

fn verdict(jobs: &JobTarget, seen: &BTreeSet<String>, rounds: usize) -> Verdict {
    let expected = format!("a job on each of {} members", jobs.members.len());
    let missing: Vec<&str> = jobs
        .members
        .iter()
        .map(|member| short_host(member))
        .filter(|member| !seen.contains(*member))
        .collect();
    let rounds = match rounds {
        1 => "1 round".to_owned(),
        _ => format!("{rounds} rounds"),
    };
    if missing.is_empty() {
        return Ok(format!("{} members in {rounds}", jobs.members.len()));
    }
    let others: Vec<&str> = seen.iter().map(String::as_str).collect();
    let others = match others.as_slice() {
        [] => "no member".to_owned(),
        some => some.join(", "),
    };
    Err(Finding::new(
        expected,
        format!(
            "jobs on {others} in {rounds}; none on {}",
            missing.join(", ")
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::verdict;
    use crate::verify::target::JobTarget;

    #[track_caller]
    fn case(members: &[&str], seen: &[&str], expected: Result<&str, &str>) {
        let jobs = JobTarget {
            service_url: String::new(),
            user: String::new(),
            members: members.iter().map(ToString::to_string).collect(),
        };
        let seen = seen.iter().map(ToString::to_string).collect();
        let result = verdict(&jobs, &seen, 2).map_err(|finding| finding.seen);
        assert_eq!(result, expected.map(str::to_owned).map_err(str::to_owned));
    }

    #[test]
    fn each_member_has_to_be_seen() {
        case(&["a", "b"], &["a", "b", "c"], Ok("2 members in 2 rounds"));
        case(&["a.example"], &["a"], Ok("1 members in 2 rounds"));
        case(&["a", "b"], &["a"], Err("jobs on a in 2 rounds; none on b"));
        case(&["a"], &[], Err("jobs on no member in 2 rounds; none on a"));
    }
}
