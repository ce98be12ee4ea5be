//! Sends the jobs of a run and follows them to their ends.

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::{join, join_all};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::ui::event::{Event, Unit};
use crate::ui::reporter::Reporter;
use crate::verify::slow::entry::{Entries, Told};
use crate::verify::slow::judge::judge;
use crate::verify::slow::ledger::Ledger;
use crate::verify::slow::limits::SlowLimits;
use crate::verify::slow::plan::{Plan, PlannedJob};
use crate::verify::slow::requests::{Found, Look, NotAnswered, Requests};
use crate::verify::slow::run_id::RunId;
use crate::verify::slow::seen::{Seen, Submission, Workflow};
use crate::verify::target::Target;

/// A workflow that was taken and then is not there so often in a row is gone;
/// a database that has just failed over may miss it for a moment.
const ABSENT_LOOKS: u32 = 3;

/// One run.
pub struct Work {
    /// Its name.
    pub run: RunId,
    /// Its jobs.
    pub plan: Plan,
    /// Where they run.
    pub target: Target,
    /// How long to wait.
    pub limits: SlowLimits,
    /// The way there.
    pub requests: Requests,
    /// Who is told.
    pub reporter: Reporter,
    /// What was seen so far.
    pub state: Mutex<State>,
    /// How far it is.
    pub progress: watch::Sender<Progress>,
    /// Whether it should stop.
    pub stop: watch::Sender<bool>,
}

/// What was seen so far.
#[derive(Debug, Default)]
pub struct State {
    /// Each job, in the order of the plan.
    pub seen: Vec<Seen>,
    /// What the ledger told.
    pub entries: Entries,
    /// How often in a row each workflow was not there.
    pub absent: Vec<u32>,
    /// In which round each workflow was looked at last.
    pub looked: Vec<u32>,
    /// The workflows' numbers, for their removal.
    pub ids: Vec<Option<String>>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Jobs that the workflow service has.
    pub taken: usize,
    /// Jobs that started.
    pub started: usize,
    /// Jobs that nobody waits for any more.
    pub settled: usize,
}

impl State {
    /// Nothing seen of `count` jobs.
    pub fn new(count: usize) -> Self {
        Self {
            seen: vec![Seen::default(); count],
            entries: Entries::default(),
            absent: vec![0; count],
            looked: vec![0; count],
            ids: vec![None; count],
        }
    }

    /// The workflows to look at next: those whose job came to its end, then
    /// those that were not looked at for longest.
    fn batch(&self, size: usize) -> Vec<usize> {
        let moves = |at: &usize| {
            self.seen[*at].submission == Submission::Taken && !self.seen[*at].is_settled()
        };
        let mut open: Vec<usize> = (0..self.seen.len()).filter(moves).collect();
        open.sort_by_key(|at| (!self.entries.tell(at + 1, Told::End), self.looked[*at]));
        open.truncate(size);
        open
    }

    fn progress(&self) -> Progress {
        let count = |so: &dyn Fn(usize) -> bool| (0..self.seen.len()).filter(|at| so(*at)).count();
        Progress {
            taken: count(&|at| self.seen[at].submission == Submission::Taken),
            started: count(&|at| self.entries.tell(at + 1, Told::Start)),
            settled: count(&|at| self.seen[at].is_settled()),
        }
    }
}

impl Work {
    /// Sends every job when it is due, and follows all of them.
    pub async fn send_and_follow(&self) -> Ledger {
        let began = Instant::now();
        join(self.send(began), self.follow(began)).await;
        self.close().await
    }

    /// Follows jobs that were sent before.
    pub async fn follow_only(&self) -> Ledger {
        self.follow(Instant::now()).await;
        self.close().await
    }

    async fn send(&self, began: Instant) {
        join_all(self.plan.jobs.iter().map(async |job: &PlannedJob| {
            let mut stop = self.stop.subscribe();
            let due = sleep_until(began + job.due);
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return,
                () = due => {}
            }
            let submission = self.submit(job).await;
            if let Submission::NotTaken(reason) = &submission {
                let text = format!("was not taken: {reason}");
                self.reporter.note(format!("job {}", job.number), text);
            }
            self.state().seen[job.number - 1].submission = submission;
        }))
        .await;
    }

    async fn follow(&self, began: Instant) {
        let deadline = began + self.plan.total + self.limits.grace;
        for round in 1.. {
            // What cannot be read now is read in the next round.
            let _ = self.read_ledger().await;
            let batch = self.state().batch(self.limits.batch);
            join_all(batch.into_iter().map(|at| self.look(at, round))).await;
            self.tell();
            let over = self.is_stopped() || Instant::now() >= deadline;
            if over || self.is_settled() || !self.pause().await {
                return;
            }
        }
    }

    async fn look(&self, at: usize, round: u32) {
        let look = self.requests.look(&self.run.workflow(at + 1)).await;
        self.state().looked[at] = round;
        match look {
            Ok(Look::There(found)) => self.found(at, &found).await,
            Ok(Look::Absent) => {
                let mut state = self.state();
                state.absent[at] += 1;
                if state.absent[at] >= ABSENT_LOOKS {
                    state.seen[at].workflow = Workflow::Gone;
                }
            }
            Err(_) => {}
        }
    }

    async fn found(&self, at: usize, found: &Found) {
        let workflow = found.workflow();
        let failed = workflow.is_final() && found.status != Workflow::SUCCEEDED;
        let trouble = if failed {
            self.requests.trouble(found).await
        } else {
            None
        };
        if failed {
            let text = format!("its workflow ended as `{}`", found.status);
            self.reporter.note(format!("job {}", at + 1), text);
        }
        let mut state = self.state();
        state.absent[at] = 0;
        state.ids[at].clone_from(&found.id);
        state.seen[at].workflow = workflow;
        state.seen[at].trouble = trouble;
    }

    /// Reads the ledger and keeps its lines.
    pub async fn read_ledger(&self) -> Result<(), NotAnswered> {
        let answer = self.requests.ledger(&self.run).await?;
        if answer.status != 200 {
            return Err(NotAnswered(answer.excerpt()));
        }
        let added = self.state().entries.add(&answer.body);
        added.map_err(|error| NotAnswered(format!("no ledger: {error}")))
    }

    /// The last look at the ledger, and the verdict.
    async fn close(&self) -> Ledger {
        let until = Instant::now() + self.limits.patience;
        let unread = loop {
            let Err(NotAnswered(reason)) = self.read_ledger().await else {
                break None;
            };
            if Instant::now() >= until || !self.pause().await {
                break Some(reason);
            }
        };
        self.tell();
        let ledger = self.judge(unread);
        if ledger.is_clean() && !ledger.stopped {
            let ids = self.state().ids.clone();
            for batch in ids.chunks(self.limits.batch.max(1)) {
                let known = batch.iter().flatten();
                join_all(known.map(|id| self.requests.forget(id))).await;
            }
        }
        ledger
    }

    fn judge(&self, unread: Option<String>) -> Ledger {
        let failed = self.requests.failed();
        let state = self.state();
        let jobs = state.seen.iter().enumerate();
        Ledger {
            run: self.run.clone(),
            jobs: jobs
                .map(|(at, seen)| judge(at + 1, seen, &state.entries))
                .collect(),
            failed_requests: failed.count,
            first_failed_request: failed.first,
            unread,
            stopped: self.is_stopped(),
        }
    }

    fn tell(&self) {
        let (progress, count) = {
            let state = self.state();
            (state.progress(), state.seen.len())
        };
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        if self.progress.send_replace(progress) != progress {
            self.reporter.emit(&Event::Progress {
                subject: "slow tests".to_owned(),
                phase: "jobs ended".to_owned(),
                done: number(progress.settled),
                total: Some(number(count)),
                unit: Unit::Items,
            });
        }
    }

    fn is_settled(&self) -> bool {
        self.state().seen.iter().all(Seen::is_settled)
    }

    fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    /// Pauses; whether to go on.
    pub async fn pause(&self) -> bool {
        let mut stop = self.stop.subscribe();
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => false,
            () = sleep(self.limits.pause) => true,
        }
    }

    /// What was seen so far; held between two lines only.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::State;
    use crate::verify::slow::seen::{Submission, Workflow};

    #[test]
    fn a_round_looks_at_jobs_that_ended_and_then_in_turn() {
        let mut state = State::new(5);
        for seen in &mut state.seen[..4] {
            seen.submission = Submission::Taken;
        }
        state.seen[0].workflow = Workflow::Ended("succeeded".into());
        state.looked = vec![1, 3, 2, 4, 0];
        let end = r#"{"at_ms":1,"job":"job-4","event":"end","attempt":"a","host":""}"#;
        state.entries.add(end).unwrap();
        assert_eq!(state.batch(2), [3, 2]);
        assert_eq!(state.batch(9), [3, 2, 1]);
    }
}
