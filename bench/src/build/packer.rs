//! The peer: Packer of Debian, inside the cloud's file system like the other peers,
//! with the template in `bench/peer/packer`.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use ptero_deploy::apply::delete::delete as delete_stack;
use ptero_deploy::openstack::wait::Deadline;

use crate::build::site::Site;
use crate::cloud::{devcloud, openstack, outputs, put};
use crate::program::must;

/// The stack of the network that its server is put on.
const STACK: &str = "ptero-bench-packer";

/// Where it finds its files, inside the cloud's file system.
const FOLDER: &str = "/tmp/ptero-bench-packer";

const NETWORK: &str = include_str!("../../peer/packer/network.yaml");
const TEMPLATE: &str = include_str!("../../peer/packer/template.json");
const PROVISION: &str = include_str!("../../peer/packer/provision.py");

/// What its image is called.
const IMAGE: &str = "bench-packer";

/// What our build machine boots from, too.
const BASE: &str = "debian-12";

/// The embedded cloud's smallest with a GiB of memory: Nova takes the whole disk of
/// it, so a larger one would cost Packer time.
const FLAVOR: &str = "m1.medium";

/// A network without servers goes within a minute or two.
const DELETE_LONGEST: Duration = Duration::from_secs(10 * 60);

/// Packer, installed and with all it needs.
pub(crate) struct Packer {
    network: String,
    security_group: String,
}

impl Packer {
    /// Installs it, writes its files and makes its network.
    pub(crate) async fn prepare(site: &Site) -> Result<Self> {
        for (name, words) in [("apt-update", &UPDATE[..]), ("apt-install", &INSTALL[..])] {
            let mut command = devcloud()?.exec("apt-get")?;
            command.args(words);
            must(command, &site.log(name)).await?;
        }
        let input = site.input().await?;
        for (name, bytes) in [
            ("network.yaml", NETWORK.as_bytes()),
            ("template.json", TEMPLATE.as_bytes()),
            ("provision.py", PROVISION.as_bytes()),
            ("payload.tar", &input.payload),
            ("job.json", input.job.as_bytes()),
        ] {
            put(&format!("{FOLDER}/{name}"), bytes)?;
        }
        remove(site).await?;
        must(make_network()?, &site.log("packer-network")).await?;
        let names = ["network", "security_group"];
        let [network, security_group] = outputs(&site.cloud, STACK, names).await?;
        Ok(Self {
            network,
            security_group,
        })
    }

    /// Makes the image.
    pub(crate) fn build(&self) -> Result<Command> {
        let cloud = devcloud()?;
        let mut command = cloud.exec("packer")?;
        command
            .envs(cloud.env()?.variables())
            // It would ask a server of its makers for news.
            .env("CHECKPOINT_DISABLE", "1")
            .env("HOME", "/root")
            .args(["build", "-color=false"]);
        let public = cloud.endpoint().public_network;
        for (name, value) in [
            ("base", BASE),
            ("flavor", FLAVOR),
            ("floating_ip_network", &public),
            ("image", IMAGE),
            ("network", &self.network),
            ("security_group", &self.security_group),
        ] {
            command.args(["-var", &format!("{name}={value}")]);
        }
        command.arg(format!("{FOLDER}/template.json"));
        Ok(command)
    }
}

const UPDATE: [&str; 2] = ["-q", "update"];
const INSTALL: [&str; 5] = ["-q", "-y", "--no-install-recommends", "install", "packer"];

/// Removes its network, if there is one.
pub(crate) async fn remove(site: &Site) -> Result<()> {
    delete_stack(&site.cloud, STACK, Deadline::after(DELETE_LONGEST)).await?;
    Ok(())
}

fn make_network() -> Result<Command> {
    let endpoint = devcloud()?.endpoint();
    let dns: Vec<String> = endpoint.dns.iter().map(ToString::to_string).collect();
    let template = format!("{FOLDER}/network.yaml");
    let mut command = openstack(&["stack", "create", "--wait", "--template", &template])?;
    for parameter in [
        format!("public_network={}", endpoint.public_network),
        format!("dns={}", dns.join(",")),
    ] {
        command.args(["--parameter", &parameter]);
    }
    command.arg(STACK);
    Ok(command)
}
