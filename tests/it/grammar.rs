//! Both spellings of a line mean the same ordinary arguments.

use clap::CommandFactory;
use ptero_deploy::cli::grammar::{Name, read};
use ptero_deploy::tasks::CommandLine;

use crate::command::check;

#[track_caller]
fn case(line: &str, expected: &[&str]) {
    let mut words = line.split(' ').map(str::to_owned);
    let name = Name::of(&words.next().expect("a line names the program"));
    let args: Vec<String> = words.collect();
    let mut root = CommandLine::command();
    root.build();
    let lists = read(name, &args, &root).map_err(|error| error.to_string());
    let lines = lists.map(|lists| lists.iter().map(|list| list.join(" ")).collect::<Vec<_>>());
    let expected = expected.iter().map(ToString::to_string).collect();
    assert_eq!(lines, Ok(expected), "{line:?}");
}

#[test]
fn the_commands_of_the_first_readme_are_understood() {
    case(
        "fab stack.create:env=staging,tag=v1",
        &["stack create --tag=v1 staging"],
    );
    case("fab tests.fast:staging", &["tests fast staging"]);
    case("fab stack.delete:staging", &["stack delete staging"]);
    case(
        "fab stack.create:env=production,tag=v1",
        &["stack create --tag=v1 production"],
    );
    case("fab tests.fast:production", &["tests fast production"]);
    case(
        "fab tests.slow:env=staging,tag=v1,minutes=2",
        &["tests slow --tag=v1 --minutes=2 staging"],
    );
    case(
        "fab tests.fast:env=staging,tag=v0",
        &["tests fast --tag=v0 staging"],
    );
    case("fab images.delete:v0", &["images delete v0"]);
}

#[test]
fn ordinary_arguments_are_left_as_they_are() {
    case(
        "ptero-deploy stack create staging --tag v1",
        &["stack create staging --tag v1"],
    );
    case(
        "ptero-deploy --config x stack create a",
        &["--config x stack create a"],
    );
    case(
        "ptero-deploy images list -f json v1.2",
        &["images list -f json v1.2"],
    );
    case("ptero-deploy --list", &["--list"]);
    case("fab -l", &["-l"]);
    case("ptero-deploy help stack create", &["help stack create"]);
    case("ptero-deploy man stack create", &["man stack create"]);
    case(
        "ptero-deploy devcloud logs nova.log",
        &["devcloud logs nova.log"],
    );
}

#[test]
fn positional_arguments_take_the_places_of_the_help() {
    case(
        "fab stack.create:staging,v1",
        &["stack create --tag=v1 staging"],
    );
    case(
        "fab stack.create:staging,tag=v1",
        &["stack create --tag=v1 staging"],
    );
    case(
        "fab stack.create:tag=v1,staging",
        &["stack create --tag=v1 staging"],
    );
    case("fab images.prune:keep=2", &["images prune --keep=2"]);
    case("fab images.prune:2", &["images prune --keep=2"]);
    case("fab lock.break:env=staging", &["lock break staging"]);
    case("fab images.list", &["images list"]);
    case("fab images.list:", &["images list"]);
    case(
        "fab images.list:v1,format=json",
        &["images list --format=json v1"],
    );
}

#[test]
fn several_tasks_run_in_order_and_options_go_to_each() {
    case(
        "fab stack.create:a,v1 tests.fast:a stack.delete:a --yes",
        &[
            "stack create --yes --tag=v1 a",
            "tests fast --yes a",
            "stack delete --yes a",
        ],
    );
    case(
        "ptero-deploy -f json --config=c images.list stack.status:a",
        &[
            "images list -f json --config=c",
            "stack status -f json --config=c a",
        ],
    );
    case("ptero-deploy demo tests.fast:a", &["demo", "tests fast a"]);
    case("/usr/bin/fab demo", &["demo"]);
}

#[test]
fn values_keep_what_was_escaped_and_never_turn_into_options() {
    case(
        r"fab tests.fast:a,junit=x\,y\=z",
        &["tests fast --junit=x,y=z a"],
    );
    case(
        "fab tests.fast:a,junit=/tmp/a:b=c",
        &["tests fast --junit=/tmp/a:b=c a"],
    );
    case("fab images.build:--help", &["images build -- --help"]);
    case(
        "fab stack.create:env=--x,tag=--y",
        &["stack create --tag=--y -- --x"],
    );
}

#[test]
fn switches_are_true_or_false() {
    case("fab devcloud.down:purge=true", &["devcloud down --purge"]);
    case("fab devcloud.down:purge=no", &["devcloud down"]);
    case(
        "fab stack.create:a,v1,discard-failed=yes",
        &["stack create --tag=v1 --discard-failed a"],
    );
}

#[test]
fn lines_that_mean_nothing_are_refused_with_what_would() {
    check(
        "refused-lines",
        &[
            "fab stack.crate:env=a,tag=v1",
            "fab image.build:v1",
            "fab xyzzy",
            "fab stack",
            "fab stack create a",
            "fab stack.create:evn=a,tag=v1",
            "fab stack.create:env=a,tag=v1,colour=red",
            "fab stack.create:a,env=b,tag=v1",
            "fab stack.delete:a,5,7",
            "fab images.list:v1,json",
            "fab stack.delete:,",
            "fab stack.create:tag=v1",
            "fab devcloud.down:purge=maybe",
            "fab tests.fast:a,hosts=web1",
            "fab tests.fast:a,role=db",
            "fab stack.create:a..b,v1",
            "fab stack.delete:a,timeout=0",
            "ptero-deploy stakc create",
            "ptero-deploy stack crate a",
            "ptero-deploy stack create staging stack.delete:staging",
            "ptero-deploy stack stack.create:staging",
            "ptero-deploy stack create staging",
            "ptero-deploy stack create staging --tga v1",
            "ptero-deploy stack create staging --tag a..b",
            "ptero-deploy --quiet --verbose demo",
            "ptero-deploy --quiet",
            "ptero-deploy images list --format xml",
            "ptero-deploy --json stack.crate",
            "ptero-deploy --json images build",
        ],
    );
}

#[test]
fn tasks_of_later_versions_are_told_from_typing_errors() {
    check(
        "later-versions",
        &[
            "fab update:env=staging,tag=v2",
            "fab stack.update:env=production,tag=v2",
            "ptero-deploy stack update production --tag v2",
            "ptero-deploy deploy staging",
            "ptero-deploy rollback production",
        ],
    );
}

#[test]
fn no_task_of_a_line_runs_when_one_cannot_be_read() {
    check("nothing-runs", &["fab config.schema stack.create:a"]);
}
