//! What breaks in the middle of an update: it ends well, or everything is as before.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::cloud::{openstack, openstack_does, tokens_live};
use crate::program::{run, run_until_said};
use crate::report::Report;
use crate::servers;
use crate::stories::across::{Across, count};
use crate::stories::killed_updates::tags;
use crate::stories::updates::runs;

/// Looks for a new server: each takes seconds, and it comes within a minute or two.
const LOOKS: usize = 60;

/// Twice what the base image's cloud-init waits (`max_wait` in the embedded cloud's
/// `cloud.cfg`), and the time that servers take to come so far.
const METADATA_AWAY: Duration = Duration::from_secs(300);

/// Longer than new members take to come, shorter than the longest job of twelve minutes
/// is from its end by then.
const TOKEN_S: u32 = 240;
/// What Keystone takes by itself.
const TOKEN_USUAL_S: u32 = 3600;

/// Somebody deletes a new server as soon as it is there.
pub(crate) fn server_deleted(report: &mut Report) -> Result<()> {
    let before = ids("shell-command-worker")?;
    let ended = broken(report, "adding", || {
        for _ in 0..LOOKS {
            let now = ids("shell-command-worker")?;
            if let Some(new) = now.iter().find(|id| !before.contains(id)) {
                return openstack_does(&["server", "delete", new]);
            }
        }
        bail!("no new server came")
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

/// The new servers get no metadata when they boot: cloud-init asks twice, and gives up.
pub(crate) fn metadata_away(report: &mut Report) -> Result<()> {
    let ended = broken(report, "adding", || {
        servers::hold_daemon("neutron-metadata-agent", METADATA_AWAY)
    })?;
    report.check("and the new members came up later", ended == 0);
    Ok(())
}

/// Heat's token ends while it waits for a job: it has to be asked again, with another.
pub(crate) fn token_ends_in_drain(report: &mut Report) -> Result<()> {
    let (_, new) = tags()?;
    let slow = Across::counted("12", "8");
    tokens_live(TOKEN_S)?;
    let ended = run(&["stack", "update", "staging", "--tag", new]);
    tokens_live(TOKEN_USUAL_S)?;
    let ended = ended?;
    report.check("the update exits 0", ended.code == 0);
    let again = ended.stderr.contains("asking again with a new one");
    report.check("and Heat's token ended in it", again);
    runs(report, new)?;
    let ledger = slow.ended()?.stdout;
    for entry in ["lost", "run twice"] {
        report.check(&format!("{entry}: none"), count(&ledger, entry)? == 0);
    }
    Ok(())
}

/// Its exit code.
fn broken(report: &mut Report, said: &str, fault: impl FnOnce() -> Result<()>) -> Result<i32> {
    let (old, new) = tags()?;
    let slow = Across::counted("5", "14");
    let update = ["stack", "update", "staging", "--tag", new];
    let ended = run_until_said(&update, said, |_| fault())?;
    report.check(
        &format!("the update ends with 0 or 7 (was {})", ended.code),
        matches!(ended.code, 0 | 7),
    );
    runs(report, if ended.code == 0 { new } else { old })?;
    let tests = run(&["tests", "fast", "staging"])?;
    report.check("what runs passes its checks", tests.code == 0);
    // A server that is gone takes the jobs on it along: those run again elsewhere, and
    // that is all that can be asked for.
    let ledger = slow.ended()?.stdout;
    report.check("no job was lost", count(&ledger, "lost")? == 0);
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
