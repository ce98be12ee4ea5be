//! A job of ten minutes on a worker that has to go within one: each policy does what
//! it says, and the ledger says so.

use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::program::Ended;
use crate::report::Report;
use crate::stories::across::{Across, count};
use crate::stories::changed::{run_changed, settings};
use crate::stories::killed_updates::tags;
use crate::stories::updates::runs;

/// The only job of so long a run goes on for ten minutes.
const MINUTES: &str = "12";
/// From the start of the tests until their job runs on the old member.
const STARTED: Duration = Duration::from_secs(20);

/// The worker waits for its job, whatever the deadline.
pub(crate) fn wait(report: &mut Report) -> Result<()> {
    let slow = updated(report, "wait")?;
    report.check("the ledger is clean", slow.code == 0);
    Ok(())
}

/// The job is stopped and given to another worker.
pub(crate) fn requeue(report: &mut Report) -> Result<()> {
    unclean(report, "requeue", "run twice")
}

/// The job is ended, and its workflow fails.
pub(crate) fn abort(report: &mut Report) -> Result<()> {
    unclean(report, "abort", "lost")
}

/// The ledger counts the job at `entry`.
fn unclean(report: &mut Report, policy: &str, entry: &str) -> Result<()> {
    let slow = updated(report, policy)?;
    report.check("the ledger is not clean", slow.code == 4);
    report.check(
        &format!("it counts the job as `{entry}`"),
        count(&slow.stdout, entry)? == 1,
    );
    Ok(())
}

/// How the tests across an update ended.
fn updated(report: &mut Report, policy: &str) -> Result<Ended> {
    let (_, new) = tags()?;
    let settings = with_policy(policy)?;
    let slow = Across::counted(MINUTES, "1");
    thread::sleep(STARTED);
    let update = ["stack", "update", "staging", "--tag", new];
    let update = run_changed(&settings, &update)?;
    report.check(&format!("{policy}: the update exits 0"), update.code == 0);
    runs(report, new)?;
    slow.ended()
}

/// The demo's configuration with a deadline of a minute and a policy.
fn with_policy(policy: &str) -> Result<Value> {
    let mut demo = settings()?;
    let staging = &mut demo["stacks"]["staging"];
    ensure!(staging.is_object(), "the demo has no stack `staging`");
    staging["drain_deadline_minutes"] = 1.into();
    staging["drain_policy"] = policy.into();
    Ok(demo)
}
