//! Another release into a stack that works, and a broken one that does not stay.

use anyhow::{Context, Result};

use crate::cloud::{column, openstack, openstack_does};
use crate::probe::Probe;
use crate::program::{home, killed_when, run};
use crate::report::Report;
use crate::stories::across::{Across, count};
use crate::stories::unchanged::writes_nothing;

/// v1 to v2 by a kept plan, under jobs that run across the update; then the same
/// again, which is nothing.
pub(crate) fn lose_no_work(report: &mut Report) -> Result<()> {
    let tests = run(&["tests", "fast", "staging"])?;
    report.check("v1 passes its checks, and so is verified", tests.code == 0);
    let kept = home().join("plan.json");
    let kept = kept.to_str().context("a folder with an odd name")?;
    let plan = ["stack", "plan", "staging", "--tag", "v2"];
    let plan = run(&[&plan[..], &["--out", kept, "--detailed-exitcode"]].concat())?;
    report.check(
        "the plan says that there is something to do",
        plan.code == 3,
    );
    let probe = Probe::start()?;
    let slow = Across::staging("5", "14");
    let as_planned = ["stack", "update", "staging", "--plan", kept];
    let update = run(&as_planned)?;
    report.check("the update to v2 exits 0", update.code == 0);
    runs(report, "v2")?;
    let stale = run(&as_planned)?;
    report.check("the plan is refused afterwards", stale.code == 4);
    probe.ended(report)?;
    let slow = slow.ended()?;
    report.check(
        "the slow tests across it exit 0: none lost, none run twice",
        slow.code == 0,
    );
    let again = ["stack", "update", "staging", "--tag", "v2"];
    let again = writes_nothing(report, || run(&again))?;
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

/// Back to the last verified release, whose code is older than the schema, under jobs
/// as well. Killed while its first members boot, and again in its drain, its last change:
/// typed again it goes on each time, and does not turn round.
pub(crate) fn and_back(report: &mut Report) -> Result<()> {
    let probe = Probe::start()?;
    let slow = Across::staging("4", "12");
    let rollback = ["rollback", "staging"];
    for said in ["server CREATE_COMPLETE", "draining and removing"] {
        let hit = killed_when(&rollback, said)?;
        report.check(&format!("rollback was killed at `{said}`"), hit);
    }
    let rollback = run(&rollback)?;
    report.check("rollback, typed again, exits 0", rollback.code == 0);
    probe.ended(report)?;
    runs(report, "v1")?;
    let slow = slow.ended()?;
    report.check("the slow tests across it exit 0", slow.code == 0);
    Ok(())
}

/// v1 to v3-broken, whose checks fail: v1 is back, and its work came to its end. What
/// the broken release itself took counts as failed: that is how it is broken.
pub(crate) fn go_back(report: &mut Report) -> Result<()> {
    let probe = Probe::start()?;
    let slow = Across::counted("3", "10");
    let update = run(&["stack", "update", "staging", "--tag", "v3-broken"])?;
    report.check("the update to v3-broken exits 7", update.code == 7);
    let check = "a workflow with a job succeeds";
    report.check("it says which check failed", update.stderr.contains(check));
    let error = update.stderr.rsplit_once("error: ").map(|(_, error)| error);
    report.check(
        "the first cause is the gate before which it failed",
        error.is_some_and(|error| error.contains("`canary_verified`")),
    );
    runs(report, "v1")?;
    let tests = run(&["tests", "fast", "staging"])?;
    report.check("the release before it passes its checks", tests.code == 0);
    probe.ended(report)?;
    let ledger = slow.ended()?.stdout;
    report.check("no job ran twice", count(&ledger, "run twice")? == 0);
    report.check(
        "every job came to its end",
        !ledger.contains("never came to its end"),
    );
    Ok(())
}

/// An image of what runs is gone: there would be no way back, and nothing is changed.
pub(crate) fn refused_without_way_back(report: &mut Report) -> Result<()> {
    let images = column(&["image", "list"], "Name")?;
    let ours = |name: &&String| name.starts_with("ptero-shell-command-v1-");
    let worker = images.iter().find(ours);
    let worker = worker.context("no image of the workers")?;
    openstack_does(&["image", "delete", worker])?;
    let before = openstack(&["stack", "show", "ptero-staging"])?;
    let update = run(&["stack", "update", "staging", "--tag", "v2"])?;
    report.check("the update exits 4", update.code == 4);
    report.check(
        "it names what is missing",
        update.stderr.contains("image `shell-command` of v1"),
    );
    let after = openstack(&["stack", "show", "ptero-staging"])?;
    report.check(
        "openstackclient: the stack was not touched",
        after["updated_time"] == before["updated_time"],
    );
    runs(report, "v1")
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
