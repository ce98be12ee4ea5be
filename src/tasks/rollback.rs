//! `rollback`: an earlier release of the environment, by the same path as an update.

use crate::cli::values;
use crate::error::{Failure, Kind};
use crate::name::EnvName;
use crate::openstack::stack::Stack;
use crate::openstack::stack_status::State;
use crate::tasks::context::Context;
use crate::tasks::stack::bring::{Brought, Site, bring, ready};
use crate::tasks::stack::locked::on_site;
use crate::tasks::stack::planning::PlanArgs;
use crate::tasks::stack::{goal, there};
use crate::tasks::{cloud, loading};
use crate::template::release::{Records, ReleaseRecord};

/// What `rollback` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// Tag or id of the release, as `stack history` shows it [default: the last
    /// verified one before this].
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,
    /// What is allowed.
    #[command(flatten)]
    pub allowed: PlanArgs,
}

/// Carries `rollback` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let topology = loading::load(context)?.topology(&args.env)?;
    let cloud = cloud::connect(context).await?;
    // Refused before so much as the lock is written; what counts is what is there then.
    let stack = there::find(&cloud, &topology).await?;
    chosen(&args, &stack, &there::records(&cloud, &stack).await?)?;
    let command = format!("rollback {}", args.env);
    let place = (&cloud, &topology);
    on_site(context, place, &command, &args.allowed, async |site| {
        rollback(&args, site).await
    })
    .await
}

async fn rollback(args: &Args, site: &Site<'_>) -> Result<(), Failure> {
    let Site {
        context,
        cloud,
        topology,
        ..
    } = *site;
    // Before what Heat is at is followed: its end is the last that tells a rollback that was
    // cut short from one that came to its end.
    let stack = there::find(cloud, topology).await?;
    let records = there::records(cloud, &stack).await?;
    let record = chosen(args, &stack, &records)?;
    let stack = ready(site).await?;
    context.reporter.note(
        &stack.name,
        format!("going back to `{}` ({})", record.tag, record.id),
    );
    let mut goal = goal::of_record(cloud, topology, record).await?;
    goal.record.by_rollback = true;
    let text = match bring(site, &stack, &goal).await? {
        Brought::Nothing => format!("runs `{}` already", record.tag),
        Brought::In(release) => format!("runs `{}` again", release.tag),
    };
    context.reporter.note(&stack.name, text);
    Ok(())
}

fn chosen<'a>(
    args: &Args,
    stack: &Stack,
    records: &'a Records,
) -> Result<&'a ReleaseRecord, Failure> {
    let found = match &args.tag {
        Some(name) => records.find(name),
        None => records.to_roll_back_to(stack.status.state == State::Complete),
    };
    found.ok_or_else(|| {
        let message = match &args.tag {
            Some(name) => format!("`{}` never ran `{name}`", args.env),
            None => format!("`{}` has no earlier verified release", args.env),
        };
        Failure::new(Kind::Refused, message).hint(format!(
            "`ptero-deploy stack history {}` shows what ran",
            args.env
        ))
    })
}
