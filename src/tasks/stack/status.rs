//! `stack.status`: what an environment is and how it is doing.

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::apply::journal::{self, LostJob};
use crate::apply::lock::error::told;
use crate::apply::lock::state::{Seen, look};
use crate::cli::output::OutputArgs;
use crate::cli::values;
use crate::error::Failure;
use crate::name::EnvName;
use crate::openstack::nova::{Server, ServerStatus};
use crate::openstack::stack::Stack;
use crate::record::deployed::Deployed;
use crate::record::history::unfinished;
use crate::tasks::context::Context;
use crate::tasks::stack::there::{self, There};
use crate::template::release::UpdateRecord;

/// The fields of the status.
pub const FIELDS: [&str; 11] = [
    "Environment",
    "Stack",
    "Status",
    "Reason",
    "Tag",
    "Address",
    "Members",
    "Updated",
    "Unfinished",
    "Lock",
    "Lost jobs",
];

/// What an operator does about a lost job (facts of PTero's workers: nothing ends it).
const REMEDY: &str = "they stay `running` for ever, as a restart of the database lost their ends; \
    cancel their workflows (PATCH with {\"is_canceled\": true}) and submit them again";

/// What `stack.status` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// How the data is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Carries `stack.status` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let shape = context.shape(&args.output, &FIELDS)?;
    let There {
        topology,
        cloud,
        stack,
    } = there::open(context, &args.env).await?;
    let reference = stack.reference();
    let (outputs, servers, records, lock, lost) = tokio::try_join!(
        async { cloud.heat().outputs(&reference).await },
        async { cloud.nova().servers(&[]).await },
        async { journal::records(&cloud, &reference).await },
        async { look(&cloud, &topology.stack.stack_name).await },
        async {
            if topology.asks_for_lost_jobs() {
                journal::lost_jobs(&cloud, &reference).await
            } else {
                Ok(IndexMap::new())
            }
        },
    )?;
    let state = State {
        deployed: Deployed::read(&outputs).ok(),
        update: records.update,
        lock: lock.filter(Seen::is_in_force),
        lost,
    };
    let values = values(&args.env, &stack, &state, &servers);
    context.print_fields(&FIELDS, &values, &shape)
}

/// What a stack tells, as far as it can be read.
struct State {
    deployed: Option<Deployed>,
    update: Option<UpdateRecord>,
    lock: Option<Seen>,
    lost: IndexMap<String, Vec<LostJob>>,
}

fn values(env: &EnvName, stack: &Stack, state: &State, servers: &[Server]) -> Vec<Value> {
    let deployed = state.deployed.as_ref();
    let update = state.update.as_ref();
    let members = deployed.map(|deployed| {
        let runs = |id: &str| {
            let server = servers.iter().find(|server| server.id == id);
            server.is_some_and(|server| server.status == ServerStatus::Active)
        };
        let up = deployed
            .members
            .iter()
            .filter(|member| runs(&member.server_id))
            .count();
        format!("{up} of {} active", deployed.members.len())
    });
    vec![
        json!(env.as_str()),
        json!(stack.name),
        json!(stack.status),
        json!(stack.reason),
        json!(deployed.map(|deployed| &deployed.release.tag)),
        json!(deployed.map(|deployed| &deployed.address)),
        json!(members),
        json!(stack.updated_time.as_ref().unwrap_or(&stack.creation_time)),
        json!(unfinished(&stack.status, update, env.as_str())),
        json!(state.lock.as_ref().map(told)),
        json!(lost(&state.lost)),
    ]
}

/// Each lost job, and after the last one what to do; none where there is none.
fn lost(jobs: &IndexMap<String, Vec<LostJob>>) -> Option<String> {
    let one = |service: &str, job: &LostJob| match job.of.as_str() {
        "" => format!("{service} {}", job.id),
        of => format!("{service} {} of {of}", job.id),
    };
    let all: Vec<String> = jobs
        .iter()
        .flat_map(|(service, jobs)| jobs.iter().map(|job| one(service, job)))
        .collect();
    (!all.is_empty()).then(|| format!("{}: {REMEDY}", all.join(", ")))
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::lost;
    use crate::apply::journal::LostJob;

    #[test]
    fn lost_jobs_are_named_with_what_waits_for_them() {
        let job = |id: &str, of: &str| LostJob {
            id: id.to_owned(),
            of: of.to_owned(),
        };
        let jobs = vec![
            job("a", "http://192.0.2.7:7000/v1/executions/3"),
            job("b", ""),
        ];
        let told = lost(&IndexMap::from([("shell-command".to_owned(), jobs)]));
        insta::assert_snapshot!(told.unwrap_or_default());
        assert_eq!(lost(&IndexMap::new()), None);
        assert_eq!(
            lost(&IndexMap::from([("lsf".to_owned(), Vec::new())])),
            None
        );
    }
}
