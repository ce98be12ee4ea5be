//! What `status` reports.

use std::path::{Path, PathBuf};

use crate::cgroup::Hierarchies;
use crate::daemon::DAEMONS;
use crate::error::Error;
use crate::keeper::Keeper;
use crate::layout::Layout;
use crate::process;

/// The state of the whole cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Its namespaces exist.
    pub running: bool,
    /// The last `up` ended well, and process 1 still runs.
    pub ready: bool,
    /// Each daemon, in the order of their start.
    pub daemons: Vec<DaemonStatus>,
    /// Memory of the cloud's own processes, shared pages counted once, in MiB.
    pub daemons_mib: u64,
    /// Memory of the servers' processes, in MiB.
    pub servers_mib: u64,
    /// The root file system is whole.
    pub installed: bool,
}

/// The state of one daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonStatus {
    /// As in `logs NAME`.
    pub name: &'static str,
    /// Its process runs.
    pub running: bool,
    /// It answers, or, if it has no API, runs.
    pub answers: bool,
    /// Its log.
    pub log: PathBuf,
}

/// Looks at everything once.
pub(crate) fn look(layout: &Layout, ready: bool, installed: bool) -> Result<Status, Error> {
    let keeper = Keeper::running(layout);
    let keeper = keeper.as_ref();
    let daemons = DAEMONS.iter().map(|daemon| DaemonStatus {
        name: daemon.name,
        running: keeper.is_some_and(|keeper| daemon.pid(keeper).is_some()),
        answers: keeper.is_some_and(|keeper| daemon.is_ready(keeper)),
        log: layout.log(daemon.name),
    });
    let groups = Hierarchies::of_host()?;
    let (mut daemons_kib, mut servers_kib) = (0, 0);
    for pid in keeper.map(|_| groups.processes()).unwrap_or_default() {
        let memory = process::memory_kib(Path::new("/proc"), pid);
        if is_server(pid) {
            servers_kib += memory;
        } else {
            daemons_kib += memory;
        }
    }
    Ok(Status {
        running: keeper.is_some(),
        ready,
        daemons: daemons.collect(),
        daemons_mib: daemons_kib / 1024,
        servers_mib: servers_kib / 1024,
        installed,
    })
}

/// libvirt puts the processes of a server into groups below `machine`.
fn is_server(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/cgroup"))
        .is_ok_and(|text| text.contains(".libvirt-lxc"))
}
