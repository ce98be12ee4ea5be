//! `resume`: takes up an update that another terminal left, wherever it stopped.

use crate::cli::values;
use crate::error::Failure;
use crate::name::EnvName;
use crate::openstack::stack_status::State;
use crate::tasks::context::Context;
use crate::tasks::stack::bring::{self, Brought, Site, bring};
use crate::tasks::stack::locked::on_site;
use crate::tasks::stack::planning::PlanArgs;
use crate::tasks::stack::{goal, there};
use crate::tasks::{cloud, loading};

/// What `resume` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// What is allowed.
    #[command(flatten)]
    pub allowed: PlanArgs,
}

/// Carries `resume` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let topology = loading::load(context)?.topology(&args.env)?;
    let cloud = cloud::connect(context).await?;
    let command = format!("resume {}", args.env);
    let place = (&cloud, &topology);
    on_site(context, place, &command, &args.allowed, async |site| {
        resume(site).await
    })
    .await
}

async fn resume(site: &Site<'_>) -> Result<(), Failure> {
    let Site {
        context,
        cloud,
        topology,
        ..
    } = *site;
    let stack = bring::ready(site).await?;
    let records = there::records(cloud, &stack).await?;
    let is_complete = stack.status.state == State::Complete;
    let Some(target) = records.unfinished(is_complete) else {
        let runs = records
            .current()
            .map_or("nothing known", |one| one.tag.as_str());
        let text = format!("nothing to take up; runs `{runs}` ({})", stack.status);
        context.reporter.note(&stack.name, text);
        return Ok(());
    };
    context.reporter.note(
        &stack.name,
        format!("going on with `{}` ({})", target.tag, target.id),
    );
    let mut goal = goal::of_record(cloud, topology, target).await?;
    goal.record.by_rollback = target.by_rollback;
    let text = match bring(site, &stack, &goal).await? {
        Brought::Nothing => "no changes".to_owned(),
        Brought::In(release) => format!("runs `{}` ({})", release.tag, release.id),
    };
    context.reporter.note(&stack.name, text);
    Ok(())
}
