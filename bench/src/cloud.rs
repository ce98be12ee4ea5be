//! The embedded cloud, and the program and its peers on it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
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

/// Writes a file inside the cloud's file system.
pub(crate) fn put(path: &str, bytes: &[u8]) -> Result<()> {
    let mut child = devcloud()?
        .exec("install")?
        .args(["-D", "-m", "600", "/dev/stdin", path])
        .stdin(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().context("no way to the file")?;
    input.write_all(bytes)?;
    drop(input);
    let status = child.wait()?;
    ensure!(status.success(), "{path} cannot be written: {status}");
    Ok(())
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

/// Texts that a stack has as outputs, in the order of `names`.
pub(crate) async fn outputs<const N: usize>(
    cloud: &Cloud,
    stack: &str,
    names: [&str; N],
) -> Result<[String; N]> {
    let heat = cloud.heat();
    let outputs = heat.outputs(&heat.resolve(stack).await?).await?;
    let text = |name: &str| {
        let output = outputs.iter().find(|output| output.key == name);
        output.and_then(|output| output.value.as_str())
    };
    if let Some(missing) = names.iter().find(|name| text(name).is_none()) {
        bail!("{stack} has no output {missing}");
    }
    Ok(names.map(|name| text(name).unwrap_or_default().to_owned()))
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
