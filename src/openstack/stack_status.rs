//! Heat's `ACTION_STATE` words as enums, made where they enter.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What Heat was last asked to do with a stack or resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Before anything was done.
    Init,
    /// Making it.
    Create,
    /// Changing it.
    Update,
    /// Removing it.
    Delete,
    /// Undoing the last change.
    Rollback,
    /// Looking at the real thing.
    Check,
    /// A word that we do not know.
    Unknown(String),
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Going on.
    InProgress,
    /// Done.
    Complete,
    /// Not done, and nothing goes on.
    Failed,
    /// A word that we do not know.
    Unknown(String),
}

/// Status of a stack or of a resource, e.g. `CREATE_COMPLETE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackStatus {
    /// What was asked.
    pub action: Action,
    /// How far it is.
    pub state: State,
}

impl StackStatus {
    /// Reads Heat's word.
    pub fn parse(text: &str) -> Self {
        let (action, state) = text.split_once('_').unwrap_or((text, ""));
        Self {
            action: match action {
                "INIT" => Action::Init,
                "CREATE" => Action::Create,
                "UPDATE" => Action::Update,
                "DELETE" => Action::Delete,
                "ROLLBACK" => Action::Rollback,
                "CHECK" => Action::Check,
                other => Action::Unknown(other.to_owned()),
            },
            state: match state {
                "IN_PROGRESS" => State::InProgress,
                "COMPLETE" => State::Complete,
                "FAILED" => State::Failed,
                other => State::Unknown(other.to_owned()),
            },
        }
    }

    /// Whether nothing goes on any more.
    pub fn is_final(&self) -> bool {
        matches!(self.state, State::Complete | State::Failed)
    }

    /// Whether it failed.
    pub fn is_failed(&self) -> bool {
        self.state == State::Failed
    }

    /// Whether exactly this was done.
    pub fn is(&self, action: &Action, state: &State) -> bool {
        self.action == *action && self.state == *state
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Init => "INIT",
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Rollback => "ROLLBACK",
            Self::Check => "CHECK",
            Self::Unknown(word) => word,
        })
    }
}

impl fmt::Display for StackStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::InProgress => "IN_PROGRESS",
            State::Complete => "COMPLETE",
            State::Failed => "FAILED",
            State::Unknown(word) => word,
        };
        write!(f, "{}_{state}", self.action)
    }
}

impl<'de> Deserialize<'de> for StackStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::parse(&text))
    }
}

impl Serialize for StackStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, StackStatus, State};

    #[test]
    fn words_come_back_as_they_were() {
        for word in [
            "CREATE_COMPLETE",
            "ROLLBACK_IN_PROGRESS",
            "SNAPSHOT_FAILED",
            "DELETE_ODD",
        ] {
            assert_eq!(StackStatus::parse(word).to_string(), word);
        }
        assert!(StackStatus::parse("DELETE_FAILED").is(&Action::Delete, &State::Failed));
        assert!(!StackStatus::parse("CREATE_ODD").is_final());
    }
}
