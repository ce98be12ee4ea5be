//! Events as words: the text that the terminal and the plain renderer share.

use std::fmt::Write;
use std::time::Duration;

use crate::ui::event::{Event, Unit};

/// What an event means to somebody who reads along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Wanted only with `--verbose`.
    Detail,
    /// The course of things.
    News,
    /// Wanted even with `--quiet`.
    Trouble,
}

/// How much an event weighs.
pub fn weight(event: &Event) -> Weight {
    match event {
        Event::StackEvent { failed: true, .. }
        | Event::Check { passed: false, .. }
        | Event::Warning { .. } => Weight::Trouble,
        Event::BakeLog { .. } => Weight::Detail,
        Event::StackEvent { status, .. } if status.ends_with("_IN_PROGRESS") => Weight::Detail,
        Event::TaskStarted { .. }
        | Event::TaskEnded { .. }
        | Event::Note { .. }
        | Event::Progress { .. }
        | Event::StackEvent { .. }
        | Event::Check { .. } => Weight::News,
    }
}

/// One event as one line (two for a warning with a hint).
pub fn line(event: &Event) -> String {
    match event {
        Event::TaskStarted { name, target } if target.is_empty() => name.clone(),
        Event::TaskStarted { name, target } => format!("{name} {target}"),
        Event::TaskEnded { name, ok } => {
            format!("{name} {}", if *ok { "done" } else { "failed" })
        }
        Event::Note { subject, text } if subject.is_empty() => text.clone(),
        Event::Note { subject, text } => format!("{subject}: {text}"),
        Event::Progress { subject, phase, .. } => {
            format!("{subject}: {phase} {}", amount(event))
        }
        Event::StackEvent {
            resource,
            resource_type,
            status,
            reason,
            failed,
        } => {
            let mut line = format!("{resource} {status} ({resource_type})");
            if *failed && !reason.is_empty() {
                let _ = write!(line, ": {reason}");
            }
            line
        }
        Event::BakeLog { recipe, line } => format!("{recipe} | {line}"),
        Event::Check {
            name,
            passed,
            detail,
            took_ms,
        } => {
            let verdict = if *passed { "passed" } else { "FAILED" };
            let took = duration(Duration::from_millis(*took_ms));
            let mut line = format!("{verdict}  {name} ({took})");
            if !detail.is_empty() {
                let _ = write!(line, ": {detail}");
            }
            line
        }
        Event::Warning { text, hint } if hint.is_empty() => format!("warning: {text}"),
        Event::Warning { text, hint } => format!("warning: {text}\n  hint: {hint}"),
    }
}

/// How far an [`Event::Progress`] is, e.g. `12 % of 1.0 GiB`; empty for others.
pub fn amount(event: &Event) -> String {
    let Event::Progress {
        done, total, unit, ..
    } = event
    else {
        return String::new();
    };
    let count = |n: u64| match unit {
        Unit::Bytes => bytes(n),
        Unit::Items => n.to_string(),
    };
    match (total, unit) {
        (Some(total), Unit::Items) => format!("{done} of {total}"),
        (Some(total), Unit::Bytes) if *total > 0 => {
            format!("{} % of {}", done * 100 / total, count(*total))
        }
        _ => count(*done),
    }
}

/// A number of bytes in the largest binary unit that keeps it above one.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut power = 0;
    while power + 1 < UNITS.len() && n >> (10 * (power + 1)) > 0 {
        power += 1;
    }
    if power == 0 {
        return format!("{n} B");
    }
    let tenths = (u128::from(n) * 10) >> (10 * power);
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[power])
}

/// A time span as people say it: `0.4s`, `12s`, `3m 07s`, `1h 02m`.
pub fn duration(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..10 => format!("{}.{}s", seconds, span.subsec_millis() / 100),
        10..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Weight, amount, bytes, duration, line, weight};
    use crate::ui::event::{Event, Unit};

    fn stack(status: &str, failed: bool) -> Event {
        Event::StackEvent {
            resource: "web_0/server".into(),
            resource_type: "OS::Nova::Server".into(),
            status: status.into(),
            reason: "no valid host".into(),
            failed,
        }
    }

    #[test]
    fn a_reason_is_told_for_failures_only() {
        assert_eq!(
            line(&stack("CREATE_FAILED", true)),
            "web_0/server CREATE_FAILED (OS::Nova::Server): no valid host"
        );
        assert_eq!(
            line(&stack("CREATE_COMPLETE", false)),
            "web_0/server CREATE_COMPLETE (OS::Nova::Server)"
        );
    }

    #[test]
    fn failures_outweigh_news_and_news_outweigh_detail() {
        assert_eq!(weight(&stack("CREATE_FAILED", true)), Weight::Trouble);
        assert_eq!(weight(&stack("CREATE_COMPLETE", false)), Weight::News);
        assert_eq!(weight(&stack("CREATE_IN_PROGRESS", false)), Weight::Detail);
    }

    #[test]
    fn amounts_are_short() {
        let progress = |done, total, unit| {
            amount(&Event::Progress {
                subject: "x".into(),
                phase: "upload".into(),
                done,
                total,
                unit,
            })
        };
        assert_eq!(progress(512, Some(1024), Unit::Bytes), "50 % of 1.0 KiB");
        assert_eq!(progress(2048, None, Unit::Bytes), "2.0 KiB");
        assert_eq!(progress(0, Some(0), Unit::Bytes), "0 B");
        assert_eq!(progress(3, Some(9), Unit::Items), "3 of 9");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1_610_612_736), "1.5 GiB");
        assert_eq!(bytes(u64::MAX), "16777215.9 TiB");
    }

    #[test]
    fn durations_are_as_people_say_them() {
        assert_eq!(duration(Duration::from_millis(430)), "0.4s");
        assert_eq!(duration(Duration::from_secs(59)), "59s");
        assert_eq!(duration(Duration::from_secs(187)), "3m 07s");
        assert_eq!(duration(Duration::from_secs(3720)), "1h 02m");
    }
}
