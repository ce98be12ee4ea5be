//! PTero's own services, from clones of their repositories. None of their code
//! is here, as it has no licence: whoever has clones names their folder, which
//! holds `ptero-workflow`, `ptero-petri` and the others of `site::SOURCES`.

mod site;
mod workflow;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::cloud::{column, openstack_does};
use crate::program::{self, Ended, home, run_with};
use crate::report::Report;
use crate::stories::across::Across;
use crate::stories::{deployed, flows};

/// The variable that names the folder.
const CLONES: &str = "PTERO_CLONES";

/// For a job to begin, and for its loss to be seen: two looks of a minute each.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);
const LOOKS: u32 = 120;

/// Four servers that all need, three each of workflow, petri and shell-command,
/// four of lsf and one of auth.
const SERVERS: usize = 4 + 3 * 3 + 4 + 1;

/// From nothing to an older release; only what is declared is open.
pub(crate) fn deployed(report: &mut Report) -> Result<()> {
    let Some(clones) = clones(report) else {
        return Ok(());
    };
    let folder = folder();
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    site::tagged(Path::new(&clones), &folder)?;
    run(&["devcloud", "up", "--base", "debian-11"])?;
    count(1)?;
    let others = servers()?;
    let deploy = run(&["deploy", "real", "--tag", "before"])?;
    report.check("the deployment exits 0", deploy.code == 0);
    has_servers(report, others + SERVERS)?;
    flows::only_declared(report, &config(), "real")
}

/// To newer code, across a migration of each, with jobs running.
pub(crate) fn updated(report: &mut Report) -> Result<()> {
    if clones(report).is_none() {
        return Ok(());
    }
    under_jobs(report, "shell-command's migration", || update("between"))?;
    under_jobs(report, "workflow's migration", || update("after"))?;
    says_hello(report)
}

/// To the older code, and to the newer one again.
pub(crate) fn back_and_forth(report: &mut Report) -> Result<()> {
    if clones(report).is_none() {
        return Ok(());
    }
    under_jobs(report, "back to older code of both", || {
        let first = run(&["rollback", "real"])?;
        if first.code != 0 {
            return Ok(first);
        }
        run(&["rollback", "real", "--tag", "before"])
    })?;
    let forth = update("between")?;
    report.check("forth again", forth.code == 0 && update("after")?.code == 0);
    says_hello(report)
}

/// From one worker to four and to two, with jobs running.
pub(crate) fn scaled(report: &mut Report) -> Result<()> {
    if clones(report).is_none() {
        return Ok(());
    }
    let before = others_than_workers()?;
    let servers = servers()?;
    under_jobs(report, "1, 4 and 2 workers", || {
        count(4)?;
        let more = update("after")?;
        if more.code != 0 {
            return Ok(more);
        }
        count(2)?;
        update("after")
    })?;
    has_servers(report, servers + 1)?;
    let after = others_than_workers()?;
    report.check("only workers have changed", before == after);
    let tests = run(&["tests", "fast", "real"])?;
    report.check("the checks pass in the end", tests.code == 0);
    Ok(())
}

/// The database's server is started anew while a job runs: nothing ends that job any
/// more, and whoever asks for the status is told which it is, until it is canceled.
pub(crate) fn lost_job(report: &mut Report) -> Result<()> {
    if clones(report).is_none() {
        return Ok(());
    }
    let posted = workflow::post(&config(), &["sleep", "3600"])?;
    let runs = looked_for(|| Ok(workflow::execution(&posted)?["status"] == "running"))?;
    report.check("the job runs", runs);
    let members = deployed::members(&config(), "real")?;
    let database = members.iter().find(|one| one["service"] == "postgresql");
    let server = database.and_then(|one| one["server_id"].as_str());
    let server = server.context("no server of the database")?;
    openstack_does(&["server", "reboot", "--hard", "--wait", server])?;
    let named = looked_for(|| Ok(lost_jobs()?.contains("/v1/executions/")))?;
    report.check("a job that the database lost is named", named);
    let said = lost_jobs()?;
    report.check("with what to do", said.contains("cancel their workflows"));
    workflow::cancel(&posted)?;
    let gone = looked_for(|| Ok(!lost_jobs()?.contains("/v1/executions/")))?;
    report.check("and is not any more once that is done", gone);
    let tests = run(&["tests", "fast", "real"])?;
    report.check("and all else goes on", tests.code == 0);
    Ok(())
}

/// What `stack status` says of lost jobs.
fn lost_jobs() -> Result<String> {
    let status = run(&["stack", "status", "real", "-f", "value", "-c", "Lost jobs"])?;
    ensure!(status.code == 0, "stack status: {}", status.stderr);
    Ok(status.stdout)
}

/// Whether it is so, or comes to be so in time.
fn looked_for(seen: impl Fn() -> Result<bool>) -> Result<bool> {
    for _ in 0..LOOKS {
        if seen()? {
            return Ok(true);
        }
        sleep(BETWEEN_LOOKS);
    }
    Ok(false)
}

/// Nothing of it is left.
pub(crate) fn deleted(report: &mut Report) -> Result<()> {
    if clones(report).is_none() {
        return Ok(());
    }
    let members = deployed::members(&config(), "real")?.len();
    let servers = servers()?;
    let delete = run(&["stack", "delete", "real", "--yes"])?;
    report.check("the stack is deleted", delete.code == 0);
    has_servers(report, servers - members)
}

/// The folder of clones; where there is none, the report says so.
fn clones(report: &mut Report) -> Option<PathBuf> {
    let clones = std::env::var_os(CLONES);
    if clones.is_none() {
        report.not_run(&format!("`{CLONES}` names no folder of clones"));
    }
    clones.map(PathBuf::from)
}

fn folder() -> PathBuf {
    home().join("real")
}

fn config() -> PathBuf {
    folder().join("config.yaml")
}

/// Writes the configuration with so many workers of shell-command.
fn count(workers: u32) -> Result<()> {
    Ok(std::fs::write(
        config(),
        site::configuration(&folder(), workers)?,
    )?)
}

fn run(args: &[&str]) -> Result<Ended> {
    run_with(program::command(&config(), args)?)
}

fn update(tag: &str) -> Result<Ended> {
    run(&["stack", "update", "real", "--tag", tag])
}

/// Runs `change` while jobs run; none may be lost, and none run twice.
fn under_jobs(
    report: &mut Report,
    what: &str,
    change: impl FnOnce() -> Result<Ended>,
) -> Result<()> {
    let slow = ["tests", "slow", "real", "--minutes", "8", "--jobs", "14"];
    let jobs = Across::start(move || run(&slow));
    let changed = change()?;
    report.check(&format!("{what} exits 0"), changed.code == 0);
    let jobs = jobs.ended()?;
    report.check(&format!("{what}: the ledger is clean"), jobs.code == 0);
    Ok(())
}

fn servers() -> Result<usize> {
    Ok(column(&["server", "list"], "Status")?.len())
}

fn has_servers(report: &mut Report, wanted: usize) -> Result<()> {
    let seen = servers()?;
    report.check(
        &format!("openstackclient: {wanted} servers (seen {seen})"),
        seen == wanted,
    );
    Ok(())
}

/// The servers of all members but shell-command's workers.
fn others_than_workers() -> Result<BTreeSet<String>> {
    let members = deployed::members(&config(), "real")?;
    let others = members
        .iter()
        .filter(|one| one["service"] != "shell-command" || one["role"] != "worker");
    Ok(others
        .filter_map(|one| one["server_id"].as_str())
        .map(ToOwned::to_owned)
        .collect())
}

/// The workflow of PTero's own introduction.
fn says_hello(report: &mut Report) -> Result<()> {
    let posted = workflow::post(&config(), &["bash", "-c", "echo hello 1>&2; echo world!"])?;
    let status = workflow::comes_to(&posted, &["succeeded", "failed", "canceled"])?;
    report.check("PTero's own hello ends `succeeded`", status == "succeeded");
    let run = workflow::execution(&posted)?["data"].take();
    report.check(
        "its details report has what it wrote",
        run["stdout"] == "world!\n" && run["stderr"] == "hello\n",
    );
    Ok(())
}
