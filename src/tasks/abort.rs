//! `abort`: gives an unfinished update up and brings the release back that it left.

use crate::apply::change;
use crate::apply::error::StackError;
use crate::cli::values;
use crate::error::{Failure, Kind};
use crate::name::EnvName;
use crate::openstack::stack::Stack;
use crate::openstack::stack_status::{Action, StackStatus, State};
use crate::tasks::context::Context;
use crate::tasks::stack::bring::{Site, bring, timeout_mins};
use crate::tasks::stack::locked::on_site;
use crate::tasks::stack::planning::PlanArgs;
use crate::tasks::stack::{goal, there};
use crate::tasks::{cloud, loading};
use crate::template::release::ReleaseRecord;

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
    let mut cancelled = false;
    if stack.status.state == State::InProgress {
        if !matches!(stack.status.action, Action::Update | Action::Rollback) {
            let message = format!("stack `{}` is {}", stack.name, stack.status);
            return Err(Failure::new(Kind::Refused, message).hint("wait until that is done"));
        }
        stack = undone(site, &stack).await?;
        // One that came to its end meanwhile is none that was given up.
        cancelled = stack.status.action == Action::Rollback;
    }
    let records = there::records(cloud, &stack).await?;
    let given_up = cancelled || records.update.is_some();
    let to_do = records.update.is_some() || stack.status.is_failed();
    if let Some(left) = records.current().filter(|_| to_do) {
        let goal = goal::of_record(cloud, topology, left).await?;
        bring(site, &stack, &goal).await?;
    }
    let text = told(given_up, to_do, &stack.status, records.current());
    context.reporter.note(&stack.name, text);
    Ok(())
}

/// What came of it; `status` is how the stack was before anything was put in order.
fn told(
    given_up: bool,
    put_in_order: bool,
    status: &StackStatus,
    current: Option<&ReleaseRecord>,
) -> String {
    let Some(current) = current else {
        return format!("nothing is known of a release to go back to ({status})");
    };
    let runs = format!("runs `{}` ({})", current.tag, current.id);
    match (given_up, put_in_order) {
        (true, _) => format!("the update is given up; {runs}"),
        (false, true) => {
            format!("no update was under way; what was {status} is in order again; {runs}")
        }
        (false, false) => format!("no update is under way; {runs} ({status})"),
    }
}

/// Heat's own way back; where that fails, what is left is worked out anew.
async fn undone(site: &Site<'_>, stack: &Stack) -> Result<Stack, Failure> {
    let Site {
        cloud,
        topology,
        lease,
        ..
    } = *site;
    let reference = stack.reference();
    match change::undo(cloud, lease, &reference, timeout_mins(topology)).await {
        Ok(stack) => Ok(stack),
        Err(StackError::Failed(failed)) => {
            let hint = "putting in order what Heat left";
            cloud.reporter().warn(failed.to_string(), hint);
            Ok(cloud.heat().stack(&reference).await?)
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{StackStatus, told};

    #[track_caller]
    fn case(given_up: bool, put_in_order: bool, status: &str, expected: &str) {
        let record = json!({"version": 2, "id": "1a", "tag": "v1"});
        let record = serde_json::from_value(record).unwrap();
        let status = StackStatus::parse(status);
        let told = told(given_up, put_in_order, &status, Some(&record));
        assert_eq!(told, expected);
    }

    #[test]
    fn only_an_update_that_was_under_way_is_given_up() {
        let given_up = "the update is given up; runs `v1` (1a)";
        case(true, false, "ROLLBACK_COMPLETE", given_up);
        case(true, true, "UPDATE_FAILED", given_up);
        case(
            false,
            true,
            "UPDATE_FAILED",
            "no update was under way; what was UPDATE_FAILED is in order again; runs `v1` (1a)",
        );
        case(
            false,
            false,
            "UPDATE_COMPLETE",
            "no update is under way; runs `v1` (1a) (UPDATE_COMPLETE)",
        );
    }
}
