//! Images that cannot be built: what stands in the way is named, the others are
//! built, and nothing is left behind.

use std::net::IpAddr;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::cloud::{column, devcloud, openstack_does};
use crate::cut_server;
use crate::program::{Ended, home};
use crate::report::Report;
use crate::stories::changed::{run_changed, said, settings};

/// An image of the cloud's, a second time; it need not hold anything.
const TWICE: &str = "debian-12";

pub(crate) fn builds(report: &mut Report) -> Result<()> {
    let (images, servers) = (ids("image")?, ids("server")?);
    flavor_gone(report)?;
    named_twice(report)?;
    wrong_checksum(report)?;
    cut(report)?;
    let unchanged = ids("image")? == images;
    report.check("no image was made, none is gone", unchanged);
    fails_in_puppet(report, &images)?;
    report.check("no build machine is left", ids("server")? == servers);
    report.check("no image of these is left", ids("image")? == images);
    Ok(())
}

fn flavor_gone(report: &mut Report) -> Result<()> {
    let ended = build(|config| {
        config["images"]["build"]["build_machine_flavor"] = json!("no-such-flavor");
        wants(config, "workflow", "hello");
    })?;
    said(report, "flavor gone", &ended, 2, &["no-such-flavor"]);
    Ok(())
}

fn named_twice(report: &mut Report) -> Result<()> {
    let before = ids_of("image", TWICE)?;
    openstack_does(&["image", "create", TWICE])?;
    let of_twice = ids_of("image", TWICE)?;
    let ended = build(|config| wants(config, "workflow", "hello"));
    for id in of_twice.iter().filter(|id| !before.contains(id)) {
        openstack_does(&["image", "delete", id])?;
    }
    let words: Vec<&str> = of_twice.iter().map(String::as_str).collect();
    said(report, "image name twice", &ended?, 2, &words);
    Ok(())
}

fn wrong_checksum(report: &mut Report) -> Result<()> {
    let wrong = "0".repeat(128);
    let ended = build(|config| {
        let url = &mut config["images"]["build"]["base_image_urls"]["default"];
        *url = json!(format!(
            "{}#sha512={wrong}",
            url.as_str().unwrap_or_default()
        ));
    })?;
    said(report, "wrong checksum", &ended, 1, &["sha512", &wrong]);
    Ok(())
}

fn cut(report: &mut Report) -> Result<()> {
    let endpoint = devcloud().endpoint();
    let (_, near) = endpoint.base_images.first().context("no base image")?;
    let near = near
        .split(['/', ':'])
        .find_map(|word| word.parse::<IpAddr>().ok());
    let server = cut_server::start(near.context("the base image has no address")?)?;
    let ended = build(|config| {
        let url = format!("http://{server}/cut.raw");
        config["images"]["build"]["base_image_urls"]["default"] = json!(url);
    })?;
    said(report, "cut download", &ended, 1, &["cut.raw", "cut after"]);
    Ok(())
}

/// The image of one service fails; that of the other is built, with all that a site
/// may want for its jobs.
fn fails_in_puppet(report: &mut Report, before: &[String]) -> Result<()> {
    let modules = home().join("modules");
    let manifests = modules.join("site/manifests");
    std::fs::create_dir_all(&manifests)?;
    let class = "class site::scratch { file { '/scratch': ensure => directory } }\n";
    std::fs::write(manifests.join("scratch.pp"), class)?;
    let ended = build(|config| {
        wants(config, "workflow", "no-such-package");
        config["images"]["build"]["puppet_modules"] = json!(modules);
        let service = &mut config["services"]["shell-command"];
        service["packages"] = json!(["hello"]);
        service["puppet_classes"] = json!(["site::scratch"]);
        service["job_users"] = json!(["alice"]);
        service["jobs_at_once"] = json!(3);
        service["mounts"] = json!([{"source": "nfs.example.org:/data", "at": "/data"}]);
    })?;
    let words = ["Package[no-such-package]"];
    said(report, "failure in Puppet", &ended, 1, &words);
    let made: Vec<String> = ids("image")?
        .into_iter()
        .filter(|id| !before.contains(id))
        .collect();
    report.check(
        &format!("the other service's image is built (seen {})", made.len()),
        made.len() == 1,
    );
    for id in made {
        openstack_does(&["image", "delete", &id])?;
    }
    Ok(())
}

fn wants(config: &mut Value, service: &str, package: &str) {
    config["services"][service]["packages"] = json!([package]);
}

fn build(change: impl FnOnce(&mut Value)) -> Result<Ended> {
    let mut config = settings()?;
    change(&mut config);
    run_changed(&config, &["images", "build", "v1"])
}

fn ids(what: &str) -> Result<Vec<String>> {
    let mut ids = column(&[what, "list"], "ID")?;
    ids.sort();
    Ok(ids)
}

fn ids_of(what: &str, name: &str) -> Result<Vec<String>> {
    column(&[what, "list", "--name", name], "ID")
}
