//! A release that starts but does not work: the checks say so.

use anyhow::Result;

use crate::program::run;
use crate::report::Report;

/// Deploys v3-broken in place of v1; the fast tests must refuse it.
pub(crate) fn fails_its_checks(report: &mut Report) -> Result<()> {
    let ended = run(&["stack", "delete", "staging"])?;
    report.check("v1 is gone", ended.code == 0);
    let created = run(&["stack", "create", "staging", "--tag", "v3-broken"])?;
    report.check("v3-broken comes up", created.code == 0);
    let tests = run(&["tests", "fast", "staging"])?;
    report.check("its fast tests exit 4", tests.code == 4);
    Ok(())
}
