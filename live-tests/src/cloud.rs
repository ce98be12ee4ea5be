//! The cloud, asked by python3-openstackclient of Debian, which knows nothing
//! of this project; and the logs of its APIs.

use std::fs;

use anyhow::{Context, Result, bail, ensure};
use devcloud::{Devcloud, Settings};
use serde_json::Value;

/// The embedded cloud.
pub(crate) fn devcloud() -> Devcloud {
    Devcloud::new(Settings::default())
}

/// `openstack ARGS -f json` as the project that deployments go to.
pub(crate) fn openstack(args: &[&str]) -> Result<Value> {
    let cloud = devcloud();
    let mut command = cloud.exec("openstack")?;
    command
        .envs(cloud.env()?.variables())
        .args(args)
        .args(["-f", "json"]);
    let output = command
        .output()
        .context("openstackclient cannot be started")?;
    if !output.status.success() {
        bail!(
            "openstack {args:?}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("openstack {args:?}: no JSON"))
}

/// `openstack ARGS` for what answers with nothing.
pub(crate) fn openstack_does(args: &[&str]) -> Result<()> {
    let cloud = devcloud();
    let mut command = cloud.exec("openstack")?;
    let status = command.envs(cloud.env()?.variables()).args(args).status()?;
    ensure!(status.success(), "openstack {args:?}: {status}");
    Ok(())
}

/// `openstack ARGS` as the administrator of the cloud.
pub(crate) fn admin_does(args: &[&str]) -> Result<()> {
    runs_inside("openstack", args)
}

/// The project that deployments go to.
pub(crate) fn project() -> Result<String> {
    let env = devcloud().env()?;
    let mut variables = env.variables().into_iter();
    let project = variables.find(|(name, _)| *name == "OS_PROJECT_NAME");
    Ok(project.context("no project")?.1)
}

/// The texts of one column of a list.
pub(crate) fn column(args: &[&str], column: &str) -> Result<Vec<String>> {
    let rows = openstack(args)?;
    let rows = rows.as_array().context("a list was expected")?;
    Ok(rows
        .iter()
        .map(|row| row[column].as_str().unwrap_or_default().to_owned())
        .collect())
}

/// Has Keystone's tokens live so many seconds from now on; those that are there keep their end.
pub(crate) fn tokens_live(seconds: u32) -> Result<()> {
    const SETTINGS: &str = "/etc/keystone/keystone.conf";
    let lines = format!("/^expiration/d; s/^provider = .*/&\\nexpiration = {seconds}/");
    runs_inside("sed", &["--in-place", &lines, SETTINGS])?;
    // uwsgi reads it again, with all its processes.
    runs_inside(
        "pkill",
        &["-HUP", "--oldest", "--full", "keystone-wsgi-public"],
    )
}

fn runs_inside(program: &str, args: &[&str]) -> Result<()> {
    let status = devcloud().exec(program)?.args(args).status()?;
    ensure!(status.success(), "{program} {args:?}: {status}");
    Ok(())
}

/// How many requests that change something the log of an API holds.
pub(crate) fn writes(daemon: &str) -> Result<usize> {
    let path = devcloud().log(daemon)?;
    let text = fs::read(&path).with_context(|| path.display().to_string())?;
    let text = String::from_utf8_lossy(&text);
    let changing = ["\"POST ", "\"PUT ", "\"PATCH ", "\"DELETE "];
    Ok(text
        .lines()
        .filter(|line| changing.iter().any(|verb| line.contains(verb)))
        .count())
}
