//! What held and what did not, told as it happens.

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

/// A story: runs, and checks what it sees through the report.
pub(crate) type Story = fn(&mut Report) -> Result<()>;

/// All that was checked so far.
#[derive(Default)]
pub(crate) struct Report {
    passed: u32,
    failed: Vec<String>,
    left_out: Vec<String>,
    story: String,
}

impl Report {
    /// Runs one story; an error in it is a failure of its own.
    pub(crate) fn story(&mut self, name: &str, story: Story) {
        name.clone_into(&mut self.story);
        say(&format!("== {name}"));
        let began = Instant::now();
        if let Err(error) = story(self) {
            self.check(&format!("the story could be told: {error:#}"), false);
        }
        say(&format!("== {name}: {} s", began.elapsed().as_secs()));
    }

    /// Notes whether a statement holds.
    pub(crate) fn check(&mut self, statement: &str, holds: bool) {
        if holds {
            self.passed += 1;
            say(&format!("   ok      {statement}"));
        } else {
            say(&format!("   FAILED  {statement}"));
            self.failed.push(format!("{}: {statement}", self.story));
        }
    }

    /// Notes that a story is left out, as something is not here that only some have.
    pub(crate) fn not_run(&mut self, why: &str) {
        say(&format!("   NOT RUN {why}"));
        self.left_out.push(format!("{}: {why}", self.story));
    }

    /// The closing line, and the exit code.
    pub(crate) fn end(self) -> ExitCode {
        for failure in &self.failed {
            say(&format!("FAILED {failure}"));
        }
        for left_out in &self.left_out {
            say(&format!("NOT RUN {left_out}"));
        }
        say(&format!(
            "{} passed, {} failed",
            self.passed,
            self.failed.len()
        ));
        if self.failed.is_empty() && self.passed > 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// Prints a line at once, so that a hung story shows where it hangs.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}
