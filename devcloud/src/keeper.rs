//! Process 1 of the cloud: it holds the namespaces, so killing it ends everything inside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::cgroup::Hierarchies;
use crate::error::{At as _, Error};
use crate::files;
use crate::layout::Layout;
use crate::process::{self, Process};

const SCRIPT: &str = include_str!("../files/keeper.sh");
/// What process 1 is called once all is mounted.
const NAME: &str = "tini";
/// Mounting takes milliseconds; a busy machine may take seconds to fork.
const START_LIMIT: Duration = Duration::from_secs(20);
const START_POLL: Duration = Duration::from_millis(5);
/// The variable in process 1's environment that names the root directory.
const HOME_VARIABLE: &str = "PTERO_DEVCLOUD_ROOT";

/// The namespaces of a running cloud.
#[derive(Debug, Clone)]
pub(crate) struct Keeper {
    process: Process,
}

impl Keeper {
    /// The one that runs, by what was written down at its start.
    pub(crate) fn running(layout: &Layout) -> Option<Self> {
        let text = files::read(&layout.keeper()).ok()??;
        let process: Process = serde_json::from_str(&text).ok()?;
        // A killed process 1 stays visible, without namespaces, until the last process inside has gone.
        let whole = fs::metadata(format!("/proc/{}/ns/net", process.pid)).is_ok();
        (whole && process.alive()).then_some(Self { process })
    }

    /// Starts it in fresh namespaces; nothing of an earlier one may run any more.
    pub(crate) fn start(layout: &Layout, groups: &Hierarchies) -> Result<Self, Error> {
        let script = layout.keeper_script();
        files::write(&script, SCRIPT.as_bytes(), files::PROGRAM)?;
        let mut outer = spawn(layout, groups, &script)?;
        let until = Instant::now() + START_LIMIT;
        let process = loop {
            if let Some(process) = inner(&outer) {
                break process;
            }
            let ended = outer.try_wait().at("run", &script)?.is_some();
            if ended || Instant::now() > until {
                groups.kill();
                let log = layout.host_log("keeper");
                return Err(Error::Died {
                    name: "process 1 of the cloud".to_owned(),
                    tail: files::tail(&log, 10),
                    log,
                });
            }
            thread::sleep(START_POLL);
        };
        groups.delegate();
        let text = serde_json::to_string(&process).map_err(|source| Error::Damaged {
            path: layout.keeper(),
            source,
        })?;
        files::write(&layout.keeper(), text.as_bytes(), files::PRIVATE)?;
        Ok(Self { process })
    }

    /// Number in the host.
    pub(crate) fn pid(&self) -> i32 {
        self.process.pid
    }

    /// The cloud's file system with its mounts, seen from the host.
    pub(crate) fn view(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root", self.process.pid)).join(path.trim_start_matches('/'))
    }

    /// A program inside the cloud, as root, with a plain environment.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--target={}", self.process.pid));
        command.args([
            "--mount",
            "--uts",
            "--ipc",
            "--net",
            "--pid",
            "--cgroup",
            "--",
            "/opt/devcloud/join",
            program,
        ]);
        command
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", "/root")
            .env("LANG", "C.UTF-8");
        command
    }

    /// Identity, for the mark that `up` sets when all is well.
    pub(crate) fn identity(&self, layout: &Layout) -> Option<String> {
        files::read(&layout.keeper())
            .ok()
            .flatten()
            .filter(|_| self.process.alive())
    }
}

fn spawn(layout: &Layout, groups: &Hierarchies, script: &Path) -> Result<Child, Error> {
    let log = layout.host_log("keeper");
    let output = fs::File::create(&log).at("write", &log)?;
    let twin = output.try_clone().at("write", &log)?;
    let words = |paths: Vec<PathBuf>| {
        paths
            .iter()
            .map(|path| path.display().to_string())
            .collect::<Vec<_>>()
            .join(" ")
    };
    // A session of its own: the terminal that started it may go. setsid executes in place, so the child is `unshare`.
    Command::new("setsid")
        .arg("sh")
        .arg(script)
        .arg("join")
        .env("JOIN", words(groups.groups()))
        .env("LEAF", words(groups.leaves()))
        .env("CGROUP1", groups.v1_mounts().join(" "))
        .env("ROOT", layout.root())
        .env("HOME_DIRECTORY", layout.home())
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(twin)
        .spawn()
        .at("run", script)
}

/// Process 1 as the host numbers it, once it has become tini.
fn inner(outer: &Child) -> Option<Process> {
    let unshare = i32::try_from(outer.id()).ok()?;
    let pid = process::children(Path::new("/proc"), unshare)
        .into_iter()
        .find(|pid| {
            fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == NAME)
        })?;
    Process::with_pid(pid)
}

/// Refuses when the processes in our control groups are those of another root directory's cloud.
pub(crate) fn refuse_other(layout: &Layout, groups: &Hierarchies) -> Result<(), Error> {
    for pid in groups.processes() {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        if let Some(root) = root_in(&environment).filter(|root| root != layout.home()) {
            return Err(Error::OtherRoot { root });
        }
    }
    Ok(())
}

fn root_in(environment: &[u8]) -> Option<PathBuf> {
    let text = String::from_utf8_lossy(environment);
    text.split('\0')
        .find_map(|entry| entry.strip_prefix(HOME_VARIABLE)?.strip_prefix('='))
        .map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::root_in;
    use std::path::Path;

    #[test]
    fn the_root_is_found_in_the_environment() {
        assert_eq!(
            root_in(b"PATH=/bin\0PTERO_DEVCLOUD_ROOT=/a b\0").as_deref(),
            Some(Path::new("/a b"))
        );
        assert_eq!(root_in(b"PTERO_DEVCLOUD_ROOTS=/a\0"), None);
    }
}
