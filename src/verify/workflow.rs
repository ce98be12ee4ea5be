//! One workflow from its submission to its end.

use serde_json::Value;
use tokio::time::{Instant, sleep};
use url::Url;

use crate::verify::document;
use crate::verify::finding::Finding;
use crate::verify::http::{Answer, Http, on_host_of};
use crate::verify::limits::Limits;

/// The statuses from which a workflow moves no more.
pub const FINAL: [&str; 4] = ["succeeded", "failed", "errored", "canceled"];

/// How often a document is sent to see whether any web server refuses it: with an old
/// one beside each new one, one of a hundred such looks misses that.
const OPINIONS: usize = 7;

/// A way to the workflow service.
pub struct Workflows<'a> {
    /// The client.
    pub http: &'a Http,
    /// The service, without its `/v1`.
    pub base: &'a Url,
    /// How long to wait.
    pub limits: Limits,
}

/// A workflow that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    url: Url,
    reports: Value,
    keeps_output: bool,
}

/// A workflow that moves no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Its last status.
    pub status: String,
    submitted: Submitted,
}

impl Workflows<'_> {
    /// Sends a body to where workflows are submitted.
    pub async fn post(&self, body: &str) -> Result<Answer, Finding> {
        let url = on_host_of(self.base, "/v1/workflows").unwrap_or_else(|| self.base.clone());
        let answer = self.http.post(&url, body).await;
        answer.map_err(|error| Finding::new("an answer", error.to_string()))
    }

    /// Submits `document` and waits for its end.
    pub async fn run(&self, document: &Value) -> Result<Ended, Finding> {
        let submitted = self.submit(document).await?;
        self.end(submitted).await
    }

    async fn submit(&self, document: &Value) -> Result<Submitted, Finding> {
        let answer = self.post(&document.to_string()).await?;
        let mut frugal = document.clone();
        if answer.status != 400 || !document::keep_nothing(&mut frugal, &answer.body) {
            return accepted(self.base, &answer, true);
        }
        let answer = self.post(&frugal.to_string()).await?;
        accepted(self.base, &answer, false)
    }

    /// Whether some member keeps nothing of what jobs write, as one of an older release
    /// beside those of a newer one: its web server refuses a document that asks for it.
    pub async fn some_keep_nothing(&self, document: &Value) -> bool {
        for _ in 0..OPINIONS {
            let Ok(ended) = self.run(document).await else {
                return false;
            };
            self.forget(&ended).await;
            if !ended.keeps_output() {
                return true;
            }
        }
        false
    }

    /// Submits `document`, cancels it once it is under way, and waits for its end.
    pub async fn cancel(&self, document: &Value) -> Result<Ended, Finding> {
        let submitted = self.submit(document).await?;
        let begun = |status: &str| status == "running" || FINAL.contains(&status);
        let begun = self.until(submitted, "begin", begun).await?;
        let url = begun.url();
        match self.http.patch(url, r#"{"is_canceled": true}"#).await {
            Ok(answer) if answer.status == 200 => self.end(begun.submitted).await,
            Ok(answer) => Err(Finding::new("200 for a cancellation", answer.excerpt())),
            Err(error) => Err(Finding::new("200 for a cancellation", error.to_string())),
        }
    }

    async fn end(&self, submitted: Submitted) -> Result<Ended, Finding> {
        self.until(submitted, "end", |status| FINAL.contains(&status))
            .await
    }

    async fn until(
        &self,
        submitted: Submitted,
        what: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Ended, Finding> {
        let deadline = Instant::now() + self.limits.workflow;
        loop {
            // A lost answer is asked for again until the deadline: what is
            // checked is the workflow, not each single request.
            let seen = match self.http.get(&submitted.url).await {
                Ok(answer) => match status(&answer) {
                    Some(status) if wanted(&status) => {
                        return Ok(Ended { status, submitted });
                    }
                    Some(status) => format!("status `{status}`"),
                    None => answer.excerpt(),
                },
                Err(error) => error.to_string(),
            };
            if Instant::now() >= deadline {
                let seconds = self.limits.workflow.as_secs();
                let expected = format!("{} to {what} within {seconds} s", submitted.url);
                return Err(Finding::new(expected, seen));
            }
            sleep(self.limits.pause).await;
        }
    }

    /// A report about `ended`, e.g. `workflow-outputs`.
    pub async fn report(&self, ended: &Ended, kind: &str) -> Result<Value, Finding> {
        let expected = format!("a report `{kind}` of {}", ended.submitted.url);
        let there = ended.submitted.reports[kind].as_str();
        let Some(url) = there.and_then(|there| on_host_of(self.base, there)) else {
            return Err(Finding::new(expected, "no such report among its URLs"));
        };
        match self.http.get(&url).await {
            Ok(answer) if answer.status == 200 => Ok(answer.json()),
            Ok(answer) => Err(Finding::new(expected, answer.excerpt())),
            Err(error) => Err(Finding::new(expected, error.to_string())),
        }
    }

    /// Removes a workflow that is of no more use; one that cannot be removed
    /// is left, as its removal is not what is checked.
    pub async fn forget(&self, ended: &Ended) {
        let _ = self.http.delete(&ended.submitted.url).await;
    }
}

impl Ended {
    /// Where the workflow can be looked at.
    pub fn url(&self) -> &Url {
        &self.submitted.url
    }

    /// Whether this PTero keeps what jobs write.
    pub fn keeps_output(&self) -> bool {
        self.submitted.keeps_output
    }
}

fn accepted(base: &Url, answer: &Answer, keeps_output: bool) -> Result<Submitted, Finding> {
    let expected = "201 with the place of the workflow";
    let place = answer.location.as_deref().filter(|_| answer.status == 201);
    let url = place.and_then(|there| on_host_of(base, there));
    let url = url.ok_or_else(|| Finding::new(expected, answer.excerpt()))?;
    let reports = answer.json()["reports"].take();
    Ok(Submitted {
        url,
        reports,
        keeps_output,
    })
}

fn status(answer: &Answer) -> Option<String> {
    let body = answer.json();
    let status = body["status"].as_str().filter(|_| answer.status == 200)?;
    Some(status.to_owned())
}
