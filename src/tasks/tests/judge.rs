//! Judges an update on its way: the fast checks against what is there at that
//! moment, old members and new ones.

use std::time::Duration;

use tokio::time::sleep;

use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::stack::StackRef;
use crate::openstack::wait::Deadline;
use crate::record::deployed::Deployed;
use crate::tasks::tests::fast;
use crate::template::release::Records;
use crate::topology::Topology;
use crate::verify::check::Check;
use crate::verify::http::Http;
use crate::verify::limits::Limits;
use crate::verify::report::Report;
use crate::verify::run::run;

/// For all questions of one judgement together: with the checks themselves, run twice,
/// it has to stay within the time that Heat waits at a gate (`VERIFY_WAIT_S`).
const ASK_FOR: Duration = Duration::from_secs(300);
/// Each request was tried several times already.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// A check that fails once may have met something that passes; one that fails
/// again has found something.
const TRIES: usize = 2;

/// Runs the fast checks; the reasons where one fails every time.
pub async fn judge(cloud: &Cloud, topology: &Topology, stack: &StackRef) -> Result<(), String> {
    let mut reasons = String::new();
    let deadline = Deadline::after(ASK_FOR);
    for _ in 0..TRIES {
        match once(cloud, topology, stack, deadline).await {
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

async fn once(
    cloud: &Cloud,
    topology: &Topology,
    stack: &StackRef,
    deadline: Deadline,
) -> Result<Report, String> {
    let heat = cloud.heat();
    let outputs = answered(deadline, async || heat.outputs(stack).await).await?;
    let deployed = Deployed::read(&outputs).map_err(|error| error.to_string())?;
    let mut target = fast::of(topology, &deployed).map_err(|failure| failure.to_string())?;
    let template = answered(deadline, async || heat.template(stack).await).await?;
    let records = Records::read(&template);
    if let Some(jobs) = &mut target.jobs {
        jobs.members.retain(|member| is_judged(member, &records));
    }
    let limits = Limits::FAST;
    let http = Http::new(limits.request).map_err(|error| error.to_string())?;
    Ok(run(&Check::ALL, &target, limits, &http, cloud.reporter()).await)
}

/// Asks until the cloud answers: that Heat is away says nothing of what it deployed.
async fn answered<T>(
    deadline: Deadline,
    ask: impl AsyncFn() -> Result<T, CloudError>,
) -> Result<T, String> {
    loop {
        match ask().await {
            Err(error) if error.is_transient() && !deadline.passed() => sleep(ASK_AGAIN).await,
            ended => return ended.map_err(|error| error.to_string()),
        }
    }
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

    use std::cell::Cell;

    use super::{ASK_FOR, Deadline, answered, is_judged};
    use crate::openstack::error::CloudError;
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

    #[tokio::test(start_paused = true)]
    async fn a_cloud_that_is_away_for_a_while_fails_no_check() {
        let asked = Cell::new(0);
        let ask = async |answers_at| {
            asked.set(asked.get() + 1);
            let (url, reason) = ("http://heat".to_owned(), "refused".to_owned());
            let away = Err(CloudError::Unreachable { url, reason });
            if asked.get() == answers_at {
                Ok(())
            } else {
                away
            }
        };
        let deadline = Deadline::after(ASK_FOR);
        assert_eq!(answered(deadline, async || ask(60).await).await, Ok(()));
        let never = async || answered(deadline, async || ask(0).await).await;
        let away = Err("cannot reach `http://heat`: refused".to_owned());
        assert_eq!(never().await, away);
        // All questions have this time together.
        asked.set(0);
        assert_eq!((never().await, asked.get()), (away, 1));
    }
}
