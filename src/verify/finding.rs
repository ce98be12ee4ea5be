//! What a check says when it does not pass: what was expected and what was
//! seen instead.

/// A check that did not pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, saw {seen}")]
pub struct Finding {
    /// What a working deployment would have shown.
    pub expected: String,
    /// What was there instead.
    pub seen: String,
}

impl Finding {
    /// A finding; both texts go on after "expected" and "saw".
    pub fn new(expected: impl Into<String>, seen: impl Into<String>) -> Self {
        Self {
            expected: expected.into(),
            seen: seen.into(),
        }
    }
}

/// A short text about what was seen when the check passed, or the finding.
pub type Verdict = Result<String, Finding>;
