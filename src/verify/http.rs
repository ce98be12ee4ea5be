//! The checks' own small HTTP client: time limits on everything, and never
//! to another host than the one asked, whatever an answer says.

use std::time::Duration;

use reqwest::{Client, Method, Response, redirect};
use serde_json::Value;
use url::Url;

/// Longer than this, an excerpt of an answer is of no help in a report.
const EXCERPT_MAX: usize = 160;

/// The most of an answer that is read: a report about hundreds of jobs is far
/// below, and an endless answer would fill the memory.
const BODY_MAX: usize = 16 << 20;

/// The client; clones share its connections.
#[derive(Clone)]
pub struct Http {
    client: Client,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The `Location` header.
    pub location: Option<String>,
    /// The body as text.
    pub body: String,
}

/// No answer.
#[derive(Debug, thiserror::Error)]
#[error("no answer from {method} {url}: {reason}")]
pub struct NoAnswer {
    method: Method,
    url: Url,
    reason: String,
}

impl Http {
    /// A client whose requests each take at most `request`.
    pub fn new(request: Duration) -> reqwest::Result<Self> {
        // Refused when somebody installed one before, which is as good.
        crate::tls::choose();
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(request)
            .build()?;
        Ok(Self { client })
    }

    /// Asks for `url`.
    pub async fn get(&self, url: &Url) -> Result<Answer, NoAnswer> {
        self.send(Method::GET, url, None).await
    }

    /// Sends `body`, which says that it is JSON whether it is or not.
    pub async fn post(&self, url: &Url, body: &str) -> Result<Answer, NoAnswer> {
        self.send(Method::POST, url, Some(body)).await
    }

    /// Changes what is at `url`.
    pub async fn patch(&self, url: &Url, body: &str) -> Result<Answer, NoAnswer> {
        self.send(Method::PATCH, url, Some(body)).await
    }

    /// Removes what is at `url`.
    pub async fn delete(&self, url: &Url) -> Result<Answer, NoAnswer> {
        self.send(Method::DELETE, url, None).await
    }

    async fn send(
        &self,
        method: Method,
        url: &Url,
        body: Option<&str>,
    ) -> Result<Answer, NoAnswer> {
        let mut request = self.client.request(method.clone(), url.clone());
        if let Some(body) = body {
            request = request
                .header("Content-Type", "application/json")
                .body(body.to_owned());
        }
        let answer = async { read(request.send().await?).await };
        answer.await.map_err(|error| NoAnswer {
            method,
            url: url.clone(),
            reason: reason(&error.without_url()),
        })
    }
}

async fn read(mut response: Response) -> reqwest::Result<Answer> {
    let status = response.status().as_u16();
    let location = response.headers().get("Location");
    let location = location.and_then(|value| value.to_str().ok().map(str::to_owned));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > BODY_MAX {
            break;
        }
    }
    Ok(Answer {
        status,
        location,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

/// The innermost cause says what happened; the outer ones that it did.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

impl Answer {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The answer in a few words, for a finding.
    pub fn excerpt(&self) -> String {
        let text = self.body.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = text.chars().take(EXCERPT_MAX).collect();
        let dots = if short.len() < text.len() { "…" } else { "" };
        match short.as_str() {
            "" => format!("{} with an empty body", self.status),
            _ => format!("{}: {short}{dots}", self.status),
        }
    }
}

/// The place that `there`, an answer's own URL, names, on the host of `base`:
/// deployments name themselves by an address that may not be ours.
pub fn on_host_of(base: &Url, there: &str) -> Option<Url> {
    let named = base.join(there).ok()?;
    let mut url = base.clone();
    url.set_path(named.path());
    url.set_query(named.query());
    Some(url)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{Answer, on_host_of};

    #[track_caller]
    fn case(there: &str, expected: &str) {
        let base = Url::parse("http://203.0.113.7:7000").expect("a URL");
        let url = on_host_of(&base, there).map(String::from);
        assert_eq!(url.as_deref(), Some(expected), "{there:?}");
    }

    #[test]
    fn no_answer_leads_to_another_host() {
        case(
            "http://10.0.0.4:7000/v1/workflows/3",
            "http://203.0.113.7:7000/v1/workflows/3",
        );
        case("/v1/workflows/3", "http://203.0.113.7:7000/v1/workflows/3");
        case(
            "http://evil/v1/reports/x?workflow_id=3",
            "http://203.0.113.7:7000/v1/reports/x?workflow_id=3",
        );
        case("//evil/x", "http://203.0.113.7:7000/x");
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        let answer = |body: &str| Answer {
            status: 500,
            location: None,
            body: body.to_owned(),
        };
        assert_eq!(answer("").excerpt(), "500 with an empty body");
        assert_eq!(answer("a\n  b").excerpt(), "500: a b");
        assert_eq!(
            answer(&"é".repeat(200)).excerpt().chars().count(),
            5 + 160 + 1
        );
    }
}
