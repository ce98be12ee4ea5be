//! What goes into images, and what changes their digests.

use std::path::Path;

use indexmap::IndexMap;
use ptero_deploy::config::{self, Config, Downloads};
use ptero_deploy::image::{self, BaseDigests, Commits, JobSettings, Recipe, RecipeError};
use ptero_deploy::name::{RoleName, ServiceName, Tag};
use ptero_deploy::topology::{Catalog, recipe_groups};

use crate::config::{load, root};

fn example() -> Config {
    load(&root().join("config.example.yaml")).unwrap()
}

fn commits() -> Commits {
    [
        ("workflow", '1'),
        ("petri", '2'),
        ("shell-command", '3'),
        ("lsf", '5'),
    ]
    .into_iter()
    .map(|(name, digit)| {
        (
            ServiceName::new(name).unwrap(),
            digit.to_string().repeat(40),
        )
    })
    .collect()
}

/// What is deployed unless a configuration says more.
fn catalog() -> Catalog {
    Catalog::ptero().chosen(&example()).unwrap()
}

fn bases(config: &Config) -> BaseDigests {
    recipe_groups(config, &catalog())
        .into_iter()
        .map(|group| {
            let digest = if group.base.url.host_str() == Some("some.place") {
                "aa"
            } else {
                "bb"
            };
            (group.base, digest.repeat(32))
        })
        .collect()
}

fn made(config: &Config, catalog: &Catalog, commits: &Commits, payload: &str) -> Vec<Recipe> {
    image::recipes(config, catalog, commits, &bases(config), payload, None).unwrap()
}

/// The recipes whose digests differ.
fn changed(before: &[Recipe], after: &[Recipe]) -> Vec<String> {
    before
        .iter()
        .zip(after)
        .filter(|(before, after)| before.digest != after.digest)
        .map(|(recipe, _)| recipe.name().to_string())
        .collect()
}

#[test]
fn roles_share_an_image_unless_their_base_differs() {
    let recipes = made(&example(), &catalog(), &commits(), "p");
    let seen: Vec<String> = recipes
        .iter()
        .map(|recipe| {
            let roles: Vec<&str> = recipe.group.roles.iter().map(RoleName::as_str).collect();
            format!(
                "{}: {} from {}",
                recipe.name(),
                roles.join(" "),
                &recipe.base_digest[..2]
            )
        })
        .collect();
    let expected = [
        "postgresql: server from aa",
        "rabbitmq: server from aa",
        "redis: server from aa",
        "gateway: server from aa",
        "workflow: web worker http_worker from aa",
        "petri: web worker http_worker from aa",
        "shell-command: web http_worker from aa",
        "shell-command-worker: worker from bb",
        "lsf: web poller http_worker scheduler worker updater from aa",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_digest_changes_with_what_goes_in_and_with_nothing_else() {
    let (config, catalog) = (example(), catalog());
    let before = made(&config, &catalog, &commits(), "p");
    assert_eq!(
        changed(&before, &made(&config, &catalog, &commits(), "p")),
        Vec::<String>::new()
    );

    let mut other = commits();
    other.insert(ServiceName::new("shell-command").unwrap(), "4".repeat(40));
    let after = made(&config, &catalog, &other, "p");
    assert_eq!(
        changed(&before, &after),
        ["shell-command", "shell-command-worker"]
    );

    let after = made(&config, &catalog, &commits(), "other payload");
    assert_eq!(changed(&before, &after).len(), before.len());

    let mut settings = catalog.clone();
    for service in settings.services.values_mut() {
        service.settings.insert("x".to_owned(), 1.into());
    }
    let after = made(&config, &settings, &commits(), "p");
    assert_eq!(changed(&before, &after), Vec::<String>::new());

    let mut way = config.clone();
    let url = || Some("http://proxy:3128".to_owned());
    way.build.downloads = Downloads {
        http_proxy: url(),
        no_proxy: vec!["a".to_owned()],
        apt_mirror: url(),
        pypi_index: url(),
    };
    let after = made(&way, &catalog, &commits(), "p");
    assert_eq!(changed(&before, &after), Vec::<String>::new());
}

#[test]
fn modules_count_where_classes_of_them_are_named() {
    let (mut config, plain) = (example(), catalog());
    let shell_command = ServiceName::new("shell-command").unwrap();
    let own = config.services.entry(shell_command.clone()).or_default();
    own.puppet_classes = vec!["site::scratch".to_owned()];
    let catalog = plain.clone().chosen(&config).unwrap();
    let with = |catalog: &Catalog, modules: Option<&str>| {
        image::recipes(&config, catalog, &commits(), &bases(&config), "p", modules)
    };
    let before = with(&plain, Some("m")).unwrap();
    assert_eq!(before, with(&plain, Some("n")).unwrap());
    let named = with(&catalog, Some("m")).unwrap();
    let images = ["shell-command", "shell-command-worker"];
    assert_eq!(changed(&before, &named), images);
    assert_eq!(changed(&named, &with(&catalog, Some("n")).unwrap()), images);
    assert_eq!(
        with(&catalog, None),
        Err(RecipeError::NoModules(shell_command))
    );
}

#[test]
fn what_is_not_known_is_named() {
    let config = example();
    let missing = image::recipes(
        &config,
        &catalog(),
        &IndexMap::new(),
        &bases(&config),
        "p",
        None,
    );
    let service = ServiceName::new("workflow").unwrap();
    assert_eq!(missing, Err(RecipeError::NoCommit(service)));
    let missing = image::recipes(&config, &catalog(), &commits(), &IndexMap::new(), "p", None);
    assert!(matches!(missing, Err(RecipeError::NoBase(_))));
}

#[test]
fn an_image_is_found_again_by_name_and_properties() {
    let recipes = made(&example(), &catalog(), &commits(), "p");
    let tags = ["v2", "v1", "v2"].map(|tag| Tag::new(tag).unwrap());
    let worker = |recipe: &&Recipe| recipe.name().as_str() == "shell-command-worker";
    let recipe = recipes.iter().find(worker).unwrap();
    let name = image::name(recipe, &tags[1]);
    assert_eq!(
        name,
        format!("ptero-shell-command-worker-v1-{}", &recipe.digest[..8])
    );
    let properties = image::properties(recipe, &tags, Some("226497887674"));
    assert_eq!(properties["ptero_service"], "shell-command");
    assert_eq!(properties["ptero_roles"], "worker");
    assert_eq!(properties["ptero_tags"], "v1,v2");
    assert_eq!(properties["ptero_commit"], "3".repeat(40));
    assert_eq!(properties["ptero_recipe"], recipe.digest);
    assert_eq!(properties["ptero_base"], recipe.base_digest);
    assert_eq!(properties["ptero_schema"], "226497887674");
    assert_eq!(image::tags("v1,v2"), [tags[1].clone(), tags[0].clone()]);
}

#[test]
fn the_job_says_all_that_the_builder_needs() {
    let text = "
images:
    build:
        build_machine_image: local
        base_image_urls: {default: 'http://base/image.raw'}
        http_proxy: http://proxy.example.org:3128
        no_proxy: [.example.org]
        apt_mirror: http://mirror.example.org/debian
        pypi_index: https://mirror.example.org/simple
services:
    workflow: {repo: https://git.example.org/workflow.git}
    shell-command: {repo: https://git.example.org/shell-command.git}
stacks: {demo: {public_net_id: public}}
";
    let catalog = Catalog::miniptero();
    let config = config::load(text, Path::new("config.yaml"), &catalog.known()).unwrap();
    let recipes: Vec<Recipe> = made(&config, &catalog, &commits(), "p")
        .into_iter()
        .filter(|recipe| ["redis", "rabbitmq", "workflow"].contains(&recipe.name().as_str()))
        .map(|mut recipe| {
            // The entry is the catalogue's, which is reviewed where it is written.
            if recipe.commit.is_some() {
                recipe.data["entry"] = "the catalogue's".into();
            }
            recipe
        })
        .collect();
    let settings = JobSettings {
        work_dir: "/var/lib/ptero-bake".to_owned(),
        payload_dir: "/var/lib/ptero-bake/payload".to_owned(),
        ca_bundle: None,
        parallel: 2,
    };
    let job = image::job(&recipes, &config, &catalog, settings);
    insta::assert_json_snapshot!(job, {".recipes[].digest" => "[digest]"});
    let sources = image::sources(&recipes, &config, &catalog);
    assert_eq!(sources.len(), 1);
    assert_eq!(
        sources[0].repo.as_deref(),
        Some("https://git.example.org/workflow.git")
    );
}

#[test]
fn the_payload_is_what_runs_and_no_more() {
    let files = image::payload::bake()
        .iter()
        .chain(image::payload::miniptero());
    for file in files {
        assert!(!file.path.contains("__pycache__"), "{}", file.path);
        assert!(
            !file.path.split('/').any(|part| part == "tests"),
            "{}",
            file.path
        );
    }
    assert_eq!(image::payload::digest().len(), 64);
}
