//! What is wrong with a file: each mistake with its place, the text that is
//! wrong and the known name nearest to it, and all of them at once.

use std::fmt;
use std::path::{Path, PathBuf};

/// One mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as it was named by the operator.
    pub path: PathBuf,
    /// Line, from 1; 0 where the mistake has no place of its own.
    pub line: usize,
    /// Column in characters, from 1; 0 where the mistake has no place.
    pub column: usize,
    /// Where in the document, e.g. `stacks.staging.stack_name`.
    pub key: String,
    /// The offending text as written; empty where something is missing.
    pub text: String,
    /// What is wrong, lower case, no full stop.
    pub message: String,
    /// The nearest known name, where one is near enough.
    pub nearest: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": ")?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        if let Some(nearest) = &self.nearest {
            write!(f, "; did you mean `{nearest}`?")?;
        }
        Ok(())
    }
}

/// Every mistake of a file, in the order of the file; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// The mistakes as an error, or `None` where there are none.
    pub fn of(mut problems: Vec<Problem>) -> Option<Self> {
        problems.sort_by_key(|problem| (problem.line, problem.column));
        problems.dedup();
        (!problems.is_empty()).then_some(Self(problems))
    }

    /// One mistake that belongs to the whole file `path`.
    pub fn whole_file(path: &Path, message: impl Into<String>) -> Self {
        Self(vec![Problem {
            path: path.to_owned(),
            line: 0,
            column: 0,
            key: String::new(),
            text: String::new(),
            message: message.into(),
            nearest: None,
        }])
    }

    /// The mistakes, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The known name nearest to `text`, or none when nothing is near: a wild guess
/// misleads more than it helps.
pub fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    // Below this, Jaro-Winkler calls unrelated words of one length alike.
    const LIKENESS_MIN: f64 = 0.8;
    // One slip of a finger is near, however short the word: `evn`, `tga`.
    let likeness = |name: &str| {
        if strsim::damerau_levenshtein(text, name) == 1 {
            1.0
        } else {
            strsim::jaro_winkler(text, name)
        }
    };
    known
        .into_iter()
        .filter(|name| *name != text)
        .map(|name| (likeness(name), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[track_caller]
    fn case(text: &str, expected: Option<&str>) {
        let known = ["stacks", "images", "services", "catalog"];
        assert_eq!(nearest(text, known).as_deref(), expected, "{text}");
    }

    #[test]
    fn only_a_near_name_is_offered() {
        case("stakcs", Some("stacks"));
        case("image", Some("images"));
        case("service", Some("services"));
        case("zzz", None);
        case("", None);
    }
}
