//! A failure as its reader meets it: the message, the causes below it, and
//! what to do next. Colour only repeats what the words say.

use std::error::Error;
use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use serde_json::json;

use crate::error::{Failure, Kind};

const RED: Style = AnsiColor::Red.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default();

/// The failure as text: `error: …`, `  caused by: …`, `hint: …`.
pub fn text(failure: &Failure, color: bool) -> String {
    let label = |label: &str, style: Style| {
        if color {
            format!("{style}{label}:{style:#}")
        } else {
            format!("{label}:")
        }
    };
    let mut text = format!("{} {failure}\n", label("error", RED));
    for cause in causes(failure) {
        let mut lines = cause.lines();
        let first = lines.next().unwrap_or_default();
        let _ = writeln!(text, "  {} {first}", label("caused by", RED));
        for line in lines {
            let _ = writeln!(text, "    {line}");
        }
    }
    for hint in failure.hints() {
        let _ = writeln!(text, "{} {hint}", label("hint", CYAN));
    }
    text
}

/// The failure as one JSON line, beside the events.
pub fn json(failure: &Failure, time: &str) -> String {
    json!({
        "time": time,
        "event": "error",
        "kind": kind(failure.kind()),
        "exit_code": failure.kind().exit_code(),
        "message": failure.to_string(),
        "causes": causes(failure),
        "hints": failure.hints(),
    })
    .to_string()
}

fn causes(failure: &Failure) -> Vec<String> {
    let mut causes = Vec::new();
    let mut next = failure.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Failed => "failed",
        Kind::Usage => "usage",
        Kind::ChangesPending => "changes_pending",
        Kind::Refused => "refused",
        Kind::Locked => "locked",
        Kind::TimedOut => "timed_out",
        Kind::RolledBack => "rolled_back",
    }
}

#[cfg(test)]
mod tests {
    use super::{json, text};
    use crate::error::{Failure, Kind};

    fn failure() -> Failure {
        let cause = Failure::new(Kind::Failed, "quota exceeded").caused_by("10 of 10\ninstances");
        Failure::new(Kind::TimedOut, "stack `a` failed")
            .caused_by(cause)
            .hint("raise the quota")
    }

    #[test]
    fn causes_and_hints_stand_on_their_own_lines() {
        assert_eq!(
            text(&failure(), false),
            "error: stack `a` failed\n  caused by: quota exceeded\n  caused by: 10 of 10\n    instances\nhint: raise the quota\n"
        );
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let stripped = anstream::adapter::strip_str(&text(&failure(), true)).to_string();
        assert_eq!(stripped, text(&failure(), false));
    }

    #[test]
    fn machines_get_the_kind_and_the_exit_code() {
        assert_eq!(
            json(&failure(), "T"),
            r#"{"time":"T","event":"error","kind":"timed_out","exit_code":6,"message":"stack `a` failed","causes":["quota exceeded","10 of 10\ninstances"],"hints":["raise the quota"]}"#
        );
    }
}
