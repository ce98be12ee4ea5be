//! What jobs wrote, from a workflow's details report.

use serde_json::Value;

/// One run of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRun {
    /// Its status.
    pub status: String,
    /// What it wrote to its standard output.
    pub stdout: String,
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
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    JobRun {
        status: text(&execution["status"]),
        stdout: text(&execution["data"]["stdout"]),
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
