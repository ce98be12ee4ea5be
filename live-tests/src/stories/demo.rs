//! From a host without a cloud to a tested deployment, in one command.

use std::process::Command;

use anyhow::{Context, Result};

use crate::cloud::{column, openstack};
use crate::program::{home, run};
use crate::report::Report;
use crate::{host, stories::purge};

/// Purges, runs `demo`, and follows what it prints.
pub(crate) fn from_nothing(report: &mut Report) -> Result<()> {
    run(&["devcloud", "down", "--purge"])?;
    let _ = std::fs::remove_dir_all(home());
    std::fs::create_dir_all(home())?;
    purge::remember(&host::listings()?)?;
    let demo = run(&["demo"])?;
    report.check("demo exits 0", demo.code == 0);
    let url = demo
        .stdout
        .lines()
        .find_map(|line| line.trim().strip_prefix("curl -s "));
    let url = url.context("demo printed no curl line")?;
    let answer = Command::new("curl").args(["-s", url]).output()?;
    let answer = String::from_utf8_lossy(&answer.stdout).into_owned();
    let status: serde_json::Value = serde_json::from_str(&answer).unwrap_or_default();
    report.check(
        "the printed curl line shows a succeeded workflow",
        status["status"] == "succeeded",
    );
    agreed(report, 10)?;
    let again = run(&["demo"])?;
    report.check("demo again exits 0", again.code == 0);
    agreed(report, 10)
}

/// openstackclient sees one complete stack with `servers` active servers.
pub(crate) fn agreed(report: &mut Report, servers: usize) -> Result<()> {
    let stacks = column(&["stack", "list"], "Stack Status")?;
    report.check(
        "openstackclient: one stack, CREATE_COMPLETE",
        stacks == ["CREATE_COMPLETE"],
    );
    let seen = column(&["server", "list"], "Status")?;
    let active = seen.iter().filter(|status| *status == "ACTIVE").count();
    report.check(
        &format!(
            "openstackclient: {servers} servers, all active (seen {active} of {})",
            seen.len()
        ),
        seen.len() == servers && active == servers,
    );
    Ok(())
}

/// openstackclient finds nothing of a stack.
pub(crate) fn nothing_left(report: &mut Report) -> Result<()> {
    let lists: [(&str, &[&str]); 5] = [
        ("stack", &["stack", "list"]),
        ("server", &["server", "list"]),
        ("floating IP", &["floating", "ip", "list"]),
        ("router", &["router", "list"]),
        ("network of its own", &["network", "list", "--internal"]),
    ];
    for (what, args) in lists {
        let rows = openstack(args)?;
        let none = rows.as_array().is_some_and(Vec::is_empty);
        report.check(&format!("openstackclient: no {what} is left"), none);
    }
    Ok(())
}
