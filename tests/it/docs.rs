//! The pages about tasks and exit codes say what the program does.

use std::collections::BTreeSet;

use clap::CommandFactory;
use ptero_deploy::cli::listing::tasks;
use ptero_deploy::error::Kind;
use ptero_deploy::tasks::CommandLine;
use ptero_deploy::verify::check::Check;

fn page(name: &str) -> String {
    let path = format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("the page is there")
}

#[test]
fn every_task_has_its_heading_and_every_heading_its_task() {
    let root = CommandLine::command();
    let shown = tasks(&root)
        .into_iter()
        .filter(|task| !task.command.is_hide_set());
    let names: BTreeSet<String> = shown.map(|task| task.name()).collect();
    let page = page("tasks.md");
    let headings = page.lines().filter_map(|line| line.strip_prefix("### "));
    assert_eq!(headings.map(str::to_owned).collect::<BTreeSet<_>>(), names);
}

#[test]
fn every_check_is_in_the_table() {
    let page = page("tasks.md");
    for check in Check::ALL {
        assert!(
            page.contains(&format!("| {} |", check.name())),
            "{}",
            check.name()
        );
    }
}

#[test]
fn every_exit_code_is_in_the_table() {
    let page = page("exit-codes.md");
    let kinds = [
        Kind::Failed,
        Kind::Usage,
        Kind::ChangesPending,
        Kind::Refused,
        Kind::Locked,
        Kind::TimedOut,
        Kind::RolledBack,
    ];
    for kind in kinds {
        assert!(
            page.contains(&format!("\n| {} | ", kind.exit_code())),
            "{kind:?}"
        );
    }
    assert!(page.contains(&format!(
        "\n| {} | ",
        ptero_deploy::tasks::work::INTERRUPTED
    )));
}
