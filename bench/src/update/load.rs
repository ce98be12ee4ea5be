//! A constant rate of requests that does not wait for answers: a service that
//! stalls gets the next request all the same, as from users.

use std::time::Duration;

use anyhow::Result;
use ptero_deploy::verify::http::Http;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, interval};
use url::Url;

/// Requests per second. Each asks the database; this takes a small part of one of
/// the two processors that the cloud may have.
const RATE: u32 = 20;

/// Whoever waits longer has gone away. With the rate, it bounds how many requests
/// there are at once.
const PATIENCE: Duration = Duration::from_secs(30);

/// What became of the requests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Seen {
    /// All that were sent.
    pub(crate) sent: u64,
    /// Those without an answer, or with another than expected.
    pub(crate) failed: u64,
    /// The longest from when one was due to its end, whether good or bad.
    pub(crate) slowest: Duration,
    /// What went wrong first.
    pub(crate) first_failure: Option<String>,
}

impl Seen {
    fn add(&mut self, (took, failure): Answered) {
        self.sent += 1;
        self.slowest = self.slowest.max(took);
        if let Some(failure) = failure {
            self.failed += 1;
            self.first_failure.get_or_insert(failure);
        }
    }

    /// For a line of figures.
    pub(crate) fn json(&self) -> Value {
        json!({
            "sent": self.sent,
            "failed": self.failed,
            "slowest_ms": u64::try_from(self.slowest.as_millis()).unwrap_or(u64::MAX),
            "first_failure": self.first_failure,
        })
    }
}

/// How long a request took, and what was wrong with it.
type Answered = (Duration, Option<String>);

/// Requests that go on until they are stopped.
pub(crate) struct Load {
    stop: watch::Sender<bool>,
    task: JoinHandle<Seen>,
}

impl Load {
    /// Asks for `url`, which should be answered with `status`.
    pub(crate) fn start(url: Url, status: u16) -> Result<Self> {
        let http = Http::new(PATIENCE)?;
        let stop = watch::Sender::new(false);
        let task = tokio::spawn(send(http, url, status, stop.subscribe()));
        Ok(Self { stop, task })
    }

    /// Sends no more, and waits for those that are under way.
    pub(crate) async fn stop(self) -> Result<Seen> {
        self.stop.send_replace(true);
        Ok(self.task.await?)
    }
}

async fn send(http: Http, url: Url, status: u16, mut stop: watch::Receiver<bool>) -> Seen {
    // A tick that is late is made up for, and still counts from when it was due.
    let mut clock = interval(Duration::from_secs(1) / RATE);
    let mut open = JoinSet::new();
    let mut seen = Seen::default();
    loop {
        tokio::select! {
            biased;
            // An error is a sender that is gone: nobody wants more.
            _ = stop.wait_for(|stop| *stop) => break,
            Some(Ok(answered)) = open.join_next() => seen.add(answered),
            due = clock.tick() => {
                open.spawn(ask(http.clone(), url.clone(), status, due));
            }
        }
    }
    while let Some(Ok(answered)) = open.join_next().await {
        seen.add(answered);
    }
    seen
}

async fn ask(http: Http, url: Url, status: u16, due: Instant) -> Answered {
    let answer = http.get(&url).await;
    let failure = match answer {
        Ok(answer) if answer.status == status => None,
        Ok(answer) => Some(answer.excerpt()),
        Err(error) => Some(error.to_string()),
    };
    (due.elapsed(), failure)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::time::Duration;

    use super::{Load, Seen};
    use url::Url;

    #[test]
    fn the_first_failure_is_kept_and_all_are_counted() {
        let mut seen = Seen::default();
        seen.add((Duration::from_millis(5), None));
        seen.add((Duration::from_secs(2), Some("503".to_owned())));
        seen.add((Duration::from_secs(1), Some("timed out".to_owned())));
        assert_eq!((seen.sent, seen.failed), (3, 2));
        assert_eq!(seen.slowest, Duration::from_secs(2));
        assert_eq!(seen.first_failure.as_deref(), Some("503"));
        assert_eq!(seen.json()["slowest_ms"], 2000);
    }

    /// Answers 404 to every other connection, 500 to the rest.
    fn serve(listener: &TcpListener) {
        let mut good = true;
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let status = if good { 404 } else { 500 };
            good = !good;
            let head =
                format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(head.as_bytes());
        }
    }

    #[tokio::test]
    async fn another_answer_than_expected_is_a_failure() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || serve(&listener));
        let url = Url::parse(&format!("http://{address}/")).unwrap();
        let load = Load::start(url, 404).unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
        let seen = load.stop().await.unwrap();
        assert!(seen.failed > 0 && seen.failed < seen.sent, "{seen:?}");
        let first = seen.first_failure.as_deref();
        assert_eq!(first, Some("500 with an empty body"));
    }
}
