//! The rounds: turn about, so that a slow moment of the machine hits both.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use ptero_deploy::openstack::glance::Image;

use crate::build::figures::{Taken, rows};
use crate::build::packer::{self, Packer};
use crate::build::site::Site;
use crate::cloud::block_on;
use crate::options::Options;
use crate::program;
use crate::{Measured, say};

/// Measures both sides; what failed is told after the table.
pub(crate) fn run(options: &Options) -> Result<Measured> {
    block_on(async {
        let site = Site::prepare().await?;
        let (mut ours, mut peers) = (Vec::new(), Vec::new());
        let measured = rounds(&site, options.rounds, &mut ours, &mut peers).await;
        let removed = packer::remove(&site).await.context("its network is left");
        Ok(Measured {
            rows: rows(&ours, &peers),
            failed: measured.and(removed).err(),
        })
    })
}

async fn rounds(
    site: &Site,
    rounds: u32,
    ours: &mut Vec<Taken>,
    peers: &mut Vec<Taken>,
) -> Result<()> {
    let packer = Packer::prepare(site).await?;
    for round in 1..=rounds {
        let own = measure(site, &format!("ours-{round}"), || site.build()).await?;
        say(&own.json("ours", round).to_string());
        ours.push(own);
        let peer = measure(site, &format!("packer-{round}"), || packer.build()).await?;
        say(&peer.json("packer", round).to_string());
        peers.push(peer);
    }
    Ok(())
}

/// Runs `build` twice; what it made goes again, however that ended.
async fn measure(site: &Site, name: &str, build: impl Fn() -> Result<Command>) -> Result<Taken> {
    let before = ids(&images(site).await?);
    let taken = twice(site, name, build, &before).await;
    for image in new(site, &before).await? {
        site.cloud.glance().delete(&image.id).await?;
    }
    taken.with_context(|| name.to_owned())
}

async fn twice(
    site: &Site,
    name: &str,
    build: impl Fn() -> Result<Command>,
    before: &BTreeSet<String>,
) -> Result<Taken> {
    let log = site.log(&format!("{name}-cold"));
    let cold = program::run(build()?, &log).await?;
    ensure!(cold.well, "it failed: {}", log.display());
    let made = new(site, before).await?;
    let [image] = made.as_slice() else {
        bail!("it made {} images, not one", made.len());
    };
    let bytes = image.size.context("an image without data")?;
    let log = site.log(&format!("{name}-again"));
    let again = program::run(build()?, &log).await?;
    ensure!(again.well, "it failed: {}", log.display());
    Ok(Taken {
        cold: cold.took,
        again: again.took,
        bytes,
    })
}

async fn images(site: &Site) -> Result<Vec<Image>> {
    Ok(site.cloud.glance().own_images(&[]).await?)
}

fn ids(images: &[Image]) -> BTreeSet<String> {
    images.iter().map(|image| image.id.clone()).collect()
}

async fn new(site: &Site, before: &BTreeSet<String>) -> Result<Vec<Image>> {
    let mut images = images(site).await?;
    images.retain(|image| !before.contains(&image.id));
    Ok(images)
}
