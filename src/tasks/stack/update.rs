//! `stack.update`: another release, or another size, for a stack that is there.

use crate::bake::identify::identify;
use crate::cli::values;
use crate::error::Failure;
use crate::name::{EnvName, Tag};
use crate::tasks::context::Context;
use crate::tasks::images::kitchen::kitchen;
use crate::tasks::loading::Loaded;
use crate::tasks::stack::bring::{Brought, Site, bring};
use crate::tasks::stack::locked::locked;
use crate::tasks::stack::{goal, there};
use crate::tasks::{cloud, loading};

/// What `stack.update` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// Branch or tag of every service's repository.
    #[arg(long, value_name = "TAG", value_parser = values::tag)]
    pub tag: Tag,
}

/// Carries `stack.update` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let loaded = loading::load(context)?;
    let topology = loaded.topology(&args.env)?;
    let cloud = cloud::connect(context).await?;
    let command = format!("stack update {} --tag {}", args.env, args.tag);
    locked(&cloud, &topology, &command, async |lease| {
        let site = Site {
            context,
            cloud: &cloud,
            topology: &topology,
            lease,
        };
        update(&args, &loaded, &site).await
    })
    .await
}

/// Updates the stack of an environment whose lock is ours.
async fn update(args: &Args, loaded: &Loaded, site: &Site<'_>) -> Result<(), Failure> {
    let Site {
        context,
        cloud,
        topology,
        lease,
    } = *site;
    let identified = identify(&loaded.config, &loaded.catalog, &args.tag).await?;
    there::find(cloud, topology).await?;
    lease.step("images").await?;
    let images = kitchen(context, loaded, cloud, &identified)
        .ensure(&context.interrupt)
        .await?;
    let goal = goal::of_tag(cloud, topology, &identified, images).await?;
    let stack = there::find(cloud, topology).await?;
    let text = match bring(site, &stack, &goal).await? {
        Brought::Nothing => "no changes".to_owned(),
        Brought::In => format!("runs `{}` ({})", goal.record.tag, goal.record.id),
    };
    context.reporter.note(&stack.name, text);
    Ok(())
}
