//! The embedded cloud, and the program and its peers on it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use devcloud::{Devcloud, Settings};
use ptero_deploy::openstack::client::Cloud;
use ptero_deploy::openstack::credentials::from_env_and_clouds;
use ptero_deploy::ui::reporter::Reporter;

/// The embedded cloud; it has to be up.
pub(crate) fn devcloud() -> Result<Devcloud> {
    let cloud = Devcloud::new(Settings::default());
    if !cloud.is_up() {
        bail!(
            "the embedded cloud is not up: `ptero-deploy devcloud up`, for `status` `ptero-deploy demo`"
        );
    }
    Ok(cloud)
}

/// Our program, beside this one.
pub(crate) fn ours(args: &[&str]) -> Result<Command> {
    let mut command = Command::new(beside("ptero-deploy")?);
    command.args(args).envs(devcloud()?.env()?.variables());
    if let Some(config) = demo_config() {
        command.env("PTERO_DEPLOY_CONFIG", config);
    }
    Ok(command)
}

/// A file beside this program.
pub(crate) fn beside(name: &str) -> Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name(name))
}

/// Debian's openstackclient, inside the cloud's root file system.
pub(crate) fn openstack(args: &[&str]) -> Result<Command> {
    let cloud = devcloud()?;
    let mut command = cloud.exec("openstack")?;
    command.envs(cloud.env()?.variables()).args(args);
    Ok(command)
}

/// A client of our own library.
pub(crate) async fn connect() -> Result<Cloud> {
    let variables = devcloud()?.env()?.variables();
    let of = |name: &str| {
        variables
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.clone())
    };
    let credentials = from_env_and_clouds(&of)?;
    Ok(Cloud::connect(credentials, Reporter::silent()).await?)
}

/// Runs asynchronous work.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.context("no runtime")?.block_on(work)
}

/// The configuration that the demo wrote, or the one that is chosen in its place.
pub(crate) fn demo_config() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).map(PathBuf::from);
    if let Some(chosen) = set("PTERO_DEPLOY_CONFIG") {
        return Some(chosen);
    }
    let data =
        set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share")))?;
    Some(data.join("ptero-deploy/demo/config.yaml"))
}
