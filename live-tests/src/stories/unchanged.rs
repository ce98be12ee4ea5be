//! What is there already is not made again.

use anyhow::Result;

use crate::cloud::writes;
use crate::program::run;
use crate::report::Report;

/// The APIs' own logs show no write for a second build.
pub(crate) fn build(report: &mut Report) -> Result<()> {
    let before = (writes("glance-api")?, writes("nova-api")?);
    let build = run(&["images", "build", "v1"])?;
    report.check("the second build exits 0", build.code == 0);
    let after = (writes("glance-api")?, writes("nova-api")?);
    report.check(
        "Glance's log was read (it holds earlier writes)",
        before.0 > 0,
    );
    report.check(
        "Nova's log was read (it holds earlier writes)",
        before.1 > 0,
    );
    report.check("no write to Glance", before.0 == after.0);
    report.check("no write to Nova", before.1 == after.1);
    Ok(())
}
