//! From any state to a running cloud: nothing there, half made, killed, or running already.

use std::path::PathBuf;
use std::thread;

use crate::base_image;
use crate::cgroup::Hierarchies;
use crate::config;
use crate::daemon::DAEMONS;
use crate::error::Error;
use crate::files;
use crate::host::{self, Before, Host};
use crate::keeper::{self, Keeper};
use crate::layout::Layout;
use crate::links;
use crate::lock::Lock;
use crate::loops;
use crate::progress::Reporter;
use crate::rootfs;
use crate::secrets::Secrets;
use crate::services::Services;
use crate::settings::Release;
use crate::sysctl;
use crate::threads::joined;

/// See the module.
pub(crate) fn up(layout: &Layout, bases: &[Release], report: &Reporter) -> Result<(), Error> {
    let _lock = Lock::take(layout, report)?;
    if running_well(layout, bases) {
        return Ok(());
    }
    host::ensure_tools(report)?;
    let groups = Hierarchies::of_host()?;
    keeper::refuse_other(layout, &groups)?;
    Before::remember(layout)?;
    let secrets = Secrets::load_or_make(layout)?;
    files::remove(&layout.ready())?;
    // The trees of base images grow beside everything else.
    thread::scope(|scope| {
        let missing = bases
            .iter()
            .copied()
            .filter(|release| !base_image::complete(layout, *release));
        let trees: Vec<_> = missing
            .map(|release| (release, scope.spawn(move || tree(layout, release, report))))
            .collect();
        let keeper = boot(layout, &groups, &secrets, report)?;
        let services = Services {
            layout,
            keeper: &keeper,
            secrets: &secrets,
            report,
        };
        services.start()?;
        report.step("flavors, public network, quotas", || {
            services.install_resources()
        })?;
        for (release, thread) in trees {
            let tree = joined(thread.join())?;
            report.step(&format!("packing {}", release.image_name()), || {
                base_image::pack(layout, &keeper, &tree, release)
            })?;
        }
        report.step("base images into Glance", || services.install_images(bases))?;
        mark_ready(layout, &keeper)
    })
}

fn tree(layout: &Layout, release: Release, report: &Reporter) -> Result<PathBuf, Error> {
    report.step(&format!("files of {}", release.image_name()), || {
        base_image::tree(layout, &Host::this(), release)
    })
}

/// The root file system and its namespaces.
fn boot(
    layout: &Layout,
    groups: &Hierarchies,
    secrets: &Secrets,
    report: &Reporter,
) -> Result<Keeper, Error> {
    if !rootfs::complete(layout) {
        report.step("root file system (the longest step)", || {
            rootfs::ensure(layout, &Host::this())
        })?;
    }
    config::write(layout, secrets)?;
    let keeper = match Keeper::running(layout) {
        Some(keeper) => keeper,
        None => report.step("namespaces and links", || fresh(layout, groups))?,
    };
    sysctl::IP_FORWARD.set("1")?;
    sysctl::INOTIFY_INSTANCES.raise(sysctl::INOTIFY_INSTANCES_MIN)?;
    links::masquerade()?;
    if let Some(chain) = links::forwarding_dropped() {
        report.note(format!("nftables chain `{chain}` of this host drops forwarded packets: servers will have no way out until it lets 172.31.250.0/23 pass"));
    }
    Ok(keeper)
}

/// Clears what a killed cloud left, and starts process 1.
fn fresh(layout: &Layout, groups: &Hierarchies) -> Result<Keeper, Error> {
    groups.kill();
    links::clear()?;
    loops::detach(layout)?;
    groups.create()?;
    let keeper = Keeper::start(layout, groups)?;
    links::connect(keeper.pid())?;
    Ok(keeper)
}

/// Everything runs and answers, and every image is there.
fn running_well(layout: &Layout, bases: &[Release]) -> bool {
    let Some(keeper) = Keeper::running(layout).filter(|_| marked_ready(layout)) else {
        return false;
    };
    let images = bases
        .iter()
        .all(|release| base_image::complete(layout, *release));
    images
        && DAEMONS
            .iter()
            .all(|daemon| daemon.pid(&keeper).is_some() && daemon.is_ready(&keeper))
}

fn mark_ready(layout: &Layout, keeper: &Keeper) -> Result<(), Error> {
    let identity = keeper.identity(layout).ok_or(Error::NotUp)?;
    files::write(&layout.ready(), identity.as_bytes(), files::PUBLIC)
}

/// Whether `up` ended well for the process 1 that runs now.
pub(crate) fn marked_ready(layout: &Layout) -> bool {
    let Ok(Some(marked)) = files::read(&layout.ready()) else {
        return false;
    };
    serde_json::from_str::<crate::process::Process>(&marked).is_ok_and(|process| process.alive())
}
