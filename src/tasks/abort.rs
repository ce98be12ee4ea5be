//! `abort`: gives an unfinished update up and brings the release back that it left.

use crate::apply::change;
use crate::cli::values;
use crate::error::{Failure, Kind};
use crate::name::EnvName;
use crate::openstack::stack_status::{Action, State};
use crate::tasks::context::Context;
use crate::tasks::stack::bring::bring;
use crate::tasks::stack::{goal, there};
use crate::tasks::{cloud, loading};

/// What `abort` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
}

/// Carries `abort` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let topology = loading::load(context)?.topology(&args.env)?;
    let cloud = cloud::connect(context).await?;
    let mut stack = there::find(&cloud, &topology).await?;
    if stack.status.state == State::InProgress {
        if !matches!(stack.status.action, Action::Update | Action::Rollback) {
            let message = format!("stack `{}` is {}", stack.name, stack.status);
            return Err(Failure::new(Kind::Refused, message).hint("wait until that is done"));
        }
        stack = change::undo(&cloud, &stack, topology.stack.create_timeout_minutes).await?;
    }
    let records = there::records(&cloud, &stack).await?;
    let (Some(_), Some(left)) = (&records.update, records.current()) else {
        let runs = records
            .current()
            .map_or("nothing known", |one| one.tag.as_str());
        let text = format!("no update is under way; runs `{runs}` ({})", stack.status);
        context.reporter.note(&stack.name, text);
        return Ok(());
    };
    let goal = goal::of_record(&cloud, &topology, left).await?;
    bring(context, &cloud, &topology, &stack, &goal).await?;
    let text = format!("the update is given up; runs `{}` ({})", left.tag, left.id);
    context.reporter.note(&stack.name, text);
    Ok(())
}
