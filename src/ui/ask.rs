//! Questions to the operator. Only tasks ask, only on a terminal, and never
//! with `--yes`: a script that names what it deletes has said so already.

use std::io::Write;

use crate::error::{Failure, Kind};

/// Whether there is somebody to ask.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// Whether to ask at all.
    pub enabled: bool,
}

impl Ask {
    /// Goes on when the answer is yes, or nobody can be asked.
    pub async fn confirm(self, question: &str) -> Result<(), Failure> {
        if !self.enabled {
            return Ok(());
        }
        let mut stderr = std::io::stderr();
        let _ = write!(stderr, "{question} [y/N] ");
        let _ = stderr.flush();
        // On a thread of its own, so that Ctrl-C is heard meanwhile.
        let answer = tokio::task::spawn_blocking(|| {
            let mut answer = String::new();
            std::io::stdin().read_line(&mut answer).map(|_| answer)
        });
        if matches!(answer.await, Ok(Ok(answer)) if is_yes(&answer)) {
            return Ok(());
        }
        Err(
            Failure::new(Kind::Refused, "not confirmed, nothing was changed")
                .hint("`--yes` answers every question"),
        )
    }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn only_a_clear_yes_is_one() {
        for yes in ["y\n", "Y\n", " yes \n"] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "\n", "n\n", "no\n", "yep\n"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}
