//! What the program tells of a deployment, for those who look at it by themselves.

use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::program::{command, run_with};

/// Where the public services of `env` answer.
pub(crate) fn address(config: &Path, env: &str) -> Result<IpAddr> {
    let of_status = ["stack", "status", env, "-f", "value", "-c", "Address"];
    let said = run_with(command(config, &of_status)?)?.stdout;
    let said = said.trim();
    said.parse()
        .with_context(|| format!("no address: `{said}`"))
}

/// Its members, as its outputs list them.
pub(crate) fn members(config: &Path, env: &str) -> Result<Vec<Value>> {
    let outputs = run_with(command(config, &["stack", "outputs", env, "-f", "json"])?)?;
    let outputs: Value = serde_json::from_str(&outputs.stdout)?;
    let all = outputs.as_array().into_iter().flatten();
    let mut members = all.filter(|one| one["Output"] == "members");
    let listed = members.next().and_then(|one| one["Value"].as_array());
    listed.cloned().context("the stack tells no members")
}
