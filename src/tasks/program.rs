//! From arguments to steps: every task of the line is read before the first
//! is run. No runtime is started for help, lists and mistakes.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};

use crate::cli::flags::{ColorWhen, Flags};
use crate::cli::grammar::{self, Name};
use crate::cli::listing;
use crate::cli::settings::{Settings, Surroundings};
use crate::error::{Failure, Kind};
use crate::tasks::CommandLine;
use crate::tasks::work::{self, Step};
use crate::ui::output::Output;
use crate::ui::screen::Screen;

/// Runs the line `args`, the program's name first.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let around = surroundings();
    let mut words = args
        .into_iter()
        .map(|word| word.to_string_lossy().into_owned());
    let program = words.next().unwrap_or_default();
    let words: Vec<String> = words.collect();
    let settings = Settings::resolve(&glimpse(&words), &around);
    let mut root = CommandLine::command();
    root.build();
    match steps(&program, &words, &root) {
        Ok(steps) if steps.iter().any(|step| step.line.list) => {
            finish(Output::stdout().write(&listing::text(&root)), &settings)
        }
        Ok(steps) => work::run(steps, &around, &work::spelled(&words)),
        Err(Unread::Refused(failure)) => finish(Err(failure), &settings),
        Err(Unread::Explained(error)) => explain(&error, &settings),
    }
}

/// Why there is nothing to run.
enum Unread {
    Refused(Failure),
    Explained(clap::Error),
}

fn steps(program: &str, words: &[String], root: &Command) -> Result<Vec<Step>, Unread> {
    let lists = grammar::read(Name::of(program), words, root)
        .map_err(|unreadable| Unread::Refused(unreadable.into()))?;
    let mut steps = Vec::new();
    for list in lists {
        let list = std::iter::once(root.get_name().to_owned()).chain(list);
        let matches = root
            .clone()
            .try_get_matches_from(list)
            .map_err(Unread::Explained)?;
        let line = CommandLine::from_arg_matches(&matches).map_err(Unread::Explained)?;
        if line.task.is_none() && !line.list {
            let failure = Failure::new(Kind::Usage, "no task is named");
            return Err(Unread::Refused(
                failure.hint("`ptero-deploy --list` shows every task"),
            ));
        }
        let (name, target) = what(&matches);
        steps.push(Step { name, target, line });
    }
    Ok(steps)
}

/// The dotted name of the task that was matched, and what it works on.
fn what(matches: &ArgMatches) -> (String, String) {
    let mut path = Vec::new();
    let mut at = matches;
    while let Some((name, below)) = at.subcommand() {
        path.push(name);
        at = below;
    }
    let target: Vec<String> = ["env", "tag"]
        .iter()
        .filter_map(|id| at.try_get_raw(id).ok().flatten())
        .flatten()
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    (path.join("."), target.join(" "))
}

/// The flags that decide how a mistake is shown, seen before the line could
/// be read.
fn glimpse(words: &[String]) -> Flags {
    let follows = |word: &str| {
        let mut pairs = words.windows(2);
        words.contains(&format!("--color={word}"))
            || pairs.any(|pair| pair[0] == "--color" && pair[1] == word)
    };
    Flags {
        json: words.iter().any(|word| word == "--json"),
        color: match (follows("always"), follows("never")) {
            (true, _) => Some(ColorWhen::Always),
            (_, true) => Some(ColorWhen::Never),
            _ => None,
        },
        ..Flags::default()
    }
}

fn explain(error: &clap::Error, settings: &Settings) -> ExitCode {
    let text = error.render();
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        let text = if settings.stdout_color {
            text.ansi().to_string()
        } else {
            text.to_string()
        };
        return finish(Output::stdout().write(&text), settings);
    }
    if settings.is_for_machines() {
        return finish(Err(in_short(&text.to_string())), settings);
    }
    let text = if settings.look.color {
        text.ansi().to_string()
    } else {
        text.to_string()
    };
    // A closed standard error leaves nobody to tell.
    let _ = std::io::stderr().write_all(text.as_bytes());
    ExitCode::from(Kind::Usage.exit_code())
}

/// The parser's own words without its layout: the first paragraph is what is
/// wrong, and of the others only the tips are of use to a machine.
fn in_short(text: &str) -> Failure {
    let mut paragraphs = text.split("\n\n").map(|paragraph| {
        let words: Vec<&str> = paragraph.split_whitespace().collect();
        words.join(" ")
    });
    let first = paragraphs.next().unwrap_or_default();
    let message = first.strip_prefix("error: ").unwrap_or(&first);
    paragraphs
        .filter_map(|paragraph| paragraph.strip_prefix("tip: ").map(str::to_owned))
        .fold(Failure::new(Kind::Usage, message), Failure::hint)
}

fn finish(result: Result<(), Failure>, settings: &Settings) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            Screen::open(settings.look).fail(&failure);
            ExitCode::from(failure.kind().exit_code())
        }
    }
}

fn surroundings() -> Surroundings {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    Surroundings {
        config: set("PTERO_DEPLOY_CONFIG").map(PathBuf::from),
        no_color: set("NO_COLOR").is_some(),
        dumb: set("TERM").is_some_and(|term| term == "dumb"),
        stdin_tty: std::io::stdin().is_terminal(),
        stdout_tty: std::io::stdout().is_terminal(),
        stderr_tty: std::io::stderr().is_terminal(),
    }
}
