//! What breaks in the middle of an update: it ends well, or everything is as before.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cloud::{openstack, openstack_does};
use crate::program::{run, run_until_said};
use crate::report::Report;
use crate::servers;
use crate::stories::killed_updates::{clean, slow, tags};
use crate::stories::updates::runs;

/// Somebody deletes a new server while the others come up.
pub(crate) fn server_deleted(report: &mut Report) -> Result<()> {
    let in_boot = "server CREATE_COMPLETE";
    let before = ids("shell-command-worker")?;
    let ended = broken(report, in_boot, || {
        let now = ids("shell-command-worker")?;
        let new = now.iter().find(|id| !before.contains(id));
        openstack_does(&["server", "delete", new.context("no new server")?])
    })?;
    report.check("and Heat went back", ended == 7);
    Ok(())
}

/// The database's machine is rebooted while the new members boot.
pub(crate) fn database_rebooted(report: &mut Report) -> Result<()> {
    broken(report, "server CREATE_COMPLETE", || {
        let database = ids("postgresql")?;
        let database = database.first().context("no server `postgresql`")?;
        openstack_does(&["server", "reboot", "--hard", database])
    })?;
    Ok(())
}

/// The agent of a worker that has to go stops for good before its drain.
pub(crate) fn agent_dead(report: &mut Report) -> Result<()> {
    broken(report, "server CREATE_COMPLETE", || {
        servers::stop_unit("shell-command-worker", "ptero-agent.service")
    })?;
    Ok(())
}

/// Its exit code.
fn broken(report: &mut Report, said: &str, fault: impl FnOnce() -> Result<()>) -> Result<i32> {
    let (old, new) = tags()?;
    let slow = slow();
    let update = ["stack", "update", "staging", "--tag", new];
    let ended = run_until_said(&update, said, |_| fault())?;
    report.check(
        &format!("the update ends with 0 or 7 (was {})", ended.code),
        matches!(ended.code, 0 | 7),
    );
    runs(report, if ended.code == 0 { new } else { old })?;
    let tests = run(&["tests", "fast", "staging"])?;
    report.check("what runs passes its checks", tests.code == 0);
    clean(report, slow)?;
    Ok(ended.code)
}

/// The ids of the servers whose name has `part` in it.
fn ids(part: &str) -> Result<Vec<String>> {
    let servers = openstack(&["server", "list"])?;
    let servers = servers.as_array().context("a list was expected")?;
    let of_part = |one: &&Value| one["Name"].as_str().is_some_and(|name| name.contains(part));
    let ids = servers
        .iter()
        .filter(of_part)
        .filter_map(|one| one["ID"].as_str());
    Ok(ids.map(ToOwned::to_owned).collect())
}
