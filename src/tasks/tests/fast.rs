//! `tests.fast`: checks of a deployment from outside.

use std::path::PathBuf;

use crate::cli::output::OutputArgs;
use crate::cli::values;
use crate::error::{Failure, Kind};
use crate::name::{EnvName, Tag};
use crate::record::deployed::Deployed;
use crate::tasks::context::Context;
use crate::tasks::stack::there;
use crate::tasks::tests::passed::passed;
use crate::tasks::tests::verified::{Wanted, verified};
use crate::tasks::{cloud, loading};
use crate::template::release::Tests;
use crate::topology::Topology;
use crate::verify::expect::{self, Addresses};
use crate::verify::report::COLUMNS;
use crate::verify::target::Target;

/// What `tests.fast` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// Fail unless the deployment is of this tag.
    #[arg(long, value_name = "TAG", value_parser = values::tag)]
    pub tag: Option<Tag>,
    /// Also write the report as JUnit XML.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// How the data is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Carries `tests.fast` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let wanted = Wanted::new(
        context.shape(&args.output, &COLUMNS)?,
        args.junit.as_deref(),
    )?;
    let target = target(&args.env, args.tag.as_ref(), context).await?;
    verified(args.env.as_str(), &target, wanted, context).await?;
    passed(&args.env, Tests::Fast, context).await;
    Ok(())
}

/// What the environment should be, from its stack; refused if it is of another tag.
async fn target(env: &EnvName, tag: Option<&Tag>, context: &Context) -> Result<Target, Failure> {
    let (topology, deployed) = deployed(env, context).await?;
    if let Some(tag) = tag
        && deployed.release.tag != tag.as_str()
    {
        let message = format!("`{env}` runs `{}`, not `{tag}`", deployed.release.tag);
        return Err(Failure::new(Kind::Refused, message));
    }
    of(&topology, &deployed)
}

/// What the environment should be, and what runs there.
pub async fn deployed(env: &EnvName, context: &Context) -> Result<(Topology, Deployed), Failure> {
    let topology = loading::load(context)?.topology(env)?;
    let cloud = cloud::connect(context).await?;
    let stack = there::find(&cloud, &topology).await?;
    let deployed = there::deployed(&cloud, &stack).await?;
    Ok((topology, deployed))
}

/// What the checks expect of a deployment.
pub fn of(topology: &Topology, deployed: &Deployed) -> Result<Target, Failure> {
    let gateway = topology
        .gateway()
        .and_then(|role| deployed.member_of(&role.service));
    let addresses = Addresses {
        public: &deployed.address,
        internal: gateway.map_or(deployed.address.as_str(), |gateway| &gateway.address),
    };
    expect::target(topology, &deployed.hosts(topology), addresses)
        .map_err(|error| Failure::new(Kind::Failed, "nothing can be checked").caused_by(error))
}
