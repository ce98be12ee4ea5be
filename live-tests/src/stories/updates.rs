//! Another release into a stack that works, and a broken one that does not stay.

use std::thread;

use anyhow::{Result, anyhow};

use crate::cloud::column;
use crate::program::run;
use crate::report::Report;

/// v1 to v2 under jobs that run across the update; then the same again, which is
/// nothing.
pub(crate) fn lose_no_work(report: &mut Report) -> Result<()> {
    let slow =
        thread::spawn(|| run(&["tests", "slow", "staging", "--minutes", "5", "--jobs", "14"]));
    let update = run(&["stack", "update", "staging", "--tag", "v2"])?;
    report.check("the update to v2 exits 0", update.code == 0);
    runs(report, "v2")?;
    let slow = slow.join().map_err(|_| anyhow!("the slow tests died"))??;
    report.check(
        "the slow tests across it exit 0: none lost, none run twice",
        slow.code == 0,
    );
    let again = run(&["stack", "update", "staging", "--tag", "v2"])?;
    report.check(
        "the same update again is no change",
        again.code == 0 && again.stderr.contains("no changes"),
    );
    let plan = run(&[
        "stack",
        "plan",
        "staging",
        "--tag",
        "v2",
        "--detailed-exitcode",
    ])?;
    report.check("the plan says so too", plan.code == 0);
    Ok(())
}

/// v2 to v1, whose code is older than the schema, under jobs as well.
pub(crate) fn and_back(report: &mut Report) -> Result<()> {
    let slow =
        thread::spawn(|| run(&["tests", "slow", "staging", "--minutes", "4", "--jobs", "12"]));
    let update = run(&["stack", "update", "staging", "--tag", "v1"])?;
    report.check("the update back to v1 exits 0", update.code == 0);
    runs(report, "v1")?;
    let slow = slow.join().map_err(|_| anyhow!("the slow tests died"))??;
    report.check("the slow tests across it exit 0", slow.code == 0);
    Ok(())
}

/// v1 to v3-broken, whose checks fail: v1 is back.
pub(crate) fn go_back(report: &mut Report) -> Result<()> {
    let update = run(&["stack", "update", "staging", "--tag", "v3-broken"])?;
    report.check("the update to v3-broken exits 7", update.code == 7);
    let check = "a workflow with a job succeeds";
    report.check("it says which check failed", update.stderr.contains(check));
    runs(report, "v1")?;
    let tests = run(&["tests", "fast", "staging"])?;
    report.check("the release before it passes its checks", tests.code == 0);
    Ok(())
}

/// The stack has the servers of one release, and says which.
pub(crate) fn runs(report: &mut Report, tag: &str) -> Result<()> {
    let status = run(&["stack", "status", "staging", "-f", "value", "-c", "Tag"])?;
    report.check(
        &format!("the stack says that it runs {tag}"),
        status.stdout.trim() == tag,
    );
    let servers = column(&["server", "list"], "Status")?;
    report.check(
        &format!("openstackclient: ten servers (seen {})", servers.len()),
        servers.len() == 10,
    );
    Ok(())
}
