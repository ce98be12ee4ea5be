//! A client that never stops asking, while something else is done.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use crate::program::config;
use crate::report::{Report, say};
use crate::stories::deployed;

/// Between two requests.
const INTERVAL: Duration = Duration::from_millis(100);
/// Servers of this machine answer in milliseconds, under load in seconds.
const PATIENCE: Duration = Duration::from_secs(30);
/// So many requests that went wrong are shown.
const SHOWN: usize = 5;

/// What the web member of workflow answers itself, from its database.
const PORT: u16 = 7000;
const PATH: &str = "/v1/workflows?name=no-such";
const ANSWER: u16 = 404;

/// Requests on their way.
pub(crate) struct Probe {
    ended: Arc<AtomicBool>,
    requests: JoinHandle<Requests>,
}

/// What became of them.
#[derive(Default)]
struct Requests {
    answered: usize,
    wrong: Vec<String>,
}

impl Probe {
    /// Asks workflow through the gateway of `staging`, on a new connection each time.
    pub(crate) fn start() -> Result<Self> {
        let address = deployed::address(&config(), "staging")?;
        let address = SocketAddr::new(address, PORT);
        let ended = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&ended);
        let requests = thread::spawn(move || requests(address, &until));
        Ok(Self { ended, requests })
    }

    /// Stops, and notes whether every request was answered.
    pub(crate) fn ended(self, report: &mut Report) -> Result<()> {
        self.ended.store(true, Ordering::Relaxed);
        let requests = self.requests.join();
        let requests = requests.map_err(|_| anyhow!("the requests died"))?;
        let wrong = requests.wrong.len();
        report.check(
            &format!(
                "a request every 100 ms: {} answered, {wrong} not",
                requests.answered
            ),
            requests.answered > 0 && wrong == 0,
        );
        for line in requests.wrong.iter().take(SHOWN) {
            say(&format!("     | {line}"));
        }
        Ok(())
    }
}

fn requests(address: SocketAddr, ended: &AtomicBool) -> Requests {
    let began = Instant::now();
    let mut requests = Requests::default();
    while !ended.load(Ordering::Relaxed) {
        let asked = Instant::now();
        match request(address) {
            Ok(ANSWER) => requests.answered += 1,
            other => {
                let at = asked.duration_since(began).as_secs_f64();
                requests.wrong.push(format!("after {at:.1} s: {other:?}"));
            }
        }
        sleep(INTERVAL.saturating_sub(asked.elapsed()));
    }
    requests
}

/// The status of one answer, read to its end.
fn request(address: SocketAddr) -> Result<u16> {
    let mut connection = TcpStream::connect_timeout(&address, PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    let request = format!("GET {PATH} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes())?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    let status = answer.split_whitespace().nth(1).context("no answer")?;
    Ok(status.parse()?)
}
