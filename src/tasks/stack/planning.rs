//! The plan of an update, from what the cloud shows and what the operator wants:
//! the same for all tasks that change a stack.

use std::num::NonZeroU32;

use indexmap::IndexMap;

use crate::error::{Failure, Kind};
use crate::name::{EnvName, ServiceName};
use crate::openstack::glance::Image;
use crate::plan::schema::reversible;
use crate::plan::update::model::{Input, Options, Refusal, Schema, StackSeen, UpdatePlan, Wanted};
use crate::plan::update::plan;
use crate::plan::way_back::PastImages;
use crate::tasks::observe::Observed;
use crate::tasks::stack::goal::Goal;
use crate::template::present::infrastructure_digest;
use crate::template::release::ReleaseRecord;
use crate::topology::{Service, Topology};

/// What an operator may allow, and ask for.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct PlanArgs {
    /// Replace at most so many members of a role at a time [default: all that fit].
    #[arg(long, value_name = "NUMBER")]
    pub batch: Option<NonZeroU32>,
    /// Accept that what is on this service's server is lost; may be given several times.
    #[arg(long, value_name = "SERVICE", value_parser = service)]
    pub allow_stateful: Vec<ServiceName>,
    /// Without room beside an old member, remove it before its successor comes.
    #[arg(long)]
    pub allow_remove_first: bool,
    /// Go on though the release that is left could not come back.
    #[arg(long)]
    pub no_way_back: bool,
}

fn service(text: &str) -> Result<ServiceName, crate::name::BadName> {
    ServiceName::new(text)
}

impl PlanArgs {
    /// What that means for a plan.
    pub fn options(&self, topology: &Topology) -> Options {
        Options {
            batch: self.batch.map(NonZeroU32::get),
            allow_stateful: self.allow_stateful.clone(),
            no_way_back: self.no_way_back,
            allow_remove_first: self.allow_remove_first,
            drain_deadline_s: u64::from(topology.stack.drain_deadline_minutes) * 60,
            drain_policy: topology.stack.drain_policy,
        }
    }
}

/// The plan that leads to `goal`, or a failure that says all that forbids it.
/// `unbuilt` are recipes whose image is not there yet.
pub fn planned(
    topology: &Topology,
    observed: &Observed,
    goal: &Goal,
    unbuilt: &[String],
    options: &Options,
) -> Result<UpdatePlan, Failure> {
    let seen = observed.stack.as_ref().map(|(seen, _)| seen);
    let present = observed.stack.as_ref().map(|(_, present)| present);
    let wanted = Wanted {
        members: goal.template.members.clone(),
        sizes: observed.sizes(topology, &goal.release.default_flavor)?,
        release: goal.record.clone(),
        schema: seen.map_or_else(IndexMap::new, |seen| {
            schemas(topology, &observed.images, seen, &goal.record, unbuilt)
        }),
        unbuilt: unbuilt.to_vec(),
        infrastructure: present.map_or_else(Vec::new, |present| {
            present.other_infrastructure(&goal.template)
        }),
        infrastructure_digest: infrastructure_digest(&goal.template),
    };
    let images: PastImages = observed
        .facts
        .iter()
        .filter(|fact| fact.active)
        .map(|fact| fact.recipe.clone())
        .collect();
    let input = Input {
        env: topology.env.as_str(),
        seen,
        wanted: &wanted,
        room: &observed.room,
        images: &images,
        options,
    };
    plan(&input).map_err(|refusals| refused(&topology.env, &refusals))
}

fn refused(env: &EnvName, refusals: &[Refusal]) -> Failure {
    let lines: Vec<String> = refusals.iter().flat_map(Refusal::lines).collect();
    let message = format!("`{env}` is not changed like this; nothing was touched");
    let failure = Failure::new(Kind::Refused, message).caused_by(lines.join("\n"));
    let hints = refusals.iter().map(Refusal::hint);
    hints.fold(failure, Failure::hint)
}

/// The schema of each service whose image changes.
fn schemas(
    topology: &Topology,
    images: &[Image],
    seen: &StackSeen,
    to: &ReleaseRecord,
    unbuilt: &[String],
) -> IndexMap<ServiceName, Schema> {
    let from = seen.release.as_ref();
    let services = topology.services.iter();
    let changed = services.filter_map(|(name, service)| {
        let migrate = service.migrate.as_ref()?;
        let recipe = recipes(topology, name).into_iter().find(|recipe| {
            from.and_then(|from| from.images.get(recipe)) != to.images.get(recipe)
        })?;
        let head = |release: &ReleaseRecord| head(images, release.images.get(&recipe)?);
        let ran: Vec<String> = seen.history.iter().filter_map(head).collect();
        let (old, new) = (from.and_then(head), head(to));
        let schema = Schema {
            reversible: reversible(migrate, &ran, old.as_deref(), new.as_deref()),
            old,
            new,
            unbuilt: unbuilt.contains(&recipe),
        };
        Some((name.clone(), schema))
    });
    changed.collect()
}

/// The recipes of a service, the web role's first: it brings the schema up to date.
fn recipes(topology: &Topology, service: &ServiceName) -> Vec<String> {
    let own = topology
        .recipes
        .iter()
        .filter(|(role, _)| role.service == *service);
    let mut own: Vec<_> = own.collect();
    own.sort_by_key(|(role, _)| role.role.as_str() != Service::WEB_ROLE);
    own.into_iter()
        .map(|(_, recipe)| recipe.to_string())
        .collect()
}

/// The newest revision that the code in an image knows.
fn head(images: &[Image], digest: &str) -> Option<String> {
    let mut images = images
        .iter()
        .filter(|image| image.property("ptero_recipe") == Some(digest));
    images.find_map(|image| image.property("ptero_schema").map(str::to_owned))
}
