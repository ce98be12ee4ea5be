//! Side by side with peers, in one run, on the embedded cloud: each figure is a
//! median, each result a ratio. Needs the cloud up; `status` needs the demo's
//! stack. `cargo xtask bench NAME`, or `all`.

mod cloud;
mod lag;
mod measure;
mod start_up;
mod status;
mod upload;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Result, bail};

/// One line of the table.
pub(crate) struct Row {
    /// What was measured.
    pub(crate) what: String,
    /// Ours, with its unit.
    pub(crate) ours: String,
    /// The peer's, with its unit.
    pub(crate) peer: String,
    /// What the two come to.
    pub(crate) ratio: String,
}

type Bench = fn() -> Result<Vec<Row>>;

const ALL: [(&str, Bench); 4] = [
    ("start-up", start_up::run),
    ("status", status::run),
    ("upload", upload::run),
    ("lag", lag::run),
];

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    match table(&name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn table(name: &str) -> Result<()> {
    let chosen: Vec<_> = ALL
        .iter()
        .filter(|(known, _)| name == "all" || name == *known)
        .collect();
    if chosen.is_empty() {
        let known = ALL.map(|(known, _)| known).join(", ");
        bail!("no benchmark `{name}`: there are all, {known}");
    }
    say(&format!(
        "{:44} {:>16} {:>22} {:>18}",
        "", "ptero-deploy", "peer", "ratio"
    ));
    for (_, bench) in chosen {
        for row in bench()? {
            say(&format!(
                "{:44} {:>16} {:>22} {:>18}",
                row.what, row.ours, row.peer, row.ratio
            ));
        }
    }
    Ok(())
}

fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
