//! A stack on its way from one release to the next: what each step's template
//! keeps, adds and waits for.

use std::collections::BTreeSet;

use ptero_deploy::template::gate::{self, Gates};
use ptero_deploy::template::present::Present;
use ptero_deploy::template::{ReleaseInput, RenderError, Stage, Template, render, stage};
use ptero_deploy::topology::Topology;
use serde_json::{Value, json};

use crate::scenarios::{release, topology};

struct Story {
    topology: Topology,
    new: ReleaseInput,
    old: Template,
    present: Present,
}

/// A stack whose workflow service gets a new image.
fn story() -> Story {
    let topology = topology("miniptero-minimal", "demo");
    let before = release(&topology);
    let mut new = before.clone();
    for (recipe, image) in &mut new.images {
        if recipe.as_str() == "workflow" {
            "new-image".clone_into(&mut image.id);
            "new-digest".clone_into(&mut image.digest);
        }
    }
    let old = render(&topology, &before).unwrap();
    let present = Present {
        template: old.json.clone(),
        files: old.files.clone(),
    };
    Story {
        topology,
        new,
        old,
        present,
    }
}

fn names(template: &Template) -> BTreeSet<String> {
    template
        .members
        .iter()
        .map(|one| one.resource.clone())
        .collect()
}

impl Story {
    fn stage(&self, members: &BTreeSet<String>, gates: Option<&Gates>) -> Template {
        let what = Stage {
            present: &self.present,
            members,
            gates,
        };
        stage(&self.topology, &self.new, what).unwrap()
    }

    fn target(&self) -> Template {
        render(&self.topology, &self.new).unwrap()
    }

    fn both(&self) -> BTreeSet<String> {
        &names(&self.old) | &names(&self.target())
    }
}

fn after(template: &Template, resource: &str) -> Vec<String> {
    let after = template.json["resources"][resource]["depends_on"].clone();
    serde_json::from_value(after).unwrap_or_default()
}

#[test]
fn members_that_stay_are_kept_word_for_word() {
    let story = story();
    let staged = story.stage(&story.both(), None);
    for name in names(&story.old) {
        assert_eq!(
            staged.json["resources"][&name], story.old.json["resources"][&name],
            "{name}"
        );
    }
    for (name, text) in &story.old.files {
        assert_eq!(staged.files.get(name), Some(text), "{name}");
    }
}

#[test]
fn the_last_step_is_the_release_itself() {
    let story = story();
    let staged = story.stage(&names(&story.target()), None);
    assert_eq!(staged.json, story.target().json);
    assert_eq!(staged.digest, story.target().digest);
}

#[test]
fn the_gateway_is_told_of_old_and_new_members() {
    let story = story();
    let staged = story.stage(&story.both(), None);
    let servers = |template: &Template| -> Vec<Value> {
        let document = &template.json["resources"]["backends"]["properties"]["input_values"];
        let frontends = document["document"]["frontends"]
            .as_array()
            .unwrap()
            .clone();
        frontends
            .into_iter()
            .filter(|one| one["service"] == "workflow")
            .flat_map(|one| one["servers"].as_array().unwrap().clone())
            .collect()
    };
    let (before, now) = (servers(&story.old), servers(&staged));
    assert_eq!(now.len(), 2 * before.len());
    assert!(before.iter().all(|server| now.contains(server)));
}

#[test]
fn new_members_wait_for_the_canaries_and_the_end_waits_for_all() {
    let story = story();
    let (old, target) = (names(&story.old), names(&story.target()));
    let fresh: Vec<String> = target.difference(&old).cloned().collect();
    let gates = Gates {
        canaries: vec![fresh[0].clone()],
        wait_s: 600,
    };
    let staged = story.stage(&story.both(), Some(&gates));
    let canary = gate::CANARY.to_owned();
    assert!(!after(&staged, &fresh[0]).contains(&canary));
    for other in &fresh[1..] {
        assert!(after(&staged, other).contains(&canary), "{other}");
        assert!(after(&staged, gate::ALL).contains(other), "{other}");
    }
    for name in &old {
        assert!(!after(&staged, name).contains(&canary), "{name} stays");
    }
    assert!(after(&staged, gate::CANARY).contains(&fresh[0]));
    assert!(after(&staged, gate::CANARY).contains(&"canary_backends".to_owned()));
    assert!(after(&staged, gate::ALL).contains(&"backends".to_owned()));
    let wait = &staged.json["resources"][gate::ALL];
    assert_eq!(wait["type"], "OS::Heat::WaitCondition");
    assert_eq!(wait["properties"]["timeout"], json!(600));
    assert!(staged.json["resources"][gate::handle(gate::ALL)].is_object());
}

#[test]
fn a_gate_that_was_passed_before_lets_nobody_through() {
    let mut story = story();
    let gates = Gates {
        canaries: Vec::new(),
        wait_s: 600,
    };
    story.present.template = story.stage(&story.both(), Some(&gates)).json;
    let members = names(&story.target());
    // A batch that grows the stack: some are there, some come.
    for name in &members {
        let resources = story.present.template["resources"].as_object_mut();
        resources.unwrap().remove(name);
    }
    let without = story.stage(&members, None);
    assert!(gate::in_template(&without.json).is_empty());
    let again = Stage {
        present: &story.present,
        members: &members,
        gates: Some(&gates),
    };
    let refused = stage(&story.topology, &story.new, again).err();
    assert_eq!(refused, Some(RenderError::GateThere(gate::ALL)));
}

#[test]
fn a_step_without_new_members_has_no_gate() {
    let story = story();
    let gates = Gates {
        canaries: Vec::new(),
        wait_s: 600,
    };
    let staged = story.stage(&names(&story.old), Some(&gates));
    assert!(staged.json["resources"].get(gate::ALL).is_none());
}

#[test]
fn what_carries_an_old_member_stays_until_it_goes() {
    let mut story = story();
    story.present.template["resources"]["group_gone_worker"] =
        json!({"type": "OS::Neutron::SecurityGroup", "properties": {"name": "x"}});
    let staged = story.stage(&story.both(), None);
    assert!(staged.json["resources"]["group_gone_worker"].is_object());
    let last = story.stage(&names(&story.target()), None);
    assert!(last.json["resources"].get("group_gone_worker").is_none());
}
