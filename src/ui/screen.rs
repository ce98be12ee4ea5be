//! Chooses the renderer and hands out the reporter that leads to it.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::error::Failure;
use crate::ui::event::Event;
use crate::ui::plain::Plain;
use crate::ui::reporter::Reporter;
use crate::ui::terminal::Terminal;
use crate::ui::words::Weight;
use crate::ui::{failure, json};

/// The renderers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// A live view in place.
    Terminal,
    /// Plain lines.
    Plain,
    /// JSON lines.
    Json,
}

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Trouble only.
    Quiet,
    /// The course of things.
    Normal,
    /// Everything.
    Verbose,
}

impl Detail {
    /// Whether something of this weight is shown.
    pub fn shows(self, weight: Weight) -> bool {
        match self {
            Self::Quiet => weight == Weight::Trouble,
            Self::Normal => weight != Weight::Detail,
            Self::Verbose => true,
        }
    }
}

/// How events and failures are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The renderer.
    pub view: View,
    /// How much of it.
    pub detail: Detail,
    /// Whether colour may repeat what the words say.
    pub color: bool,
}

/// Standard error, as the chosen renderer draws it. Writing to a closed
/// standard error is no failure: there is nobody left to tell.
#[derive(Clone)]
pub struct Screen {
    look: Look,
    reporter: Reporter,
    terminal: Option<Arc<Terminal>>,
}

impl Screen {
    /// Opens the renderer that `look` names.
    pub fn open(look: Look) -> Self {
        let mut terminal = None;
        let reporter = match look.view {
            View::Json => Reporter::new(|event| say(&(json::line(event, &now()) + "\n"))),
            View::Plain => plain(look.detail),
            View::Terminal => {
                let opened = Arc::new(Terminal::new(look.detail, look.color));
                terminal = Some(Arc::clone(&opened));
                Reporter::new(move |event| opened.show(event))
            }
        };
        Self {
            look,
            reporter,
            terminal,
        }
    }

    /// Where work sends its events.
    pub fn reporter(&self) -> Reporter {
        self.reporter.clone()
    }

    /// Shows a line at once, above whatever is drawn live; machines get it as
    /// a note.
    pub fn tell(&self, text: &str) {
        match (&self.terminal, self.look.view) {
            (Some(terminal), _) => terminal.print(text),
            (None, View::Json) => self.reporter.emit(&Event::Note {
                subject: String::new(),
                text: text.to_owned(),
            }),
            (None, _) => say(&format!("{text}\n")),
        }
    }

    /// Takes the live view away and leaves the failure.
    pub fn fail(&self, failure: &Failure) {
        self.close();
        match self.look.view {
            View::Json => say(&(failure::json(failure, &now()) + "\n")),
            View::Plain | View::Terminal => say(&failure::text(failure, self.look.color)),
        }
    }

    /// Takes the live view away; more events may still come.
    pub fn close(&self) {
        if let Some(terminal) = &self.terminal {
            terminal.clear();
        }
    }
}

fn plain(detail: Detail) -> Reporter {
    let start = Instant::now();
    let plain = Mutex::new(Plain::new(detail));
    Reporter::new(move |event| {
        // Held while writing, so that lines keep the order of their times.
        let mut plain = plain.lock().unwrap_or_else(PoisonError::into_inner);
        say(&plain.text(event, start.elapsed()));
    })
}

fn say(text: &str) {
    if !text.is_empty() {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}
