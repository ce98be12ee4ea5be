//! The few flags that every task takes, as parsed. What they come to, with
//! the environment taken in, is [`crate::cli::settings::Settings`].

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The global flags as parsed.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one switch of the command line"
)]
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Flags {
    /// Configuration file [default: config.yaml, or `PTERO_DEPLOY_CONFIG`].
    #[arg(long, global = true, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// Events as JSON lines on stderr, data as JSON on stdout.
    #[arg(long, global = true)]
    pub json: bool,
    /// Ask nothing: answer every question with yes.
    #[arg(short = 'y', long, global = true)]
    pub yes: bool,
    /// Show warnings and failures only.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Show every event and every line of a build.
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to use colour; it never carries meaning.
    #[arg(long, global = true, value_enum, value_name = "WHEN")]
    pub color: Option<ColorWhen>,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
