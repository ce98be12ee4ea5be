//! What goes wrong, as the operator meets it: one edge type whose kind alone
//! decides the exit code, with the cause in its chain and what to do next.

use std::error::Error;
use std::fmt;

/// The exit codes of the program: a contract, listed in docs/exit-codes.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// The work was tried and did not succeed.
    Failed = 1,
    /// The command line or a configuration file is wrong; nothing was touched.
    Usage = 2,
    /// Changes are pending; only where the operator asked for this code.
    ChangesPending = 3,
    /// A gate refused: a check did not pass, or something is still in use.
    Refused = 4,
    /// Another deployer holds the environment.
    Locked = 5,
    /// A deadline passed.
    TimedOut = 6,
    /// The work failed and the old release is back.
    RolledBack = 7,
}

impl Kind {
    /// The process exit code of this kind.
    pub fn exit_code(self) -> u8 {
        self as u8
    }
}

/// An error at the edge of the program: what happened to which thing, why, and
/// what the operator can do about it.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
    hints: Vec<String>,
}

impl Failure {
    /// A failure of `kind`; `message` is lower case, names the thing, no full stop.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
            hints: Vec::new(),
        }
    }

    /// The same failure after the old release came back: `message` stands first,
    /// what had gone wrong is its cause.
    #[must_use]
    pub fn rolled_back(self, message: String) -> Self {
        let cause = match self.source {
            Some(source) => format!("{}\n{source}", self.message),
            None => self.message,
        };
        Self::new(Kind::RolledBack, message).caused_by(cause)
    }

    /// The same failure after the old release did not come back because of `again`:
    /// nothing is as it was, whatever that said.
    #[must_use]
    pub fn not_rolled_back(self, again: Self) -> Self {
        let kind = match again.kind {
            Kind::Locked | Kind::TimedOut => again.kind,
            _ => Kind::Failed,
        };
        let message = format!("{}, and the way back failed: {again}", self.message);
        let causes = [self.source, again.source].into_iter().flatten();
        let causes: Vec<String> = causes.map(|cause| cause.to_string()).collect();
        let failure = Self::new(kind, message);
        let failure = if causes.is_empty() {
            failure
        } else {
            failure.caused_by(causes.join("\n"))
        };
        again.hints.into_iter().fold(failure, Self::hint)
    }

    /// Keeps the error that caused this one; its chain is printed below.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds something the operator can do, one line each.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// What decides the exit code.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What to do next, one line each, in the order they were added.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, Kind};

    #[test]
    fn exit_codes_are_the_documented_ones() {
        let all = [
            (Kind::Failed, 1),
            (Kind::Usage, 2),
            (Kind::ChangesPending, 3),
            (Kind::Refused, 4),
            (Kind::Locked, 5),
            (Kind::TimedOut, 6),
            (Kind::RolledBack, 7),
        ];
        for (kind, code) in all {
            assert_eq!(kind.exit_code(), code, "{kind:?}");
        }
    }

    #[test]
    fn a_way_back_that_fails_is_no_rollback() {
        let lost = || Failure::new(Kind::Refused, "2 jobs are lost").caused_by("job 3");
        let case = |kind, expected| {
            let again = Failure::new(kind, "`a` is back on `v3`").hint("try again");
            let failure = lost().not_rolled_back(again.caused_by("no room"));
            assert_eq!(failure.kind(), expected);
            let said = "2 jobs are lost, and the way back failed: `a` is back on `v3`";
            assert_eq!(failure.to_string(), said);
            let source = std::error::Error::source(&failure).map(ToString::to_string);
            assert_eq!(source.as_deref(), Some("job 3\nno room"));
            assert_eq!(failure.hints(), ["try again"]);
        };
        case(Kind::RolledBack, Kind::Failed);
        case(Kind::Refused, Kind::Failed);
        case(Kind::Locked, Kind::Locked);
        case(Kind::TimedOut, Kind::TimedOut);
    }

    #[test]
    fn the_chain_and_the_hints_are_kept_in_order() {
        let failure = Failure::new(Kind::Failed, "stack `a` failed")
            .caused_by("quota exceeded")
            .hint("raise the quota")
            .hint("or use fewer members");
        let source = std::error::Error::source(&failure).map(ToString::to_string);
        assert_eq!(failure.to_string(), "stack `a` failed");
        assert_eq!(source.as_deref(), Some("quota exceeded"));
        assert_eq!(failure.hints(), ["raise the quota", "or use fewer members"]);
    }
}
