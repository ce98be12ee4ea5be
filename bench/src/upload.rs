//! An image of 1 GiB into Glance: our client, hashing, against curl, not hashing.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use ptero_deploy::openstack::call::Service;
use ptero_deploy::openstack::client::Cloud;
use ptero_deploy::openstack::glance::NewImage;
use secrecy::ExposeSecret;

use crate::Row;
use crate::cloud::{block_on, connect};
use crate::measure::median;

const GIB: usize = 1 << 30;
const ROUNDS: usize = 3;

pub(crate) fn run() -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("image.raw");
    fill(&path)?;
    let (own, curl) = block_on(rounds(&path))?;
    let rate = |time: Duration| format!("{:.0} MiB/s", 1024.0 / time.as_secs_f64());
    Ok(vec![Row {
        what: "upload of 1 GiB, verified, against curl".to_owned(),
        ours: rate(own),
        peer: rate(curl),
        ratio: format!("{:.2} of curl", curl.as_secs_f64() / own.as_secs_f64()),
    }])
}

/// Not zeros, which some stores leave out; not random, which takes long.
fn fill(path: &Path) -> Result<()> {
    let mut file = File::create(path)?;
    let mut block = vec![0_u8; 1 << 20];
    for (at, byte) in block.iter_mut().enumerate() {
        *byte = u8::try_from(at * 31 % 251).unwrap_or_default();
    }
    for number in 0..GIB / block.len() {
        block[..8].copy_from_slice(&number.to_le_bytes());
        file.write_all(&block)?;
    }
    Ok(file.sync_all()?)
}

/// Turn about, so that a slow moment of the machine hits both.
async fn rounds(path: &Path) -> Result<(Duration, Duration)> {
    let cloud = connect().await?;
    let (mut own, mut curl) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        own.push(ours(&cloud, path).await?);
        curl.push(peer(&cloud, path).await?);
    }
    Ok((median(own), median(curl)))
}

fn record() -> NewImage {
    NewImage {
        name: "bench-upload".to_owned(),
        disk_format: "raw".to_owned(),
        min_disk_gib: 1,
        properties: std::iter::empty::<(String, String)>().collect(),
    }
}

async fn ours(cloud: &Cloud, path: &Path) -> Result<Duration> {
    let glance = cloud.glance();
    let image = glance.create(&record()).await?;
    let began = Instant::now();
    let sent = glance.upload(&image, path).await;
    let took = began.elapsed();
    glance.delete(&image.id).await?;
    sent?;
    Ok(took)
}

async fn peer(cloud: &Cloud, path: &Path) -> Result<Duration> {
    let glance = cloud.glance();
    let image = glance.create(&record()).await?;
    let url = format!(
        "{}/images/{}/file",
        cloud.endpoint_url(Service::Image).await?,
        image.id
    );
    let folder = tempfile::tempdir()?;
    // The token goes by a file: arguments are there for everybody to see.
    let headers = folder.path().join("headers");
    let token = cloud.token().await?;
    std::fs::write(&headers, format!("X-Auth-Token: {}", token.expose_secret()))?;
    let mut command = Command::new("curl");
    command.args([
        "-sS",
        "--fail",
        "-X",
        "PUT",
        "-H",
        "Content-Type: application/octet-stream",
        "-H",
    ]);
    command
        .arg(format!("@{}", headers.display()))
        .arg("-T")
        .arg(path)
        .arg(&url);
    let began = Instant::now();
    let status = command.status().context("curl cannot be started")?;
    let took = began.elapsed();
    glance.delete(&image.id).await?;
    if !status.success() {
        bail!("curl: {status}");
    }
    Ok(took)
}
