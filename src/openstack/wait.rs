//! The one way to wait for the cloud: a caller's verdict over what it sees,
//! asked again until it is final or the deadline passes.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::openstack::error::CloudError;

/// A moment on the monotonic clock: a change of the wall clock cannot move it.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    at: Instant,
    limit: Duration,
}

impl Deadline {
    /// The deadline `limit` from now.
    pub fn after(limit: Duration) -> Self {
        Self {
            at: Instant::now() + limit,
            limit,
        }
    }

    /// Whether it passed.
    pub fn passed(&self) -> bool {
        Instant::now() >= self.at
    }

    /// How long it still is; zero once passed.
    pub fn remaining(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// How long it was when it was set.
    pub fn limit(&self) -> Duration {
        self.limit
    }
}

/// How often to look: every `first`, growing by half up to `longest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Pause after the first look.
    pub first: Duration,
    /// Longest pause.
    pub longest: Duration,
}

impl Pace {
    /// For what takes seconds.
    pub const QUICK: Self = Self {
        first: Duration::from_millis(300),
        longest: Duration::from_secs(2),
    };

    fn next(self, pause: Duration) -> Duration {
        (pause + pause / 2).min(self.longest)
    }
}

/// What a look showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<T, E> {
    /// Not yet.
    Go,
    /// What was waited for.
    Done(T),
    /// It cannot come any more.
    Failed(E),
}

/// Why waiting ended without it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WaitError<E> {
    /// The verdict was final and bad.
    #[error("{0}")]
    Failed(E),
    /// The deadline passed; `last` is the cloud's last error, if it was failing then.
    #[error("not done after {} s{}", .after.as_secs(), last_error(.last.as_ref()))]
    TimedOut {
        /// How long was waited.
        after: Duration,
        /// The cloud's last error.
        last: Option<CloudError>,
    },
    /// The cloud refused to answer, and would again.
    #[error("{0}")]
    Cloud(CloudError),
}

fn last_error(last: Option<&CloudError>) -> String {
    last.map_or_else(String::new, |error| format!(", last: {error}"))
}

/// Looks until the verdict is final. Errors that may pass (an API that restarts,
/// a laptop that slept) are waited out as well.
pub async fn until<T, E>(
    deadline: Deadline,
    pace: Pace,
    mut look: impl AsyncFnMut() -> Result<Verdict<T, E>, CloudError>,
) -> Result<T, WaitError<E>> {
    let mut pause = pace.first;
    loop {
        let last = match look().await {
            Ok(Verdict::Done(value)) => return Ok(value),
            Ok(Verdict::Failed(reason)) => return Err(WaitError::Failed(reason)),
            Ok(Verdict::Go) => None,
            Err(error) if error.is_transient() => Some(error),
            Err(error) => return Err(WaitError::Cloud(error)),
        };
        if deadline.passed() {
            return Err(WaitError::TimedOut {
                after: deadline.limit(),
                last,
            });
        }
        sleep(pause.min(deadline.remaining())).await;
        pause = pace.next(pause);
    }
}

#[cfg(test)]
mod tests {
    use super::{Deadline, Duration, Pace, Verdict, WaitError, until};
    use crate::openstack::error::CloudError;

    fn lost() -> CloudError {
        CloudError::Lost {
            method: "GET".to_owned(),
            url: "http://cloud.example/".to_owned(),
            reason: "reset".to_owned(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn passing_errors_are_waited_out_until_the_verdict() {
        let mut looks = 0;
        let deadline = Deadline::after(Duration::from_secs(60));
        let result: Result<u32, WaitError<()>> = until(deadline, Pace::QUICK, async || {
            looks += 1;
            match looks {
                1 => Ok(Verdict::Go),
                2 => Err(lost()),
                _ => Ok(Verdict::Done(7)),
            }
        })
        .await;
        assert_eq!(result, Ok(7));
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_ends_it_and_keeps_the_last_error() {
        let deadline = Deadline::after(Duration::from_secs(5));
        let result: Result<(), WaitError<()>> =
            until(deadline, Pace::QUICK, async || Err(lost())).await;
        assert_eq!(
            result,
            Err(WaitError::TimedOut {
                after: Duration::from_secs(5),
                last: Some(lost())
            })
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_bad_verdict_ends_it_at_once() {
        let deadline = Deadline::after(Duration::from_secs(5));
        let result: Result<(), WaitError<&str>> = until(deadline, Pace::QUICK, async || {
            Ok(Verdict::Failed("no host"))
        })
        .await;
        assert_eq!(result, Err(WaitError::Failed("no host")));
    }
}
