//! Judges an update on its way: the fast checks against what is there at that
//! moment, old members and new ones.

use crate::openstack::client::Cloud;
use crate::openstack::stack::StackRef;
use crate::record::deployed::Deployed;
use crate::tasks::tests::fast;
use crate::topology::Topology;
use crate::verify::check::Check;
use crate::verify::http::Http;
use crate::verify::limits::Limits;
use crate::verify::report::Report;
use crate::verify::run::run;

/// A check that fails once may have met something that passes; one that fails
/// again has found something.
const TRIES: usize = 2;

/// Runs the fast checks; the reasons where one fails every time.
pub async fn judge(cloud: &Cloud, topology: &Topology, stack: &StackRef) -> Result<(), String> {
    let mut reasons = String::new();
    for _ in 0..TRIES {
        match once(cloud, topology, stack).await {
            Ok(report) => {
                reasons = failures(&report);
                if reasons.is_empty() {
                    return Ok(());
                }
            }
            Err(reason) => reasons = reason,
        }
    }
    Err(reasons)
}

async fn once(cloud: &Cloud, topology: &Topology, stack: &StackRef) -> Result<Report, String> {
    let outputs = cloud.heat().outputs(stack).await;
    let outputs = outputs.map_err(|error| error.to_string())?;
    let deployed = Deployed::read(&outputs).map_err(|error| error.to_string())?;
    let target = fast::of(topology, &deployed).map_err(|failure| failure.to_string())?;
    let limits = Limits::FAST;
    let http = Http::new(limits.request).map_err(|error| error.to_string())?;
    Ok(run(&Check::ALL, &target, limits, &http, cloud.reporter()).await)
}

fn failures(report: &Report) -> String {
    let failures: Vec<String> = report
        .failures()
        .map(|one| format!("{}: {}", one.check.name(), one.detail()))
        .collect();
    failures.join("; ")
}
