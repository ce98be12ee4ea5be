//! What the host looks like: the same before the first `devcloud up` and after
//! `devcloud down --purge`.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::process::Command;

use anyhow::{Context, Result};

/// Listings of the host, by what they list.
pub(crate) type Listings = Vec<(&'static str, BTreeSet<String>)>;

/// Takes the listings that the embedded cloud must not change.
pub(crate) fn listings() -> Result<Listings> {
    Ok(vec![
        ("mounts", lines("cat", &["/proc/self/mounts"])?),
        (
            "namespaces",
            lines("lsns", &["-n", "-o", "TYPE,NS,COMMAND", "-t", "net"])?,
        ),
        ("links", lines("ip", &["-o", "-br", "link"])?),
        ("nftables", rules()?),
        (
            "loop devices",
            lines("losetup", &["-n", "-O", "BACK-FILE", "-a"])?,
        ),
        (
            "kernel settings",
            lines(
                "cat",
                &[
                    "/proc/sys/net/ipv4/ip_forward",
                    "/proc/sys/fs/inotify/max_user_instances",
                ],
            )?,
        ),
        ("processes", processes()?),
    ])
}

/// Names of the programs of the cloud that run; others come and go by themselves.
fn processes() -> Result<BTreeSet<String>> {
    let all = lines("ps", &["-e", "-o", "comm="])?;
    let ours = [
        "mariadbd", "beam.smp", "uwsgi", "glance", "nova", "neutron", "heat", "libvirt", "tini",
        "dnsmasq",
    ];
    Ok(all
        .into_iter()
        .filter(|name| ours.iter().any(|our| name.contains(our)))
        .collect())
}

/// A fresh machine may be without `nft`, which `devcloud up` installs: it has no rules of
/// its making then.
fn rules() -> Result<BTreeSet<String>> {
    let output = Command::new("nft").args(["list", "ruleset"]).output();
    match output {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeSet::new()),
        output => Ok(lines_of(&output.context("cannot run nft")?.stdout)),
    }
}

fn lines(program: &str, args: &[&str]) -> Result<BTreeSet<String>> {
    let output = Command::new(program)
        .args(args)
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    Ok(lines_of(&output.stdout))
}

fn lines_of(output: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(output);
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}
