//! What the scripts on the build machine say, one JSON object a line.

use serde::Deserialize;

/// One line of bake.py or upload.py.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Said {
    /// A base image is on its way to the machine, or there.
    Base {
        /// The base's digest.
        base: String,
        /// `download`, `cached` or `ready`.
        state: String,
        /// Bytes so far.
        #[serde(default)]
        bytes: u64,
        /// Bytes in all, where the server told.
        #[serde(default)]
        total: Option<u64>,
    },
    /// A recipe entered a phase.
    Recipe {
        /// The recipe's name.
        #[serde(rename = "name")]
        recipe: String,
        /// `copy`, `packages`, `puppet`, `clean`, `shrink`, `hash`.
        phase: String,
    },
    /// A line that a program printed while it worked on a recipe.
    Log {
        /// The recipe's name.
        recipe: String,
        /// The line.
        line: String,
    },
    /// An image file is ready on the machine.
    Built(Built),
    /// A recipe could not be built.
    Failed {
        /// The recipe's name; none from upload.py.
        #[serde(default)]
        name: Option<String>,
        /// The phase it was in.
        #[serde(default)]
        phase: Option<String>,
        /// The Puppet resource that failed.
        #[serde(default)]
        resource: Option<String>,
        /// Why.
        reason: String,
        /// The last lines of its log.
        #[serde(default)]
        tail: Vec<String>,
    },
    /// All recipes ended.
    Done {
        /// How many were built.
        built: u32,
        /// How many failed.
        failed: u32,
    },
    /// An upload moved on.
    Progress {
        /// Bytes sent.
        bytes: u64,
        /// Bytes in all.
        total: u64,
    },
    /// An upload ended; the hash is of the bytes sent.
    Uploaded {
        /// Lower-case hex.
        sha512: String,
    },
}

/// An image file on the build machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Built {
    /// The recipe's name.
    pub name: String,
    /// The recipe's digest.
    pub digest: String,
    /// Where the file is on the machine.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-512, lower-case hex.
    pub sha512: String,
    /// The migration head of the code in it, where it has migrations.
    #[serde(default)]
    pub schema: Option<String>,
}

/// Reads one line; none when it is not of the protocol (a stray print).
pub fn parse(line: &str) -> Option<Said> {
    serde_json::from_str(line).ok()
}

#[cfg(test)]
mod tests {
    use super::{Said, parse};

    #[test]
    fn lines_of_the_protocol_are_read_and_others_are_not() {
        let built = r#"{"event":"built","name":"workflow","digest":"d","path":"/p","bytes":1,"sha512":"s","schema":null,"more":1}"#;
        assert!(matches!(parse(built), Some(Said::Built(_))));
        let failed = r#"{"event":"failed","reason":"401","status":401}"#;
        assert!(matches!(
            parse(failed),
            Some(Said::Failed { name: None, .. })
        ));
        let phase = r#"{"event": "recipe", "name": "workflow", "phase": "puppet"}"#;
        let (recipe, phase_of) = ("workflow".to_owned(), "puppet".to_owned());
        assert_eq!(
            parse(phase),
            Some(Said::Recipe {
                recipe,
                phase: phase_of
            })
        );
        assert_eq!(parse("Notice: Compiled catalog"), None);
        assert_eq!(parse(r#"{"event":"new"}"#), None);
    }
}
