//! From staging to production: only what passed its tests there.

use anyhow::Result;

use crate::program::run;
use crate::report::Report;
use crate::stories::killed_updates::tags;

/// Deploys another release into staging, with jobs across the update, and promotes it.
pub(crate) fn deployed_and_promoted(report: &mut Report) -> Result<()> {
    let (old, new) = tags()?;
    let promote = ["promote", "--from", "staging", "--to", "production"];
    let early = run(&[&promote[..], &["--tag", new]].concat())?;
    report.check("what staging does not run is refused", early.code == 4);
    report.check("and what it runs is named", early.stderr.contains(old));
    let deploy = [
        "deploy",
        "staging",
        "--tag",
        new,
        "--minutes",
        "5",
        "--jobs",
        "14",
    ];
    let deployed = run(&deploy)?;
    report.check("deploy into staging exits 0", deployed.code == 0);
    let again = run(&deploy)?;
    report.check(
        "the same again is no change",
        again.code == 0 && again.stderr.contains("no changes"),
    );
    let promoted = run(&promote)?;
    report.check(
        "promote into an empty production exits 0",
        promoted.code == 0,
    );
    let tests = run(&["tests", "fast", "production"])?;
    report.check("production passes its fast tests", tests.code == 0);
    report.check(
        "production has staging's tag",
        newest("production")? == newest("staging")?,
    );
    let again = run(&promote)?;
    report.check(
        "promoted again, it is no change",
        again.code == 0 && again.stderr.contains("no changes"),
    );
    let deleted = run(&["stack", "delete", "production", "--yes"])?;
    report.check("production goes again", deleted.code == 0);
    Ok(())
}

/// The tag of the newest release in the history.
fn newest(env: &str) -> Result<String> {
    let history = run(&["stack", "history", env, "-f", "value", "-c", "Tag"])?;
    Ok(history.stdout.lines().next().unwrap_or_default().to_owned())
}
