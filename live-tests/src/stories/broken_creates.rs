//! Stacks that cannot come up, and one that does though its token does not last.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::cloud::{column, devcloud, openstack_does, writes};
use crate::program::{home, run, run_until_said};
use crate::report::Report;
use crate::stories::changed::{run_changed, said, settings};

/// A second stack beside the demo's.
const CREATE: [&str; 5] = ["stack", "create", "production", "--tag", "v1"];

pub(crate) fn creates(report: &mut Report) -> Result<()> {
    let before = column(&["server", "list"], "ID")?;
    refused(report)?;
    never_ready(report)?;
    loses_its_token(report)?;
    let delete = run(&["stack", "delete", "production", "--yes"])?;
    report.check("the stack is deleted", delete.code == 0);
    let left = column(&["server", "list"], "ID")?.len();
    report.check("no server of these is left", left == before.len());
    Ok(())
}

/// Neither room nor flavor: told before anything is made.
fn refused(report: &mut Report) -> Result<()> {
    let written = writes("heat-api")? + writes("nova-api")?;
    let no_flavor = run_changed(&production("flavor", &json!("no-such-flavor"))?, &CREATE)?;
    said(report, "flavor gone", &no_flavor, 2, &["no-such-flavor"]);
    let used = column(&["server", "list"], "ID")?.len();
    instances(&(used + 1).to_string())?;
    let no_room = run(&CREATE);
    instances("-1")?;
    said(report, "no quota", &no_room?, 4, &["12 needed", "1 of "]);
    let after = writes("heat-api")? + writes("nova-api")?;
    // The two writes to Nova are the quotas, by the administrator.
    report.check("nothing was written", after == written + 2);
    Ok(())
}

/// No server is ready as soon as that.
fn never_ready(report: &mut Report) -> Result<()> {
    let hasty = production("member_deadline_s", &json!(30))?;
    let ended = run_changed(&hasty, &CREATE)?;
    said(
        report,
        "no signal",
        &ended,
        1,
        &["30 s", "ptero-deploy stack delete production"],
    );
    let delete = run(&["stack", "delete", "production", "--yes"])?;
    report.check("what is left of it is deleted", delete.code == 0);
    Ok(())
}

/// Not before every server was asked for: Heat itself needs the token for that.
fn loses_its_token(report: &mut Report) -> Result<()> {
    let ended = run_until_said(&CREATE, "boot CREATE_COMPLETE", |_| revoke())?;
    report.check("a token revoked mid-way: exit 0", ended.code == 0);
    Ok(())
}

/// Takes back the token that the program keeps for its next run.
fn revoke() -> Result<()> {
    let folder = home().join("cache/ptero-deploy");
    let mut revoked = 0;
    for entry in std::fs::read_dir(&folder)?.flatten() {
        let Ok(text) = std::fs::read_to_string(entry.path()) else {
            continue;
        };
        let kept: Value = serde_json::from_str(&text).unwrap_or_default();
        if let Some(token) = kept["token"].as_str() {
            openstack_does(&["token", "revoke", token])?;
            revoked += 1;
        }
    }
    ensure!(revoked > 0, "no token is kept in {}", folder.display());
    Ok(())
}

fn production(key: &str, value: &Value) -> Result<Value> {
    let mut config = settings()?;
    let stack = config["stacks"]["production"].as_object_mut();
    stack
        .context("the demo has no stack `production`")?
        .insert(key.to_owned(), value.clone());
    Ok(config)
}

/// How many servers the project may have.
fn instances(count: &str) -> Result<()> {
    let mut command = devcloud().exec("openstack")?;
    let status = command
        .args(["quota", "set", "--instances", count, "demo"])
        .status()?;
    ensure!(status.success(), "the quota cannot be set: {status}");
    Ok(())
}
