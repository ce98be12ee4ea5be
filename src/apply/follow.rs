//! Follows a stack to the end of what Heat does with it, and tells every event.

mod failure;
mod look;
mod outcome;
mod tell;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use self::failure::{Traced, failed, timed_out, traced};
use self::look::Look;
use self::outcome::{Outcome, Shown, may_be_new, outcome, shown};
use self::tell::tell;
use crate::apply::error::StackError;
use crate::apply::event_log::EventLog;
use crate::apply::silence::Silence;
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::heat::DEPTH_MAX;
use crate::openstack::stack::{HeatEvent, Stack, StackRef};
use crate::openstack::stack_status::{Action, State};
use crate::openstack::wait::Deadline;

/// Half of this, and one answer, is how late the end is seen on average.
const TICK: Duration = Duration::from_millis(500);
/// Convergence writes `*_FAILED` first and starts the rollback after (Heat 19).
const ROLLBACK_GRACE: Duration = Duration::from_secs(10);

/// What is followed.
#[derive(Debug)]
pub struct Follow<'a> {
    /// The stack.
    pub stack: &'a StackRef,
    /// What was asked of Heat.
    pub action: Action,
    /// What was asked, where a stack is changed that had ended well before: until Heat
    /// begins, it still shows how the change before ended.
    pub request: Option<Request<'a>>,
    /// Whether Heat undoes it when it fails.
    pub rolls_back: bool,
    /// Until when.
    pub deadline: Deadline,
    /// Types by path, for events; Heat's list of events lacks them.
    pub kinds: &'a HashMap<String, String>,
    /// How long a server may take to be ready; none where nobody waits for servers.
    pub server_deadline: Option<Duration>,
}

/// What tells one change of a stack from others.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The tag that it gives the stack.
    pub tag: &'a str,
    /// The tags that were there when it was asked.
    pub before: &'a [String],
}

/// Follows to the end. Good: the stack as it is then (none for one that is deleted).
/// Bad: the first failure with its evidence.
pub async fn follow(
    cloud: &Cloud,
    log: &mut EventLog,
    what: &Follow<'_>,
) -> Result<Option<Stack>, StackError> {
    let mut following = Following::new(cloud, log, what);
    let mut silence = what.server_deadline.map(Silence::longer_than);
    loop {
        if let ControlFlow::Break(stack) = Box::pin(following.step()).await? {
            return Ok(stack);
        }
        following.ask_again().await?;
        if let Some(silence) = &mut silence {
            // Only an aid: another look follows, and what Heat itself says decides.
            let _ = Box::pin(silence.end(cloud, what.stack, following.now())).await;
        }
        if what.deadline.passed() {
            return Err(timed_out(cloud, what).await);
        }
        sleep(TICK.min(what.deadline.remaining())).await;
    }
}

/// What one look at a stack showed. It breaks off where the stack ended well, with none
/// for one that is deleted.
type Step = ControlFlow<Option<Stack>>;

/// What is known of a stack while it is followed.
struct Following<'a> {
    cloud: &'a Cloud,
    log: &'a mut EventLog,
    what: &'a Follow<'a>,
    begun: Instant,
    look: Look,
    outage: Outage,
    seen: bool,
    failed_since: Option<Instant>,
    failures: Vec<HeatEvent>,
    /// Found as soon as something failed, as Heat on its way back removes what could
    /// tell why.
    early: Option<Traced>,
}

impl<'a> Following<'a> {
    fn new(cloud: &'a Cloud, log: &'a mut EventLog, what: &'a Follow<'a>) -> Self {
        Self {
            cloud,
            log,
            what,
            begun: Instant::now(),
            look: Look::default(),
            outage: Outage::default(),
            seen: false,
            failed_since: None,
            failures: Vec::new(),
            early: None,
        }
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Looks at what is due.
    async fn step(&mut self) -> Result<Step, StackError> {
        let (want_status, want_events) = self.look.wanted(self.now());
        let (status, news) = tokio::join!(
            wanted(want_status, status(self.cloud, self.what)),
            wanted(want_events, news(self.cloud, self.log, self.what)),
        );
        match news {
            Some(Ok(news)) => self.heard(news).await,
            Some(Err(error)) => self.outage.note(self.cloud, error)?,
            None => {}
        }
        match status {
            Some(Ok(stack)) => self.judged(stack).await,
            Some(Err(error)) => {
                self.outage.note(self.cloud, error)?;
                Ok(Step::Continue(()))
            }
            None => Ok(Step::Continue(())),
        }
    }

    async fn heard(&mut self, news: Vec<HeatEvent>) {
        let new = self.log.take(news, self.now());
        self.look.saw(self.now(), &new, self.log);
        self.told(new);
        if self.what.rolls_back && self.early.is_none() && !self.failures.is_empty() {
            self.early = Some(traced(self.cloud, self.what, &self.failures).await);
        }
    }

    fn told(&mut self, new: Vec<HeatEvent>) {
        tell(self.cloud, self.log, self.what, &new);
        let failures = new.into_iter().filter(|event| event.status.is_failed());
        self.failures.extend(failures);
    }

    /// What the stack, or that there is none, says about the end.
    async fn judged(&mut self, stack: Option<Stack>) -> Result<Step, StackError> {
        if stack.is_none() && may_be_new(&self.what.action, self.seen, self.now()) {
            return Ok(Step::Continue(()));
        }
        self.outage.over();
        self.seen = true;
        self.look.status_at = Some(self.now());
        let Some(stack) = stack else {
            return self.gone().await;
        };
        let end = match shown(&stack, self.what.request) {
            Shown::Ours => outcome(&stack, &self.what.action, self.what.rolls_back),
            Shown::Before => Outcome::GoesOn,
            Shown::Anothers => return Err(StackError::Overtaken { stack: stack.name }),
        };
        let since = *self.failed_since.get_or_insert_with(Instant::now);
        match end {
            Outcome::GoesOn => {
                self.failed_since = None;
                Ok(Step::Continue(()))
            }
            Outcome::MayRollBack if since.elapsed() < ROLLBACK_GRACE => Ok(Step::Continue(())),
            Outcome::Done => {
                self.last_news().await;
                let left = self.what.action != Action::Delete;
                Ok(Step::Break(left.then_some(stack)))
            }
            Outcome::Failed | Outcome::MayRollBack => {
                self.last_news().await;
                let early = self.early.take();
                Err(failed(self.cloud, self.what, stack, &self.failures, early).await)
            }
        }
    }

    /// The status can be read a moment before the last events: they belong to the story.
    async fn last_news(&mut self) {
        if let Ok(news) = news(self.cloud, self.log, self.what).await {
            let new = self.log.take(news, self.now());
            self.told(new);
        }
    }

    /// A deleted stack's events can only be had without those of nested stacks.
    async fn gone(&mut self) -> Result<Step, StackError> {
        let stack = self.what.stack;
        if self.what.action != Action::Delete {
            return Err(StackError::Gone {
                stack: stack.name.clone(),
            });
        }
        let heat = self.cloud.heat();
        if let Ok(news) = heat.events(stack, self.log.marker(), 0).await {
            let new = self.log.take(news, self.now());
            self.told(new);
        }
        Ok(Step::Break(None))
    }

    /// Asks for a delete again that Heat lost.
    async fn ask_again(&mut self) -> Result<(), StackError> {
        if self.what.action != Action::Delete || !self.look.stalled(self.now()) {
            return Ok(());
        }
        let stack = self.what.stack;
        self.cloud
            .reporter()
            .note(&stack.name, self.look.asks_again());
        match self.cloud.heat().delete(stack).await {
            Err(error) if !error.is_not_found() => self.outage.note(self.cloud, error),
            _ => Ok(()),
        }
    }
}

async fn wanted<T>(is_due: bool, look: impl Future<Output = T>) -> Option<T> {
    if is_due { Some(look.await) } else { None }
}

/// Errors that pass are waited out until the deadline, and told once.
#[derive(Debug, Default)]
struct Outage {
    told: bool,
}

impl Outage {
    fn note(&mut self, cloud: &Cloud, error: CloudError) -> Result<(), StackError> {
        if !error.is_transient() {
            return Err(error.into());
        }
        if !self.told {
            cloud
                .reporter()
                .warn(error.to_string(), "waiting for the cloud to answer again");
        }
        self.told = true;
        Ok(())
    }

    fn over(&mut self) {
        self.told = false;
    }
}

/// The stack, or none once it is deleted.
async fn status(cloud: &Cloud, what: &Follow<'_>) -> Result<Option<Stack>, CloudError> {
    match cloud.heat().stack(what.stack).await {
        Ok(stack) => {
            let deleted = stack.status.is(&Action::Delete, &State::Complete);
            Ok((!deleted).then_some(stack))
        }
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

async fn news(
    cloud: &Cloud,
    log: &EventLog,
    what: &Follow<'_>,
) -> Result<Vec<HeatEvent>, CloudError> {
    cloud
        .heat()
        .events(what.stack, log.marker(), DEPTH_MAX)
        .await
}
