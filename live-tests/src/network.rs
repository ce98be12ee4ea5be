//! What a server can reach: asked from its own network, one connection per port.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::report::say;

/// The first argument with which this program is such a question; addresses follow.
pub(crate) const REACH: &str = "--reach";

/// A security group drops what it does not let in, so that no answer is an answer too.
/// The kernel asks again after 1 s and 3 s, should a packet be lost.
const PATIENCE: Duration = Duration::from_secs(4);

/// From where a question is asked.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// This host, which stands before the cloud as users do.
    Outside,
    /// The network of the server that this process runs in.
    Server(&'a str),
}

/// A question on its way.
pub(crate) struct Question(Child);

impl Question {
    /// Asks which of `targets` lets a connection through. "Refused" came through too:
    /// nothing listens there, but nothing stands in the way.
    pub(crate) fn ask(place: Place<'_>, targets: &[SocketAddr]) -> Result<Self> {
        let own = std::env::current_exe()?;
        let mut command = inside(place, &own.to_string_lossy());
        let targets = targets.iter().map(ToString::to_string);
        let child = command
            .arg(REACH)
            .args(targets)
            .stdout(Stdio::piped())
            .spawn()?;
        Ok(Self(child))
    }

    pub(crate) fn answer(self) -> Result<BTreeSet<SocketAddr>> {
        let output = self.0.wait_with_output()?;
        ensure!(output.status.success(), "{REACH}: {}", output.status);
        let text = String::from_utf8(output.stdout)?;
        text.lines()
            .map(|line| line.parse().with_context(|| format!("no address: {line}")))
            .collect()
    }
}

/// The ports on which something listens for others there.
pub(crate) fn listening(place: Place<'_>) -> Result<BTreeSet<u16>> {
    let output = inside(place, "ss").arg("-Hltn").output()?;
    ensure!(output.status.success(), "ss: {}", output.status);
    let text = String::from_utf8(output.stdout)?;
    let mut ports = BTreeSet::new();
    for line in text.lines() {
        let local = line.split_whitespace().nth(3).context("no address")?;
        let (address, port) = local.rsplit_once(':').context("no port")?;
        let address = address.trim_matches(['[', ']']);
        let address = address.split('%').next().unwrap_or(address);
        let loopback = address.parse::<IpAddr>().is_ok_and(|one| one.is_loopback());
        if !loopback {
            ports.insert(port.parse()?);
        }
    }
    Ok(ports)
}

/// A command that runs in the network of `place`.
fn inside(place: Place<'_>, program: &str) -> Command {
    match place {
        Place::Outside => Command::new(program),
        Place::Server(pid) => {
            let mut command = Command::new("nsenter");
            command.args(["--net", "--target", pid, program]);
            command
        }
    }
}

/// Tries all `targets` at once, and prints those that answered.
pub(crate) fn reach(targets: &[String]) -> ExitCode {
    let targets: Result<Vec<SocketAddr>, _> = targets.iter().map(|one| one.parse()).collect();
    // What was not tried must not pass for closed.
    let Ok(targets) = targets else {
        return ExitCode::FAILURE;
    };
    let tries: Vec<_> = targets
        .into_iter()
        .map(|target| thread::spawn(move || answers(target).then_some(target)))
        .collect();
    for one in tries {
        match one.join() {
            Ok(Some(target)) => say(&target.to_string()),
            Ok(None) => {}
            Err(_) => return ExitCode::FAILURE,
        }
    }
    ExitCode::SUCCESS
}

fn answers(target: SocketAddr) -> bool {
    match TcpStream::connect_timeout(&target, PATIENCE) {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
    }
}
