//! What is there already is not made again.

use anyhow::Result;

use crate::cloud::writes;
use crate::program::run;
use crate::report::Report;

/// The APIs that would be written to; each tells of its requests in a log of its own.
const APIS: [&str; 4] = ["glance-api", "nova-api", "neutron-server", "heat-api"];

/// A second build of the same tag.
pub(crate) fn build(report: &mut Report) -> Result<()> {
    let build = writes_nothing(report, || run(&["images", "build", "v1"]))?;
    report.check("the second build exits 0", build.code == 0);
    Ok(())
}

/// Does something; by the APIs' own logs nothing is written meanwhile.
pub(crate) fn writes_nothing<T>(
    report: &mut Report,
    does: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let before = APIS.map(writes);
    let done = does()?;
    for (api, before) in APIS.into_iter().zip(before) {
        let before = before?;
        report.check(
            &format!("the log of {api} was read (it holds earlier writes)"),
            before > 0,
        );
        report.check(&format!("no write to {api}"), writes(api)? == before);
    }
    Ok(done)
}
