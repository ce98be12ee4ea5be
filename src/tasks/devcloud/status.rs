//! `devcloud.status`: the daemons of the embedded cloud.

use serde_json::json;

use crate::cli::output::OutputArgs;
use crate::error::{Failure, Kind};
use crate::tasks::context::Context;
use crate::tasks::devcloud::embedded;

/// The columns of the list.
pub const COLUMNS: [&str; 3] = ["Daemon", "State", "Log"];

/// What `devcloud.status` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How the data is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Carries `devcloud.status` out; fails when the cloud is not up.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let shape = context.shape(&args.output, &COLUMNS)?;
    let cloud = embedded::here();
    let status = embedded::run(context.reporter.clone(), move |_| cloud.status()).await?;
    let rows: Vec<_> = status
        .daemons
        .iter()
        .map(|daemon| {
            let state = match (daemon.running, daemon.answers) {
                (_, true) => "up",
                (true, false) => "not answering",
                (false, false) => "down",
            };
            vec![json!(daemon.name), json!(state), json!(daemon.log)]
        })
        .collect();
    context.print_rows(&COLUMNS, &rows, &shape)?;
    context.reporter.note(
        "devcloud",
        format!(
            "memory: {} MiB, servers {} MiB",
            status.daemons_mib, status.servers_mib
        ),
    );
    if status.ready {
        return Ok(());
    }
    let failure = Failure::new(Kind::Failed, "the embedded cloud is not up");
    Err(failure.hint("`ptero-deploy devcloud up` starts it"))
}
