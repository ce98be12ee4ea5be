//! Stops the cloud, and removes it on request.

use std::thread;
use std::time::{Duration, Instant};

use crate::cgroup::Hierarchies;
use crate::command;
use crate::daemon;
use crate::error::Error;
use crate::files;
use crate::host::Before;
use crate::keeper::{self, Keeper};
use crate::layout::Layout;
use crate::links;
use crate::lock::Lock;
use crate::loops;
use crate::progress::Reporter;
use crate::sysctl;

/// The database writes its pages out within this; killed, it repairs itself at the next start, only slower.
const DATABASE_LIMIT: Duration = Duration::from_secs(15);
const DATABASE_POLL: Duration = Duration::from_millis(50);

/// See the module.
pub(crate) fn down(layout: &Layout, purge: bool, report: &Reporter) -> Result<(), Error> {
    if !layout.home().exists() {
        return Ok(());
    }
    let _lock = Lock::take(layout, report)?;
    let groups = Hierarchies::of_host()?;
    keeper::refuse_other(layout, &groups)?;
    report.step("stopping the cloud", || stop(layout, &groups))?;
    if purge {
        report.step("removing the cloud", || remove(layout))?;
    }
    Ok(())
}

fn stop(layout: &Layout, groups: &Hierarchies) -> Result<(), Error> {
    files::remove(&layout.ready())?;
    if let Some(keeper) = Keeper::running(layout) {
        close_database(&keeper);
    }
    groups.kill();
    files::remove(&layout.keeper())?;
    links::clear()?;
    links::no_masquerade()?;
    loops::detach(layout)?;
    groups.remove()?;
    if let Some(before) = Before::recall(layout)? {
        sysctl::IP_FORWARD.set(&before.ip_forward)?;
        if let Some(instances) = &before.inotify_instances {
            sysctl::INOTIFY_INSTANCES.set(instances)?;
        }
        loops::forget(layout, &before.loops)?;
        // The next `up` looks at the host afresh.
        files::remove(&layout.host_state())?;
    }
    Ok(())
}

/// The only daemon that profits from a farewell.
fn close_database(keeper: &Keeper) {
    let Ok(database) = daemon::named("mariadb") else {
        return;
    };
    if command::output(
        "stopping MariaDB",
        keeper.command("mysqladmin").arg("shutdown"),
    )
    .is_ok()
    {
        let until = Instant::now() + DATABASE_LIMIT;
        while database.pid(keeper).is_some() && Instant::now() < until {
            thread::sleep(DATABASE_POLL);
        }
    }
}

/// The directory goes last, and with it what would be needed to finish a purge that was cut short.
fn remove(layout: &Layout) -> Result<(), Error> {
    for path in [layout.root_complete(), layout.build(), layout.root()] {
        files::remove(&path)?;
    }
    files::remove(layout.home())
}
