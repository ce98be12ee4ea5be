//! What both sides need: the cloud, the images of both tags, and a configuration
//! like the demo's with more members.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use ptero_deploy::openstack::client::Cloud;
use serde_json::{Value, json};

use crate::cloud::{beside, connect, ours};
use crate::demo;
use crate::program::{must, output};
use crate::update::release::{self, Release};

/// The environment in the configuration, and the stack that ours makes.
pub(crate) const ENV: &str = "bench";
pub(crate) const STACK: &str = "ptero-bench-update";

/// Where updates come from and where they lead.
pub(crate) const TAGS: [&str; 2] = ["v1", "v2"];

/// Members, by the configuration's keys; the peer's template has the same numbers.
const WEB: (&str, u32) = ("default_workflow_web_instances", 3);
const WORKERS: (&str, u32) = ("default_shell_command_worker_instances", 4);

/// Everything that is ready before the first stack.
pub(crate) struct Site {
    folder: PathBuf,
    config: PathBuf,
    /// The cloud, by our own library.
    pub(crate) cloud: Cloud,
    /// What the tags come to.
    pub(crate) releases: [Release; 2],
}

impl Site {
    /// Makes what is missing.
    pub(crate) async fn prepare() -> Result<Self> {
        // Beside the programs: who may write there may change them too.
        let folder = beside("bench-update")?;
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let mut up = Command::new(beside("ptero-deploy")?);
        up.args(["devcloud", "up"]);
        must(up, &folder.join("devcloud-up.log")).await?;
        let config = folder.join("config.yaml");
        std::fs::write(&config, demo::changed(with_members)?)?;
        for tag in TAGS {
            let build = program(&config, &["images", "build", tag])?;
            must(build, &folder.join(format!("images-build-{tag}.log"))).await?;
        }
        let [first, second] = TAGS.map(|tag| release_of(&config, tag));
        Ok(Self {
            folder,
            config,
            cloud: connect().await?,
            releases: [first?, second?],
        })
    }

    /// Our program with this bench's configuration.
    pub(crate) fn program(&self, args: &[&str]) -> Result<Command> {
        program(&self.config, args)
    }

    /// Where a program's output goes.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }
}

fn program(config: &Path, args: &[&str]) -> Result<Command> {
    let mut command = ours(args)?;
    command.env("PTERO_DEPLOY_CONFIG", config);
    Ok(command)
}

fn release_of(config: &Path, tag: &'static str) -> Result<Release> {
    let args = ["stack", "template", ENV, "--tag", tag, "--format", "json"];
    release::of(tag, &output(program(config, &args)?)?)
}

/// Puts the stack of this bench in the place of the demo's own.
fn with_members(config: &mut Value) {
    config["stacks"] = json!({
        "common": config["stacks"]["common"],
        ENV: {"stack_name": STACK, WEB.0: WEB.1, WORKERS.0: WORKERS.1},
    });
}

#[cfg(test)]
mod tests {
    use super::{ENV, with_members};
    use crate::demo::tests::demo_with;
    use std::path::Path;

    #[test]
    fn the_configuration_is_the_demos_with_one_larger_stack() {
        let text = demo_with(with_members);
        let config: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(config["stacks"]["common"]["public_net_id"], "public");
        assert!(config["stacks"]["staging"].is_null());
        let known = ptero_deploy::topology::Catalog::miniptero().known();
        let loaded = ptero_deploy::config::load(&text, Path::new("config.yaml"), &known);
        let loaded = loaded.unwrap();
        let env = ptero_deploy::name::EnvName::new(ENV).unwrap();
        let counts: u32 = loaded.stacks[&env].instances.values().sum();
        assert_eq!(counts, 7);
    }
}
