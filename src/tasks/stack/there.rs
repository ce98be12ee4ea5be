//! The stack of an environment, as it is now.

use crate::apply::journal;
use crate::error::{Failure, Kind};
use crate::name::EnvName;
use crate::openstack::client::Cloud;
use crate::openstack::stack::Stack;
use crate::record::deployed::Deployed;
use crate::tasks::context::Context;
use crate::tasks::{cloud, loading};
use crate::template::release::Records;
use crate::topology::Topology;

/// A stack that was looked up, and what it was looked up with.
pub struct There {
    /// The environment as the configuration wants it.
    pub topology: Topology,
    /// The cloud it is in.
    pub cloud: Cloud,
    /// The stack.
    pub stack: Stack,
}

/// Loads the configuration, logs in, and finds the stack of the environment.
pub async fn open(context: &Context, env: &EnvName) -> Result<There, Failure> {
    let topology = loading::load(context)?.topology(env)?;
    let cloud = cloud::connect(context).await?;
    let stack = find(&cloud, &topology).await?;
    Ok(There {
        topology,
        cloud,
        stack,
    })
}

/// The stack of the environment, or a failure that says how to make it.
pub async fn find(cloud: &Cloud, topology: &Topology) -> Result<Stack, Failure> {
    let name = &topology.stack.stack_name;
    let found = cloud.heat().find_stack(name.as_str()).await?;
    found.ok_or_else(|| {
        Failure::new(Kind::Failed, format!("there is no stack `{name}`")).hint(format!(
            "`ptero-deploy stack create {} --tag TAG` makes it",
            topology.env
        ))
    })
}

/// All that it tells of its releases.
pub async fn records(cloud: &Cloud, stack: &Stack) -> Result<Records, Failure> {
    Ok(journal::records(cloud, &stack.reference()).await?)
}

/// What runs in it.
pub async fn deployed(cloud: &Cloud, stack: &Stack) -> Result<Deployed, Failure> {
    let outputs = cloud.heat().outputs(&stack.reference()).await?;
    Deployed::read(&outputs).map_err(|error| {
        let message = format!(
            "stack `{}` ({}) does not tell what runs in it",
            stack.name, stack.status
        );
        Failure::new(Kind::Failed, message).caused_by(error)
    })
}
