//! The names that cross modules, each its own type, so that a tag is never
//! taken for a stack. Checked once, where they enter.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a text is not a name of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid {what}: {rule}")]
pub struct BadName {
    /// The kind of name, e.g. `stack name`.
    pub what: &'static str,
    /// What was given.
    pub text: String,
    /// What would be accepted.
    pub rule: &'static str,
}

/// Whether `text` is a commit's whole id, which alone names what never moves.
pub fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $rule:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// Checks `text` and makes it a name.
            pub fn new(text: impl Into<String>) -> Result<Self, BadName> {
                let text = text.into();
                let valid: fn(&str) -> bool = $valid;
                if valid(&text) {
                    Ok(Self(text))
                } else {
                    Err(BadName { what: $what, text, rule: $rule })
                }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $type {
            type Error = BadName;
            fn try_from(text: String) -> Result<Self, BadName> {
                Self::new(text)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }
    };
}

fn word(text: &str, extra: &str, length_max: usize) -> bool {
    text.len() <= length_max
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
}

name!(
    /// A branch or tag asked for; resolved to a commit in every repository.
    Tag, "tag", "letters, digits and `.` `_` `-` `/` `+`, at most 100, as git refs allow",
    |text| word(text, "._-/+", 100) && !text.contains("..") && !text.ends_with('/')
);
name!(
    /// An environment: a key below `stacks` in config.yaml.
    EnvName, "environment", "letters, digits, `_` and `-`, starting with a letter or digit, at most 60",
    |text| word(text, "_-", 60)
);
name!(
    /// A Heat stack's name. Heat takes 255 characters; nested stacks append to it.
    StackName, "stack name", "a letter first, then letters, digits, `_` `.` `-`, at most 120",
    |text| word(text, "_.-", 120) && text.starts_with(|c: char| c.is_ascii_alphabetic())
);
name!(
    /// A service of the catalogue, e.g. `shell-command`.
    ServiceName, "service name", "lower-case letters, digits and `-`, at most 40",
    |text| word(text, "-", 40) && !text.chars().any(|c| c.is_ascii_uppercase())
);
name!(
    /// A role of a service, e.g. `http_worker`.
    RoleName, "role name", "lower-case letters, digits and `_`, at most 40",
    |text| word(text, "_", 40) && !text.chars().any(|c| c.is_ascii_uppercase())
);
name!(
    /// A pool: a named set of servers of one role; `default` unless said.
    PoolName, "pool name", "lower-case letters and digits, at most 20",
    |text| word(text, "", 20) && !text.chars().any(|c| c.is_ascii_uppercase())
);

#[cfg(test)]
mod tests {
    use super::{RoleName, ServiceName, StackName, Tag};

    #[track_caller]
    fn tag(text: &str, valid: bool) {
        assert_eq!(Tag::new(text).is_ok(), valid, "{text:?}");
    }

    #[test]
    fn tags_are_what_git_refs_allow_and_no_more() {
        tag("v1", true);
        tag("feature/x+1", true);
        tag("", false);
        tag("-v1", false);
        tag("a..b", false);
        tag("a b", false);
        tag("a;rm", false);
        tag("a/", false);
    }

    #[test]
    fn names_of_each_kind_have_their_own_alphabet() {
        assert!(ServiceName::new("shell-command").is_ok());
        assert!(ServiceName::new("shell_command").is_err());
        assert!(RoleName::new("http_worker").is_ok());
        assert!(RoleName::new("http-worker").is_err());
        assert!(StackName::new("9lives").is_err());
        assert!(StackName::new("ptero-staging").is_ok());
    }
}
