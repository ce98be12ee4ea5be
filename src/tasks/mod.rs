//! The table of tasks: it feeds parsing, help, completions and the man page.
//! A task's dotted name is its file: `stack.create` is `stack/create.rs`.

pub mod abort;
pub mod cloud;
pub mod completions;
pub mod config;
pub mod context;
pub mod demo;
pub mod deploy;
pub mod devcloud;
pub mod earlier;
pub mod folders;
pub mod images;
pub mod loading;
pub mod lock;
pub mod man;
pub mod observe;
pub mod operator;
pub mod program;
pub mod promote;
pub mod resume;
pub mod rollback;
pub mod stack;
pub mod tests;
pub mod work;

use clap::{Parser, Subcommand};

use crate::cli::flags::Flags;
use crate::error::Failure;
use crate::tasks::context::Context;

/// Bakes, deploys and verifies PTero on OpenStack.
///
/// Fabric's spelling means the same: `ptero-deploy stack.create:env=staging,tag=v1`
/// is `ptero-deploy stack create staging --tag v1`.
#[derive(Debug, Parser)]
#[command(name = "ptero-deploy", version, max_term_width = 100)]
#[command(arg_required_else_help = true, disable_help_subcommand = false)]
#[command(subcommand_value_name = "TASK", subcommand_help_heading = "Tasks")]
pub struct CommandLine {
    /// What every task takes.
    #[command(flatten)]
    pub flags: Flags,
    /// List every task in Fabric's spelling.
    #[arg(short, long, exclusive = true)]
    pub list: bool,
    /// What to do.
    #[command(subcommand)]
    pub task: Option<Task>,
}

/// Every task of this version.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Service images: build, list, delete, prune.
    #[command(subcommand)]
    Images(images::Images),
    /// The stack of an environment: create, plan, update, look at, delete.
    #[command(subcommand)]
    Stack(stack::Stack),
    /// The same as `stack update`.
    #[command(hide = true)]
    Update(stack::update::Args),
    /// Bring a release into an environment, and back out where it does not prove itself.
    Deploy(deploy::Args),
    /// Bring exactly the release that passed its tests in one environment into another.
    Promote(promote::Args),
    /// Bring an earlier release back, by the same path as an update.
    Rollback(rollback::Args),
    /// Go on with an update that another terminal left.
    Resume(resume::Args),
    /// Give an unfinished update up and bring the release back that it left.
    Abort(abort::Args),
    /// Checks of a deployment.
    #[command(subcommand)]
    Tests(tests::Tests),
    /// The lock of an environment: show, break.
    #[command(subcommand)]
    Lock(lock::Lock),
    /// The configuration file.
    #[command(subcommand)]
    Config(config::Config),
    /// The embedded cloud: a real OpenStack on this machine.
    #[command(subcommand)]
    Devcloud(devcloud::Devcloud),
    /// The whole story on the embedded cloud, from nothing to a tested PTero.
    Demo(demo::Args),
    /// Print a shell's completions.
    #[command(hide = true)]
    Completions(completions::Args),
    /// Print a manual page.
    #[command(hide = true)]
    Man(man::Args),
}

impl Task {
    /// Carries the task out.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Images(task) => task.run(context).await,
            Self::Stack(task) => task.run(context).await,
            Self::Update(args) => stack::update::run(args, context).await,
            Self::Deploy(args) => deploy::run(args, context).await,
            Self::Promote(args) => promote::run(args, context).await,
            Self::Rollback(args) => rollback::run(args, context).await,
            Self::Resume(args) => resume::run(args, context).await,
            Self::Abort(args) => abort::run(args, context).await,
            Self::Tests(task) => task.run(context).await,
            Self::Lock(task) => task.run(context).await,
            Self::Config(task) => task.run(context),
            Self::Devcloud(task) => task.run(context).await,
            Self::Demo(args) => demo::run(args, context).await,
            Self::Completions(args) => completions::run(&args, context),
            Self::Man(args) => man::run(&args, context),
        }
    }
}
