//! Who uses which image: asked of Nova, because a stack that was made by
//! another version of this program, or by hand, counts too.

use std::collections::BTreeMap;

use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::nova::Server;
use crate::plan::image_removal::Users;

/// The metadata key in which a member names its stack.
const STACK_KEY: &str = "ptero_stack";

/// Every image that a server of the project was booted from, with the stacks of
/// those servers; a server that is of no stack of ours counts by its own name.
pub async fn users(cloud: &Cloud) -> Result<Users, CloudError> {
    let servers = cloud.nova().servers(&[]).await?;
    Ok(of(&servers))
}

fn of(servers: &[Server]) -> Users {
    let mut users: Users = BTreeMap::new();
    for server in servers {
        let Some(image) = server.image.as_deref() else {
            continue;
        };
        let user = server.metadata.get(STACK_KEY).map_or_else(
            || format!("server {}", server.name),
            |stack| format!("stack {stack}"),
        );
        users.entry(image.to_owned()).or_default().insert(user);
    }
    users
}
