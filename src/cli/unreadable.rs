//! Why a command line cannot be read, each with the words for it.

use clap::Command;

use crate::cli::listing::{PLANNED, tasks};
use crate::config::nearest;
use crate::error::{Failure, Kind};

/// Arguments that name nothing that can be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No such task.
    #[error("unknown task `{word}`{}", offer(nearest.as_ref()))]
    UnknownTask {
        /// What was written.
        word: String,
        /// The closest task.
        nearest: Option<String>,
    },
    /// A task of a later version.
    #[error("`{0}` is not in this version")]
    Planned(String),
    /// A group of tasks where a task was expected.
    #[error("`{group}` is a group of tasks: {}", members.join(", "))]
    Group {
        /// The group.
        group: String,
        /// Dotted names of its tasks.
        members: Vec<String>,
    },
    /// No such parameter.
    #[error("`{task}` has no parameter `{key}`{}", offer(nearest.as_ref()))]
    UnknownKey {
        /// The task's dotted name.
        task: String,
        /// What was written.
        key: String,
        /// The closest parameter.
        nearest: Option<String>,
    },
    /// Fabric's own choice of hosts and roles.
    #[error("`{key}` chooses hosts in Fabric; `{task}` runs on none: leave it out")]
    Hosts {
        /// The task's dotted name.
        task: String,
        /// The key.
        key: String,
    },
    /// One parameter, two values.
    #[error("`{key}` of `{task}` is given twice")]
    Twice {
        /// The task's dotted name.
        task: String,
        /// The parameter.
        key: String,
    },
    /// More positional arguments than parameters.
    #[error("`{task}` takes at most {most} arguments, `{value}` is one too many")]
    TooMany {
        /// The task's dotted name.
        task: String,
        /// How many it takes.
        most: usize,
        /// The first that has no place.
        value: String,
    },
    /// Nothing between two commas.
    #[error("`{task}` has an empty argument")]
    Empty {
        /// The task's dotted name.
        task: String,
    },
    /// A positional parameter was skipped.
    #[error("`{task}` needs `{key}`")]
    Missing {
        /// The task's dotted name.
        task: String,
        /// The parameter.
        key: String,
    },
    /// A switch with something else than yes or no.
    #[error("`{key}` of `{task}` is a switch: `{value}` is neither true nor false")]
    NotASwitch {
        /// The task's dotted name.
        task: String,
        /// The parameter.
        key: String,
        /// What was written.
        value: String,
    },
    /// One line in two spellings.
    #[error(
        "`{word}` mixes two spellings: write all tasks as `stack.delete:staging`, or one task as `stack delete staging`"
    )]
    Mixed {
        /// The word in the other spelling.
        word: String,
    },
}

fn offer(nearest: Option<&String>) -> String {
    nearest.map_or_else(String::new, |name| format!(": did you mean `{name}`?"))
}

impl From<Unreadable> for Failure {
    fn from(unreadable: Unreadable) -> Self {
        let hint = match &unreadable {
            Unreadable::UnknownTask { .. } | Unreadable::Group { .. } | Unreadable::Planned(_) => {
                "`ptero-deploy --list` shows every task"
            }
            Unreadable::UnknownKey { task, .. }
            | Unreadable::TooMany { task, .. }
            | Unreadable::Missing { task, .. }
            | Unreadable::NotASwitch { task, .. } => {
                let hint = format!(
                    "`ptero-deploy {} --help` shows its parameters",
                    task.replace('.', " ")
                );
                return Self::new(Kind::Usage, unreadable.to_string()).hint(hint);
            }
            _ => return Self::new(Kind::Usage, unreadable.to_string()),
        };
        Self::new(Kind::Usage, unreadable.to_string()).hint(hint)
    }
}

/// What to say about `path`, a dotted name that is no task; `spell` writes a
/// dotted name in the spelling of the line.
pub fn unknown_task(path: &str, root: &Command, spell: impl Fn(&str) -> String) -> Unreadable {
    if PLANNED.contains(&path) {
        return Unreadable::Planned(spell(path));
    }
    let names: Vec<String> = tasks(root)
        .iter()
        .filter(|task| !task.command.is_hide_set())
        .flat_map(|task| {
            let group = task.group.map(|group| group.get_name().to_owned());
            group.into_iter().chain([task.name()])
        })
        .collect();
    Unreadable::UnknownTask {
        word: spell(path),
        nearest: nearest(path, names.iter().map(String::as_str)).map(|name| spell(&name)),
    }
}
