//! `man`: the manual page of the program or of one task, as roff.

use clap::{Command, CommandFactory};

use crate::cli::listing::tasks;
use crate::cli::unreadable::unknown_task;
use crate::error::{Failure, Kind};
use crate::tasks::CommandLine;
use crate::tasks::context::Context;

/// What `man` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A task, e.g. `stack create` [default: the program's page].
    #[arg(value_name = "TASK")]
    pub task: Vec<String>,
}

/// Carries `man` out.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let mut root = CommandLine::command();
    root.build();
    let page = if args.task.is_empty() {
        root
    } else {
        page_of(&args.task.join("."), &root)?
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page)
        .render(&mut text)
        .map_err(|error| Failure::new(Kind::Failed, "cannot render the page").caused_by(error))?;
    context.output.write(&String::from_utf8_lossy(&text))
}

fn page_of(name: &str, root: &Command) -> Result<Command, Failure> {
    let found = tasks(root).into_iter().find(|task| task.name() == name);
    let task = found.ok_or_else(|| unknown_task(name, root, str::to_owned))?;
    Ok(task.command.clone())
}
