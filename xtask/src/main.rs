//! Chores of the project, each a function here or in a module of its own.

mod ci;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask ci [--fast]     everything that must pass; --fast leaves out the part on the cloud
cargo xtask bench NAME      side by side with peers on the embedded cloud; `all` for all short ones
cargo xtask bench build [--rounds N]
                            an image from nothing and again, beside Packer
cargo xtask bench update [--rounds N] [--only ours|heat]
                            v1 to v2 and back under load, beside plain Heat; takes hours
cargo xtask golden          take the snapshots as they are now; review the difference with git
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["ci"] => ci::all(),
        ["ci", "--fast"] => ci::fast(),
        ["bench", words @ ..] if !words.is_empty() => bench(words),
        ["golden"] => ci::golden(),
        _ => Err(anyhow::anyhow!("usage:\n{USAGE}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tools::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Built as it is shipped: a debug build would measure nothing of interest.
fn bench(words: &[&str]) -> anyhow::Result<()> {
    tools::run("cargo", &["build", "--release", "--workspace"])?;
    tools::run("target/release/bench", words)
}
