//! Runs the fast checks and turns what they found into a table, a report and
//! an exit code: for `tests.fast`, and for tasks that end with it.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::{Builder, NamedTempFile};

use crate::error::{Failure, Kind};
use crate::tasks::context::Context;
use crate::ui::data::Shape;
use crate::verify::check::Check;
use crate::verify::http::Http;
use crate::verify::junit::{self, Case};
use crate::verify::limits::Limits;
use crate::verify::report::{COLUMNS, Report};
use crate::verify::run::run;
use crate::verify::target::Target;

/// How the report is wanted.
pub struct Wanted {
    shape: Shape,
    junit: Option<(PathBuf, NamedTempFile)>,
}

impl Wanted {
    /// The table in `shape`, and `JUnit` XML where a path is given; a path
    /// that cannot be written is refused before minutes are spent on checks.
    pub fn new(shape: Shape, junit: Option<&Path>) -> Result<Self, Failure> {
        let junit = match junit {
            Some(path) => Some((path.to_owned(), beside(path)?)),
            None => None,
        };
        Ok(Self { shape, junit })
    }

    /// Prints the rows, and writes the cases where a path was given.
    pub fn write(
        self,
        columns: &[&str],
        rows: &[Vec<Value>],
        suite: &str,
        cases: &[Case],
        context: &Context,
    ) -> Result<(), Failure> {
        context.print_rows(columns, rows, &self.shape)?;
        if let Some((path, file)) = self.junit {
            let time = format!("{:.0}", jiff::Timestamp::now());
            keep(&path, file, &junit::xml(cases, suite, &time))?;
        }
        Ok(())
    }
}

/// Checks `target`, the environment `env`; refused unless every check passes.
pub async fn verified(
    env: &str,
    target: &Target,
    wanted: Wanted,
    context: &Context,
) -> Result<(), Failure> {
    let limits = Limits::FAST;
    let http = Http::new(limits.request)
        .map_err(|error| Failure::new(Kind::Failed, "cannot start").caused_by(error))?;
    let report = run(&Check::ALL, target, limits, &http, &context.reporter).await;
    wanted.write(&COLUMNS, &report.rows(), env, &report.cases(), context)?;
    judge(env, &report)
}

fn judge(env: &str, report: &Report) -> Result<(), Failure> {
    let failed: Vec<String> = report
        .failures()
        .map(|one| format!("{}: {}", one.check.name(), one.detail()))
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    let message = format!(
        "{} of {} checks of `{env}` failed",
        failed.len(),
        report.outcomes.len()
    );
    Err(Failure::new(Kind::Refused, message).caused_by(failed.join("\n")))
}

/// A file beside `path` that becomes it at the end: whoever waits for the
/// report never reads half of one.
fn beside(path: &Path) -> Result<NamedTempFile, Failure> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    Builder::new()
        .prefix(".junit-")
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(folder)
        .map_err(|error| unwritable(path, Kind::Usage).caused_by(error))
}

fn keep(path: &Path, mut file: NamedTempFile, text: &str) -> Result<(), Failure> {
    file.write_all(text.as_bytes())
        .map_err(|error| unwritable(path, Kind::Failed).caused_by(error))?;
    file.persist(path)
        .map(drop)
        .map_err(|error| unwritable(path, Kind::Failed).caused_by(error.error))
}

fn unwritable(path: &Path, kind: Kind) -> Failure {
    Failure::new(
        kind,
        format!("cannot write the report `{}`", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::judge;
    use crate::error::Kind;
    use crate::verify::check::Check;
    use crate::verify::finding::{Finding, Verdict};
    use crate::verify::report::{Outcome, Report};

    #[track_caller]
    fn case(verdicts: Vec<Verdict>, expected: Option<&str>) {
        let outcome = |verdict| Outcome {
            check: Check::OneJob,
            verdict,
            took: Duration::ZERO,
        };
        let outcomes = verdicts.into_iter().map(outcome).collect();
        let failure = judge("staging", &Report { outcomes }).err();
        assert_eq!(
            failure.as_ref().map(ToString::to_string).as_deref(),
            expected
        );
        assert!(failure.is_none_or(|failure| failure.kind() == Kind::Refused));
    }

    #[test]
    fn one_failed_check_closes_the_gate() {
        case(vec![Ok(String::new()), Ok(String::new())], None);
        case(
            vec![Ok(String::new()), Err(Finding::new("a", "b"))],
            Some("1 of 2 checks of `staging` failed"),
        );
    }
}
