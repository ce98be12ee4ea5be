//! Side by side with peers, in one run, on the embedded cloud: each figure is a
//! median, each result a ratio. Needs the cloud up; `status` needs the demo's
//! stack. `cargo xtask bench NAME`, or `all`, which leaves out `build` and `update`: they
//! take long.

mod build;
mod cloud;
mod demo;
mod lag;
mod measure;
mod options;
mod program;
mod start_up;
mod status;
mod update;
mod upload;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::options::Options;

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

/// What a benchmark comes to: what was measured counts, though the rest failed.
pub(crate) struct Measured {
    /// The lines of the table.
    pub(crate) rows: Vec<Row>,
    /// Why there are no more.
    pub(crate) failed: Option<anyhow::Error>,
}

type Bench = fn(&Options) -> Result<Measured>;

const ALL: [(&str, Bench); 6] = [
    ("start-up", |_| whole(start_up::run())),
    ("status", |_| whole(status::run())),
    ("upload", |_| whole(upload::run())),
    ("lag", |_| whole(lag::run())),
    ("build", build::run),
    ("update", update::run),
];

/// Run by their names only.
const LONG: [&str; 2] = ["build", "update"];

fn main() -> ExitCode {
    let options = Options::read(std::env::args().skip(1));
    match options.and_then(|options| table(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn whole(rows: Result<Vec<Row>>) -> Result<Measured> {
    let failed = None;
    rows.map(|rows| Measured { rows, failed })
}

fn table(options: &Options) -> Result<()> {
    let name = options.name.as_str();
    let chosen: Vec<_> = ALL
        .iter()
        .filter(|(known, _)| name == *known || name == "all" && !LONG.contains(known))
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
        let measured = bench(options)?;
        for row in measured.rows {
            say(&format!(
                "{:44} {:>16} {:>22} {:>18}",
                row.what, row.ours, row.peer, row.ratio
            ));
        }
        if let Some(error) = measured.failed {
            return Err(error);
        }
    }
    Ok(())
}

/// Prints a line; a closed pipe is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
