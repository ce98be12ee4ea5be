//! Work on an environment as its only deployer.

use crate::apply::lock::{Claim, Lease, holding};
use crate::error::Failure;
use crate::openstack::client::Cloud;
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
    holding(cloud, &topology.stack.stack_name, claim, work).await
}
