//! The insides of servers. The embedded cloud's are containers, so their processes
//! are the host's as well.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::cloud::devcloud;

/// The program whose process tells which server is which: every member has one.
const AGENT: &str = "ptero_agent";

/// Stops a unit of the oldest server whose name holds `part`, and so that nothing starts
/// it again.
pub(crate) fn stop_unit(part: &str, unit: &str) -> Result<()> {
    let pid = agent(part)?.with_context(|| format!("no server `{part}`"))?;
    let status = Command::new("nsenter")
        .args(["--all", "--target", &pid])
        .args(["systemctl", "mask", "--now", "--runtime", unit])
        .status()?;
    ensure!(status.success(), "{unit} cannot be stopped: {status}");
    Ok(())
}

/// Holds the processes of one of the cloud's daemons for as long as `time`.
pub(crate) fn hold_daemon(name: &str, time: Duration) -> Result<()> {
    let signal = |signal: &str| -> Result<()> {
        let mut command = devcloud().exec("pkill")?;
        let status = command
            .args([signal, "--full", &format!("^{name}")])
            .status()?;
        ensure!(status.success(), "pkill {signal} {name}: {status}");
        Ok(())
    };
    signal("-STOP")?;
    sleep(time);
    signal("-CONT")
}

/// A server that runs, as the host sees it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Server {
    /// When its agent was started, in the kernel's ticks: older servers come first.
    started: u64,
    /// The process of its agent.
    pub(crate) pid: String,
    /// Its host name.
    pub(crate) name: String,
}

/// The process of the agent that runs there for the longest time.
fn agent(part: &str) -> Result<Option<String>> {
    let servers = all()?.into_iter();
    let oldest = servers.filter(|one| one.name.contains(part)).min();
    Ok(oldest.map(|one| one.pid))
}

/// All that run.
pub(crate) fn all() -> Result<Vec<Server>> {
    let mut servers = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Ok(pid) = entry.file_name().into_string() else {
            continue;
        };
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if !String::from_utf8_lossy(&line).contains(AGENT) {
            continue;
        }
        let name = Command::new("nsenter")
            .args(["--uts", "--target", &pid, "hostname"])
            .output()?;
        let name = String::from_utf8_lossy(&name.stdout).trim().to_owned();
        let started = started(&entry.path())?;
        servers.push(Server { started, pid, name });
    }
    Ok(servers)
}

/// When a process was started, in the kernel's ticks.
fn started(process: &Path) -> Result<u64> {
    // What the command is called may hold spaces; the 20th word after it is the time.
    let stat = fs::read_to_string(process.join("stat"))?;
    let rest = stat.rsplit_once(')').map(|(_, rest)| rest);
    let time = rest.and_then(|rest| rest.split_whitespace().nth(19));
    Ok(time.context("no time of start")?.parse()?)
}
