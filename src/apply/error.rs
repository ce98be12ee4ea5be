//! Why a stack is not what was asked for.

use std::fmt;
use std::time::Duration;

use crate::apply::evidence::Evidence;
use crate::apply::first_failure::FirstFailure;
use crate::apply::leftover::Leftover;
use crate::apply::lock::LockError;
use crate::error::{Failure, Kind};
use crate::openstack::error::CloudError;
use crate::openstack::stack_status::{Action, StackStatus};

/// What Heat says then: the class of keystoneauth's error, by its name.
const UNAUTHORIZED: &str = "Unauthorized";

/// A stack that Heat gave up on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedStack {
    /// The stack's name.
    pub stack: String,
    /// How it ended.
    pub status: StackStatus,
    /// Heat's words for the whole stack.
    pub reason: String,
    /// The resource that failed first, where it could be found.
    pub first: Option<FirstFailure>,
    /// What that resource's server told.
    pub evidence: Option<Evidence>,
}

impl FailedStack {
    /// Whether a service refused Heat the token of the request that it was at work on.
    pub fn token_ended(&self) -> bool {
        let first = self.first.iter().map(|first| first.reason.as_str());
        first
            .chain([self.reason.as_str()])
            .any(|reason| reason.contains(UNAUTHORIZED))
    }
}

impl fmt::Display for FailedStack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stack `{}`: {}: ", self.stack, self.status)?;
        match &self.first {
            Some(first) => first.fmt(f),
            None => f.write_str(&self.reason),
        }
    }
}

/// Why work on a stack ended without success.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The cloud did not answer as it should.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// What is there must not be touched by this.
    #[error("{message}")]
    Refused {
        /// What is there.
        message: String,
        /// What to do instead.
        hint: String,
    },
    /// Somebody else took the environment's lock.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Heat gave up.
    #[error("{0}")]
    Failed(Box<FailedStack>),
    /// Our deadline passed before Heat was done.
    #[error("stack `{stack}`: {action} not done after {} s{}", .after.as_secs(), waiting(.busy))]
    TimedOut {
        /// The stack's name.
        stack: String,
        /// What was waited for.
        action: Action,
        /// How long was waited.
        after: Duration,
        /// Resources that Heat was still working on.
        busy: Vec<String>,
    },
    /// Somebody removed the stack meanwhile.
    #[error("stack `{stack}` was removed by somebody else meanwhile")]
    Gone {
        /// The stack's name.
        stack: String,
    },
    /// Another change of the stack was asked of Heat after ours, which it dropped.
    #[error("stack `{stack}` is being changed by somebody else, who asked Heat after this run did")]
    Overtaken {
        /// The stack's name.
        stack: String,
    },
    /// The stack is gone, but not all that belonged to it.
    #[error("stack `{stack}` is gone, but {} left: {}", count(.left.len()), listed(.left))]
    LeftBehind {
        /// The stack's name.
        stack: String,
        /// What is still there.
        left: Vec<Leftover>,
    },
}

fn waiting(busy: &[String]) -> String {
    if busy.is_empty() {
        return String::new();
    }
    format!(", still waiting for {}", busy.join(", "))
}

fn count(count: usize) -> String {
    if count == 1 {
        "1 thing is".to_owned()
    } else {
        format!("{count} things are")
    }
}

fn listed(left: &[Leftover]) -> String {
    let each: Vec<String> = left.iter().map(ToString::to_string).collect();
    each.join("; ")
}

impl From<StackError> for Failure {
    fn from(error: StackError) -> Self {
        let message = error.to_string();
        match error {
            StackError::Cloud(error) => error.into(),
            StackError::Lock(error) => error.into(),
            StackError::Refused { hint, .. } => Self::new(Kind::Refused, message).hint(hint),
            StackError::Failed(failed) => {
                let failure = Self::new(Kind::Failed, message);
                match failed.evidence {
                    Some(evidence) => failure.caused_by(evidence),
                    None => failure,
                }
            }
            StackError::TimedOut { .. } => Self::new(Kind::TimedOut, message)
                .hint("Heat goes on: the same command again takes up where this one left"),
            StackError::LeftBehind { .. } => Self::new(Kind::Failed, message)
                .hint("remove the reason, then run the same command again"),
            StackError::Gone { .. } => Self::new(Kind::Failed, message)
                .hint("find out who and why, before `stack create ENV` makes it anew"),
            StackError::Overtaken { .. } => Self::new(Kind::Locked, message)
                .hint("`ptero-deploy lock show ENV` tells who it is, and what they do"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FailedStack;
    use crate::openstack::stack_status::StackStatus;

    #[test]
    fn a_token_that_ended_is_known_by_heats_words() {
        let failed = |reason: &str| FailedStack {
            stack: "a".to_owned(),
            status: StackStatus::parse("UPDATE_FAILED"),
            reason: reason.to_owned(),
            first: None,
            evidence: None,
        };
        let words = "Resource DELETE failed: Unauthorized: resources.x.resources.server: The request you have made requires authentication. (HTTP 401)";
        assert!(failed(words).token_ended());
        assert!(!failed("Resource CREATE failed: ResourceInError").token_ended());
    }
}
