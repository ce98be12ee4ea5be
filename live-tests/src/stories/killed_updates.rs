//! SIGKILL in each phase of an update, under jobs that run across it; `resume`, typed
//! elsewhere, brings it to its end.

use anyhow::Result;

use crate::program::{Ended, command, config, killed_when, run, run_with};
use crate::report::Report;
use crate::stories::across::Across;
use crate::stories::updates::runs;

/// Before anything is changed: the plan has been made.
pub(crate) fn before(report: &mut Report) -> Result<()> {
    killed_at(report, "(ptero-staging): ", false)
}

/// Canaries boot; their web members migrate the schema.
pub(crate) fn in_migration(report: &mut Report) -> Result<()> {
    killed_at(report, "server CREATE_COMPLETE", true)
}

/// The canaries are being checked.
pub(crate) fn in_canary(report: &mut Report) -> Result<()> {
    killed_at(report, "canary_backends CREATE_COMPLETE", true)
}

/// The canaries passed; the rest comes up, and Heat waits for its checks.
pub(crate) fn before_verified(report: &mut Report) -> Result<()> {
    killed_at(report, "canary_verified CREATE_COMPLETE", true)
}

/// What is new stays; what is old has not begun to go.
pub(crate) fn between_steps(report: &mut Report) -> Result<()> {
    killed_at(report, "ptero-staging UPDATE_COMPLETE", true)
}

/// Old members let their jobs come to an end.
pub(crate) fn in_drain(report: &mut Report) -> Result<()> {
    killed_at(report, "draining and removing", true)
}

/// One member of each role at a time, killed when some are new for good and others are
/// coming; given up from elsewhere, all are old again.
pub(crate) fn aborted(report: &mut Report) -> Result<()> {
    let (old, new) = tags()?;
    let slow = Across::staging("5", "14");
    let update = ["stack", "update", "staging", "--tag", new, "--batch", "1"];
    let hit = killed_when(&update, "batch 2 of")?;
    report.check("the update was killed in its second batch", hit);
    let aborted = elsewhere(&["abort", "staging"])?;
    report.check("abort exits 0", aborted.code == 0);
    runs(report, old)?;
    nothing_unfinished(report)?;
    clean(report, slow)
}

/// `changed`: whether the stack is in the middle of something by then.
fn killed_at(report: &mut Report, said: &str, changed: bool) -> Result<()> {
    let (old, new) = tags()?;
    let slow = Across::staging("5", "14");
    let update = ["stack", "update", "staging", "--tag", new];
    let hit = killed_when(&update, said)?;
    report.check(&format!("the update was killed at `{said}`"), hit);
    let status = run(&["stack", "status", "staging"])?;
    report.check(
        "stack status names the command that ends it",
        status.stdout.contains("ptero-deploy resume staging") == changed,
    );
    let resumed = elsewhere(&["resume", "staging"])?;
    if resumed.code == 7 {
        runs(report, old)?;
    } else {
        report.check(
            &format!("resume exits 0 or 7 (was {})", resumed.code),
            resumed.code == 0,
        );
        runs(report, if changed { new } else { old })?;
    }
    nothing_unfinished(report)?;
    clean(report, slow)
}

fn nothing_unfinished(report: &mut Report) -> Result<()> {
    let status = run(&["stack", "status", "staging"])?;
    report.check(
        "nothing is unfinished",
        !status.stdout.contains("ptero-deploy resume"),
    );
    Ok(())
}

/// Each of them ran once.
fn clean(report: &mut Report, slow: Across) -> Result<()> {
    let slow = slow.ended()?;
    report.check("the ledger is clean", slow.code == 0);
    Ok(())
}

/// The tag that runs, and another.
pub(crate) fn tags() -> Result<(&'static str, &'static str)> {
    let status = run(&["stack", "status", "staging", "-f", "value", "-c", "Tag"])?;
    Ok(match status.stdout.trim() {
        "v1" => ("v1", "v2"),
        _ => ("v2", "v1"),
    })
}

/// As another operator would: in another folder, who has nothing but the configuration.
fn elsewhere(args: &[&str]) -> Result<Ended> {
    let folder = tempfile::tempdir()?;
    let mut command = command(&config(), args)?;
    for name in ["XDG_STATE_HOME", "XDG_CACHE_HOME"] {
        command.env(name, folder.path().join(name));
    }
    command.current_dir(folder.path());
    run_with(command)
}
