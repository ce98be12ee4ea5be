//! The root file system of the cloud: Debian 12 with OpenStack's packages, made by mmdebstrap.

use std::fs;

use crate::command;
use crate::error::{At as _, Error};
use crate::files;
use crate::host::Host;
use crate::layout::Layout;
use crate::settings::Release;
use crate::sources::{self, Mirrors};

/// The packages, with reasons where the name says too little. `nova-compute-lxc` rather than `-qemu`, which brings the
/// emulators of all architectures.
const PACKAGES: [&str; 33] = [
    "ca-certificates",
    "mariadb-server",
    "rabbitmq-server",
    "keystone",
    "glance-api",
    "placement-api",
    "nova-api",
    "nova-conductor",
    "nova-scheduler",
    "nova-compute-lxc",
    "neutron-server",
    "neutron-linuxbridge-agent",
    "neutron-dhcp-agent",
    "neutron-metadata-agent",
    "neutron-l3-agent",
    "heat-api",
    "heat-api-cfn",
    "heat-engine",
    "python3-openstackclient",
    "python3-heatclient",
    "qemu-utils",
    "libvirt-daemon",
    "libvirt-clients",
    "libvirt-daemon-driver-lxc",
    "iproute2",
    "procps",
    "uwsgi-plugin-python3",
    "netbase",
    "dnsmasq-base",
    "tini",
    // mkfs.ext4 -d, in a version that does not depend on the host.
    "e2fsprogs",
    "util-linux",
    "mount",
];
/// Before the first Python package: some 270 packages would each start an interpreter to compile all that they hold, tests
/// included, which is 40 % of the work (107 s of processor time without it, 175 s with). The daemons run as root, so
/// each compiles what it imports, once.
const NO_COMPILING: &str = "chroot \"$1\" dpkg-divert --quiet --local --rename --add /usr/bin/py3compile && ln -s true \"$1/usr/bin/py3compile\"";
/// Nobody reads them there, and they are a tenth of the files.
pub(crate) const LEFT_OUT: [&str; 2] = ["/usr/share/man/*", "/usr/share/locale/*"];

/// Makes the root file system unless it is whole; a half-made one is made anew.
pub(crate) fn ensure(layout: &Layout, host: &Host) -> Result<(), Error> {
    if complete(layout) {
        return Ok(());
    }
    let root = layout.root();
    files::remove(&layout.root_complete())?;
    files::remove(&root)?;
    fs::create_dir_all(layout.home()).at("make the directory", layout.home())?;
    let mut bootstrap = mmdebstrap(host, Release::Debian12);
    for pattern in LEFT_OUT {
        bootstrap.arg(format!("--dpkgopt=path-exclude={pattern}"));
    }
    bootstrap
        .arg(format!("--essential-hook={NO_COMPILING}"))
        .arg(format!("--include={}", PACKAGES.join(",")))
        .arg(Release::Debian12.codename())
        .arg(&root);
    bootstrap.args(Mirrors::of_host(&host.codename())?.lines(Release::Debian12.codename()));
    command::logged(
        "making the root file system of the cloud",
        &mut bootstrap,
        &layout.host_log("bootstrap"),
    )?;
    files::write(
        &layout.root_complete(),
        PACKAGES.join("\n").as_bytes(),
        files::PUBLIC,
    )
}

/// Whether the root file system is there and whole.
pub(crate) fn complete(layout: &Layout) -> bool {
    layout.root_complete().exists() && layout.root().exists()
}

/// mmdebstrap with what both kinds of trees share, before suite, target and mirrors.
pub(crate) fn mmdebstrap(host: &Host, release: Release) -> std::process::Command {
    let mut bootstrap = command::contained("mmdebstrap");
    bootstrap.args([
        "--mode=root",
        "--variant=minbase",
        "--format=directory",
        "--aptopt=APT::Install-Recommends \"false\"",
    ]);
    bootstrap.args(
        sources::apt_options()
            .iter()
            .map(|option| format!("--aptopt={option}")),
    );
    // A host of another release may lack the keys of this one, or have them in another place.
    if host.codename() != release.codename() {
        bootstrap.args(
            sources::keyring()
                .iter()
                .map(|path| format!("--keyring={}", path.display())),
        );
    }
    bootstrap
}
