//! Control groups: one of ours in every hierarchy of the host. It holds all processes of the cloud and of its servers, so
//! whatever libvirt makes lies below it, can be found after a crash, and goes with a purge.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::error::{At as _, Error};
use crate::network::CONTROL_GROUP;
use crate::process::{Mount, parse_mounts};

/// A killed process is gone within milliseconds; one in the middle of a disk write may take seconds.
const KILL_LIMIT: Duration = Duration::from_secs(20);
const KILL_POLL: Duration = Duration::from_millis(50);
/// Controllers handed down on cgroup v2; libvirt's LXC driver uses these.
const V2_CONTROLLERS: [&str; 4] = ["+cpu", "+memory", "+pids", "+cpuset"];

/// The hierarchies of this host.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hierarchies {
    /// cgroup v1: mount point and what to mount it by, such as `cpu,cpuacct` or `none,name=systemd`.
    v1: Vec<(String, String)>,
    /// cgroup v2, used when there is no v1 controller.
    v2: Option<String>,
}

impl Hierarchies {
    pub(crate) fn of_host() -> Result<Self, Error> {
        let path = Path::new("/proc/mounts");
        let found = Self::among(&parse_mounts(&fs::read_to_string(path).at("read", path)?));
        if found.v1.is_empty() && found.v2.is_none() {
            Err(Error::NoControlGroups)
        } else {
            Ok(found)
        }
    }

    fn among(mounts: &[Mount]) -> Self {
        let mut v1: Vec<(String, String)> = Vec::new();
        let mut v2 = None;
        for mount in mounts {
            match mount.kind.as_str() {
                "cgroup" => {
                    let options = v1_options(&mount.options);
                    if !options.is_empty() && !v1.iter().any(|(_, known)| *known == options) {
                        v1.push((mount.point.clone(), options));
                    }
                }
                "cgroup2" if v2.is_none() => v2 = Some(mount.point.clone()),
                _ => {}
            }
        }
        // On a hybrid host v2 carries no controllers, and libvirt would take it for the real one.
        if !v1.is_empty() {
            v2 = None;
        }
        Self { v1, v2 }
    }

    /// Makes our groups, ready to be entered.
    pub(crate) fn create(&self) -> Result<(), Error> {
        for group in self.groups() {
            fs::create_dir_all(&group).at("make the control group", &group)?;
            // A new cpuset has no processors and no memory, and refuses every process until it gets some.
            for file in ["cpuset.cpus", "cpuset.mems"] {
                let (ours, parents) = (group.join(file), group.join("..").join(file));
                if self.v2.is_none() && ours.exists() {
                    let value = fs::read(&parents).at("read", &parents)?;
                    fs::write(&ours, value).at("write", &ours)?;
                }
            }
        }
        if let Some(point) = &self.v2 {
            let leaf = Path::new(point).join(CONTROL_GROUP).join("init");
            fs::create_dir_all(&leaf).at("make the control group", &leaf)?;
        }
        Ok(())
    }

    /// cgroup v2: lets groups below ours use the controllers. Only possible once no process is in ours itself.
    pub(crate) fn delegate(&self) {
        let Some(point) = &self.v2 else { return };
        for group in [PathBuf::from(point), Path::new(point).join(CONTROL_GROUP)] {
            for controller in V2_CONTROLLERS {
                // A controller the kernel lacks is refused; libvirt then does without.
                drop(fs::write(group.join("cgroup.subtree_control"), controller));
            }
        }
    }

    /// Our group in each hierarchy.
    pub(crate) fn groups(&self) -> Vec<PathBuf> {
        self.v1
            .iter()
            .map(|(point, _)| point)
            .chain(&self.v2)
            .map(|point| Path::new(point).join(CONTROL_GROUP))
            .collect()
    }

    /// Where the processes end up: the same groups, or v2's leaf.
    pub(crate) fn leaves(&self) -> Vec<PathBuf> {
        match &self.v2 {
            Some(point) => vec![Path::new(point).join(CONTROL_GROUP).join("init")],
            None => self.groups(),
        }
    }

    /// How to mount each v1 hierarchy again.
    pub(crate) fn v1_mounts(&self) -> Vec<&str> {
        self.v1
            .iter()
            .map(|(_, options)| options.as_str())
            .collect()
    }

    /// Every process of the cloud and its servers.
    pub(crate) fn processes(&self) -> Vec<i32> {
        let mut all: Vec<i32> = self
            .groups()
            .iter()
            .flat_map(|group| processes_below(group))
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Kills whatever lives in our groups, until nothing does.
    pub(crate) fn kill(&self) {
        let until = Instant::now() + KILL_LIMIT;
        while Instant::now() < until {
            let alive = self.processes();
            if alive.is_empty() {
                return;
            }
            for pid in alive.into_iter().filter_map(Pid::from_raw) {
                // It may have ended by itself meanwhile.
                let _ended = kill_process(pid, Signal::KILL);
            }
            thread::sleep(KILL_POLL);
        }
    }

    /// Removes our groups, deepest first.
    pub(crate) fn remove(&self) -> Result<(), Error> {
        self.groups()
            .iter()
            .try_for_each(|group| remove_below(group))
    }
}

/// The mount options that name a v1 hierarchy, without those that every mount has.
fn v1_options(options: &[String]) -> String {
    const GENERAL: [&str; 14] = [
        "rw",
        "ro",
        "nosuid",
        "nodev",
        "noexec",
        "relatime",
        "noatime",
        "nodiratime",
        "xattr",
        "clone_children",
        "noprefix",
        "none",
        "seclabel",
        "cpuset_v2_mode",
    ];
    let own: Vec<&str> = options
        .iter()
        .map(String::as_str)
        .filter(|option| !GENERAL.contains(option) && !option.starts_with("release_agent="))
        .collect();
    if own.iter().any(|option| option.starts_with("name=")) {
        format!("none,{}", own.join(","))
    } else {
        own.join(",")
    }
}

fn subgroups(group: &Path) -> Vec<PathBuf> {
    fs::read_dir(group)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect()
}

fn processes_below(group: &Path) -> Vec<i32> {
    let own = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
    let own = own
        .lines()
        .filter_map(|line| line.parse().ok())
        .filter(|pid| *pid > 0)
        .collect::<Vec<i32>>();
    own.into_iter()
        .chain(
            subgroups(group)
                .iter()
                .flat_map(|below| processes_below(below)),
        )
        .collect()
}

fn remove_below(group: &Path) -> Result<(), Error> {
    if !group.exists() {
        return Ok(());
    }
    subgroups(group)
        .iter()
        .try_for_each(|below| remove_below(below))?;
    // The kernel answers EBUSY for some milliseconds after the last process has gone.
    let until = Instant::now() + KILL_LIMIT;
    loop {
        match fs::remove_dir(group) {
            Err(_) if group.exists() && Instant::now() < until => thread::sleep(KILL_POLL),
            Err(_) if !group.exists() => return Ok(()),
            other => return other.at("remove the control group", group),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Hierarchies;
    use crate::process::parse_mounts;

    fn among(text: &str) -> Hierarchies {
        Hierarchies::among(&parse_mounts(text))
    }

    #[test]
    fn a_hybrid_host_is_v1() {
        let found = among(
            "tmpfs /sys/fs/cgroup tmpfs ro 0 0\n\
             cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,nosuid,nodev,noexec,relatime,cpu,cpuacct 0 0\n\
             cgroup /sys/fs/cgroup/systemd cgroup rw,relatime,xattr,release_agent=/lib/x,name=systemd 0 0\n\
             cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n\
             cgroup /again cgroup rw,cpu,cpuacct 0 0\n",
        );
        assert_eq!(found.v1_mounts(), ["cpu,cpuacct", "none,name=systemd"]);
        assert_eq!(found.v2, None);
    }

    #[test]
    fn a_host_with_v2_alone_gets_a_leaf() {
        let found = among("cgroup2 /sys/fs/cgroup cgroup2 rw,nsdelegate 0 0\n");
        assert_eq!(
            found.groups(),
            [std::path::Path::new("/sys/fs/cgroup/ptero-devcloud")]
        );
        assert_eq!(
            found.leaves(),
            [std::path::Path::new("/sys/fs/cgroup/ptero-devcloud/init")]
        );
    }

    #[test]
    fn a_host_without_any_is_seen() {
        assert_eq!(
            among("proc /proc proc rw 0 0\n"),
            Hierarchies {
                v1: vec![],
                v2: None
            }
        );
    }
}
