//! Runs the checks: the one match over the table.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep};
use url::Url;

use crate::ui::event::Event;
use crate::ui::reporter::Reporter;
use crate::verify::check::Check;
use crate::verify::finding::{Finding, Verdict};
use crate::verify::http::{Answer, Http, on_host_of};
use crate::verify::limits::Limits;
use crate::verify::report::{Outcome, Report};
use crate::verify::target::{JobTarget, ServiceTarget, Target};
use crate::verify::workflow::Workflows;
use crate::verify::{bad_documents, every_member, processes, web_servers, workflows};

struct Runner<'a> {
    http: &'a Http,
    target: &'a Target,
    limits: Limits,
}

/// Runs `checks` against `target`, telling `reporter` as each ends. A check
/// that needs jobs is left out where none are run.
pub async fn run(
    checks: &[Check],
    target: &Target,
    limits: Limits,
    http: &Http,
    reporter: &Reporter,
) -> Report {
    let runner = Runner {
        http,
        target,
        limits,
    };
    let mut waiting: Vec<Check> = checks
        .iter()
        .copied()
        .filter(|check| target.jobs.is_some() || !check.needs_jobs())
        .collect();
    waiting.sort_by_key(|check| check.turn());
    let mut outcomes: Vec<Outcome> = Vec::new();
    for group in waiting.chunk_by(|a, b| a.turn() == b.turn()) {
        let group = group.iter().map(|check| async {
            let outcome = runner.outcome(*check).await;
            tell(reporter, &outcome);
            outcome
        });
        outcomes.extend(join_all(group).await);
    }
    let place = |check: Check| checks.iter().position(|one| *one == check);
    outcomes.sort_by_key(|one| place(one.check));
    Report { outcomes }
}

fn tell(reporter: &Reporter, outcome: &Outcome) {
    reporter.emit(&Event::Check {
        name: outcome.check.name().to_owned(),
        passed: outcome.verdict.is_ok(),
        detail: outcome.detail(),
        took_ms: u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX),
    });
}

impl Runner<'_> {
    async fn outcome(&self, check: Check) -> Outcome {
        let start = Instant::now();
        let verdict = self.verdict(check).await;
        Outcome {
            check,
            verdict,
            took: start.elapsed(),
        }
    }

    async fn verdict(&self, check: Check) -> Verdict {
        let workflows = Workflows {
            http: self.http,
            base: &self.target.workflow,
            limits: self.limits,
        };
        match check {
            Check::WebServers => self.web_servers().await,
            Check::FrontDoors => self.front_doors().await,
            Check::Processes => self.processes().await,
            Check::BadDocuments => bad_documents::refused(&workflows).await,
            Check::WithoutJobs => workflows::without_jobs(&workflows).await,
            Check::OneJob => workflows::one_job(&workflows, self.jobs()?).await,
            Check::FailingJob => workflows::failing_job(&workflows, self.jobs()?).await,
            Check::UnknownUser => {
                workflows::job_of(&workflows, self.jobs()?, workflows::UNKNOWN_USER).await
            }
            Check::RootJob => workflows::job_of(&workflows, self.jobs()?, "root").await,
            Check::ParallelJobs => workflows::in_parallel(&workflows, self.jobs()?).await,
            Check::CanceledJob => workflows::canceled(&workflows, self.jobs()?).await,
            Check::EveryMember => every_member::run(&workflows, self.jobs()?).await,
        }
    }

    fn jobs(&self) -> Result<&JobTarget, Finding> {
        let jobs = self.target.jobs.as_ref();
        jobs.ok_or_else(|| Finding::new("a service that runs jobs", "none"))
    }

    async fn web_servers(&self) -> Verdict {
        let judge = |answer: &Answer| web_servers::verdict(&self.target.services, answer);
        self.until_passed("/-/status", judge).await
    }

    async fn front_doors(&self) -> Verdict {
        let doors = self.target.doors.iter().map(|door| async move {
            let judge = |answer: &Answer| door.verdict(answer);
            self.until(&door.url, judge).await
        });
        processes::all(join_all(doors).await)
    }

    async fn processes(&self) -> Verdict {
        let with_nodes = |service: &&ServiceTarget| !service.celery_nodes.is_empty();
        let services = self.target.services.iter().filter(with_nodes);
        let verdicts = services.map(|service| async move {
            let path = format!("/-/{}/server-info", service.name);
            let judge = |answer: &Answer| processes::verdict(service, answer);
            self.until_passed(&path, judge).await
        });
        processes::all(join_all(verdicts).await)
    }

    /// Asks until the answer passes, or until the last finding has to stand.
    async fn until_passed(&self, path: &str, judge: impl Fn(&Answer) -> Verdict) -> Verdict {
        self.until(&self.gateway(path), judge).await
    }

    async fn until(&self, url: &Url, judge: impl Fn(&Answer) -> Verdict) -> Verdict {
        let deadline = Instant::now() + self.limits.alive;
        loop {
            let verdict = match self.http.get(url).await {
                Ok(answer) => judge(&answer),
                Err(error) => Err(Finding::new("an answer", error.to_string())),
            };
            if verdict.is_ok() || Instant::now() >= deadline {
                return verdict;
            }
            sleep(self.limits.pause.max(Duration::from_millis(1))).await;
        }
    }

    fn gateway(&self, path: &str) -> Url {
        let base = &self.target.gateway;
        on_host_of(base, path).unwrap_or_else(|| base.clone())
    }
}
