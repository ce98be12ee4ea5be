//! Workflows of one job, posted to PTero's own services from outside.

use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::stories::deployed;

/// Posts a workflow of one job; the answer.
pub(super) fn post(config: &Path, command: &[&str]) -> Result<Value> {
    let address = deployed::address(config, "real")?;
    let members = deployed::members(config, "real")?;
    let gateway = members.iter().find(|one| one["service"] == "gateway");
    let inside = gateway.and_then(|one| one["address"].as_str());
    let inside = inside.context("no address of the gateway inside")?;
    let job_service = format!("http://{inside}:5000/v1");
    let base = format!("http://{address}:7000/v1/workflows");
    // Its services refuse a GET that says it is JSON.
    let json = ["--header", "Content-Type: application/json", "--data"];
    let body = document(&job_service, command).to_string();
    curl(&[&json[..], &[&body, &base]].concat())
}

/// Cancels it.
pub(super) fn cancel(posted: &Value) -> Result<()> {
    let report = posted["reports"]["workflow-status"].as_str();
    let (base, id) = report
        .and_then(|report| report.split_once("/reports/workflow-status?workflow_id="))
        .context("no report of its status")?;
    let json = ["--header", "Content-Type: application/json", "--data"];
    let how = ["--request", "PATCH", &format!("{base}/workflows/{id}")];
    curl(&[&json[..], &[r#"{"is_canceled": true}"#], &how].concat())?;
    Ok(())
}

/// Waits for one of `wanted`; the last status of the workflow.
pub(super) fn comes_to(posted: &Value, wanted: &[&str]) -> Result<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut status = text(&posted["status"]);
    let mut left = 240;
    while left > 0 && !wanted.contains(&status.as_str()) {
        sleep(Duration::from_millis(500));
        left -= 1;
        let report = text(&posted["reports"]["workflow-status"]);
        status = text(&curl(&[&report])?["status"]);
    }
    Ok(status)
}

/// The one execution of its job; null before there is one.
pub(super) fn execution(posted: &Value) -> Result<Value> {
    let report = posted["reports"]["workflow-details"].as_str();
    let mut details = curl(&[report.context("no report")?])?;
    Ok(details["tasks"]["Say Hello"]["methods"][0]["executions"]["0"].take())
}

fn document(job_service: &str, command: &[&str]) -> Value {
    json!({
        "inputs": {},
        "tasks": {"Say Hello": {"methods": [{
            "name": "execute",
            "service": "job",
            "serviceUrl": job_service,
            "serviceDataToSave": ["exitCode", "stdout", "stderr"],
            "parameters": {
                "commandLine": command,
                "user": "ptero-job",
                "workingDirectory": "/tmp",
            },
        }]}},
        "links": [
            {"source": "input connector", "destination": "Say Hello"},
            {"source": "Say Hello", "destination": "output connector"},
        ],
    })
}

fn curl(words: &[&str]) -> Result<Value> {
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "60"])
        .args(words)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).with_context(|| format!("curl {words:?}: {text}"))
}
