//! What the tests saw of their own jobs, beside what the ledger tells.

/// One job from the outside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// How its submission went.
    pub submission: Submission,
    /// What was last seen of its workflow.
    pub workflow: Workflow,
    /// What the job itself said of what went wrong.
    pub trouble: Option<String>,
}

/// How a submission went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Submission {
    /// Not tried yet.
    #[default]
    NotYet,
    /// It will not be tried: the run was stopped before.
    Skipped,
    /// The workflow service has it.
    Taken,
    /// The workflow service refused it, or never answered.
    NotTaken(String),
}

/// What was last seen of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Workflow {
    /// Nothing yet.
    #[default]
    Unknown,
    /// It goes on, with this status.
    Moving(String),
    /// It has this last status.
    Ended(String),
    /// It was taken, and is not there any more.
    Gone,
}

impl Workflow {
    /// The status of a workflow that did what it should.
    pub const SUCCEEDED: &str = "succeeded";

    /// Whether no later look can see anything else.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Ended(_) | Self::Gone)
    }
}

impl Seen {
    /// Whether nothing more is to be waited for.
    pub fn is_settled(&self) -> bool {
        match self.submission {
            Submission::NotYet => false,
            Submission::Taken => self.workflow.is_final(),
            Submission::Skipped | Submission::NotTaken(_) => true,
        }
    }
}
