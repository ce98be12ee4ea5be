//! What jobs wrote, from a workflow's details report.

use std::fmt::Write;

use serde_json::Value;

/// One run of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRun {
    /// Its status.
    pub status: String,
    /// What it wrote to its standard output.
    pub stdout: String,
    /// Its exit code, where it had one.
    pub exit_code: Option<String>,
    /// The last line it wrote to its standard error, or why it did not start.
    pub trouble: Option<String>,
}

impl JobRun {
    /// How it went, in a few words: for a finding.
    pub fn summary(&self) -> String {
        let mut words = format!("a job `{}`", self.status);
        if let Some(code) = &self.exit_code {
            let _ = write!(words, " with exit code {code}");
        }
        if let Some(trouble) = &self.trouble {
            let _ = write!(words, ": {trouble}");
        }
        words
    }
}

/// Every run in the report. PTero nests them in tasks, methods and colours;
/// a flat list of executions is understood as well.
pub fn job_runs(report: &Value) -> Vec<JobRun> {
    let flat = report["executions"].as_array().into_iter().flatten();
    let tasks = report["tasks"].as_object().into_iter().flatten();
    let nested = tasks
        .flat_map(|(_, task)| task["methods"].as_array().into_iter().flatten())
        .flat_map(|method| method["executions"].as_object().into_iter().flatten())
        .map(|(_, execution)| execution);
    flat.chain(nested).map(job_run).collect()
}

fn job_run(execution: &Value) -> JobRun {
    let data = &execution["data"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let last_line = |value: &Value| value.as_str()?.lines().last().map(str::to_owned);
    JobRun {
        status: text(&execution["status"]).unwrap_or_default(),
        stdout: text(&data["stdout"]).unwrap_or_default(),
        exit_code: text(&data["exitCode"]),
        trouble: last_line(&data["errorMessage"]).or_else(|| last_line(&data["stderr"])),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::job_runs;

    #[track_caller]
    fn case(report: &Value, expected: &[(&str, &str)]) {
        let runs = job_runs(report);
        let pairs: Vec<(&str, &str)> = runs
            .iter()
            .map(|run| (run.status.as_str(), run.stdout.as_str()))
            .collect();
        assert_eq!(pairs, expected);
    }

    #[test]
    fn a_run_is_told_in_a_few_words() {
        let summary = |run: Value| {
            let runs = job_runs(&json!({"executions": [run]}));
            runs.first().map(super::JobRun::summary).unwrap_or_default()
        };
        let data = json!({"exitCode": "3", "stderr": "a\nb\n"});
        assert_eq!(
            summary(json!({"status": "failed", "data": data})),
            "a job `failed` with exit code 3: b"
        );
        let data = json!({"errorMessage": "no such user", "stderr": ""});
        assert_eq!(
            summary(json!({"status": "errored", "data": data})),
            "a job `errored`: no such user"
        );
        assert_eq!(summary(json!({"status": "new"})), "a job `new`");
    }

    #[test]
    fn runs_are_found_nested_or_flat() {
        let run = json!({"status": "succeeded", "data": {"stdout": "hi\n"}});
        case(
            &json!({"tasks": {"A": {"methods": [{"executions": {"0": run}}]}}}),
            &[("succeeded", "hi\n")],
        );
        case(
            &json!({"executions": [run, {"status": "failed"}]}),
            &[("succeeded", "hi\n"), ("failed", "")],
        );
        case(&json!({"tasks": {}}), &[]);
        case(&Value::Null, &[]);
    }
}
