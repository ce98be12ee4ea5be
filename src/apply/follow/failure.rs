//! What is told of a change that failed or did not end.

use super::Follow;
use crate::apply::error::{FailedStack, StackError};
use crate::apply::evidence::{self, Evidence};
use crate::apply::first_failure::{FirstFailure, busy, first_failure};
use crate::openstack::client::Cloud;
use crate::openstack::heat::DEPTH_MAX;
use crate::openstack::stack::{HeatEvent, Stack};

/// The first failure, and what its server told.
pub(super) type Traced = (Option<FirstFailure>, Option<Evidence>);

pub(super) async fn traced(cloud: &Cloud, what: &Follow<'_>, events: &[HeatEvent]) -> Traced {
    let resources = cloud
        .heat()
        .resources(what.stack, DEPTH_MAX)
        .await
        .unwrap_or_default();
    let first = first_failure(what.stack, &resources, events);
    let evidence = match &first {
        Some(first) => evidence::find(cloud, first, &resources).await,
        None => None,
    };
    (first, evidence)
}

pub(super) async fn failed(
    cloud: &Cloud,
    what: &Follow<'_>,
    stack: Stack,
    events: &[HeatEvent],
    early: Option<Traced>,
) -> StackError {
    let (first, evidence) = match early {
        Some((Some(first), evidence)) => (Some(first), evidence),
        _ => traced(cloud, what, events).await,
    };
    StackError::Failed(Box::new(FailedStack {
        stack: stack.name,
        status: stack.status,
        reason: stack.reason,
        first,
        evidence,
    }))
}

pub(super) async fn timed_out(cloud: &Cloud, what: &Follow<'_>) -> StackError {
    let resources = cloud
        .heat()
        .resources(what.stack, DEPTH_MAX)
        .await
        .unwrap_or_default();
    StackError::TimedOut {
        stack: what.stack.name.clone(),
        action: what.action.clone(),
        after: what.deadline.limit(),
        busy: busy(what.stack, &resources),
    }
}
