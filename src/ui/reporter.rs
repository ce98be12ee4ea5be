//! Where work sends its events: a cheap handle to whichever renderer the
//! command line chose.

use std::sync::Arc;

use crate::ui::event::Event;

/// A handle to the renderer; clones share it.
#[derive(Clone)]
pub struct Reporter {
    render: Arc<dyn Fn(&Event) + Send + Sync>,
}

impl Reporter {
    /// Sends every event to `render`, which must not block for long.
    pub fn new(render: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self {
            render: Arc::new(render),
        }
    }

    /// Drops every event: for library use and tests.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    /// Sends one event.
    pub fn emit(&self, event: &Event) {
        (self.render)(event);
    }

    /// Sends a [`Event::Note`].
    pub fn note(&self, subject: impl Into<String>, text: impl Into<String>) {
        self.emit(&Event::Note {
            subject: subject.into(),
            text: text.into(),
        });
    }

    /// Sends a [`Event::Warning`].
    pub fn warn(&self, text: impl Into<String>, hint: impl Into<String>) {
        self.emit(&Event::Warning {
            text: text.into(),
            hint: hint.into(),
        });
    }
}
