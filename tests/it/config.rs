//! Configuration files, right and wrong, against the built-in catalogue.

use std::path::{Path, PathBuf};

use ptero_deploy::config::{self, Config, Problems};
use ptero_deploy::name::EnvName;
use ptero_deploy::topology::Catalog;

use crate::command::command;

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn load(path: &Path) -> Result<Config, Problems> {
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap();
    config::load(&text, Path::new(name), &Catalog::ptero().known())
}

/// The YAML block of the original description, as it stood.
const ORIGINAL: &str = "
    images:
        build:
            build_machine_image: some-vm-image
            base_image_urls:
                default: http://some.place/with/some/image
                shell-command:
                    worker: http://another.place/with/a/different/image

    stacks:
        common:
            public_net_id: some-uuid

        staging:
            stack_name: ptero-staging
            default_shell_command_worker_instances: 1

        production:
            stack_name: ptero-production
            default_shell_command_worker_instances: 4
";

#[test]
fn every_mistake_is_told_with_its_place() {
    let folder = root().join("tests/scenarios/config-mistakes");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "yaml"))
        .collect();
    files.sort();
    assert!(files.len() >= 10, "only {} files", files.len());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for path in files {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let problems = load(&path).expect_err(&name);
            insta::assert_snapshot!(name, problems.to_string());
        }
    });
}

#[test]
fn the_original_example_loads_as_it_stands() {
    let known = Catalog::ptero().known();
    let original = config::load(ORIGINAL, Path::new("config.yaml"), &known).unwrap();
    let ours = load(&root().join("config.example.yaml")).unwrap();
    let ours = Config {
        origin: original.origin.clone(),
        ..ours
    };
    assert_eq!(original, ours);
    let environments: Vec<&str> = original.environments().map(EnvName::as_str).collect();
    assert_eq!(environments, ["staging", "production"]);
}

#[test]
fn a_stack_that_is_missing_lists_those_there_are() {
    let config = load(&root().join("config.example.yaml")).unwrap();
    let env = EnvName::new("stagign").unwrap();
    let problems = config.stack(&env).expect_err("no such stack");
    assert_eq!(
        problems.to_string(),
        "config.example.yaml: no stack `stagign`: there are `staging`, `production`; did you mean `staging`?"
    );
}

#[test]
fn the_catalogue_can_be_asked_for_before_anything_is_checked() {
    let choice = |text| config::catalog_choice(text);
    assert_eq!(
        choice("catalog: miniptero\nnonsense: 1").as_deref(),
        Some("miniptero")
    );
    assert_eq!(choice("stacks: {}"), None);
    assert_eq!(choice("catalog:"), None);
    assert_eq!(choice("catalog: [unclosed"), None);
}

#[test]
fn the_sites_modules_are_looked_for_beside_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.yaml");
    let check = |class: &str| {
        let text = format!(
            "images: {{build: {{build_machine_image: local, puppet_modules: modules, \
             base_image_urls: {{default: 'http://x/y'}}}}}}\nstacks: {{}}\n\
             services: {{workflow: {{puppet_classes: [{class}]}}}}\n"
        );
        std::fs::write(&path, text).unwrap();
        let file = path.to_string_lossy();
        let output = command("ptero-deploy", &["config", "check", "--config", &file]).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    };
    let (code, said) = check("site");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("cannot read the Puppet modules"), "{said}");
    std::fs::create_dir_all(folder.path().join("modules/site/manifests")).unwrap();
    let (code, said) = check("site");
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = check("sites::x");
    assert_eq!(code, Some(2), "{said}");
    let expected = "config.yaml:3:40: services.workflow.puppet_classes[0]: no module `sites` in \
                    `images.build.puppet_modules`; did you mean `site`?";
    assert!(said.contains(expected), "{said}");
}

proptest::proptest! {
    /// Whatever is in the file, the answer is a value or a list of problems.
    #[test]
    fn no_text_ends_the_program(lines in proptest::collection::vec((0..500_usize, "[ -~]{0,12}"), 0..12)) {
        let mut text: Vec<String> = ORIGINAL.lines().map(str::to_owned).collect();
        for (index, noise) in lines {
            let line = index % text.len();
            let middle = text[line].len() / 2;
            text[line].insert_str(if index % 2 == 0 { middle } else { 0 }, &noise);
        }
        let known = Catalog::ptero().known();
        if let Err(problems) = config::load(&text.join("\n"), Path::new("config.yaml"), &known) {
            proptest::prop_assert!(problems.iter().all(|problem| !problem.message.is_empty()));
            proptest::prop_assert!(problems.iter().count() > 0);
        }
    }
}
