//! Stories: a configuration in, the template out, as a reviewed text.

use std::path::Path;

use ptero_deploy::config;
use ptero_deploy::name::{EnvName, Tag};
use ptero_deploy::template::{ImageRef, ReleaseInput, RenderError, Template, render};
use ptero_deploy::topology::{Catalog, Kind, Party, Topology};
use serde_json::Value;

use crate::config::root;

pub(crate) fn topology(story: &str, env: &str) -> Topology {
    let path = root()
        .join("tests/scenarios")
        .join(story)
        .join("config.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let choice = config::catalog_choice(&text);
    let catalog = Catalog::built_in(choice.as_deref().unwrap_or("ptero")).unwrap();
    let config = config::load(&text, Path::new("config.yaml"), &catalog.known()).unwrap();
    let catalog = catalog.chosen(&config).unwrap();
    Topology::resolve(&config, &catalog, &EnvName::new(env).unwrap()).unwrap()
}

pub(crate) fn release(topology: &Topology) -> ReleaseInput {
    let images = topology.recipes.values().map(|recipe| {
        let image = ImageRef {
            id: format!("image-of-{recipe}"),
            digest: format!("digest-of-{recipe}"),
        };
        (recipe.clone(), image)
    });
    let applications = topology
        .services
        .iter()
        .filter(|(_, service)| service.kind == Kind::Application);
    let commits =
        applications.map(|(service, _)| (service.clone(), format!("commit-of-{service}")));
    ReleaseInput {
        tag: Tag::new("v1").unwrap(),
        commits: commits.collect(),
        images: images.collect(),
        default_flavor: "m1.default".to_owned(),
        cloud_ca: None,
    }
}

fn rendered(story: &str, env: &str) -> Template {
    let topology = topology(story, env);
    render(&topology, &release(&topology)).unwrap()
}

#[track_caller]
fn story(story: &str, env: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("tests/scenarios").join(story));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::assert_snapshot!("topology", outline(&topology(story, env)));
        insta::assert_snapshot!("template", rendered(story, env).to_hot_yaml());
    });
}

/// Servers and flows, a line each.
fn outline(topology: &Topology) -> String {
    let members = topology.members.iter().map(|member| {
        let recipe = &topology.recipes[&member.role];
        format!("{} from {recipe}", member.slot_name())
    });
    let flows = topology.flows.iter().map(|flow| {
        let from = match &flow.from {
            Party::Clients => "clients".to_owned(),
            Party::Role(role) => role.to_string(),
        };
        format!("{from} -> {}:{} ({})", flow.to, flow.port, flow.purpose)
    });
    members.chain(flows).collect::<Vec<_>>().join("\n")
}

#[test]
fn miniptero_minimal() {
    story("miniptero-minimal", "demo");
}

#[test]
fn original_example() {
    story("original-example", "staging");
}

#[test]
fn guarded() {
    story("guarded", "guarded");
}

#[test]
fn the_clouds_authority_reaches_members_and_makes_none_anew() {
    let topology = topology("miniptero-minimal", "demo");
    let known = release(&topology);
    let given = ReleaseInput {
        cloud_ca: Some("-----BEGIN CERTIFICATE-----\n".to_owned()),
        ..known.clone()
    };
    let [known, given] = [known, given].map(|release| render(&topology, &release).unwrap());
    assert_eq!(known.members, given.members);
    for member in &given.members {
        let user_data = |template: &Template| {
            template.json["resources"][&member.resource]["properties"]["user_data"].clone()
        };
        assert_eq!(user_data(&known), Value::Null);
        let expected = concat!(
            "#cloud-config\n",
            r#"{"write_files":[{"path":"/etc/ptero/cloud-ca.pem","permissions":"0644","#,
            r#""content":"-----BEGIN CERTIFICATE-----\n"}]}"#,
            "\n"
        );
        assert_eq!(user_data(&given), expected);
    }
}

fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(entries) => entries.values().for_each(|item| texts(item, found)),
        _ => {}
    }
}

#[test]
fn no_placeholder_is_left() {
    for (story, env) in [("original-example", "production"), ("guarded", "guarded")] {
        let mut found = Vec::new();
        texts(&rendered(story, env).json["resources"], &mut found);
        let left: Vec<&String> = found.iter().filter(|text| text.contains("${")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn what_is_mentioned_is_there() {
    fn mentioned(value: &Value, found: &mut Vec<String>) {
        if let Value::Object(entries) = value {
            for (key, value) in entries {
                match key.as_str() {
                    "get_resource" => found.extend(value.as_str().map(str::to_owned)),
                    "get_attr" => found.extend(value[0].as_str().map(str::to_owned)),
                    _ => mentioned(value, found),
                }
            }
        } else if let Value::Array(items) = value {
            for item in items {
                mentioned(item, found);
            }
        }
    }
    for (story, env) in [("original-example", "production"), ("guarded", "guarded")] {
        let template = rendered(story, env);
        let mut found = Vec::new();
        mentioned(&template.json, &mut found);
        assert!(!found.is_empty());
        for name in found {
            assert!(template.json["resources"].get(&name).is_some(), "{name}");
        }
        for tag in &template.tags {
            assert!(tag.len() <= 80 && !tag.contains(','), "{tag}");
        }
    }
}

/// Heat refuses such a template, and says only "duplicate names".
#[test]
fn no_resource_is_called_as_a_parameter() {
    let template = rendered("guarded", "guarded");
    let nested = template.files.values();
    let nested = nested.map(|text| serde_json::from_str::<Value>(text).unwrap());
    for one in nested.chain([template.json.clone()]) {
        for name in one["resources"].as_object().unwrap().keys() {
            assert!(one["parameters"].get(name).is_none(), "{name}");
        }
    }
}

#[test]
fn a_member_keeps_its_name_until_something_in_it_changes() {
    let topology = topology("original-example", "production");
    let before = render(&topology, &release(&topology)).unwrap();
    let changed = |release: &ReleaseInput| -> Vec<String> {
        let after = render(&topology, release).unwrap();
        assert_ne!(before.digest, after.digest);
        let names = before.members.iter().zip(&after.members);
        names
            .filter(|(before, after)| before.name != after.name)
            .map(|(before, _)| before.member.slot_name())
            .collect()
    };
    let mut other = release(&topology);
    other.tag = Tag::new("v2").unwrap();
    assert_eq!(changed(&other), Vec::<String>::new());

    let mut other = release(&topology);
    for (recipe, image) in &mut other.images {
        if recipe.as_str() == "shell-command-worker" {
            image.digest.push('x');
        }
    }
    let expected: Vec<String> = (0..4)
        .map(|slot| format!("shell-command-worker-default-{slot}"))
        .collect();
    assert_eq!(changed(&other), expected);
}

#[test]
fn another_policy_for_drains_is_no_new_member() {
    let topology = topology("original-example", "production");
    let mut other = topology.clone();
    other.stack.drain_policy = config::DrainPolicy::Abort;
    other.stack.drain_deadline_minutes = 1;
    let [before, after] =
        [topology, other].map(|topology| render(&topology, &release(&topology)).unwrap());
    assert_eq!(before.members, after.members);
    assert_ne!(before.digest, after.digest, "it is told to them");
}

#[test]
fn a_release_without_an_image_is_refused() {
    let topology = topology("original-example", "staging");
    let mut release = release(&topology);
    let recipe = release.images.keys().last().unwrap().clone();
    release.images.shift_remove(&recipe);
    assert_eq!(
        render(&topology, &release),
        Err(RenderError::NoImage(recipe))
    );
}
