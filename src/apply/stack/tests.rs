use serde_json::{Map, Value, json};

use super::{Next, kinds, next, template_tag};

fn stack(status: &str, tags: &[&str]) -> crate::openstack::stack::Stack {
    serde_json::from_value(
        json!({"id": "1", "stack_name": "staging", "stack_status": status,
        "tags": tags, "creation_time": "2026-11-22T12:00:00Z"}),
    )
    .expect("a stack")
}

#[track_caller]
fn case(status: &str, tags: &[&str], expected: &Next) {
    assert_eq!(
        next(Some(&stack(status, tags)), "ptero-template-a"),
        *expected,
        "{status}"
    );
}

#[track_caller]
fn refused(status: &str, tags: &[&str], word: &str) {
    match next(Some(&stack(status, tags)), "ptero-template-a") {
        Next::Refuse { message, hint } => {
            assert!(
                format!("{message} {hint}").contains(word),
                "{message}; {hint}"
            );
        }
        other => panic!("{status}: {other:?}"),
    }
}

#[test]
fn the_same_command_again_takes_up_what_is_there() {
    let same = ["staging", "ptero-template-a"];
    assert_eq!(next(None, "ptero-template-a"), Next::Create);
    case("CREATE_IN_PROGRESS", &same, &Next::Follow);
    case("CREATE_COMPLETE", &same, &Next::Done);
    case("UPDATE_COMPLETE", &same, &Next::Done);
    case("CREATE_FAILED", &same, &Next::Clear { going: false });
    case("DELETE_IN_PROGRESS", &same, &Next::Clear { going: true });
    case("DELETE_FAILED", &same, &Next::Clear { going: false });
}

#[test]
fn what_is_not_the_same_is_not_touched() {
    let other = ["ptero-template-b"];
    refused("CREATE_COMPLETE", &other, "stack update");
    refused("CREATE_IN_PROGRESS", &other, "wait");
    refused("UPDATE_IN_PROGRESS", &["ptero-template-a"], "wait");
    refused("ROLLBACK_COMPLETE", &["ptero-template-a"], "stack update");
    refused("CREATE_COMPLETE", &[], "did not make");
    refused("CREATE_FAILED", &["somebody"], "did not make");
    case("CREATE_FAILED", &other, &Next::Clear { going: false });
}

#[test]
fn a_tag_of_a_digest_fits_into_heats_80_characters() {
    assert_eq!(template_tag(&"a".repeat(64)).len(), 47);
    assert_eq!(template_tag("short"), "ptero-template-short");
}

#[test]
fn types_are_found_in_files_too_and_a_circle_ends() {
    let template =
        json!({"resources": {"net": {"type": "OS::Neutron::Net"}, "web": {"type": "m.json"}}});
    let member = json!({"resources": {"server": {"type": "OS::Nova::Server"}, "self": {"type": "loop.json"}}});
    let circle = json!({"resources": {"self": {"type": "loop.json"}}});
    let files: Map<String, Value> = [
        ("m.json".to_owned(), member),
        ("loop.json".to_owned(), Value::String(circle.to_string())),
    ]
    .into_iter()
    .collect();
    let kinds = kinds(&template, &files);
    assert_eq!(
        kinds.get("net").map(String::as_str),
        Some("OS::Neutron::Net")
    );
    assert_eq!(kinds.get("web").map(String::as_str), Some("m.json"));
    assert_eq!(
        kinds.get("web/server").map(String::as_str),
        Some("OS::Nova::Server")
    );
    assert!(kinds.len() < 12);
}
