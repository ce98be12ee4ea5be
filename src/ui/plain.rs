//! Events for a log file or a pipe: plain lines with the elapsed time.
//! Progress comes seldom, so that a log of an upload stays readable.

use std::collections::HashMap;
use std::fmt::Write;
use std::time::Duration;

use crate::ui::event::Event;
use crate::ui::screen::Detail;
use crate::ui::words::{self, duration, weight};

/// The least time between two lines of progress of one subject.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);

/// Turns events into lines; keeps what is needed to leave some out.
#[derive(Debug)]
pub struct Plain {
    detail: Detail,
    started: Option<(Event, Duration)>,
    progress: HashMap<String, Duration>,
}

impl Plain {
    /// A renderer that shows as much as `detail` says.
    pub fn new(detail: Detail) -> Self {
        Self {
            detail,
            started: None,
            progress: HashMap::new(),
        }
    }

    /// The text for `event`, which happened `now` after the start; empty when
    /// it is left out. Ends in a line feed otherwise.
    pub fn text(&mut self, event: &Event, now: Duration) -> String {
        if !self.detail.shows(weight(event)) {
            return String::new();
        }
        match event {
            // A task that only prints data should not frame it with lines of
            // its own, so its start is told with its first news.
            Event::TaskStarted { .. } => {
                self.started = Some((event.clone(), now));
                String::new()
            }
            Event::TaskEnded { .. } if self.started.take().is_some() => String::new(),
            Event::Progress { subject, phase, .. } if !self.is_due(subject, phase, event, now) => {
                String::new()
            }
            _ => {
                let mut text = String::new();
                if let Some((start, then)) = self.started.take() {
                    text.push_str(&stamped(&start, then));
                }
                text.push_str(&stamped(event, now));
                text
            }
        }
    }

    fn is_due(&mut self, subject: &str, phase: &str, event: &Event, now: Duration) -> bool {
        let complete =
            matches!(event, Event::Progress { done, total: Some(total), .. } if done >= total);
        let key = format!("{subject}\n{phase}");
        let last = self.progress.get(&key);
        let due = complete || last.is_none_or(|last| now.saturating_sub(*last) >= PROGRESS_EVERY);
        if due {
            self.progress.insert(key, now);
        }
        due
    }
}

fn stamped(event: &Event, now: Duration) -> String {
    let mut text = String::new();
    for line in words::line(event).lines() {
        let _ = writeln!(text, "[{:>7}] {line}", duration(now));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Plain;
    use crate::ui::event::{Event, Unit};
    use crate::ui::screen::Detail;

    fn note(text: &str) -> Event {
        Event::Note {
            subject: "web".into(),
            text: text.into(),
        }
    }

    fn upload(done: u64) -> Event {
        Event::Progress {
            subject: "web".into(),
            phase: "upload".into(),
            done,
            total: Some(100),
            unit: Unit::Bytes,
        }
    }

    fn start() -> Event {
        Event::TaskStarted {
            name: "images.build".into(),
            target: "v1".into(),
        }
    }

    fn end() -> Event {
        Event::TaskEnded {
            name: "images.build".into(),
            ok: true,
        }
    }

    #[track_caller]
    fn case(detail: Detail, events: &[(u64, Event)], expected: &str) {
        let mut plain = Plain::new(detail);
        let text: String = events
            .iter()
            .map(|(second, event)| plain.text(event, Duration::from_secs(*second)))
            .collect();
        assert_eq!(text, expected);
    }

    #[test]
    fn lines_carry_the_elapsed_time() {
        case(
            Detail::Normal,
            &[(0, start()), (2, note("copy")), (70, end())],
            "[   0.0s] images.build v1\n[   2.0s] web: copy\n[ 1m 10s] images.build done\n",
        );
    }

    #[test]
    fn a_task_without_news_leaves_no_line() {
        case(Detail::Normal, &[(0, start()), (1, end())], "");
    }

    #[test]
    fn progress_is_told_at_its_start_then_seldom_and_at_its_end() {
        case(
            Detail::Normal,
            &[
                (1, upload(1)),
                (2, upload(20)),
                (9, upload(90)),
                (12, upload(95)),
                (13, upload(100)),
            ],
            "[   1.0s] web: upload 1 % of 100 B\n\
             [    12s] web: upload 95 % of 100 B\n\
             [    13s] web: upload 100 % of 100 B\n",
        );
    }

    #[test]
    fn quiet_leaves_trouble_and_verbose_adds_the_log() {
        let log = Event::BakeLog {
            recipe: "web".into(),
            line: "Unpacking".into(),
        };
        let warning = Event::Warning {
            text: "two images".into(),
            hint: "delete one".into(),
        };
        let events = [(0, start()), (1, log), (2, warning), (3, end())];
        case(
            Detail::Quiet,
            &events,
            "[   2.0s] warning: two images\n[   2.0s]   hint: delete one\n",
        );
        case(
            Detail::Verbose,
            &events,
            "[   0.0s] images.build v1\n[   1.0s] web | Unpacking\n\
             [   2.0s] warning: two images\n[   2.0s]   hint: delete one\n\
             [   3.0s] images.build done\n",
        );
    }
}
