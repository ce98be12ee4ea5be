//! Base images for servers: one ext4 file system without a partition table, because Nova mounts it for LXC as it is.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::command;
use crate::error::{At as _, Error};
use crate::files::{self, PUBLIC};
use crate::host::Host;
use crate::keeper::Keeper;
use crate::layout::{IMAGES_INSIDE, Layout};
use crate::rootfs::{LEFT_OUT, mmdebstrap};
use crate::settings::Release;
use crate::sources::Mirrors;

/// What every server needs. No recommends, so each is named.
const PACKAGES: [&str; 22] = [
    "systemd",
    "systemd-sysv",
    "dbus",
    "udev",
    "kmod",
    "cloud-init",
    "openssh-server",
    "ifupdown",
    "isc-dhcp-client",
    "iproute2",
    "iputils-ping",
    "netbase",
    "ca-certificates",
    "python3",
    "procps",
    "sudo",
    "nftables",
    // Build machines make and mount file systems.
    "e2fsprogs",
    "util-linux",
    "mount",
    "apt-utils",
    "less",
];
const DOCUMENTATION: [&str; 1] = ["--dpkgopt=path-exclude=/usr/share/doc/*"];
/// Units that fail or wait in a container: it may not remount, has no console hardware and no kernel of its own.
const MASKED: [&str; 10] = [
    "systemd-remount-fs.service",
    "systemd-udevd.service",
    "systemd-udevd-control.socket",
    "systemd-udevd-kernel.socket",
    "systemd-journald-audit.socket",
    "systemd-modules-load.service",
    "dev-hugepages.mount",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
    "apt-daily.timer",
];
/// What identifies one machine, or was only needed while it was made.
const CLEANED: [&str; 8] = [
    "etc/hostname",
    "etc/resolv.conf",
    "etc/ssh/ssh_host_rsa_key",
    "etc/ssh/ssh_host_rsa_key.pub",
    "etc/ssh/ssh_host_ecdsa_key",
    "etc/ssh/ssh_host_ecdsa_key.pub",
    "etc/ssh/ssh_host_ed25519_key",
    "etc/ssh/ssh_host_ed25519_key.pub",
];
/// Room beyond the content: enough for a first boot on a flavor that does not grow the file system.
const ROOM_MIB: u64 = 192;

/// Whether the image and its checksum are there.
pub(crate) fn complete(layout: &Layout, release: Release) -> bool {
    layout.checksum(release).exists() && layout.image(release).exists()
}

/// Makes the tree of files. Needs nothing of the cloud, so it can be done beside its start.
pub(crate) fn tree(layout: &Layout, host: &Host, release: Release) -> Result<PathBuf, Error> {
    let tree = layout.build().join(release.image_name());
    let whole = tree.with_extension("complete");
    if whole.exists() {
        return Ok(tree);
    }
    files::remove(&tree)?;
    fs::create_dir_all(layout.build()).at("make the directory", &layout.build())?;
    let mut bootstrap = mmdebstrap(host, release);
    bootstrap
        .args(
            LEFT_OUT
                .iter()
                .map(|pattern| format!("--dpkgopt=path-exclude={pattern}")),
        )
        .args(DOCUMENTATION);
    bootstrap
        .arg(format!("--include={}", PACKAGES.join(",")))
        .arg(release.codename())
        .arg(&tree);
    bootstrap.args(Mirrors::of_host(&host.codename())?.lines(release.codename()));
    let log = layout.host_log(&format!("base-{}", release.image_name()));
    command::logged(
        &format!("making the files of {}", release.image_name()),
        &mut bootstrap,
        &log,
    )?;
    customise(&tree)?;
    // An `up` that fails elsewhere need not make it again.
    files::write(&whole, b"", PUBLIC)?;
    Ok(tree)
}

fn customise(tree: &Path) -> Result<(), Error> {
    for path in CLEANED {
        files::remove(&tree.join(path))?;
    }
    let texts = [
        (
            "etc/network/interfaces",
            include_str!("../files/base/interfaces"),
        ),
        (
            "etc/cloud/cloud.cfg.d/90-devcloud.cfg",
            include_str!("../files/base/cloud.cfg"),
        ),
        ("etc/fstab", ""),
        // Empty, not absent: systemd then makes an id per server without calling it a first boot.
        ("etc/machine-id", ""),
    ];
    for (path, text) in texts {
        files::write(&tree.join(path), text.as_bytes(), PUBLIC)?;
    }
    files::remove(&tree.join("var/lib/dbus/machine-id"))?;
    fs::create_dir_all(tree.join("etc/network/interfaces.d")).at("make the directory", tree)?;
    for unit in MASKED {
        let link = tree.join("etc/systemd/system").join(unit);
        files::remove(&link)?;
        symlink("/dev/null", &link).at("write", &link)?;
    }
    Ok(())
}

/// Turns the tree into the image and its checksum file, with the cloud's own mkfs.
pub(crate) fn pack(
    layout: &Layout,
    keeper: &Keeper,
    tree: &Path,
    release: Release,
) -> Result<(), Error> {
    let name = release.image_name();
    let inside = layout.inside("/srv/build").join(name);
    let parent = layout.inside("/srv/build");
    files::remove(&tree.with_extension("complete"))?;
    files::remove(&inside)?;
    fs::create_dir_all(&parent).at("make the directory", &parent)?;
    fs::rename(tree, &inside).at("move", tree)?;
    let images = layout.inside(IMAGES_INSIDE);
    fs::create_dir_all(&images).at("make the directory", &images)?;
    files::remove(&layout.checksum(release))?;
    // Features that the e2fsprogs of Debian 11 does not know are left out; a small journal, as the disks are small.
    let script = "set -e; cd /srv/images; rm -f \"$1.raw\" \"$1.new\"; size=$(( $(du -sm /srv/build/$1 | cut -f1) * 11 / 10 + $2 ))M\n\
                  mkfs.ext4 -q -L root -m 0 -J size=16 -O ^metadata_csum_seed,^orphan_file -d /srv/build/$1 \"$1.new\" $size\n\
                  mv $1.new $1.raw; sha512sum $1.raw > $1.raw.sha512.new; mv $1.raw.sha512.new $1.raw.sha512; rm -rf /srv/build/$1";
    let mut pack = keeper.command("sh");
    command::output(
        &format!("packing {name}"),
        pack.args(["-c", script, "pack", name, &ROOM_MIB.to_string()]),
    )?;
    Ok(())
}

/// The SHA-512 of a finished image, in hexadecimal.
pub(crate) fn sha512(layout: &Layout, release: Release) -> Result<String, Error> {
    let path = layout.checksum(release);
    let text = fs::read_to_string(&path).at("read", &path)?;
    Ok(text
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned())
}
