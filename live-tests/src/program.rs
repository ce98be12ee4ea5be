//! The program under test, run as an operator would run it.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::report::say;

/// The longest story step is a cold demo; whatever takes longer hangs.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// How a run ended.
pub(crate) struct Ended {
    /// Exit code; -1 for a signal.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// Where the demo's configuration is, with its own data folder.
pub(crate) fn home() -> PathBuf {
    std::env::temp_dir().join("ptero-live-tests")
}

/// The configuration that the demo writes.
pub(crate) fn config() -> PathBuf {
    home().join("data/ptero-deploy/demo/config.yaml")
}

/// The program, beside this one in the target folder.
fn binary() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let path = own.with_file_name("ptero-deploy");
    if !path.exists() {
        bail!("{} is not there: build the workspace first", path.display());
    }
    Ok(path)
}

/// A command of the program, in surroundings of its own.
pub(crate) fn command(config: &Path, args: &[&str]) -> Result<Command> {
    let mut command = Command::new(binary()?);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OS_")) {
        command.env_remove(name);
    }
    command
        .args(args)
        .env("PTERO_DEPLOY_CONFIG", config)
        .env("XDG_DATA_HOME", home().join("data"))
        .env("XDG_STATE_HOME", home().join("state"))
        .env("XDG_CACHE_HOME", home().join("cache"))
        .env("XDG_CONFIG_HOME", home().join("config"))
        .stdin(Stdio::null());
    Ok(command)
}

/// Runs the program to its end.
pub(crate) fn run(args: &[&str]) -> Result<Ended> {
    run_with(command(&config(), args)?)
}

/// Runs the program under the name `fab`.
pub(crate) fn fab(args: &[&str]) -> Result<Ended> {
    let mut command = command(&config(), args)?;
    command.arg0("fab");
    run_with(command)
}

/// Runs a prepared command to its end.
pub(crate) fn run_with(mut command: Command) -> Result<Ended> {
    let shown: Vec<String> = command
        .get_args()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    say(&format!("   $ ptero-deploy {}", shown.join(" ")));
    let began = Instant::now();
    let folder = tempfile::tempdir()?;
    let (out, err) = (folder.path().join("out"), folder.path().join("err"));
    command
        .stdout(std::fs::File::create(&out)?)
        .stderr(std::fs::File::create(&err)?);
    let mut child = command.spawn().context("the program cannot be started")?;
    let code = wait(&mut child, LONGEST)?;
    let ended = Ended {
        code: code.unwrap_or(-1),
        stdout: std::fs::read_to_string(&out)?,
        stderr: std::fs::read_to_string(&err)?,
    };
    tell(&ended, began);
    if ended.code != 0 {
        for line in last(&ended.stderr, 40) {
            say(&format!("     | {line}"));
        }
    }
    Ok(ended)
}

fn tell(ended: &Ended, began: Instant) {
    let took = began.elapsed().as_secs();
    say(&format!("     exit {} after {took} s", ended.code));
}

/// Starts the program, kills it with SIGKILL after `after`; whether it was
/// still at work then.
pub(crate) fn killed(args: &[&str], after: Duration) -> Result<bool> {
    say(&format!(
        "   $ ptero-deploy {} & sleep {:.1}; kill -9",
        args.join(" "),
        after.as_secs_f64()
    ));
    let mut command = command(&config(), args)?;
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if wait(&mut child, after)?.is_some() {
        return Ok(false);
    }
    Ok(true)
}

/// Starts the program, kills it with SIGKILL as soon as it has said `said`; whether it
/// came to that.
pub(crate) fn killed_when(args: &[&str], said: &str) -> Result<bool> {
    let mut hit = false;
    run_until_said(args, said, |child| {
        hit = true;
        Ok(child.kill()?)
    })?;
    Ok(hit)
}

/// Runs the program to its end; as soon as it has said `said`, `then` is done.
pub(crate) fn run_until_said(
    args: &[&str],
    said: &str,
    then: impl FnOnce(&mut Child) -> Result<()>,
) -> Result<Ended> {
    say(&format!(
        "   $ ptero-deploy {} # at `{said}`",
        args.join(" ")
    ));
    let began = Instant::now();
    let err = tempfile::NamedTempFile::new()?;
    let mut command = command(&config(), args)?;
    let mut child = command
        .stdout(Stdio::null())
        .stderr(err.reopen()?)
        .spawn()?;
    while child.try_wait()?.is_none() && began.elapsed() < LONGEST {
        if std::fs::read_to_string(err.path())?.contains(said) {
            say(&format!("     said after {} s", began.elapsed().as_secs()));
            if let Err(error) = then(&mut child) {
                child.kill()?;
                child.wait()?;
                return Err(error);
            }
            break;
        }
        sleep(Duration::from_millis(50));
    }
    let code = wait(&mut child, LONGEST)?;
    let ended = Ended {
        code: code.unwrap_or(-1),
        stdout: String::new(),
        stderr: std::fs::read_to_string(err.path())?,
    };
    tell(&ended, began);
    for line in last(&ended.stderr, 12) {
        say(&format!("     | {line}"));
    }
    Ok(ended)
}

/// Starts the program, presses Ctrl-C once after `after`, and waits for its end.
pub(crate) fn interrupted(args: &[&str], after: Duration) -> Result<Ended> {
    say(&format!(
        "   $ ptero-deploy {} & sleep {:.1}; kill -INT",
        args.join(" "),
        after.as_secs_f64()
    ));
    let err = tempfile::NamedTempFile::new()?;
    let mut command = command(&config(), args)?;
    let mut child = command
        .stdout(Stdio::null())
        .stderr(err.reopen()?)
        .spawn()?;
    sleep(after);
    let pid = child.id().to_string();
    Command::new("kill").args(["-INT", &pid]).status()?;
    let code = wait(&mut child, LONGEST)?;
    Ok(Ended {
        code: code.unwrap_or(-1),
        stdout: String::new(),
        stderr: std::fs::read_to_string(err.path())?,
    })
}

/// Waits for the end; at `limit` the child is killed and there is no code.
fn wait(child: &mut Child, limit: Duration) -> Result<Option<i32>> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.code().unwrap_or(-1)));
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        sleep(Duration::from_millis(50));
    }
}

/// The last `count` lines.
pub(crate) fn last(text: &str, count: usize) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].to_vec()
}
