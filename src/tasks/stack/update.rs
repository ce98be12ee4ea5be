//! `stack.update`: another release, or another size, for a stack that is there.

use std::path::{Path, PathBuf};

use crate::bake::identify::{Identified, identify};
use crate::cli::values;
use crate::error::{Failure, Kind};
use crate::name::{EnvName, Tag};
use crate::openstack::stack::Stack;
use crate::plan::update::model::UpdatePlan;
use crate::tasks::context::Context;
use crate::tasks::images::kitchen::kitchen;
use crate::tasks::loading::Loaded;
use crate::tasks::stack::bring::{self, Brought, Site, bring, carry_out, ready, runs_already};
use crate::tasks::stack::locked::on_site;
use crate::tasks::stack::planning::PlanArgs;
use crate::tasks::stack::{goal, there};
use crate::tasks::{cloud, loading};
use crate::template::release::UpdateRecord;

/// What `stack.update` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// Branch or tag of every service's repository.
    #[arg(long, value_name = "TAG", value_parser = values::tag, required_unless_present = "plan")]
    pub tag: Option<Tag>,
    /// Carry out exactly this plan, that `stack plan --out` kept.
    #[arg(long, value_name = "FILE", conflicts_with = "tag")]
    pub plan: Option<PathBuf>,
    /// What is allowed.
    #[command(flatten)]
    pub allowed: PlanArgs,
}

/// Carries `stack.update` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let loaded = loading::load(context)?;
    let topology = loaded.topology(&args.env)?;
    let kept = args.plan.as_deref().map(read).transpose()?;
    let cloud = cloud::connect(context).await?;
    let identified = match &args.tag {
        Some(tag) => Some(identify(&loaded.config, &loaded.catalog, tag).await?),
        None => None,
    };
    if let Some(identified) = &identified
        && runs_already(
            context,
            &loaded,
            &cloud,
            &topology,
            identified,
            &args.allowed.allow_stateful,
        )
        .await?
    {
        let name = topology.stack.stack_name.as_str();
        context.reporter.note(name, "no changes");
        return Ok(());
    }
    there::find(&cloud, &topology).await?;
    if let Some(identified) = &identified {
        kitchen(context, &loaded, &cloud, identified)
            .check()
            .await?;
    }
    let command = match (&args.tag, &args.plan) {
        (Some(tag), _) => format!("stack update {} --tag {tag}", args.env),
        (None, Some(plan)) => format!("stack update {} --plan {}", args.env, plan.display()),
        (None, None) => format!("stack update {}", args.env),
    };
    let place = (&cloud, &topology);
    on_site(context, place, &command, &args.allowed, async |site| {
        let (stack, brought) = match (&kept, &identified) {
            (Some(plan), _) => as_planned(site, plan).await?,
            (None, Some(identified)) => to_tag(site, &loaded, identified).await?,
            // One of the two is required.
            (None, None) => return Ok(()),
        };
        let text = match brought {
            Brought::Nothing => "no changes".to_owned(),
            Brought::In(release) => format!("runs `{}` ({})", release.tag, release.id),
        };
        context.reporter.note(&stack.name, text);
        Ok(())
    })
    .await
}

type Outcome = (Stack, Brought);

async fn to_tag(
    site: &Site<'_>,
    loaded: &Loaded,
    identified: &Identified,
) -> Result<Outcome, Failure> {
    let Site {
        context,
        cloud,
        topology,
        lease,
        ..
    } = *site;
    let kitchen = kitchen(context, loaded, cloud, identified);
    let goal = goal::built(&kitchen, context, topology, lease).await?;
    let stack = ready(site).await?;
    let brought = bring(site, &stack, &goal).await?;
    Ok((stack, brought))
}

/// Carries a kept plan out, if the cloud still is what it was made from, and the
/// configuration still leads to the same.
async fn as_planned(site: &Site<'_>, kept: &UpdatePlan) -> Result<Outcome, Failure> {
    let Site {
        cloud, topology, ..
    } = *site;
    let stack = ready(site).await?;
    let goal = goal::of_record(cloud, topology, &kept.to).await?;
    let now = bring::plan(cloud, topology, &stack, &goal, &site.options).await?;
    let differs = now.differs_from(kept);
    if !differs.is_empty() {
        let message = format!(
            "`{}` is not what this plan was made from any more",
            kept.env
        );
        let records = there::records(cloud, &stack).await?;
        let failure = Failure::new(Kind::Refused, message);
        let next = what_next(kept, records.update.as_ref());
        return Err(failure.caused_by(differs.join("\n")).hint(next));
    }
    let brought = carry_out(site, &stack, &goal, kept).await?;
    Ok((stack, brought))
}

/// The plan's own update may be what changed the stack.
fn what_next(kept: &UpdatePlan, under_way: Option<&UpdateRecord>) -> String {
    let (env, tag) = (&kept.env, &kept.to.tag);
    match under_way {
        Some(update) => format!(
            "`ptero-deploy resume {env}` goes on with the update to `{}` that is under way",
            update.target.tag
        ),
        None => format!("`ptero-deploy stack plan {env} --tag {tag}` makes a new one"),
    }
}

fn read(path: &Path) -> Result<UpdatePlan, Failure> {
    let wrong = || format!("cannot read the plan `{}`", path.display());
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::new(Kind::Usage, wrong()).caused_by(error))?;
    serde_json::from_str(&text).map_err(|error| Failure::new(Kind::Usage, wrong()).caused_by(error))
}
