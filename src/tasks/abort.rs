//! `abort`: gives an unfinished update up and brings the release back that it left.

use crate::apply::change;
use crate::apply::error::StackError;
use crate::cli::values;
use crate::error::{Failure, Kind};
use crate::name::EnvName;
use crate::openstack::client::Cloud;
use crate::openstack::stack::Stack;
use crate::openstack::stack_status::{Action, State};
use crate::tasks::context::Context;
use crate::tasks::stack::bring::{Site, bring, timeout_mins};
use crate::tasks::stack::locked::on_site;
use crate::tasks::stack::planning::PlanArgs;
use crate::tasks::stack::{goal, there};
use crate::tasks::{cloud, loading};
use crate::topology::Topology;

/// What `abort` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// What is allowed.
    #[command(flatten)]
    pub allowed: PlanArgs,
}

/// Carries `abort` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let topology = loading::load(context)?.topology(&args.env)?;
    let cloud = cloud::connect(context).await?;
    let command = format!("abort {}", args.env);
    let place = (&cloud, &topology);
    on_site(context, place, &command, &args.allowed, async |site| {
        abort(site).await
    })
    .await
}

async fn abort(site: &Site<'_>) -> Result<(), Failure> {
    let Site {
        context,
        cloud,
        topology,
        ..
    } = *site;
    let mut stack = there::find(cloud, topology).await?;
    if stack.status.state == State::InProgress {
        if !matches!(stack.status.action, Action::Update | Action::Rollback) {
            let message = format!("stack `{}` is {}", stack.name, stack.status);
            return Err(Failure::new(Kind::Refused, message).hint("wait until that is done"));
        }
        stack = undone(cloud, &stack, topology).await?;
    }
    let records = there::records(cloud, &stack).await?;
    let unfinished = records.update.is_some() || stack.status.is_failed();
    let Some(left) = records.current().filter(|_| unfinished) else {
        let runs = records
            .current()
            .map_or("nothing known", |one| one.tag.as_str());
        let text = format!("no update is under way; runs `{runs}` ({})", stack.status);
        context.reporter.note(&stack.name, text);
        return Ok(());
    };
    let goal = goal::of_record(cloud, topology, left).await?;
    bring(site, &stack, &goal).await?;
    let what = match records.update {
        Some(_) => "the update is given up",
        None => "what Heat left is in order",
    };
    let text = format!("{what}; runs `{}` ({})", left.tag, left.id);
    context.reporter.note(&stack.name, text);
    Ok(())
}

/// Heat's own way back; where that fails, what is left is worked out anew.
async fn undone(cloud: &Cloud, stack: &Stack, topology: &Topology) -> Result<Stack, Failure> {
    match change::undo(cloud, stack, timeout_mins(topology)).await {
        Ok(stack) => Ok(stack),
        Err(StackError::Failed(failed)) => {
            let hint = "putting in order what Heat left";
            cloud.reporter().warn(failed.to_string(), hint);
            Ok(cloud.heat().stack(&stack.reference()).await?)
        }
        Err(error) => Err(error.into()),
    }
}
