//! `stack.plan`: what creating or updating a stack would do, and what it would cost.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::bake::identify::identify;
use crate::cli::values;
use crate::error::{Failure, Kind};
use crate::name::{EnvName, Tag};
use crate::plan::images::usable;
use crate::plan::update::model::UpdatePlan;
use crate::tasks::context::Context;
use crate::tasks::observe::observe;
use crate::tasks::stack::planning::{PlanArgs, planned};
use crate::tasks::stack::{goal, template};
use crate::tasks::{cloud, loading};

/// The formats of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For people.
    Text,
    /// All of it.
    Json,
}

/// What `stack.plan` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// Branch or tag of every service's repository.
    #[arg(long, value_name = "TAG", value_parser = values::tag)]
    pub tag: Tag,
    /// Keep the plan in a file, for `stack update --plan FILE`.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit with 3 when there is something to do.
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// What is allowed.
    #[command(flatten)]
    pub allowed: PlanArgs,
    /// Format of the plan [default: text, or json with --json].
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub format: Option<PlanFormat>,
}

/// Carries `stack.plan` out; reads from the cloud, writes nothing to it.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let loaded = loading::load(context)?;
    let topology = loaded.topology(&args.env)?;
    let (identified, cloud) = tokio::join!(
        identify(&loaded.config, &loaded.catalog, &args.tag),
        cloud::connect(context),
    );
    let (identified, cloud) = (identified?, cloud?);
    let name = topology.stack.stack_name.as_str();
    let stack = cloud.heat().find_stack(name).await?;
    let observed = observe(&cloud, &topology, stack.as_ref()).await?;
    let images = template::images(&identified, &observed.facts);
    let unbuilt: Vec<String> = identified
        .recipes
        .iter()
        .filter(|recipe| usable(&recipe.digest, &observed.facts).is_none())
        .map(|recipe| recipe.name().to_string())
        .collect();
    let goal = goal::of_tag(&cloud, &topology, &identified, images).await?;
    let plan = planned(
        &topology,
        &observed,
        &goal,
        &unbuilt,
        &args.allowed.options(&topology),
    )?;
    let format = args
        .format
        .unwrap_or(if context.settings.is_for_machines() {
            PlanFormat::Json
        } else {
            PlanFormat::Text
        });
    context.output.write(&match format {
        PlanFormat::Text => plan.text(),
        PlanFormat::Json => json(&plan)?,
    })?;
    if let Some(path) = &args.out {
        keep(&plan, path, &args.tag)?;
        let path = path.display().to_string();
        context.reporter.note(&path, "keeps this plan");
    }
    if args.detailed_exitcode && !plan.is_nothing() {
        let message = format!("`{}` has changes pending", args.env);
        return Err(Failure::new(Kind::ChangesPending, message));
    }
    Ok(())
}

fn json(plan: &UpdatePlan) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(plan).map_err(|error| {
        Failure::new(Kind::Failed, "the plan cannot be printed").caused_by(error)
    })?;
    Ok(text + "\n")
}

/// Members of images that are not built yet have no names yet: such a plan could
/// not be carried out.
fn keep(plan: &UpdatePlan, path: &Path, tag: &Tag) -> Result<(), Failure> {
    if !plan.builds.is_empty() {
        let message = format!("no plan of `{tag}` can be kept before its images are built");
        return Err(Failure::new(Kind::Refused, message)
            .hint(format!("`ptero-deploy images build {tag}` builds them")));
    }
    std::fs::write(path, json(plan)?).map_err(|error| {
        let message = format!("cannot write the plan to `{}`", path.display());
        Failure::new(Kind::Failed, message).caused_by(error)
    })
}
