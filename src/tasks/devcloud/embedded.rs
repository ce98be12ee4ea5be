//! The embedded cloud's crate, as tasks use it: its progress as events, its
//! errors as failures, its blocking calls off the runtime.

use devcloud::{Devcloud, Error, Progress, Settings};

use crate::error::{Failure, Kind};
use crate::ui::reporter::Reporter;

/// What the lines of progress are about.
const SUBJECT: &str = "devcloud";

/// The embedded cloud of this machine.
pub fn here() -> Devcloud {
    Devcloud::new(Settings::default())
}

/// Runs a blocking call, telling its progress.
pub async fn run<T: Send + 'static>(
    reporter: Reporter,
    work: impl FnOnce(&mut dyn FnMut(Progress)) -> Result<T, Error> + Send + 'static,
) -> Result<T, Failure> {
    let task = tokio::task::spawn_blocking(move || work(&mut |progress| tell(&reporter, progress)));
    match task.await {
        Ok(result) => result.map_err(failure),
        Err(panic) => {
            Err(Failure::new(Kind::Failed, "the embedded cloud's driver broke").caused_by(panic))
        }
    }
}

/// An error of the crate, at the edge.
pub fn failure(error: Error) -> Failure {
    Failure::new(Kind::Failed, "the embedded cloud").caused_by(error)
}

fn tell(reporter: &Reporter, progress: Progress) {
    match progress {
        Progress::Started { step } => reporter.note(SUBJECT, format!("{step} ...")),
        Progress::Finished { step, took } => {
            reporter.note(
                SUBJECT,
                format!("{step}: done in {:.1} s", took.as_secs_f64()),
            );
        }
        Progress::Note { text } => reporter.note(SUBJECT, text),
    }
}
