//! The tasks of a command tree by their dotted names, and those that later
//! versions will have.

use std::fmt::Write;

use clap::{Arg, Command};

use crate::cli::options::takes_value;

/// Names that are planned: better refused as such than mistaken for a typo.
pub const PLANNED: [&str; 1] = ["describe"];

/// One task: a command that can be run.
#[derive(Clone, Copy)]
pub struct Listed<'a> {
    /// The command.
    pub command: &'a Command,
    /// The command it stands below, where it is nested.
    pub group: Option<&'a Command>,
}

impl<'a> Listed<'a> {
    /// The dotted name, e.g. `stack.create`.
    pub fn name(&self) -> String {
        self.path().join(".")
    }

    /// The names from the top, e.g. `stack`, `create`.
    pub fn path(&self) -> Vec<&'a str> {
        let group = self.group.map(Command::get_name);
        group.into_iter().chain([self.command.get_name()]).collect()
    }

    /// Its parameters in the order of Fabric's positional arguments: what the
    /// help shows as positional, then the options with a value, then switches.
    pub fn parameters(&self) -> Vec<&'a Arg> {
        let mut own: Vec<&Arg> = self
            .command
            .get_arguments()
            .filter(|one| !one.is_global_set() && !one.is_hide_set())
            .filter(|one| !matches!(one.get_id().as_str(), "help" | "version"))
            .collect();
        own.sort_by_key(|one| (!one.is_positional(), !takes_value(one), one.get_index()));
        own
    }
}

/// Every task below `root`, hidden ones included, in the order of the help.
pub fn tasks(root: &Command) -> Vec<Listed<'_>> {
    let mut found = Vec::new();
    for noun in root
        .get_subcommands()
        .filter(|one| one.get_name() != "help")
    {
        if noun.has_subcommands() {
            found.extend(
                noun.get_subcommands()
                    .filter(|one| one.get_name() != "help")
                    .map(|command| Listed {
                        command,
                        group: Some(noun),
                    }),
            );
        } else {
            found.push(Listed {
                command: noun,
                group: None,
            });
        }
    }
    found
}

/// The text of `--list`: a line per task, as `fab --list` prints it.
pub fn text(root: &Command) -> String {
    let shown: Vec<(String, String)> = tasks(root)
        .iter()
        .filter(|task| !task.command.is_hide_set())
        .map(|task| {
            let about = task.command.get_about().map(ToString::to_string);
            (task.name(), about.unwrap_or_default())
        })
        .collect();
    let width = shown.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = String::from("Available commands:\n\n");
    for (name, about) in shown {
        let _ = writeln!(text, "    {name:width$}  {about}");
    }
    text
}
