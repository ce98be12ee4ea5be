//! Whether single workflows end as they should.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::verify::details::{JobRun, job_runs};
use crate::verify::document::{self, NO_USER, PASSED, WRITTEN};
use crate::verify::finding::{Finding, Verdict};
use crate::verify::target::JobTarget;
use crate::verify::workflow::{Ended, Workflows};

/// A workflow without jobs passes its input through.
pub async fn without_jobs(workflows: &Workflows<'_>) -> Verdict {
    let ended = workflows
        .run(&document::without_jobs(&name("no-jobs")))
        .await?;
    expect_end(workflows, "succeeded", &ended).await?;
    let report = workflows.report(&ended, "workflow-outputs").await?;
    let detail = passed_through(&report)?;
    workflows.forget(&ended).await;
    Ok(detail)
}

/// A workflow with one job shows what the job wrote.
pub async fn one_job(workflows: &Workflows<'_>, jobs: &JobTarget) -> Verdict {
    let document = document::with_jobs(&name("one-job"), jobs, &["echo", WRITTEN], 1);
    let ended = workflows.run(&document).await?;
    expect_end(workflows, "succeeded", &ended).await?;
    if !ended.keeps_output() {
        return Ok(format!("the job succeeded; {NOTHING_KEPT}"));
    }
    let report = workflows.report(&ended, "workflow-details").await?;
    let verdict = wrote(&job_runs(&report));
    workflows.forget(&ended).await;
    or_kept_nothing(workflows, &document, verdict).await
}

/// A workflow whose only job fails ends as failed.
pub async fn failing_job(workflows: &Workflows<'_>, jobs: &JobTarget) -> Verdict {
    let document = document::with_jobs(&name("failing-job"), jobs, &["false"], 1);
    fails(workflows, &document).await
}

/// A workflow whose only job is of `user` ends as failed.
pub async fn job_of(workflows: &Workflows<'_>, jobs: &JobTarget, user: &str) -> Verdict {
    let document = document::as_user(&name("user"), jobs, user, &["true"], 1);
    fails(workflows, &document).await
}

/// Said where jobs can be seen to succeed, and no more.
pub const NOTHING_KEPT: &str = "this PTero keeps nothing of what jobs write";

/// What a task in parallel is run for.
const ITEMS: [&str; 3] = ["a", "b", "c"];

/// A task that is run for each of several items runs a job for each.
pub async fn in_parallel(workflows: &Workflows<'_>, jobs: &JobTarget) -> Verdict {
    let document = document::in_parallel(&name("parallel"), jobs, &["echo", WRITTEN], &ITEMS);
    let ended = workflows.run(&document).await?;
    expect_end(workflows, "succeeded", &ended).await?;
    if !ended.keeps_output() {
        return Ok(format!("{} jobs succeeded; {NOTHING_KEPT}", ITEMS.len()));
    }
    let report = workflows.report(&ended, "workflow-details").await?;
    let verdict = each_wrote(&job_runs(&report));
    workflows.forget(&ended).await;
    or_kept_nothing(workflows, &document, verdict).await
}

/// What a job wrote may be missing while an older release serves beside a newer one:
/// one takes the wish to keep it, and the other hears the end of the job.
pub async fn or_kept_nothing(
    workflows: &Workflows<'_>,
    document: &Value,
    verdict: Verdict,
) -> Verdict {
    match verdict {
        Err(_) if workflows.some_keep_nothing(document).await => {
            let seen =
                "the jobs succeeded; members of an older release keep nothing of what they write";
            Ok(seen.to_owned())
        }
        other => other,
    }
}

fn each_wrote(runs: &[JobRun]) -> Verdict {
    let right = |run: &&JobRun| run.stdout.trim_end() == WRITTEN;
    let (wanted, seen) = (ITEMS.len(), runs.iter().filter(right).count());
    if seen == wanted {
        return Ok(format!("{wanted} jobs wrote `{WRITTEN}`"));
    }
    let expected = format!("{wanted} jobs that wrote `{WRITTEN}`");
    Err(Finding::new(expected, format!("{seen} of them")))
}

/// A workflow that is canceled ends as such. Nothing is asked of its job: it hears of
/// that later, and PTero's own never does.
pub async fn canceled(workflows: &Workflows<'_>, jobs: &JobTarget) -> Verdict {
    // Long enough that it cannot end by itself before it is canceled. No longer:
    // PTero lets the job itself run on, and it holds a place on its worker.
    let document = document::with_jobs(&name("canceled"), jobs, &["sleep", "20"], 1);
    let ended = workflows.cancel(&document).await?;
    expect_end(workflows, "canceled", &ended).await?;
    workflows.forget(&ended).await;
    Ok("canceled".to_owned())
}

/// The user that no member has.
pub const UNKNOWN_USER: &str = NO_USER;

async fn fails(workflows: &Workflows<'_>, document: &Value) -> Verdict {
    let ended = workflows.run(document).await?;
    expect_end(workflows, "failed", &ended).await?;
    workflows.forget(&ended).await;
    Ok("failed, as it should".to_owned())
}

/// A name that tells whoever finds the workflow where it comes from.
pub fn name(what: &str) -> String {
    format!("ptero-deploy-check-{what}-{}", Uuid::new_v4())
}

/// Judges how a workflow ended; a finding tells of a job that went wrong.
pub async fn expect_end(
    workflows: &Workflows<'_>,
    wanted: &str,
    ended: &Ended,
) -> Result<(), Finding> {
    if ended.status == wanted {
        return Ok(());
    }
    // The report only adds to the finding, so it may be missing.
    let report = workflows.report(ended, "workflow-details").await;
    let runs = job_runs(&report.unwrap_or_default());
    let wrong = runs.iter().find(|run| run.status != wanted);
    let job = wrong.map_or_else(String::new, |run| format!(", {}", run.summary()));
    let expected = format!("{} to end as `{wanted}`", ended.url());
    Err(Finding::new(expected, format!("`{}`{job}", ended.status)))
}

fn passed_through(report: &Value) -> Verdict {
    let (wanted, seen) = (json!({"y": PASSED}), &report["outputs"]);
    if *seen == wanted {
        return Ok(format!("outputs {wanted}"));
    }
    Err(Finding::new(format!("outputs {wanted}"), seen.to_string()))
}

fn wrote(runs: &[JobRun]) -> Verdict {
    let expected = format!("one job that wrote `{WRITTEN}`");
    match runs {
        [run] if run.stdout.trim_end() == WRITTEN => Ok(format!("the job wrote `{WRITTEN}`")),
        [run] => Err(Finding::new(
            expected,
            format!("`{}`", run.stdout.trim_end()),
        )),
        _ => Err(Finding::new(expected, format!("{} jobs", runs.len()))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{each_wrote, passed_through, wrote};
    use crate::verify::details::JobRun;

    #[track_caller]
    fn outputs(report: &Value, expected: Result<(), &str>) {
        let seen = passed_through(report).map(drop).map_err(|one| one.seen);
        assert_eq!(seen, expected.map_err(str::to_owned));
    }

    #[track_caller]
    fn stdout(texts: &[&str], expected: Result<(), &str>) {
        let runs: Vec<JobRun> = texts
            .iter()
            .map(|text| JobRun {
                status: "succeeded".into(),
                stdout: (*text).to_owned(),
                exit_code: None,
                trouble: None,
            })
            .collect();
        let seen = wrote(&runs).map(drop).map_err(|one| one.seen);
        assert_eq!(seen, expected.map_err(str::to_owned));
    }

    fn run(status: &str, stdout: &str) -> JobRun {
        JobRun {
            status: status.to_owned(),
            stdout: stdout.to_owned(),
            exit_code: None,
            trouble: None,
        }
    }

    #[test]
    fn each_job_of_a_task_in_parallel_has_to_write() {
        let (done, silent) = (run("succeeded", "ptero says hello\n"), run("succeeded", ""));
        let three = [done.clone(), done.clone(), done.clone()];
        assert!(each_wrote(&three).is_ok());
        assert!(each_wrote(&[done.clone(), silent, done.clone()]).is_err());
        assert!(each_wrote(&three[..2]).is_err());
    }

    #[test]
    fn outputs_have_to_be_the_ones_that_went_in() {
        outputs(&json!({"outputs": {"y": "kittens"}}), Ok(()));
        outputs(
            &json!({"outputs": {"y": "puppies"}}),
            Err("{\"y\":\"puppies\"}"),
        );
        outputs(&json!({"outputs": null}), Err("null"));
        outputs(&Value::Null, Err("null"));
    }

    #[test]
    fn the_job_has_to_be_one_and_to_have_written_its_line() {
        stdout(&["ptero says hello\n"], Ok(()));
        stdout(&["ptero says hell\n"], Err("`ptero says hell`"));
        stdout(&[""], Err("``"));
        stdout(&[], Err("0 jobs"));
        stdout(&["ptero says hello\n", "ptero says hello\n"], Err("2 jobs"));
    }
}
