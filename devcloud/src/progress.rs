//! What `up` and `down` tell while they work. Nothing here prints.

use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// One report of progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A step begins. Two may run at once.
    Started {
        /// What it does, for a person.
        step: String,
    },
    /// A step ended well.
    Finished {
        /// As in `Started`.
        step: String,
        /// How long it took.
        took: Duration,
    },
    /// Something worth knowing that is not a step.
    Note {
        /// A sentence.
        text: String,
    },
}

/// Where the inner functions report to; may be cloned into threads.
#[derive(Debug, Clone)]
pub(crate) struct Reporter(Sender<Progress>);

impl Reporter {
    pub(crate) fn new(sender: Sender<Progress>) -> Self {
        Self(sender)
    }

    pub(crate) fn note(&self, text: impl Into<String>) {
        self.send(Progress::Note { text: text.into() });
    }

    /// Runs a step between its two reports.
    pub(crate) fn step<T, E>(
        &self,
        step: &str,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        self.send(Progress::Started {
            step: step.to_owned(),
        });
        let since = Instant::now();
        let result = work()?;
        self.send(Progress::Finished {
            step: step.to_owned(),
            took: since.elapsed(),
        });
        Ok(result)
    }

    fn send(&self, progress: Progress) {
        // Whoever listened may be gone; the work is still to be done.
        drop(self.0.send(progress));
    }
}
