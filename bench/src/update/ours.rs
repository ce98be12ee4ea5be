//! Our side: the program, as an operator runs it.

use std::process::Command;

use anyhow::{Context, Result};
use ptero_deploy::name::ServiceName;
use ptero_deploy::record::deployed::Deployed;

use crate::program::must;
use crate::update::release::Release;
use crate::update::site::{ENV, STACK, Site};

pub(crate) async fn create(site: &Site) -> Result<()> {
    let tag = site.releases[0].tag;
    let command = site.program(&["stack", "create", ENV, "--tag", tag])?;
    must(command, &site.log("ours-create")).await
}

pub(crate) fn update(site: &Site, release: &Release) -> Result<Command> {
    site.program(&["stack", "update", ENV, "--tag", release.tag])
}

/// The gateway's address for clients, and for members.
pub(crate) async fn addresses(site: &Site) -> Result<(String, String)> {
    let heat = site.cloud.heat();
    let outputs = heat.outputs(&heat.resolve(STACK).await?).await?;
    let deployed = Deployed::read(&outputs)?;
    let gateway = deployed.member_of(&ServiceName::new("gateway")?);
    let inside = gateway
        .context("a stack without a gateway")?
        .address
        .clone();
    Ok((deployed.address, inside))
}

pub(crate) async fn delete(site: &Site) -> Result<()> {
    let command = site.program(&["--yes", "stack", "delete", ENV])?;
    must(command, &site.log("ours-delete")).await
}
