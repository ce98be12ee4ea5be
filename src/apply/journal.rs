//! What became of a stack's releases, kept by the stack itself.

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::stack::StackRef;
use crate::template::release::{JOURNAL, Records, Tests};

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
    let (template, journal) = tokio::join!(heat.template(stack), entries(cloud, stack));
    Ok(Records::read(&template?).with_journal(&journal?))
}

async fn entries(cloud: &Cloud, stack: &StackRef) -> Result<IndexMap<String, String>, CloudError> {
    let told = match cloud.heat().resource_metadata(stack, JOURNAL).await {
        // A stack of an earlier version, or one that has not come that far.
        Err(error) if error.is_not_found() => return Ok(IndexMap::new()),
        other => other?,
    };
    let text = |(name, value): (String, Value)| Some((name, value.as_str()?.to_owned()));
    Ok(told.into_iter().filter_map(text).collect())
}
