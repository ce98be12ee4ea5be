//! Ctrl-C and SIGKILL at any moment; the same command again converges.

use std::time::Duration;

use anyhow::Result;

use crate::cloud::column;
use crate::program::{interrupted, killed, run};
use crate::report::Report;
use crate::stories::demo::{agreed, nothing_left};

/// When Ctrl-C is pressed, in seconds: the build machine boots; Heat is at work.
const INTERRUPT_S: f64 = 6.0;

/// Moments of a build, in seconds: before anything, while the build machine
/// boots, while it bakes, and about when it uploads.
const BUILD_MOMENTS_S: [f64; 4] = [0.2, 12.0, 40.0, 70.0];

/// Kills builds of v2, which shares three of its five images with v1.
pub(crate) fn builds(report: &mut Report) -> Result<()> {
    let build = ["images", "build", "v2"];
    interrupt(report, "build", &build)?;
    report.check(
        "openstackclient: an interrupted build left no machine",
        column(&["stack", "list"], "Stack Name")? == ["ptero-staging"],
    );
    kill_at(report, "build", &build, &BUILD_MOMENTS_S)?;
    let again = run(&build)?;
    report.check("build: run again, it exits 0", again.code == 0);
    let images = column(&["image", "list"], "Name")?;
    let ours = images
        .iter()
        .filter(|name| name.starts_with("ptero-"))
        .count();
    report.check(
        &format!("openstackclient: seven images, one a recipe (seen {ours})"),
        ours == 7,
    );
    let stacks = column(&["stack", "list"], "Stack Name")?;
    report.check(
        "openstackclient: no build machine is left",
        stacks == ["ptero-staging"],
    );
    let servers = column(&["server", "list"], "Name")?;
    let builders = servers
        .iter()
        .filter(|name| name.contains("ptero-build"))
        .count();
    report.check("openstackclient: no orphan server", builders == 0);
    Ok(())
}

/// Moments of a delete and of a create, in seconds. Heat goes on meanwhile, so
/// each is later in its work than the sum of those before.
const MOMENTS_S: [f64; 4] = [0.3, 2.0, 8.0, 20.0];

/// Kills deletes and creates at several moments each.
pub(crate) fn and_run_again(report: &mut Report) -> Result<()> {
    let delete = ["stack", "delete", "staging"];
    let create = ["stack", "create", "staging", "--tag", "v1"];
    for (verb, args) in [("delete", &delete[..]), ("create", &create[..])] {
        kill_at(report, verb, args, &MOMENTS_S)?;
        if verb == "create" {
            interrupt(report, verb, args)?;
        }
        let again = run(args)?;
        report.check(&format!("{verb}: run again, it exits 0"), again.code == 0);
        if verb == "delete" {
            nothing_left(report)?;
        } else {
            agreed(report, 10)?;
        }
    }
    Ok(())
}

/// Presses Ctrl-C once; whoever calls this proves that the command goes on later.
fn interrupt(report: &mut Report, verb: &str, args: &[&str]) -> Result<()> {
    let ended = interrupted(args, Duration::from_secs_f64(INTERRUPT_S))?;
    report.check(
        &format!("{verb}: after Ctrl-C it exits 130 (was {})", ended.code),
        ended.code == 130,
    );
    let command = format!("to go on later: ptero-deploy {}", args.join(" "));
    report.check(
        &format!("{verb}: it tells the command that goes on"),
        ended.stderr.contains(&command),
    );
    Ok(())
}

/// Kills runs of one command, each later than the last. The cloud goes on by
/// itself, so a late run may find everything done; most must be hit at work.
fn kill_at(report: &mut Report, verb: &str, args: &[&str], moments_s: &[f64]) -> Result<()> {
    let mut hit = 0;
    for moment in moments_s {
        hit += usize::from(killed(args, Duration::from_secs_f64(*moment))?);
    }
    report.check(
        &format!(
            "{verb}: {hit} of {} runs were killed at work",
            moments_s.len()
        ),
        hit + 1 >= moments_s.len(),
    );
    Ok(())
}
