//! Catalogues that are wrong.

use std::path::Path;

use ptero_deploy::topology::Catalog;

use crate::config::root;

#[track_caller]
fn mistakes(name: &str) {
    let folder = root().join("tests/scenarios/catalogue-mistakes");
    let file = format!("{name}.yaml");
    let text = std::fs::read_to_string(folder.join(&file)).unwrap();
    let problems = Catalog::parse(&text, Path::new(&file)).expect_err(name);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, problems.to_string()));
}

#[test]
fn mistakes_in_services_are_told_with_their_place() {
    mistakes("services");
}

#[test]
fn services_that_clash_are_both_named() {
    mistakes("clashes");
}
