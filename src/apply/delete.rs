//! Removes a stack, and ends only when nothing of it is left.

use std::collections::HashMap;
use std::time::Duration;

use crate::apply::drain::{Mode, beside};
use crate::apply::error::StackError;
use crate::apply::event_log::EventLog;
use crate::apply::evidence::Evidence;
use crate::apply::first_failure::one_line;
use crate::apply::follow::{Follow, follow};
use crate::apply::leftover::{Leftover, Thing, ThingKind, inventory, leftovers};
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::heat::DEPTH_MAX;
use crate::openstack::stack::{Resource, StackRef};
use crate::openstack::stack_status::{Action, State};
use crate::openstack::wait::{Deadline, Pace, Verdict, WaitError, until};

/// Nova and Neutron finish some removals after Heat was told that they are done.
const SETTLE_LONGEST: Duration = Duration::from_secs(30);

/// What a deletion found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// The stack was there.
    Removed,
    /// There was none, and nothing of one.
    WasNotThere,
}

/// Removes the stack of this name with all that belongs to it. Run again after a kill,
/// it takes up what the first run left.
pub async fn delete(cloud: &Cloud, name: &str, deadline: Deadline) -> Result<Deleted, StackError> {
    let Some(stack) = cloud.heat().find_stack(name).await? else {
        nothing_left(cloud, name, &[]).await?;
        return Ok(Deleted::WasNotThere);
    };
    let going = stack.status.is(&Action::Delete, &State::InProgress);
    delete_stack(cloud, &stack.reference(), going, deadline).await?;
    Ok(Deleted::Removed)
}

/// Removes exactly this stack; `going` where Heat is at it already.
pub(crate) async fn delete_stack(
    cloud: &Cloud,
    stack: &StackRef,
    going: bool,
    deadline: Deadline,
) -> Result<(), StackError> {
    let heat = cloud.heat();
    let (resources, past) = tokio::join!(
        heat.resources(stack, DEPTH_MAX),
        heat.events(stack, None, DEPTH_MAX),
    );
    let resources = or_gone(resources)?;
    let things = inventory(&resources);
    let mut log = EventLog::new(stack.clone());
    if !going {
        // What happened before is another story.
        log.take(or_gone(past)?, Duration::ZERO);
        cloud.heat().delete(stack).await?;
    }
    let kinds = kinds(stack, &resources);
    let what = Follow {
        stack,
        action: Action::Delete,
        request: None,
        rolls_back: false,
        deadline,
        kinds: &kinds,
        server_deadline: None,
    };
    // Its jobs go with it, and who deletes an environment does not wait for them.
    let first = beside(cloud, stack, Mode::AtOnce, follow(cloud, &mut log, &what));
    if let Err(error) = first.await {
        let StackError::Failed(_) = &error else {
            return Err(error);
        };
        tell_reasons(cloud, stack).await;
        cloud.reporter().note(&stack.name, "deleting it once more");
        cloud.heat().delete(stack).await?;
        let second = beside(cloud, stack, Mode::AtOnce, follow(cloud, &mut log, &what));
        if let Err(mut error) = second.await {
            if let StackError::Failed(failed) = &mut error {
                failed.evidence = holders(cloud, &things).await.or(failed.evidence.take());
            }
            return Err(error);
        }
    }
    nothing_left(cloud, &stack.name, &things).await
}

/// A stack that vanishes while it is looked at has nothing to show.
fn or_gone<T>(result: Result<Vec<T>, CloudError>) -> Result<Vec<T>, CloudError> {
    match result {
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        other => other,
    }
}

/// Types of resources by their paths.
pub(crate) fn kinds(root: &StackRef, resources: &[Resource]) -> HashMap<String, String> {
    let stacks = resources
        .iter()
        .filter_map(|one| one.stack().map(|stack| stack.name))
        .collect();
    let entry = |resource: &Resource| {
        let stack = resource.stack()?;
        let path = crate::apply::event_log::path(&root.name, &stacks, &stack.name, &resource.name);
        Some((path, resource.kind.clone()))
    };
    resources.iter().filter_map(entry).collect()
}

async fn tell_reasons(cloud: &Cloud, stack: &StackRef) {
    let resources = cloud
        .heat()
        .resources(stack, DEPTH_MAX)
        .await
        .unwrap_or_default();
    for resource in resources {
        if resource.status.is(&Action::Delete, &State::Failed) && resource.nested().is_none() {
            let text = format!(
                "could not remove `{}` ({}): {}",
                resource.name,
                resource.kind,
                one_line(&resource.reason)
            );
            cloud.reporter().warn(text, "");
        }
    }
}

/// Ports of others in the stack's networks: the usual reason why those cannot go.
async fn holders(cloud: &Cloud, things: &[Thing]) -> Option<Evidence> {
    let ports = cloud.neutron().ports(&[]).await.ok()?;
    let known = |kind, id: &str| things.iter().any(|one| one.kind == kind && one.id == id);
    let lines: Vec<String> = ports
        .iter()
        .filter(|port| known(ThingKind::Network, &port.network_id))
        .filter(|port| !known(ThingKind::Port, &port.id))
        // Neutron's own (DHCP, routers) go with the network.
        .filter(|port| !port.device_owner.starts_with("network:"))
        .filter(|port| !known(ThingKind::Server, &port.device_id))
        .map(|port| {
            let (id, name) = (&port.id, &port.name);
            match (port.device_owner.as_str(), port.device_id.as_str()) {
                (_, "") => format!("port {id} `{name}`"),
                (owner, device) => format!("port {id} `{name}` of {owner} {device}"),
            }
        })
        .collect();
    let source = "in its networks there is what the stack did not make".to_owned();
    (!lines.is_empty()).then_some(Evidence { source, lines })
}

/// Everything in the project that a stack can leave behind.
async fn seen(cloud: &Cloud) -> Result<(Vec<Thing>, Vec<String>), CloudError> {
    let (heat, nova, neutron, cinder) =
        (cloud.heat(), cloud.nova(), cloud.neutron(), cloud.cinder());
    let (stacks, servers, ips, ports, volumes, routers, networks, groups) = tokio::try_join!(
        heat.stacks_and_nested(),
        nova.servers(&[]),
        neutron.floating_ips(&[]),
        neutron.ports(&[]),
        cinder.volumes(),
        neutron.routers(&[]),
        neutron.networks(&[]),
        neutron.security_groups(&[]),
    )?;
    let mut things = Vec::new();
    let mut roots = Vec::new();
    let thing = |kind, id, name| Thing { kind, id, name };
    for stack in stacks {
        if stack.parent.is_none() {
            roots.push(stack.name);
        } else {
            things.push(thing(ThingKind::Stack, stack.id, stack.name));
        }
    }
    things.extend(
        servers
            .into_iter()
            .map(|one| thing(ThingKind::Server, one.id, one.name)),
    );
    things.extend(
        ips.into_iter()
            .map(|one| thing(ThingKind::FloatingIp, one.id, one.floating_ip_address)),
    );
    things.extend(
        ports
            .into_iter()
            .map(|one| thing(ThingKind::Port, one.id, one.name)),
    );
    things.extend(
        volumes
            .into_iter()
            .map(|one| thing(ThingKind::Volume, one.id, one.name)),
    );
    things.extend(
        routers
            .into_iter()
            .map(|one| thing(ThingKind::Router, one.id, one.name)),
    );
    things.extend(
        networks
            .into_iter()
            .map(|one| thing(ThingKind::Network, one.id, one.name)),
    );
    things.extend(
        groups
            .into_iter()
            .map(|one| thing(ThingKind::SecurityGroup, one.id, one.name)),
    );
    Ok((things, roots))
}

/// Ends well when nothing of the stack is there, removing what certainly was its own.
async fn nothing_left(cloud: &Cloud, stack: &str, things: &[Thing]) -> Result<(), StackError> {
    let mut left: Vec<Leftover> = Vec::new();
    let mut asked: HashMap<String, String> = HashMap::new();
    let look = async || {
        let (seen, roots) = seen(cloud).await?;
        left = leftovers(things, &seen, stack, &roots);
        for one in left.iter_mut().filter(|one| one.certain) {
            let refusal = remove(cloud, &one.thing)
                .await
                .err()
                .map(|error| error.to_string());
            let reason =
                refusal.unwrap_or_else(|| "its removal was asked for, and is not done".to_owned());
            asked.insert(one.thing.id.clone(), reason.clone());
            one.reason = reason;
        }
        let certain = left.iter().any(|one| one.certain);
        Ok(if certain {
            Verdict::Go
        } else {
            Verdict::<(), ()>::Done(())
        })
    };
    match until(Deadline::after(SETTLE_LONGEST), Pace::QUICK, look).await {
        Err(
            WaitError::Cloud(error)
            | WaitError::TimedOut {
                last: Some(error), ..
            },
        ) => {
            return Err(error.into());
        }
        _ if left.is_empty() => {}
        _ => {
            return Err(StackError::LeftBehind {
                stack: stack.to_owned(),
                left,
            });
        }
    }
    for (id, reason) in asked {
        cloud.reporter().note(
            stack,
            format!("Heat left {id} behind; removed it ({reason})"),
        );
    }
    Ok(())
}

async fn remove(cloud: &Cloud, thing: &Thing) -> Result<(), CloudError> {
    let id = thing.id.as_str();
    match thing.kind {
        ThingKind::Stack => {
            let nested = StackRef {
                name: thing.name.clone(),
                id: id.to_owned(),
            };
            cloud.heat().delete(&nested).await
        }
        ThingKind::Server => cloud.nova().delete_server(id).await,
        ThingKind::FloatingIp => cloud.neutron().delete_floating_ip(id).await,
        ThingKind::Port => cloud.neutron().delete_port(id).await,
        ThingKind::Volume => cloud.cinder().delete_volume(id).await,
        ThingKind::Router => cloud.neutron().delete_router(id).await,
        ThingKind::Network => cloud.neutron().delete_network(id).await,
        ThingKind::SecurityGroup => cloud.neutron().delete_security_group(id).await,
    }
}
