//! Stories on a real cloud, told with the real program. The embedded cloud is
//! purged first and last, and python3-openstackclient, which knows nothing of
//! this project, is asked whether what the program says is so.
//!
//! `cargo run -p live-tests [STORY...]` after `cargo build --workspace` runs all stories but the long
//! ones, or those whose names begin with one that is given; a story that cannot run has failed.

mod cloud;
mod cut_server;
mod host;
mod network;
mod probe;
mod program;
mod report;
mod servers;
mod stories;

use std::process::ExitCode;

use report::Report;

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if let Some((network::REACH, targets)) = wanted.split_first().map(|(a, b)| (a.as_str(), b)) {
        return network::reach(targets);
    }
    let mut report = Report::default();
    let named = |name: &str| wanted.iter().any(|one| name.starts_with(one.as_str()));
    for (name, story) in stories::ALL {
        if wanted.is_empty() || named(name) {
            report.story(name, *story);
        }
    }
    for (name, story) in stories::LONG {
        if named(name) {
            report.story(name, *story);
        }
    }
    report.end()
}
