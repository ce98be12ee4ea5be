//! What the program says of itself.

use std::io::Read;
use std::process::Stdio;

use crate::command::{check, command, shown};

#[test]
fn help_names_every_task() {
    check(
        "help",
        &[
            "ptero-deploy",
            "ptero-deploy --help",
            "ptero-deploy stack",
            "ptero-deploy stack create -h",
            "ptero-deploy tests fast --help",
            "ptero-deploy tests slow --help",
            "ptero-deploy help images prune",
        ],
    );
}

#[test]
fn the_list_of_tasks_is_that_of_fabric() {
    check("list", &["ptero-deploy --list", "ptero-deploy --version"]);
    let list = |line: &str| {
        shown(line)
            .split_once('\n')
            .map(|(_, text)| text.to_owned())
    };
    assert_eq!(list("fab -l"), list("ptero-deploy --list"));
    assert_eq!(list("/opt/bin/fab --list"), list("ptero-deploy --list"));
}

#[test]
fn every_page_and_completion_can_be_made() {
    for line in [
        "ptero-deploy completions bash",
        "ptero-deploy completions zsh",
        "ptero-deploy completions fish",
        "ptero-deploy man",
        "ptero-deploy man stack create",
        "fab man:demo",
    ] {
        let shown = shown(line);
        assert!(
            shown.ends_with("--- exit 0\n") && shown.len() > 500,
            "{shown}"
        );
    }
    let unknown = shown("ptero-deploy man stack crate");
    assert!(
        unknown.contains("did you mean `stack.create`?"),
        "{unknown}"
    );
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let mut child = command("ptero-deploy", &["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    drop(child.stdout.take());
    let status = child.wait().expect("the program ends");
    let mut stderr = String::new();
    let mut pipe = child.stderr.take().expect("a pipe was asked for");
    pipe.read_to_string(&mut stderr)
        .expect("the pipe can be read");
    assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn colour_needs_a_terminal_or_to_be_asked_for() {
    let plain = shown("ptero-deploy --help");
    let coloured = shown("ptero-deploy --color always --help");
    assert!(!plain.contains('\u{1b}'));
    assert!(coloured.contains('\u{1b}'));
}
