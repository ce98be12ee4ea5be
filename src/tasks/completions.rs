//! `completions`: what a shell needs to complete the command line.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::error::Failure;
use crate::tasks::CommandLine;
use crate::tasks::context::Context;

/// What `completions` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// Carries `completions` out.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let mut text = Vec::new();
    let mut command = CommandLine::command();
    clap_complete::generate(args.shell, &mut command, "ptero-deploy", &mut text);
    context.output.write(&String::from_utf8_lossy(&text))
}
