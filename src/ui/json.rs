//! Events for machines: one JSON object per line, each with its time.

use serde::Serialize;

use crate::ui::event::Event;

#[derive(Serialize)]
struct Stamped<'a> {
    time: &'a str,
    #[serde(flatten)]
    event: &'a Event,
}

/// One event as one line, without the line feed; `time` is RFC 3339.
#[expect(clippy::missing_panics_doc, reason = "every event is a JSON value")]
pub fn line(event: &Event, time: &str) -> String {
    serde_json::to_string(&Stamped { time, event })
        .expect("an event is a map of strings and numbers")
}

#[cfg(test)]
mod tests {
    use super::line;
    use crate::ui::event::Event;

    #[test]
    fn an_event_is_one_object_on_one_line() {
        let event = Event::Note {
            subject: "web".into(),
            text: "two\nlines".into(),
        };
        assert_eq!(
            line(&event, "2026-01-02T03:04:05Z"),
            r#"{"time":"2026-01-02T03:04:05Z","event":"note","subject":"web","text":"two\nlines"}"#
        );
    }
}
