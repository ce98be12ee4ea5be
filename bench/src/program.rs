//! The programs that are measured, run to their ends with what they say in a file.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// The longest that a program may take. Updates take minutes, and Heat gives up
/// after an hour at most: whatever is not over some time later hangs.
pub(crate) const LONGEST: Duration = Duration::from_secs(75 * 60);

/// Lines of its output that tell why a program failed.
const TAIL_LINES: usize = 12;

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Whether with exit code 0.
    pub(crate) well: bool,
    /// From its start.
    pub(crate) took: Duration,
}

/// Runs `command`, all it says going to the file `log`.
pub(crate) async fn run(mut command: Command, log: &Path) -> Result<Ended> {
    let output = File::create(log).with_context(|| log.display().to_string())?;
    let shown = format!("{}", command.get_program().display());
    command
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output);
    let mut command = tokio::process::Command::from(command);
    let began = Instant::now();
    let mut child = command
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {shown}"))?;
    let status = tokio::time::timeout(LONGEST, child.wait()).await;
    let status = status.with_context(|| format!("{}: no end of it", log.display()))??;
    Ok(Ended {
        well: status.success(),
        took: began.elapsed(),
    })
}

/// The same; an error where it fails, as what comes after needs it.
pub(crate) async fn must(command: Command, log: &Path) -> Result<()> {
    if run(command, log).await?.well {
        return Ok(());
    }
    let text = std::fs::read_to_string(log).unwrap_or_default();
    bail!("{}:\n{}", log.display(), tail(&text));
}

/// What `command` writes, which must end well.
pub(crate) fn output(mut command: Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("{}", tail(&String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::tail;

    #[test]
    fn the_end_of_a_text_tells_why() {
        assert_eq!(tail(""), "");
        assert_eq!(tail("a\nb\n"), "a\nb");
        let long: Vec<String> = (0..20).map(|line| line.to_string()).collect();
        assert_eq!(tail(&long.join("\n")).lines().next(), Some("8"));
    }
}
