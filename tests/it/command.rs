//! Runs the real program in an environment of its own, and shows all that
//! came out of it as one text for a snapshot.

use std::fmt::Write;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};

/// The program called as `name`, with nothing of this environment.
pub(crate) fn command(name: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ptero-deploy"));
    command
        .arg0(name)
        .args(args)
        .env_clear()
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null());
    command
}

/// What came out of the line `line`, whose first word is the program's name.
pub(crate) fn shown(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let output = command(words[0], &words[1..]).output();
    format!("$ {line}\n{}", text(&output.expect("the program runs")))
}

/// Compares several lines, one after another, with the snapshot `name`.
#[track_caller]
pub(crate) fn check(name: &str, lines: &[&str]) {
    let shown: Vec<String> = lines.iter().map(|line| shown(line)).collect();
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!(name, shown.join("\n")));
}

fn text(output: &Output) -> String {
    let mut text = String::new();
    for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        if !bytes.is_empty() {
            let shown = redacted(&String::from_utf8_lossy(bytes));
            let _ = write!(text, "--- {name}\n{shown}");
        }
    }
    let code = output
        .status
        .code()
        .map_or("signal".to_owned(), |code| code.to_string());
    format!("{text}--- exit {code}\n")
}

/// Times become `TIME`: the one thing that differs between two runs.
fn redacted(text: &str) -> String {
    let mark = "\"time\":\"";
    let mut parts = text.split(mark);
    let mut redacted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.split_once('"').map_or("", |(_, rest)| rest);
        let _ = write!(redacted, "{mark}TIME\"{rest}");
    }
    redacted
}
