//! `deploy`: a release into an environment, whatever is there, and back again where
//! it does not prove itself.

use std::time::Duration;

use tokio::time::timeout;

use crate::bake::identify::{Identified, identify};
use crate::cli::output::OutputArgs;
use crate::cli::values;
use crate::error::{Failure, Kind};
use crate::name::{EnvName, Tag};
use crate::openstack::client::Cloud;
use crate::openstack::stack::Stack;
use crate::tasks::context::Context;
use crate::tasks::images::kitchen::kitchen;
use crate::tasks::loading::Loaded;
use crate::tasks::stack::bring::{self, Site, bring, runs_already};
use crate::tasks::stack::goal::{self, Goal};
use crate::tasks::stack::locked::on_site;
use crate::tasks::stack::planning::PlanArgs;
use crate::tasks::stack::{create, room, there};
use crate::tasks::tests::judge::judge;
use crate::tasks::tests::passed::passed_by;
use crate::tasks::tests::{fast, slow};
use crate::tasks::{cloud, loading};
use crate::template::release::{ReleaseRecord, Tests};
use crate::topology::Topology;
use crate::ui::data::Shape;
use crate::verify::slow::ledger::{COLUMNS, Ledger};
use crate::verify::slow::run_id::{JOBS_MAX, MINUTES_MAX, RunId};
use crate::verify::slow::start::{Options, Slow, start};

/// Jobs shall run when the update begins; where none starts within this time, the
/// ledger will say so anyway.
const FIRST_JOB: Duration = Duration::from_secs(60);

/// What `deploy` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// Branch or tag of every service's repository.
    #[arg(long, value_name = "TAG", value_parser = values::tag)]
    pub tag: Tag,
    /// How long the slow tests across an update should take.
    #[arg(long, value_name = "MINUTES", default_value_t = 10)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=i64::from(MINUTES_MAX)))]
    pub minutes: u16,
    /// How many jobs they have.
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=i64::from(JOBS_MAX)))]
    pub jobs: u16,
    /// What is allowed.
    #[command(flatten)]
    pub allowed: PlanArgs,
    /// How the ledger is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Carries `deploy` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let shape = context.shape(&args.output, &COLUMNS)?;
    let loaded = loading::load(context)?;
    let topology = loaded.topology(&args.env)?;
    let cloud = cloud::connect(context).await?;
    let identified = identify(&loaded.config, &loaded.catalog, &args.tag).await?;
    if runs_already(
        context,
        &loaded,
        &cloud,
        &topology,
        &identified,
        &args.allowed.allow_stateful,
    )
    .await?
    {
        return unchanged(context, &cloud, &topology).await;
    }
    room::beforehand(&kitchen(context, &loaded, &cloud, &identified), &topology).await?;
    let command = format!("deploy {} --tag {}", args.env, args.tag);
    let place = (&cloud, &topology);
    on_site(context, place, &command, &args.allowed, async |site| {
        Box::pin(deploy(&args, &loaded, &identified, site, &shape)).await
    })
    .await
}

async fn deploy(
    args: &Args,
    loaded: &Loaded,
    identified: &Identified,
    site: &Site<'_>,
    shape: &Shape,
) -> Result<(), Failure> {
    let Site {
        context,
        cloud,
        topology,
        lease,
        ..
    } = *site;
    let name = topology.stack.stack_name.as_str();
    let there = cloud.heat().find_stack(name).await?;
    let kitchen = kitchen(context, loaded, cloud, identified);
    let goal = goal::built(&kitchen, context, topology, lease).await?;
    if !create::is_made(there.as_ref()) {
        return created(site, &goal).await;
    }
    let stack = bring::ready(site).await?;
    updated(args, site, &stack, &goal, shape).await
}

/// Where nothing is to be brought in. A run before may have been killed in its tests: the
/// fast ones are run then; the slow ones have no update left that they could span.
async fn unchanged(context: &Context, cloud: &Cloud, topology: &Topology) -> Result<(), Failure> {
    let env = &topology.env;
    let stack = there::find(cloud, topology).await?;
    context.reporter.note(&stack.name, "no changes");
    let records = there::records(cloud, &stack).await?;
    let passed = records.current().map(|one| one.tests.clone());
    let passed = passed.unwrap_or_default();
    if passed.fast.is_none() {
        proved(context, cloud, topology, &stack).await?;
    }
    if passed.slow.is_none() {
        let text =
            format!("has not passed the slow tests yet: `ptero-deploy tests slow {env}` runs them");
        context.reporter.note(&stack.name, text);
    }
    Ok(())
}

async fn created(site: &Site<'_>, goal: &Goal) -> Result<(), Failure> {
    let Site {
        context,
        cloud,
        topology,
        lease,
        ..
    } = *site;
    lease.step("stack").await?;
    create::make(context, cloud, topology, goal, lease).await?;
    lease.step("fast tests").await?;
    let stack = there::find(cloud, topology).await?;
    proved(context, cloud, topology, &stack).await
}

/// Runs the fast tests, and writes down that they passed.
async fn proved(
    context: &Context,
    cloud: &Cloud,
    topology: &Topology,
    stack: &Stack,
) -> Result<(), Failure> {
    judge(cloud, topology, &stack.reference())
        .await
        .map_err(|reasons| {
            let message = format!("`{}` is up and does not pass its checks", topology.env);
            Failure::new(Kind::Refused, message).caused_by(reasons)
        })?;
    passed_by(cloud, stack, Tests::Fast, context).await;
    Ok(())
}

async fn updated(
    args: &Args,
    site: &Site<'_>,
    stack: &Stack,
    goal: &Goal,
    shape: &Shape,
) -> Result<(), Failure> {
    let Site {
        context,
        cloud,
        topology,
        ..
    } = *site;
    let plan = bring::plan(cloud, topology, stack, goal, &site.options).await?;
    let records = there::records(cloud, stack).await?;
    let slow = begun(args, site, stack).await?;
    let brought = Box::pin(bring::carry_out(site, stack, goal, &plan)).await;
    if let Err(failure) = brought {
        // What became of the jobs is part of what happened.
        told(context, &slow.finish().await, shape)?;
        return Err(failure);
    }
    site.lease.step("slow tests").await?;
    let ledger = slow.finish().await;
    told(context, &ledger, shape)?;
    let proved = match slow::judge(&args.env, &ledger) {
        Ok(()) => judge(cloud, topology, &stack.reference())
            .await
            .map_err(|reasons| {
                Failure::new(Kind::Refused, "the fast tests failed").caused_by(reasons)
            }),
        Err(failure) => Err(failure),
    };
    match (proved, records.current()) {
        (Ok(()), _) => {
            passed_by(cloud, stack, Tests::Fast, context).await;
            passed_by(cloud, stack, Tests::Slow, context).await;
            let record = &plan.to;
            let text = format!("runs `{}` ({})", record.tag, record.id);
            context.reporter.note(&stack.name, text);
            Ok(())
        }
        (Err(failure), Some(left)) => Err(back(site, left, failure).await),
        (Err(failure), None) => Err(failure),
    }
}

/// Starts the slow tests, and waits until a job runs.
async fn begun(args: &Args, site: &Site<'_>, stack: &Stack) -> Result<Slow, Failure> {
    let deployed = there::deployed(site.cloud, stack).await?;
    let target = fast::of(site.topology, &deployed)?;
    let run = RunId::random(args.minutes, args.jobs);
    let reporter = &site.context.reporter;
    let slow = start(&target, Options::of(run.clone()), reporter)
        .await
        .map_err(|finding| slow::not_begun(&args.env, finding))?;
    reporter.note("slow tests", slow::said(&run, false));
    let mut progress = slow.progress();
    let first = progress.wait_for(|progress| progress.started > 0);
    let _ = timeout(FIRST_JOB, first).await;
    Ok(slow)
}

fn told(context: &Context, ledger: &Ledger, shape: &Shape) -> Result<(), Failure> {
    context.print_rows(&COLUMNS, &ledger.rows(), shape)
}

/// The release that was left comes back, because the new one did not prove itself.
async fn back(site: &Site<'_>, left: &ReleaseRecord, failure: Failure) -> Failure {
    let Site {
        context,
        cloud,
        topology,
        ..
    } = *site;
    let hint = format!("going back to `{}` ({})", left.tag, left.id);
    context.reporter.warn(failure.to_string(), hint);
    let brought = async {
        let stack = there::find(cloud, topology).await?;
        let goal = goal::of_record(cloud, topology, left).await?;
        let mut site = site.clone();
        site.options.no_way_back = true;
        Box::pin(bring(&site, &stack, &goal)).await
    };
    match brought.await {
        Ok(_) => failure.rolled_back(format!(
            "the release did not prove itself; `{}` is back on `{}` ({})",
            topology.env, left.tag, left.id
        )),
        Err(again) => failure.not_rolled_back(again).hint(format!(
            "`ptero-deploy rollback {} --tag {}` tries again",
            topology.env, left.id
        )),
    }
}
