//! The requests of the slow tests. Each that fails is counted and told; what
//! to do about it is its caller's business.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use url::Url;

use crate::ui::reporter::Reporter;
use crate::verify::details::job_runs;
use crate::verify::http::{Answer, Http, NoAnswer, on_host_of};
use crate::verify::slow::entry::{Told, job};
use crate::verify::slow::run_id::RunId;
use crate::verify::slow::seen::Workflow;
use crate::verify::workflow::FINAL;

/// A way to the workflow service and to the ledger.
pub struct Requests {
    http: Http,
    workflow: Url,
    gateway: Url,
    reporter: Reporter,
    failed: Mutex<Failed>,
}

/// Requests that failed.
#[derive(Debug, Clone, Default)]
pub struct Failed {
    /// How many.
    pub count: usize,
    /// The first, in words.
    pub first: Option<String>,
}

/// A request that failed, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAnswered(pub String);

/// What a look at a workflow saw.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// It is there.
    There(Found),
    /// The service knows none of that name.
    Absent,
}

/// A workflow that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its status.
    pub status: String,
    /// Its number, for its removal.
    pub id: Option<String>,
    details: Option<Url>,
}

impl Found {
    /// Its status as far as it matters here.
    pub fn workflow(&self) -> Workflow {
        if FINAL.contains(&self.status.as_str()) {
            Workflow::Ended(self.status.clone())
        } else {
            Workflow::Moving(self.status.clone())
        }
    }
}

impl Requests {
    /// A way to both that uses `http` and tells `reporter` of failures.
    pub fn new(http: Http, workflow: Url, gateway: Url, reporter: Reporter) -> Self {
        Self {
            http,
            workflow,
            gateway,
            reporter,
            failed: Mutex::default(),
        }
    }

    /// What failed so far.
    pub fn failed(&self) -> Failed {
        self.failures().clone()
    }

    /// Submits a document.
    pub async fn submit(&self, document: &Value) -> Result<Answer, NotAnswered> {
        let url = at(&self.workflow, "/v1/workflows");
        self.usable(
            "POST",
            &url,
            self.http.post(&url, &document.to_string()).await,
        )
    }

    /// Looks for a workflow by its name.
    pub async fn look(&self, name: &str) -> Result<Look, NotAnswered> {
        let url = at(&self.workflow, &format!("/v1/workflows?name={name}"));
        let answer = self.usable("GET", &url, self.http.get(&url).await)?;
        let body = answer.json();
        match (answer.status, body["status"].as_str()) {
            (200, Some(status)) => Ok(Look::There(found(&self.workflow, status, &body))),
            (404 | 410, _) => Ok(Look::Absent),
            _ => Err(self.count(format!("GET {url}: {}", answer.excerpt()))),
        }
    }

    /// What a job of a workflow said of what went wrong; nothing where that
    /// cannot be known, as it only adds to a finding.
    pub async fn trouble(&self, found: &Found) -> Option<String> {
        let answer = self.http.get(found.details.as_ref()?).await.ok()?;
        let runs = job_runs(&answer.json());
        let wrong = runs.iter().find(|run| run.status != Workflow::SUCCEEDED)?;
        Some(wrong.summary())
    }

    /// Removes a workflow that is of no more use, if it can be removed.
    pub async fn forget(&self, id: &str) {
        let url = at(&self.workflow, &format!("/v1/workflows/{id}"));
        let _ = self.http.delete(&url).await;
    }

    /// Writes a line into the ledger.
    pub async fn tell(
        &self,
        run: &RunId,
        number: usize,
        event: Told,
        attempt: &str,
    ) -> Result<(), NotAnswered> {
        let event = event.as_str();
        let path = format!("/-/ledger/{run}/{}/{event}/{attempt}", job(number));
        let url = at(&self.gateway, &path);
        let answer = self.usable("POST", &url, self.http.post(&url, "").await)?;
        match answer.status {
            204 => Ok(()),
            _ => Err(self.count(format!("POST {url}: {}", answer.excerpt()))),
        }
    }

    /// The ledger's answer about a run: its lines, or whatever else it says.
    pub async fn ledger(&self, run: &RunId) -> Result<Answer, NotAnswered> {
        let url = at(&self.gateway, &format!("/-/ledger/{run}"));
        self.usable("GET", &url, self.http.get(&url).await)
    }

    /// An answer of somebody who was there and able to answer.
    fn usable(
        &self,
        method: &str,
        url: &Url,
        answer: Result<Answer, NoAnswer>,
    ) -> Result<Answer, NotAnswered> {
        match answer {
            Ok(answer) if answer.status < 500 && answer.status != 429 => Ok(answer),
            Ok(answer) => Err(self.count(format!("{method} {url}: {}", answer.excerpt()))),
            Err(error) => Err(self.count(error.to_string())),
        }
    }

    fn count(&self, reason: String) -> NotAnswered {
        let mut failed = self.failures();
        failed.count += 1;
        failed.first.get_or_insert_with(|| reason.clone());
        let text = format!("failed request {}: {reason}", failed.count);
        drop(failed);
        self.reporter.note("slow tests", text);
        NotAnswered(reason)
    }

    fn failures(&self) -> MutexGuard<'_, Failed> {
        // Numbers and a text: whoever panicked left them whole.
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn at(base: &Url, path: &str) -> Url {
    on_host_of(base, path).unwrap_or_else(|| base.clone())
}

/// PTero tells a workflow's number in the URLs of its reports only.
fn found(base: &Url, status: &str, body: &Value) -> Found {
    let details = body["reports"]["workflow-details"].as_str();
    let details = details.and_then(|there| on_host_of(base, there));
    let id = details.as_ref().and_then(|url| {
        let mut pairs = url.query_pairs();
        let pair = pairs.find(|(key, _)| key == "workflow_id");
        pair.map(|(_, value)| value.into_owned())
    });
    // It becomes part of a path.
    let id = id.filter(|id| id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    Found {
        status: status.to_owned(),
        id,
        details,
    }
}
