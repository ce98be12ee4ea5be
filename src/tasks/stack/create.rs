//! `stack.create`: images first if missing, then the stack, followed to its end.

use std::time::Duration;

use crate::apply::lock::Lease;
use crate::apply::stack::{Came, create_or_adopt};
use crate::bake::identify::identify;
use crate::bake::run::Kitchen;
use crate::cli::values;
use crate::error::{Failure, Kind};
use crate::name::{EnvName, Tag};
use crate::openstack::client::Cloud;
use crate::openstack::stack::Stack;
use crate::openstack::stack_status::{Action, State};
use crate::tasks::context::Context;
use crate::tasks::images::kitchen::kitchen;
use crate::tasks::loading::Loaded;
use crate::tasks::stack::goal::Goal;
use crate::tasks::stack::{goal, locked, release, room, there};
use crate::tasks::{cloud, loading};
use crate::template::release::Records;
use crate::topology::Topology;

/// What `stack.create` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// Branch or tag of every service's repository.
    #[arg(long, value_name = "TAG", value_parser = values::tag)]
    pub tag: Tag,
    /// Give up after this long [default: the configuration's].
    #[arg(long, value_name = "MINUTES", value_parser = values::minutes)]
    pub timeout: Option<Duration>,
    /// Delete a stack that failed, instead of keeping it to be looked at.
    #[arg(long)]
    pub discard_failed: bool,
}

/// Carries `stack.create` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let loaded = loading::load(context)?;
    let cloud = cloud::connect(context).await?;
    locked(&args, context, &loaded, &cloud).await
}

/// Creates the stack in a cloud that we are logged in to, as its only deployer.
pub async fn locked(
    args: &Args,
    context: &Context,
    loaded: &Loaded,
    cloud: &Cloud,
) -> Result<(), Failure> {
    let mut topology = loaded.topology(&args.env)?;
    if let Some(timeout) = args.timeout {
        let minutes = u32::try_from(timeout.as_secs().div_ceil(60)).unwrap_or(u32::MAX);
        topology.stack.create_timeout_minutes = minutes;
    }
    let identified = identify(&loaded.config, &loaded.catalog, &args.tag).await?;
    let kitchen = kitchen(context, loaded, cloud, &identified);
    room::beforehand(&kitchen, &topology).await?;
    let command = format!("stack create {} --tag {}", args.env, args.tag);
    locked::locked(cloud, &topology, &command, async |lease| {
        create(args, context, &kitchen, &topology, lease).await
    })
    .await
}

async fn create(
    args: &Args,
    context: &Context,
    kitchen: &Kitchen<'_>,
    topology: &Topology,
    lease: &Lease,
) -> Result<(), Failure> {
    let cloud = kitchen.cloud;
    let goal = goal::built(kitchen, context, topology, lease).await?;
    lease.step("stack").await?;
    if !args.discard_failed {
        return make(context, cloud, topology, &goal, lease).await;
    }
    let made = attempt(context, cloud, topology, &goal, lease).await;
    if made.is_err() {
        discard(cloud, topology.stack.stack_name.as_str()).await;
    }
    made
}

/// Whether there is a stack to be changed: one that never came up, or that goes, is
/// made.
pub fn is_made(there: Option<&Stack>) -> bool {
    there.is_some_and(|stack| match stack.status.action {
        Action::Create => stack.status.state == State::Complete,
        Action::Delete => false,
        _ => true,
    })
}

/// Says what to do about what failed and is still there.
fn kept(env: &EnvName, failure: Failure) -> Failure {
    if failure.kind() != Kind::Failed {
        return failure;
    }
    failure
        .hint(format!(
            "what came up is kept to be looked at: `ptero-deploy stack events {env}` tells all of it"
        ))
        .hint(format!(
            "the same command again removes it first; `ptero-deploy stack delete {env}` only removes it"
        ))
}

/// Makes a stack that runs `goal`, whose images are there. One that fails is kept.
pub async fn make(
    context: &Context,
    cloud: &Cloud,
    topology: &Topology,
    goal: &Goal,
    lease: &Lease,
) -> Result<(), Failure> {
    let made = attempt(context, cloud, topology, goal, lease).await;
    made.map_err(|failure| kept(&topology.env, failure))
}

async fn attempt(
    context: &Context,
    cloud: &Cloud,
    topology: &Topology,
    goal: &Goal,
    lease: &Lease,
) -> Result<(), Failure> {
    lease.check().await?;
    let records = Records::default().with(goal.record.clone());
    let template = goal.template.clone().with_records(&records);
    let spec = release::spec(topology, template);
    let (stack, came) = create_or_adopt(cloud, &spec).await?;
    let text = match came {
        Came::Created => "created",
        Came::Adopted => "created, begun by an earlier run",
        Came::WasThere => "was there already, unchanged",
    };
    context.reporter.note(&stack.name, text);
    let stack = there::find(cloud, topology).await?;
    let deployed = there::deployed(cloud, &stack).await?;
    context.reporter.note(
        &stack.name,
        format!("PTero answers at {}", deployed.address),
    );
    Ok(())
}

/// Removes what failed, as asked; the failure itself is what counts.
async fn discard(cloud: &Cloud, name: &str) {
    let deadline = crate::tasks::stack::delete::deadline(None);
    if let Err(error) = crate::apply::delete::delete(cloud, name, deadline).await {
        cloud
            .reporter()
            .warn(format!("stack `{name}` is still there: {error}"), "");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{is_made, kept};
    use crate::error::{Failure, Kind};
    use crate::name::EnvName;

    #[test]
    fn what_never_came_up_is_made_again() {
        let made = |status: &str| {
            let stack = json!({"id": "1", "stack_name": "a", "stack_status": status,
                "creation_time": "2026-11-22T12:00:00Z"});
            is_made(Some(&serde_json::from_value(stack).unwrap()))
        };
        assert!(!is_made(None));
        for status in ["CREATE_FAILED", "CREATE_IN_PROGRESS", "DELETE_FAILED"] {
            assert!(!made(status), "{status}");
        }
        for status in ["CREATE_COMPLETE", "UPDATE_FAILED", "ROLLBACK_COMPLETE"] {
            assert!(made(status), "{status}");
        }
    }

    #[test]
    fn only_what_failed_half_way_is_kept() {
        let env = EnvName::new("staging").unwrap();
        let hints = |kind| kept(&env, Failure::new(kind, "x")).hints().len();
        assert_eq!((hints(Kind::Failed), hints(Kind::Refused)), (2, 0));
    }
}
