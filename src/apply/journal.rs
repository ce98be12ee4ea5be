//! What became of a stack's releases and of its jobs, kept by the stack itself.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::stack::StackRef;
use crate::template::release::{JOURNAL, LOST_JOBS, Records, Tests};

/// Writes down that `release`, by its id, has passed `tests` at `at` (RFC 3339).
pub async fn passed(
    cloud: &Cloud,
    stack: &StackRef,
    release: &str,
    tests: Tests,
    at: &str,
) -> Result<(), CloudError> {
    let entry = tests.entry(release);
    let data = json!({"id": entry, "status": "SUCCESS", "reason": "passed", "data": at});
    cloud.heat().signal(stack, JOURNAL, &data).await
}

/// All that a stack tells of its releases.
pub async fn records(cloud: &Cloud, stack: &StackRef) -> Result<Records, CloudError> {
    let heat = cloud.heat();
    let (template, journal) = tokio::join!(heat.template(stack), entries(cloud, stack, JOURNAL));
    Ok(Records::read(&template?).with_journal(&journal?))
}

/// A job whose end its database was never told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LostJob {
    /// What its service calls it.
    pub id: String,
    /// The address of what waits for it; empty where nothing does.
    #[serde(default)]
    pub of: String,
}

/// The jobs that the members of `stack` know to be lost, by their service.
pub async fn lost_jobs(
    cloud: &Cloud,
    stack: &StackRef,
) -> Result<IndexMap<String, Vec<LostJob>>, CloudError> {
    let told = entries(cloud, stack, LOST_JOBS).await?;
    Ok(jobs(told))
}

/// What is no list of jobs was not told by our agent.
fn jobs(told: IndexMap<String, String>) -> IndexMap<String, Vec<LostJob>> {
    told.into_iter()
        .filter_map(|(service, jobs)| Some((service, serde_json::from_str(&jobs).ok()?)))
        .collect()
}

async fn entries(
    cloud: &Cloud,
    stack: &StackRef,
    handle: &str,
) -> Result<IndexMap<String, String>, CloudError> {
    match cloud.heat().resource_metadata(stack, handle).await {
        // A stack that has none, or that has not come that far.
        Err(error) if error.is_not_found() => Ok(IndexMap::new()),
        other => Ok(read(&other?)),
    }
}

/// The data of each signal by its id: a handle keeps them beside status and reason
/// (Heat 19).
fn read(metadata: &Value) -> IndexMap<String, String> {
    let signals = metadata.as_object().into_iter().flatten();
    let data = |signal: &Value| Some(signal.get("data")?.as_str()?.to_owned());
    signals
        .filter_map(|(id, signal)| Some((id.clone(), data(signal)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{LostJob, jobs, read};

    #[test]
    fn what_a_handle_keeps_is_told_by_the_ids_of_its_signals() {
        let signal = |at: &str| json!({"status": "SUCCESS", "reason": "passed", "data": at});
        let metadata = json!({
            "fast.83b03eb0de4c": signal("2026-11-23T00:24:44Z"),
            "slow.83b03eb0de4c": signal("2026-11-23T00:45:25Z"),
        });
        let told: Vec<(String, String)> = read(&metadata).into_iter().collect();
        let entry = |name: &str, at: &str| (format!("{name}.83b03eb0de4c"), at.to_owned());
        assert_eq!(
            told,
            [
                entry("fast", "2026-11-23T00:24:44Z"),
                entry("slow", "2026-11-23T00:45:25Z"),
            ]
        );
        assert!(read(&json!({})).is_empty());
        assert!(read(&json!(null)).is_empty());
    }

    #[test]
    fn lost_jobs_are_told_by_their_service() {
        let told = [
            (
                "shell-command",
                r#"[{"id": "a", "of": "http://192.0.2.7:7000/v1/executions/3"}, {"id": "b"}]"#,
            ),
            ("other", "what somebody else wrote"),
        ];
        let told = told.map(|(service, jobs)| (service.to_owned(), jobs.to_owned()));
        let job = |id: &str, of: &str| LostJob {
            id: id.to_owned(),
            of: of.to_owned(),
        };
        let expected = vec![
            job("a", "http://192.0.2.7:7000/v1/executions/3"),
            job("b", ""),
        ];
        let read: Vec<_> = jobs(told.into()).into_iter().collect();
        assert_eq!(read, [("shell-command".to_owned(), expected)]);
    }
}
