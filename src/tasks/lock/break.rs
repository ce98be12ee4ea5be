//! `lock.break`: takes an environment's lock from whoever holds it.

use crate::apply::lock::LockError;
use crate::apply::lock::error::told;
use crate::apply::lock::remove::remove;
use crate::apply::lock::state::{Meaning, look};
use crate::cli::values;
use crate::error::Failure;
use crate::name::EnvName;
use crate::tasks::context::Context;
use crate::tasks::{cloud, loading};

/// What `lock.break` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
}

/// Carries `lock.break` out. It goes for the very lock that was shown: one that somebody
/// took while the question was open stays.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let topology = loading::load(context)?.topology(&args.env)?;
    let cloud = cloud::connect(context).await?;
    let env = args.env.as_str();
    let Some(seen) = look(&cloud, &topology.stack.stack_name).await? else {
        context.reporter.note(env, "not locked");
        return Ok(());
    };
    if seen.meaning(false) == Meaning::Foreign {
        let name = seen.stack.name;
        return Err(LockError::Foreign { name }.into());
    }
    let told = told(&seen);
    context.reporter.note(env, format!("locked {told}"));
    context
        .ask
        .confirm(&format!(
            "break the lock of `{env}`? what its holder began goes on in the cloud"
        ))
        .await?;
    remove(&cloud, &seen.stack.reference()).await?;
    let text = "its lock is broken; a holder that still runs stops before its next change";
    context.reporter.note(env, text);
    Ok(())
}
