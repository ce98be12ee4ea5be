//! Both spellings of the command line become ordinary arguments here:
//! `stack.create:env=staging,tag=v1` turns into
//! `stack create --tag=v1 staging`, one argument list per task.
//! A pure function of the words and of the table of tasks.

use clap::Command;

use crate::cli::fabric;
use crate::cli::listing::tasks;
use crate::cli::options::Options;
use crate::cli::translate::translate;
use crate::cli::unreadable::{Unreadable, unknown_task};

/// The name the program was called by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// `ptero-deploy`, or any other name: the first task decides the spelling.
    Own,
    /// `fab`: every word is a task in Fabric's spelling.
    Fab,
}

impl Name {
    /// Reads the name from the program's own path.
    pub fn of(program: &str) -> Self {
        match program.rsplit('/').next() {
            Some("fab") => Self::Fab,
            _ => Self::Own,
        }
    }
}

/// One ordinary argument list per task of the line, in order; `args` are the
/// words after the program's name, `root` the built table of tasks.
pub fn read(name: Name, args: &[String], root: &Command) -> Result<Vec<Vec<String>>, Unreadable> {
    let words = Options::of(root).split(args);
    let Some(first) = words.plain.first() else {
        return Ok(vec![args.to_vec()]);
    };
    if name == Name::Fab || first.contains([':', '.']) || all_tasks(&words.plain, root) {
        let calls = words.plain.iter().map(|word| fabric::call(word));
        return calls
            .map(|call| translate(&call, &words.options, root))
            .collect();
    }
    ordinary(&words.plain, root)?;
    Ok(vec![args.to_vec()])
}

/// Refuses ordinary words that lead to no task, before the parser would do so
/// with less to say.
fn ordinary(words: &[String], root: &Command) -> Result<(), Unreadable> {
    let mut at = root;
    for (depth, word) in words.iter().enumerate() {
        if word == "help" {
            return Ok(());
        }
        if !at.has_subcommands() {
            return match words[depth..].iter().find(|rest| names_a_task(rest, root)) {
                Some(word) => Err(Unreadable::Mixed { word: word.clone() }),
                None => Ok(()),
            };
        }
        at = at.find_subcommand(word).ok_or_else(|| {
            let path = words[..=depth].join(".");
            if depth > 0 && names_a_task(word, root) {
                return Unreadable::Mixed { word: word.clone() };
            }
            unknown_task(&path, root, |task| task.replace('.', " "))
        })?;
    }
    Ok(())
}

/// Whether every word is a task, so that the first, which has no dot, starts a
/// line in Fabric's spelling all the same: `demo tests.fast:staging`.
fn all_tasks(words: &[String], root: &Command) -> bool {
    let known = |word: &String| {
        let name = fabric::call(word).name;
        tasks(root).iter().any(|task| task.name() == name)
    };
    words.len() > 1 && words.iter().all(known)
}

/// Whether `word` is a task in Fabric's spelling that only that spelling has.
fn names_a_task(word: &str, root: &Command) -> bool {
    let name = fabric::call(word).name;
    (name.contains('.') || word.contains(':')) && tasks(root).iter().any(|task| task.name() == name)
}
