//! `tests.slow`: jobs that span whatever is done to a deployment meanwhile,
//! and the ledger of what became of them.

use std::path::PathBuf;
use std::time::Duration;

use crate::cli::output::OutputArgs;
use crate::cli::values;
use crate::error::{Failure, Kind};
use crate::name::{EnvName, Tag};
use crate::tasks::context::Context;
use crate::tasks::tests::fast;
use crate::tasks::tests::passed::passed;
use crate::tasks::tests::verified::Wanted;
use crate::template::release::Tests;
use crate::verify::finding::Finding;
use crate::verify::slow::ledger::{COLUMNS, Ledger};
use crate::verify::slow::run_id::{BadRunId, JOBS_MAX, MINUTES_MAX, RunId};
use crate::verify::slow::start::{Options, Slow, start, take_up};

/// The most reasons that a failure names; the table has all of them.
const REASONS_MAX: usize = 5;

/// What `tests.slow` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// Fail unless the deployment is of this tag when the tests begin or end: they
    /// may span the update that brings it in.
    #[arg(long, value_name = "TAG", value_parser = values::tag)]
    pub tag: Option<Tag>,
    /// How long it should take: the longest job runs nearly as long.
    #[arg(long, value_name = "MINUTES", default_value_t = 10)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=i64::from(MINUTES_MAX)))]
    pub minutes: u16,
    /// How many jobs.
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=i64::from(JOBS_MAX)))]
    pub jobs: u16,
    /// How late jobs may be before they count as still running [default: 5].
    #[arg(long, value_name = "MINUTES", value_parser = values::minutes)]
    pub grace: Option<Duration>,
    /// Take up an earlier run: send nothing, follow what it sent.
    #[arg(long, value_name = "RUN", value_parser = run_id)]
    #[arg(conflicts_with_all = ["minutes", "jobs"])]
    pub run: Option<RunId>,
    /// Also write the report as JUnit XML.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// How the data is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

fn run_id(text: &str) -> Result<RunId, BadRunId> {
    RunId::new(text)
}

/// Carries `tests.slow` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let wanted = Wanted::new(
        context.shape(&args.output, &COLUMNS)?,
        args.junit.as_deref(),
    )?;
    let (topology, before) = fast::deployed(&args.env, context).await?;
    let target = fast::of(&topology, &before)?;
    let (earlier, run) = match args.run {
        Some(run) => (true, run),
        None => (false, RunId::random(args.minutes, args.jobs)),
    };
    let mut options = Options::of(run.clone());
    if let Some(grace) = args.grace {
        options.limits.grace = grace;
    }
    let begun = if earlier {
        take_up(&target, options, &context.reporter).await
    } else {
        start(&target, options, &context.reporter).await
    };
    let slow = begun.map_err(|finding| not_begun(&args.env, finding))?;
    context.reporter.note("slow tests", said(&run, earlier));
    let ledger = finished(slow, context).await;
    wanted.write(
        &COLUMNS,
        &ledger.rows(),
        args.env.as_str(),
        &ledger.cases(),
        context,
    )?;
    judge(&args.env, &ledger)?;
    if let Some(tag) = &args.tag {
        let after = fast::deployed(&args.env, context).await?.1;
        of_tag(&args.env, tag, [&before.release.tag, &after.release.tag])?;
    }
    passed(&args.env, Tests::Slow, context).await;
    Ok(())
}

/// Waits for the end, or for the operator to have enough.
async fn finished(slow: Slow, context: &Context) -> Ledger {
    let _careful = context.interrupt.careful();
    let stop = slow.stopper();
    let finish = slow.finish();
    tokio::pin!(finish);
    tokio::select! {
        ledger = &mut finish => return ledger,
        () = context.interrupt.requested() => stop.stop(),
    }
    finish.await
}

fn of_tag(env: &EnvName, tag: &Tag, ran: [&String; 2]) -> Result<(), Failure> {
    if ran.iter().any(|one| *one == tag.as_str()) {
        return Ok(());
    }
    let [before, after] = ran;
    let message = format!("`{env}` ran `{before}` and then `{after}`, never `{tag}`");
    Err(Failure::new(Kind::Refused, message))
}

pub(crate) fn said(run: &RunId, earlier: bool) -> String {
    let what = format!("{} jobs in {} minutes", run.jobs(), run.minutes());
    let again = if earlier { ", taken up again" } else { "" };
    format!("run {run}: {what}{again}")
}

pub(crate) fn not_begun(env: &EnvName, finding: Finding) -> Failure {
    Failure::new(
        Kind::Failed,
        format!("the slow tests of `{env}` cannot begin"),
    )
    .caused_by(finding)
}

/// Refused unless every job that was sent ran once and to its end.
pub(crate) fn judge(env: &EnvName, ledger: &Ledger) -> Result<(), Failure> {
    let again = format!(
        "`ptero-deploy tests slow {env} --run {}` takes it up again",
        ledger.run
    );
    if ledger.stopped {
        let message = format!("the slow tests of `{env}` were stopped; their jobs go on");
        return Err(Failure::new(Kind::Failed, message).hint(again));
    }
    if ledger.is_clean() {
        return Ok(());
    }
    let dirty = ledger.count(|job| !job.is_clean());
    let message = match (dirty, ledger.jobs.len()) {
        (0, _) => format!("nobody knows whether the jobs of `{env}` ran once"),
        (_, all) => format!(
            "{dirty} of {all} jobs of the slow tests of `{env}` did not run once and to their end"
        ),
    };
    let mut reasons = ledger.reasons();
    let more = reasons.len().saturating_sub(REASONS_MAX);
    reasons.truncate(REASONS_MAX);
    if more > 0 {
        reasons.push(format!("and {more} more"));
    }
    let failure = Failure::new(Kind::Refused, message).caused_by(reasons.join("\n"));
    Err(if ledger.still_running() > 0 || ledger.unread.is_some() {
        failure.hint(again)
    } else {
        failure
    })
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::error::Kind;
    use crate::name::EnvName;
    use crate::verify::slow::ledger::{Ended, JobVerdict, Ledger};
    use crate::verify::slow::run_id::RunId;

    fn ledger(count: usize, lost: bool, stopped: bool) -> Ledger {
        let job = |number| JobVerdict {
            number,
            ended: if lost {
                Ended::Lost("it failed".into())
            } else {
                Ended::NotSubmitted
            },
            attempts: Vec::new(),
            submitted_ms: None,
            trouble: None,
        };
        Ledger {
            run: RunId::random(1, 1),
            jobs: (1..=count).map(job).collect(),
            failed_requests: 0,
            first_failed_request: None,
            unread: None,
            stopped,
        }
    }

    #[track_caller]
    fn case(ledger: &Ledger, expected: Option<(Kind, &str)>) {
        let failure = judge(&EnvName::new("staging").unwrap(), ledger).err();
        let seen = failure.map(|failure| (failure.kind(), failure.to_string()));
        assert_eq!(seen, expected.map(|(kind, text)| (kind, text.to_owned())));
    }

    #[test]
    fn one_lost_job_closes_the_gate() {
        case(&ledger(2, false, false), None);
        let mut unread = ledger(2, false, false);
        unread.unread = Some("503".into());
        let nobody = "nobody knows whether the jobs of `staging` ran once";
        case(&unread, Some((Kind::Refused, nobody)));
        case(
            &ledger(7, true, false),
            Some((
                Kind::Refused,
                "7 of 7 jobs of the slow tests of `staging` did not run once and to their end",
            )),
        );
        case(
            &ledger(2, true, true),
            Some((
                Kind::Failed,
                "the slow tests of `staging` were stopped; their jobs go on",
            )),
        );
    }
}
