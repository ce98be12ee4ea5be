//! What a plan does not do unless it is allowed: lose the data of a server, and take
//! members away before their successors come.

use std::fmt::Display;

use anyhow::{Context, Result};
use serde_json::json;

use crate::cloud::{admin_does, column, openstack, project};
use crate::program::run;
use crate::report::Report;
use crate::stories::across::{Across, count};
use crate::stories::changed::{run_changed, said, settings};
use crate::stories::killed_updates::tags;
use crate::stories::updates::runs;

/// The database shall have a larger server: the old one stays until it may go, and then
/// all comes up on an empty one.
pub(crate) fn stateful(report: &mut Report) -> Result<()> {
    let (tag, _) = tags()?;
    let mut settings = settings()?;
    settings["stacks"]["staging"]["postgresql_server_flavor"] = json!("m1.medium");
    let before = database()?;
    let update = ["stack", "update", "staging", "--tag", tag];
    let kept = run_changed(&settings, &["stack", "plan", "staging", "--tag", tag])?;
    report.check("the plan exits 0", kept.code == 0);
    report.check(
        "it keeps the server, and names what it would lose",
        kept.stdout.contains("--allow-stateful postgresql") && kept.stdout.contains("loses"),
    );
    report.check("the server stays", database()? == before);
    let allowed = [&update[..], &["--allow-stateful", "postgresql"]].concat();
    let replaced = run_changed(&settings, &allowed)?;
    report.check("allowed, the update exits 0", replaced.code == 0);
    report.check("the server is another", database()? != before);
    runs(report, tag)?;
    let tests = run(&["tests", "fast", "staging"])?;
    report.check("what runs passes its checks", tests.code == 0);
    Ok(())
}

/// The quota has no room for one more server.
pub(crate) fn remove_first(report: &mut Report) -> Result<()> {
    let (_, new) = tags()?;
    let servers = column(&["server", "list"], "Name")?.len();
    let quota = openstack(&["quota", "show"])?;
    let usual = quota["instances"].as_i64();
    let usual = usual.context("no quota of instances")?;
    instances(servers)?;
    let ended = with_little_room(report, new);
    instances(usual)?;
    ended
}

fn with_little_room(report: &mut Report, new: &str) -> Result<()> {
    let update = ["stack", "update", "staging", "--tag", new];
    let refused = run(&update)?;
    let words = ["no room", "--allow-remove-first"];
    said(report, "no room", &refused, 4, &words);
    let slow = Across::counted("5", "14");
    let allowed = run(&[&update[..], &["--allow-remove-first"]].concat())?;
    report.check("allowed, the update exits 0", allowed.code == 0);
    runs(report, new)?;
    let ledger = slow.ended()?.stdout;
    for entry in ["lost", "run twice"] {
        report.check(&format!("{entry}: none"), count(&ledger, entry)? == 0);
    }
    Ok(())
}

/// The id of the database's server.
fn database() -> Result<String> {
    let servers = openstack(&["server", "list"])?;
    let servers = servers.as_array().context("a list was expected")?;
    let is_it = |name: &str| name.starts_with("postgresql-");
    let database = servers
        .iter()
        .find(|one| one["Name"].as_str().is_some_and(is_it));
    let id = database.and_then(|one| one["ID"].as_str());
    Ok(id.context("no server of the database")?.to_owned())
}

/// Sets how many servers the project may have.
fn instances(most: impl Display) -> Result<()> {
    let most = most.to_string();
    admin_does(&["quota", "set", "--instances", &most, &project()?])
}
