//! Work on an environment as its only deployer.

use crate::apply::lock::{Claim, Lease, holding};
use crate::error::Failure;
use crate::openstack::client::Cloud;
use crate::tasks::context::Context;
use crate::tasks::stack::bring::Site;
use crate::tasks::stack::planning::PlanArgs;
use crate::topology::Topology;

/// Does `work` while holding the environment's lock; `command` is what others read of
/// it, as it would be typed again.
pub async fn locked<T>(
    cloud: &Cloud,
    topology: &Topology,
    command: &str,
    work: impl AsyncFnOnce(&Lease) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let claim = Claim {
        env: topology.env.clone(),
        command: format!("ptero-deploy {command}"),
        step: String::new(),
    };
    cloud.renew().await?;
    holding(cloud, &topology.stack.stack_name, claim, work).await
}

/// As [`locked`], for work that may change what is there: with all that it needs to know.
pub async fn on_site<T>(
    context: &Context,
    (cloud, topology): (&Cloud, &Topology),
    command: &str,
    allowed: &PlanArgs,
    work: impl AsyncFnOnce(&Site<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    locked(cloud, topology, command, async |lease| {
        let options = allowed.options(topology);
        let site = Site {
            context,
            cloud,
            topology,
            lease,
            options,
        };
        work(&site).await
    })
    .await
}
