//! Starts a run beside whatever else the program does, or takes one up again.

use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::ui::reporter::Reporter;
use crate::verify::finding::Finding;
use crate::verify::http::Http;
use crate::verify::slow::entry::{Entries, Told};
use crate::verify::slow::ledger::Ledger;
use crate::verify::slow::limits::SlowLimits;
use crate::verify::slow::plan::Plan;
use crate::verify::slow::requests::{Look, NotAnswered, Requests};
use crate::verify::slow::run_id::RunId;
use crate::verify::slow::seen::Submission;
use crate::verify::slow::work::{Progress, State, Work};
use crate::verify::target::Target;

/// What a run is to be.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its name.
    pub run: RunId,
    /// Its jobs.
    pub plan: Plan,
    /// How long to wait.
    pub limits: SlowLimits,
}

impl Options {
    /// What the name of a run says that it is.
    pub fn of(run: RunId) -> Self {
        Self {
            plan: Plan::of(&run),
            run,
            limits: SlowLimits::SLOW,
        }
    }
}

/// A run that goes on by itself. Dropped, it still does: [`Slow::stop`] ends it.
pub struct Slow {
    work: Arc<Work>,
    task: JoinHandle<Ledger>,
}

/// Stops a run.
pub struct Stopper {
    work: Arc<Work>,
}

impl Stopper {
    /// The same as [`Slow::stop`].
    pub fn stop(&self) {
        self.work.stop.send_replace(true);
    }
}

/// Starts a run; returns once it is known that it can be judged.
pub async fn start(
    target: &Target,
    options: Options,
    reporter: &Reporter,
) -> Result<Slow, Finding> {
    let work = work(target, options, reporter)?;
    expect_ledger(&work).await?;
    let own = Arc::clone(&work);
    let task = tokio::spawn(async move { own.send_and_follow().await });
    Ok(Slow { work, task })
}

/// Takes up a run that was started before: sends nothing, follows what is there.
pub async fn take_up(
    target: &Target,
    options: Options,
    reporter: &Reporter,
) -> Result<Slow, Finding> {
    let work = work(target, options, reporter)?;
    expect_ledger(&work).await?;
    find(&work).await?;
    let own = Arc::clone(&work);
    let task = tokio::spawn(async move { own.follow_only().await });
    Ok(Slow { work, task })
}

impl Slow {
    /// The name of the run.
    pub fn run(&self) -> &RunId {
        &self.work.run
    }

    /// How far it is, now and whenever that changes: what should happen while
    /// jobs run waits for the first that started.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.work.progress.subscribe()
    }

    /// Sends no more jobs and waits for none; what is known is the ledger.
    pub fn stop(&self) {
        self.stopper().stop();
    }

    /// A handle that stops the run while somebody waits for its end.
    pub fn stopper(&self) -> Stopper {
        Stopper {
            work: Arc::clone(&self.work),
        }
    }

    /// The ledger, once every job ended or the time is over.
    #[expect(clippy::missing_panics_doc, reason = "only with the work itself")]
    pub async fn finish(self) -> Ledger {
        let done = self.task.await;
        done.expect("nobody aborts the work, and it does not panic")
    }
}

fn work(target: &Target, options: Options, reporter: &Reporter) -> Result<Arc<Work>, Finding> {
    if target.jobs.is_none() {
        return Err(Finding::new("a service that runs jobs", "none"));
    }
    let http = Http::new(options.limits.request)
        .map_err(|error| Finding::new("a client", error.to_string()))?;
    let count = options.plan.jobs.len();
    Ok(Arc::new(Work {
        requests: Requests::new(
            http,
            target.workflow.clone(),
            target.gateway.clone(),
            reporter.clone(),
        ),
        run: options.run,
        plan: options.plan,
        target: target.clone(),
        limits: options.limits,
        reporter: reporter.clone(),
        state: Mutex::new(State::new(count)),
        progress: watch::Sender::default(),
        stop: watch::Sender::default(),
    }))
}

/// A gateway of an older image has no ledger, and jobs could prove nothing.
async fn expect_ledger(work: &Work) -> Result<(), Finding> {
    let until = Instant::now() + work.limits.patience;
    loop {
        let reason = match work.requests.ledger(&work.run).await {
            Ok(answer) if answer.status == 200 => break,
            Ok(answer) => {
                let seen = format!("{}; it may be of an older image", answer.excerpt());
                return Err(Finding::new("a ledger at the gateway", seen));
            }
            Err(NotAnswered(reason)) => reason,
        };
        if Instant::now() >= until || !work.pause().await {
            return Err(Finding::new("a ledger at the gateway", reason));
        }
    }
    let read = work.read_ledger().await;
    read.map_err(|NotAnswered(reason)| Finding::new("a ledger at the gateway", reason))
}

/// Finds the workflows of an earlier run by their names.
async fn find(work: &Work) -> Result<(), Finding> {
    let mut any = false;
    let all: Vec<usize> = (1..=work.plan.jobs.len()).collect();
    for batch in all.chunks(work.limits.batch.max(1)) {
        let looks = join_all(batch.iter().map(|number| there(work, *number))).await;
        for (number, look) in batch.iter().zip(looks) {
            let is_there = matches!(look?, Look::There(_));
            any |= is_there;
            let mut state = work.state();
            state.seen[*number - 1].submission = earlier(&state.entries, *number, is_there);
        }
    }
    if any {
        return Ok(());
    }
    // A run that ended well is cleared away.
    Err(Finding::new(
        format!("workflows of run {}", work.run),
        "none: it ended well, or there was no such run here",
    ))
}

/// How the submission of a job went in an earlier run.
fn earlier(entries: &Entries, number: usize, is_there: bool) -> Submission {
    let ran = entries.tell(number, Told::Start) || entries.tell(number, Told::End);
    if is_there || ran {
        Submission::Taken
    } else if entries.tell(number, Told::Submit) {
        Submission::NotTaken("the earlier run ended before it was taken".to_owned())
    } else {
        Submission::Skipped
    }
}

async fn there(work: &Work, number: usize) -> Result<Look, Finding> {
    let until = Instant::now() + work.limits.patience;
    let name = work.run.workflow(number);
    loop {
        match work.requests.look(&name).await {
            Ok(look) => return Ok(look),
            Err(NotAnswered(reason)) if Instant::now() >= until || !work.pause().await => {
                return Err(Finding::new(format!("to find the workflow {name}"), reason));
            }
            Err(_) => {}
        }
    }
}
