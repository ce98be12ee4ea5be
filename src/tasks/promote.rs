//! `promote`: exactly the release that passed its tests in one environment, brought
//! into another.

use crate::cli::values;
use crate::error::{Failure, Kind};
use crate::name::EnvName;
use crate::tasks::context::Context;
use crate::tasks::stack::bring::{Brought, Site, bring, ready};
use crate::tasks::stack::goal::{self, Goal};
use crate::tasks::stack::locked::on_site;
use crate::tasks::stack::planning::PlanArgs;
use crate::tasks::stack::{create, room, there};
use crate::tasks::{cloud, loading};
use crate::template::release::{Records, ReleaseRecord};

/// What `promote` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment where the release was tested.
    #[arg(long, value_name = "ENV", value_parser = values::env)]
    pub from: EnvName,
    /// Environment that shall run it.
    #[arg(long, value_name = "ENV", value_parser = values::env)]
    pub to: EnvName,
    /// Refuse unless the tested release is of this tag.
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,
    /// What is allowed.
    #[command(flatten)]
    pub allowed: PlanArgs,
}

/// Carries `promote` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let loaded = loading::load(context)?;
    let (source, target) = (loaded.topology(&args.from)?, loaded.topology(&args.to)?);
    let cloud = cloud::connect(context).await?;
    let stack = there::find(&cloud, &source).await?;
    let records = there::records(&cloud, &stack).await?;
    let release = tested(&args, &records)?;
    let goal = goal::of_record(&cloud, &target, release).await?;
    same(release, &goal)?;
    room::for_new(&cloud, &target).await?;
    let command = format!("promote --from {} --to {}", args.from, args.to);
    let place = (&cloud, &target);
    on_site(context, place, &command, &args.allowed, async |site| {
        brought(site, &goal).await
    })
    .await?;
    context.reporter.note(
        args.to.as_str(),
        format!(
            "runs `{}` with the images that passed in `{}`",
            release.tag, args.from
        ),
    );
    Ok(())
}

async fn brought(site: &Site<'_>, goal: &Goal) -> Result<(), Failure> {
    let Site {
        context,
        cloud,
        topology,
        lease,
        ..
    } = *site;
    let name = topology.stack.stack_name.as_str();
    if !create::is_made(cloud.heat().find_stack(name).await?.as_ref()) {
        return create::make(context, cloud, topology, goal, lease).await;
    }
    let stack = ready(site).await?;
    if bring(site, &stack, goal).await? == Brought::Nothing {
        context.reporter.note(name, "no changes");
    }
    Ok(())
}

/// The release that runs in the source, if it passed everything.
fn tested<'a>(args: &Args, records: &'a Records) -> Result<&'a ReleaseRecord, Failure> {
    let refuse = |message: String| Failure::new(Kind::Refused, message);
    let from = &args.from;
    if let Some(update) = &records.update {
        let message = format!(
            "`{from}` is in the middle of an update to `{}`",
            update.target.tag
        );
        return Err(refuse(message).hint(format!("`ptero-deploy resume {from}` ends it")));
    }
    let Some(release) = records.current() else {
        return Err(refuse(format!("`{from}` tells of no release")));
    };
    let named = format!("`{}` ({})", release.tag, release.id);
    if let Some(tag) = args.tag.as_ref().filter(|tag| **tag != release.tag) {
        return Err(refuse(format!("`{from}` runs {named}, not `{tag}`")));
    }
    let missing: Vec<&str> = [("fast", &release.tests.fast), ("slow", &release.tests.slow)]
        .into_iter()
        .filter(|(_, passed)| passed.is_none())
        .map(|(tests, _)| tests)
        .collect();
    if missing.is_empty() {
        return Ok(release);
    }
    let failure = refuse(format!(
        "{named} has not passed the {} tests in `{from}`",
        missing.join(" and the ")
    ));
    Err(missing.into_iter().fold(failure, |failure, tests| {
        failure.hint(format!("`ptero-deploy tests {tests} {from}` runs them"))
    }))
}

/// Nothing but what was tested: a configuration may give the environments images of
/// their own, which then were not.
fn same(release: &ReleaseRecord, goal: &Goal) -> Result<(), Failure> {
    let differing: Vec<String> = goal
        .record
        .images
        .iter()
        .filter(|(recipe, digest)| release.images.get(*recipe) != Some(digest))
        .map(|(recipe, digest)| format!("{recipe}: {digest} was not tested"))
        .collect();
    if differing.is_empty() {
        return Ok(());
    }
    let message = "what would run is not what was tested";
    Err(Failure::new(Kind::Refused, message).caused_by(differing.join("\n")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Args, PlanArgs, tested};
    use crate::error::Kind;
    use crate::name::EnvName;
    use crate::template::release::Records;

    #[track_caller]
    fn case(tag: Option<&str>, release: &Value, update: &Value, expected: Result<(), &str>) {
        let template = json!({"outputs": {
            "history": {"value": [release]}, "update": {"value": update}}});
        let args = Args {
            from: EnvName::new("staging").unwrap(),
            to: EnvName::new("production").unwrap(),
            tag: tag.map(ToOwned::to_owned),
            allowed: PlanArgs::default(),
        };
        let records = Records::read(&template);
        match (tested(&args, &records), expected) {
            (Ok(_), Ok(())) => {}
            (Err(failure), Err(message)) => {
                assert_eq!(failure.kind(), Kind::Refused);
                assert_eq!(failure.to_string(), message);
            }
            (seen, _) => panic!("{:?}", seen.map(|one| &one.id)),
        }
    }

    #[test]
    fn only_what_passed_everything_is_promoted() {
        let release = |tests: Value| json!({"version": 2, "id": "a1", "tag": "v2", "tests": tests});
        let both = release(json!({"fast": "t", "slow": "t"}));
        case(None, &both, &Value::Null, Ok(()));
        case(Some("v2"), &both, &Value::Null, Ok(()));
        case(
            Some("v1"),
            &both,
            &Value::Null,
            Err("`staging` runs `v2` (a1), not `v1`"),
        );
        case(
            None,
            &release(json!({"fast": "t"})),
            &Value::Null,
            Err("`v2` (a1) has not passed the slow tests in `staging`"),
        );
        case(
            None,
            &release(json!({})),
            &Value::Null,
            Err("`v2` (a1) has not passed the fast and the slow tests in `staging`"),
        );
        let update = json!({"from": "a1", "to": "b2", "phase": "add", "batch": 1, "batches": 1,
            "target": {"version": 2, "id": "b2", "tag": "v3"}});
        case(
            None,
            &both,
            &update,
            Err("`staging` is in the middle of an update to `v3`"),
        );
    }
}
