//! Running programs of the host.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::{At as _, Error};
use crate::files;

/// Lines of output an error shows: enough for a traceback's end.
const TAIL_LINES: usize = 12;

/// Runs it to the end; its standard output, or an error with the end of what it said.
pub(crate) fn output(what: &str, command: &mut Command) -> Result<String, Error> {
    fed(what, command, "")
}

/// As [`output`], with a text on its standard input.
pub(crate) fn fed(what: &str, command: &mut Command, input: &str) -> Result<String, Error> {
    let program = Path::new(command.get_program()).to_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .at("run", &program)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ends without reading is judged by its status. Inputs are smaller than a pipe, so this cannot block.
        drop(stdin.write_all(input.as_bytes()));
    }
    let result = child.wait_with_output().at("run", &program)?;
    let said = String::from_utf8_lossy(&result.stdout);
    if result.status.success() {
        return Ok(said.into_owned());
    }
    let all = format!("{said}\n{}", String::from_utf8_lossy(&result.stderr));
    Err(Error::Command {
        what: what.to_owned(),
        status: result.status,
        tail: files::last_lines(&all, TAIL_LINES),
    })
}

/// Runs a long program with its output in a log file.
pub(crate) fn logged(what: &str, command: &mut Command, log: &Path) -> Result<(), Error> {
    let program = Path::new(command.get_program()).to_owned();
    let file = File::create(log).at("write", log)?;
    let twin = file.try_clone().at("write", log)?;
    let status = command
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(twin)
        .status()
        .at("run", &program)?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Command {
        what: format!("{what} (log: {})", log.display()),
        status,
        tail: files::tail(log, TAIL_LINES),
    })
}

/// A program that dies with us, and takes all it started with it: in a process namespace of its own, with mounts of its own,
/// so that a killed `up` leaves neither a running bootstrap nor mounts in a half-made root file system.
pub(crate) fn contained(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args([
        "--pdeathsig",
        "KILL",
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "--propagation",
        "private",
    ]);
    command.arg(program);
    command
}
