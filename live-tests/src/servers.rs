//! The insides of servers. The embedded cloud's are containers, so their processes
//! are the host's as well.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The program whose process tells which server is which: every member has one.
const AGENT: &str = "ptero_agent";

/// Stops a unit of the first server whose name holds `part`, and so that nothing starts it
/// again.
pub(crate) fn stop_unit(part: &str, unit: &str) -> Result<()> {
    let pid = agent(part)?.with_context(|| format!("no server `{part}`"))?;
    let status = Command::new("nsenter")
        .args(["--all", "--target", &pid])
        .args(["systemctl", "mask", "--now", "--runtime", unit])
        .status()?;
    ensure!(status.success(), "{unit} cannot be stopped: {status}");
    Ok(())
}

/// The process of the agent there.
fn agent(part: &str) -> Result<Option<String>> {
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
        if String::from_utf8_lossy(&name.stdout).contains(part) {
            return Ok(Some(pid));
        }
    }
    Ok(None)
}
