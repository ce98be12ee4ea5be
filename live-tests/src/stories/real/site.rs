//! The clones with the tags of three releases, and the configuration that names them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::cloud::devcloud;

/// Where a host keeps the certificates that it trusts.
const CA_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The releases. A newer workflow sends webhooks that older shell-commands refuse, so
/// shell-command goes first.
const TAGS: [&str; 3] = ["before", "between", "after"];

/// Names in the catalogue, folders, commits of each release. Between the two of
/// workflow lies a migration, and between those of shell-command. The other trees stay
/// at the catalogue's commits.
const SOURCES: [(&str, &str, [&str; 3]); 5] = [
    (
        "workflow",
        "ptero-workflow",
        ["52e1766", "52e1766", "f270881"],
    ),
    ("petri", "ptero-petri", ["775604f"; 3]),
    (
        "shell-command",
        "ptero-shell-command",
        ["14cb663", "202d9bf", "202d9bf"],
    ),
    ("lsf", "ptero-lsf", ["105f7a3"; 3]),
    ("auth", "ptero-auth", ["5010cb5"; 3]),
];
const TREES: [(&str, &str); 2] = [("common", "ptero-common"), ("jot", "jot")];

/// Bare copies with the tags, so that the operator's clones stay as they are.
pub(super) fn tagged(clones: &Path, folder: &Path) -> Result<()> {
    let releases = SOURCES.map(|(name, from, ..)| (name, from));
    for (name, from) in releases.into_iter().chain(TREES) {
        let from = clones.join(from);
        let copy = repository(folder, name);
        git(&[
            OsStr::new("clone"),
            "--bare".as_ref(),
            "--quiet".as_ref(),
            from.as_ref(),
            copy.as_ref(),
        ])?;
    }
    for (name, _, commits) in SOURCES {
        for (tag, commit) in TAGS.into_iter().zip(commits) {
            let copy = repository(folder, name);
            let words = ["tag", "--force", tag, commit].map(OsStr::new);
            git(&[&["--git-dir".as_ref(), copy.as_os_str()], &words[..]].concat())?;
        }
    }
    Ok(())
}

fn repository(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.git"))
}

fn git(words: &[&OsStr]) -> Result<()> {
    let output = Command::new("git").args(words).output()?;
    if !output.status.success() {
        bail!(
            "git {words:?}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(())
}

/// Every service of ours from Debian 11, everything else from Debian 12. JSON is
/// YAML, and quotes every path rightly.
pub(super) fn configuration(folder: &Path, workers: u32) -> Result<String> {
    let endpoint = devcloud().endpoint();
    let base = |wanted: &str| {
        let found = endpoint.base_images.iter().find(|(name, _)| name == wanted);
        let found = found.map(|(_, url)| url.clone());
        found.with_context(|| format!("the devcloud has no base image {wanted}"))
    };
    let mut bases = json!({"default": base("debian-12")?});
    let mut services = json!({});
    for (name, ..) in SOURCES {
        bases[name] = json!(base("debian-11")?);
        services[name] = json!({"repo": repository(folder, name)});
    }
    for (name, _) in TREES {
        services[name] = json!({"repo": repository(folder, name)});
    }
    services["auth"]["enabled"] = json!(true);
    let mut build = json!({"build_machine_image": "debian-12", "base_image_urls": bases});
    if Path::new(CA_BUNDLE).exists() {
        build["ca_bundle"] = json!(CA_BUNDLE);
    }
    let config = json!({
        "catalog": "ptero",
        "images": {"build": build},
        "services": services,
        "stacks": {"real": {
            "stack_name": "ptero-real",
            "public_net_id": endpoint.public_network,
            "dns_nameservers": endpoint.dns,
            "default_shell_command_worker_instances": workers,
        }},
    });
    Ok(config.to_string())
}
