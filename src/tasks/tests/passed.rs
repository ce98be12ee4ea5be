//! Writes down, in the stack itself, that its release has passed tests.

use crate::apply::journal;
use crate::error::Failure;
use crate::name::EnvName;
use crate::openstack::client::Cloud;
use crate::openstack::stack::Stack;
use crate::tasks::context::Context;
use crate::tasks::operator::now;
use crate::tasks::stack::there;
use crate::tasks::{cloud, loading};
use crate::template::release::Tests;

/// For the environment's stack as it is now. That it could not be written down makes
/// the tests no failure: it is told.
pub async fn passed(env: &EnvName, tests: Tests, context: &Context) {
    if let Err(failure) = try_passed(env, tests, context).await {
        warn(context, &failure);
    }
}

async fn try_passed(env: &EnvName, tests: Tests, context: &Context) -> Result<(), Failure> {
    let topology = loading::load(context)?.topology(env)?;
    let cloud = cloud::connect(context).await?;
    let stack = there::find(&cloud, &topology).await?;
    write(&cloud, &stack, tests).await
}

/// For a stack that was looked up before.
pub async fn passed_by(cloud: &Cloud, stack: &Stack, tests: Tests, context: &Context) {
    if let Err(failure) = write(cloud, stack, tests).await {
        warn(context, &failure);
    }
}

/// In the middle of an update nobody can say which release it was that passed.
async fn write(cloud: &Cloud, stack: &Stack, tests: Tests) -> Result<(), Failure> {
    let records = there::records(cloud, stack).await?;
    if let (Some(release), None) = (records.current(), &records.update) {
        let reference = stack.reference();
        journal::passed(cloud, &reference, &release.id, tests, &now()).await?;
    }
    Ok(())
}

fn warn(context: &Context, failure: &Failure) {
    let text = format!("that the tests passed was not written down: {failure}");
    let hint = "`promote` will not know of it; run the tests again";
    context.reporter.warn(text, hint);
}
