//! From staging to production: only what passed its tests there.

use anyhow::Result;

use crate::program::run;
use crate::report::Report;
use crate::stories::killed_updates::tags;

const PROMOTE: [&str; 5] = ["promote", "--from", "staging", "--to", "production"];

/// Deploys another release into staging, with jobs across the update, and promotes it;
/// then the one before, into a production that runs.
pub(crate) fn deployed_and_promoted(report: &mut Report) -> Result<()> {
    let (old, new) = tags()?;
    let early = run(&[&PROMOTE[..], &["--tag", new]].concat())?;
    report.check("what staging does not run is refused", early.code == 4);
    report.check("and what it runs is named", early.stderr.contains(old));
    deployed(report, new)?;
    promoted(report, "an empty production")?;
    let again = run(&PROMOTE)?;
    report.check(
        "promoted again, it is no change",
        again.code == 0 && again.stderr.contains("no changes"),
    );
    deployed(report, old)?;
    promoted(report, "a production that runs")?;
    let deleted = run(&["stack", "delete", "production", "--yes"])?;
    report.check("production goes again", deleted.code == 0);
    Ok(())
}

/// `tag` is brought into staging and passes its tests there, fast and slow.
fn deployed(report: &mut Report, tag: &str) -> Result<()> {
    let tests = ["--minutes", "5", "--jobs", "14"];
    let deploy = [&["deploy", "staging", "--tag", tag][..], &tests].concat();
    let deployed = run(&deploy)?;
    report.check("deploy into staging exits 0", deployed.code == 0);
    let again = run(&deploy)?;
    report.check(
        "the same again is no change",
        again.code == 0 && again.stderr.contains("no changes"),
    );
    Ok(())
}

/// What staging runs is brought into production.
fn promoted(report: &mut Report, into: &str) -> Result<()> {
    let promoted = run(&PROMOTE)?;
    report.check(&format!("promote into {into} exits 0"), promoted.code == 0);
    let tests = run(&["tests", "fast", "production"])?;
    report.check("production passes its fast tests", tests.code == 0);
    report.check(
        "production has staging's tag",
        newest("production")? == newest("staging")?,
    );
    Ok(())
}

/// The tag of the newest release in the history.
fn newest(env: &str) -> Result<String> {
    let history = run(&["stack", "history", env, "-f", "value", "-c", "Tag"])?;
    Ok(history.stdout.lines().next().unwrap_or_default().to_owned())
}
