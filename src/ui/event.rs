//! Everything the program can tell while it works: the one closed list of
//! events. Work emits them; only the renderers in `ui` turn them into text.

use serde::Serialize;

/// One thing that happened, in the order it happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A task began; `name` is its dotted name, `target` what it works on.
    TaskStarted {
        /// Dotted name, e.g. `stack.create`.
        name: String,
        /// Environment, tag or stack; may be empty.
        target: String,
    },
    /// A task ended.
    TaskEnded {
        /// Dotted name.
        name: String,
        /// Whether it did what was asked.
        ok: bool,
    },
    /// One line about what is being done to `subject`.
    Note {
        /// What the line is about, e.g. an image's or a stack's name.
        subject: String,
        /// The line, lower case, no full stop.
        text: String,
    },
    /// Measurable progress of `subject`; sent often, shown in place.
    Progress {
        /// What progresses.
        subject: String,
        /// What is being done, e.g. `upload`.
        phase: String,
        /// How much is done.
        done: u64,
        /// How much there is, where known.
        total: Option<u64>,
        /// What is counted.
        unit: Unit,
    },
    /// A resource of a stack, at any depth, changed state.
    StackEvent {
        /// Path of resource names from the top stack, joined by `/`.
        resource: String,
        /// Heat's resource type.
        resource_type: String,
        /// Heat's status, e.g. `CREATE_COMPLETE`.
        status: String,
        /// Heat's reason; shown for failures.
        reason: String,
        /// Whether the status is a failure.
        failed: bool,
    },
    /// A line that a bake printed.
    BakeLog {
        /// The recipe's name.
        recipe: String,
        /// The line as printed.
        line: String,
    },
    /// One check of a deployment ended.
    Check {
        /// The check's name.
        name: String,
        /// Whether it passed.
        passed: bool,
        /// What was seen.
        detail: String,
        /// How long it took, in milliseconds.
        took_ms: u64,
    },
    /// Something to know that is no failure.
    Warning {
        /// What was seen.
        text: String,
        /// What to do about it; may be empty.
        hint: String,
    },
}

/// What a progress counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Bytes moved.
    Bytes,
    /// Things done.
    Items,
}
