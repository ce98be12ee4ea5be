//! SIGKILL at any moment; the same command again converges.

use std::time::Duration;

use anyhow::Result;

use crate::program::{killed, run};
use crate::report::Report;
use crate::stories::demo::{agreed, nothing_left};

/// Moments of a delete and of a create, in seconds.
const MOMENTS_S: [f64; 4] = [0.3, 2.0, 8.0, 20.0];

/// Kills deletes and creates at several moments each.
pub(crate) fn and_run_again(report: &mut Report) -> Result<()> {
    let delete = ["stack", "delete", "staging"];
    let create = ["stack", "create", "staging", "--tag", "v1"];
    for (verb, args) in [("delete", &delete[..]), ("create", &create[..])] {
        for moment in MOMENTS_S {
            let at_work = killed(args, Duration::from_secs_f64(moment))?;
            report.check(
                &format!("{verb}: killed at {moment} s, or done before ({at_work})"),
                true,
            );
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
