//! One submission that survives whatever passes. A request whose answer was
//! lost may have been taken: then the workflow is there, by its name.

use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use crate::verify::document;
use crate::verify::slow::command;
use crate::verify::slow::entry::Told;
use crate::verify::slow::plan::PlannedJob;
use crate::verify::slow::requests::{Look, NotAnswered};
use crate::verify::slow::seen::Submission;
use crate::verify::slow::work::Work;

/// What comes next.
enum Next {
    /// Send it.
    Send,
    /// It may be there: look first; and what to do where it is not.
    Look(Absent),
}

/// What it means that a workflow is not there.
enum Absent {
    /// The request never arrived: send it again.
    SendAgain,
    /// The service refused it.
    Refused(String),
}

impl Work {
    /// Submits `job`, until the workflow service has it or patience ends.
    pub async fn submit(&self, job: &PlannedJob) -> Submission {
        let mut document = match self.document(job) {
            Ok(document) => document,
            Err(reason) => return Submission::NotTaken(reason),
        };
        let until = Instant::now() + self.limits.patience;
        let attempt = Uuid::new_v4().simple().to_string();
        loop {
            let told = self
                .requests
                .tell(&self.run, job.number, Told::Submit, &attempt);
            match told.await {
                Ok(()) => break,
                Err(NotAnswered(reason)) if !self.again(until).await => {
                    return Submission::NotTaken(reason);
                }
                Err(_) => {}
            }
        }
        let mut next = Next::Send;
        loop {
            let reason = match next {
                Next::Send => match self.requests.submit(&document).await {
                    Ok(answer) if answer.status == 201 => return Submission::Taken,
                    Ok(answer) if document::keep_nothing(&mut document, &answer.body) => continue,
                    // Refused for its name, when it was taken before.
                    Ok(answer) => {
                        next = Next::Look(Absent::Refused(answer.excerpt()));
                        continue;
                    }
                    Err(NotAnswered(reason)) => {
                        next = Next::Look(Absent::SendAgain);
                        reason
                    }
                },
                Next::Look(absent) => {
                    match (
                        self.requests.look(&self.run.workflow(job.number)).await,
                        absent,
                    ) {
                        (Ok(Look::There(_)), _) => return Submission::Taken,
                        (Ok(Look::Absent), Absent::Refused(why)) => {
                            return Submission::NotTaken(why);
                        }
                        (Ok(Look::Absent), Absent::SendAgain) => {
                            next = Next::Send;
                            continue;
                        }
                        (Err(NotAnswered(reason)), absent) => {
                            next = Next::Look(absent);
                            reason
                        }
                    }
                }
            };
            if !self.again(until).await {
                return Submission::NotTaken(reason);
            }
        }
    }

    fn document(&self, job: &PlannedJob) -> Result<Value, String> {
        let jobs = self.target.jobs.as_ref();
        let jobs = jobs.ok_or("no service runs jobs")?;
        let place = command::place(&self.target, jobs, &self.run, job.number);
        let place = place.ok_or_else(|| format!("`{}` is no address", jobs.service_url))?;
        let line = command::line(&place, job.length);
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        let name = self.run.workflow(job.number);
        Ok(document::with_jobs(&name, jobs, &line, 1))
    }

    /// Pauses; whether there is time for one more try.
    async fn again(&self, until: Instant) -> bool {
        Instant::now() < until && self.pause().await
    }
}
