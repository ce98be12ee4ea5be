//! Why a lock is not ours.

use std::time::Duration;

use crate::apply::lock::holder::Holder;
use crate::apply::lock::state::{RENEW, Seen};
use crate::error::{Failure, Kind};
use crate::openstack::error::CloudError;
use crate::ui::words::duration;

/// Why a lock is not ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// The cloud did not answer as it should.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// Somebody else holds it.
    #[error("environment `{env}` is locked {}", told(.seen))]
    Held {
        /// The environment.
        env: String,
        /// The lock.
        seen: Box<Seen>,
        /// How long it lasts unless it is renewed, where known.
        left: Option<Duration>,
    },
    /// A stack that is no lock has its name.
    #[error("a stack `{name}` is there that is no lock of this program")]
    Foreign {
        /// The stack's name.
        name: String,
    },
    /// It comes and goes, or does not go.
    #[error("the lock of environment `{env}` was neither free nor held for {} s", .after.as_secs())]
    Busy {
        /// The environment.
        env: String,
        /// How long it was tried.
        after: Duration,
    },
    /// It was ours, and is not any more.
    #[error("the lock of environment `{env}` is not ours any more{}", successor(.by.as_deref()))]
    Lost {
        /// The environment.
        env: String,
        /// Who has it now, where somebody does.
        by: Option<String>,
    },
}

/// Who holds a lock, since when and what for.
pub fn told(seen: &Seen) -> String {
    let since = &seen.stack.creation_time;
    let Some(holder) = &seen.holder else {
        return format!("since {since}; its holder cannot be read");
    };
    let Holder {
        by,
        pid,
        command,
        step,
        ..
    } = holder;
    let mut text = format!("by {by} (process {pid}) since {since}: `{command}`");
    if !step.is_empty() {
        text.push_str(", at step `");
        text.push_str(step);
        text.push('`');
    }
    text
}

fn successor(by: Option<&str>) -> String {
    match by {
        Some(by) => format!(": {by} holds it now"),
        None => ": it was broken, or not renewed in time".to_owned(),
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        let message = error.to_string();
        match error {
            LockError::Cloud(error) => error.into(),
            LockError::Held { env, left, .. } => {
                let ends = match left {
                    Some(left) => format!(
                        "its holder renews it every {}; if that stopped, it ends in {}: then run this again",
                        duration(RENEW),
                        duration(left)
                    ),
                    None => "run this again when its holder is done".to_owned(),
                };
                Self::new(Kind::Locked, message).hint(ends).hint(format!(
                    "`ptero-deploy lock show {env}` shows it; `ptero-deploy lock break {env}` takes it from a holder that will not come back"
                ))
            }
            LockError::Foreign { .. } => Self::new(Kind::Refused, message)
                .hint("choose another `stack_name`, or remove that stack by hand"),
            LockError::Busy { env, .. } => Self::new(Kind::Locked, message).hint(format!(
                "run this again; `ptero-deploy lock show {env}` shows who is at it"
            )),
            LockError::Lost { env, .. } => Self::new(
                Kind::Locked,
                format!("{message}; stopped before the next change"),
            )
            .hint(format!(
                "`ptero-deploy lock show {env}` shows who works on it, `ptero-deploy stack status {env}` how it is"
            )),
        }
    }
}
