//! Judges an update on its way: the fast checks against what is there at that
//! moment, old members and new ones.

use crate::openstack::client::Cloud;
use crate::openstack::stack::StackRef;
use crate::record::deployed::Deployed;
use crate::tasks::tests::fast;
use crate::template::release::Records;
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
    let mut target = fast::of(topology, &deployed).map_err(|failure| failure.to_string())?;
    let template = cloud.heat().template(stack).await;
    let records = Records::read(&template.map_err(|error| error.to_string())?);
    if let Some(jobs) = &mut target.jobs {
        jobs.members.retain(|member| is_judged(member, &records));
    }
    let limits = Limits::FAST;
    let http = Http::new(limits.request).map_err(|error| error.to_string())?;
    Ok(run(&Check::ALL, &target, limits, &http, cloud.reporter()).await)
}

/// In an update the new members have to prove that they run jobs. The old ones have
/// work of their own to do, and may take no other for hours.
fn is_judged(member: &str, records: &Records) -> bool {
    let resource = member.replace('-', "_");
    let old = records.current();
    records.update.is_none() || old.is_none_or(|old| !old.members.contains_key(&resource))
}

fn failures(report: &Report) -> String {
    let failures: Vec<String> = report
        .failures()
        .map(|one| format!("{}: {}", one.check.name(), one.detail()))
        .collect();
    failures.join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::is_judged;
    use crate::template::release::Records;

    #[track_caller]
    fn case(member: &str, update: &Value, expected: bool) {
        let old = json!({"version": 2, "id": "a", "tag": "v1",
            "members": {"shell_command_worker_default_0_11": "d"}});
        let records = Records::read(&json!({"outputs": {
            "history": {"value": [old]}, "update": {"value": update}}}));
        assert_eq!(is_judged(member, &records), expected, "{member}");
    }

    #[test]
    fn old_members_need_not_prove_themselves_during_an_update() {
        let update = json!({"from": "a", "to": "b", "phase": "add", "batch": 1, "batches": 1,
            "target": {"version": 2, "id": "b", "tag": "v2"}});
        case("shell-command-worker-default-0-11", &update, false);
        case("shell-command-worker-default-0-22", &update, true);
        case("shell-command-worker-default-0-11", &Value::Null, true);
    }
}
