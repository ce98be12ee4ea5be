use serde::de::DeserializeOwned;

use super::{busy, first_failure};
use crate::openstack::stack::{HeatEvent, Resource, StackRef};
use crate::openstack::stack_status::StackStatus;

const DEEP_RESOURCES: &str = include_str!("deep_failure_resources.json");
const DEEP_EVENTS: &str = include_str!("deep_failure_events.json");
const LIMIT_RESOURCES: &str = include_str!("time_limit_resources.json");
const LIMIT_EVENTS: &str = include_str!("time_limit_events.json");

/// Answers of Heat 19.
fn recorded<T: DeserializeOwned>(text: &str) -> Vec<T> {
    serde_json::from_str(text).expect("a recorded answer")
}

fn root(name: &str) -> StackRef {
    StackRef {
        name: name.to_owned(),
        id: "any".to_owned(),
    }
}

#[track_caller]
fn case(stack: &str, resources: &[Resource], events: &[HeatEvent], expected: &str) {
    let first = first_failure(&root(stack), resources, events);
    assert_eq!(
        first.map(|first| first.to_string()).as_deref(),
        Some(expected)
    );
}

#[test]
fn the_deepest_cause_is_named_with_and_without_events() {
    let resources: Vec<Resource> = recorded(DEEP_RESOURCES);
    let expected = "`web/inner/deep` (OS::Heat::TestResource): ValueError: resources.deep: Test Resource failed deep";
    case("live-fail", &resources, &recorded(DEEP_EVENTS), expected);
    case("live-fail", &resources, &[], expected);
}

#[test]
fn an_earlier_cause_comes_before_a_deeper_one() {
    let mut resources: Vec<Resource> = recorded(DEEP_RESOURCES);
    let mut events: Vec<HeatEvent> = recorded(DEEP_EVENTS);
    let mut early = events
        .iter()
        .find(|event| event.resource_name == "a")
        .expect("recorded")
        .clone();
    early.status = StackStatus::parse("CREATE_FAILED");
    events.insert(0, early);
    let a = resources
        .iter_mut()
        .find(|one| one.name == "a")
        .expect("recorded");
    a.status = StackStatus::parse("CREATE_FAILED");
    "no quota".clone_into(&mut a.reason);
    case(
        "live-fail",
        &resources,
        &events,
        "`a` (OS::Heat::TestResource): no quota",
    );
}

#[test]
fn at_a_time_limit_the_deepest_stopped_resource_is_named() {
    let resources: Vec<Resource> = recorded(LIMIT_RESOURCES);
    let first =
        first_failure(&root("live-time"), &resources, &recorded(LIMIT_EVENTS)).expect("one");
    assert_eq!(first.path, "web/wait");
    assert!(first.reason.contains("Timed out"), "{}", first.reason);
}

#[test]
fn what_heat_has_not_stopped_yet_is_what_was_waited_for() {
    let mut resources: Vec<Resource> = recorded(LIMIT_RESOURCES);
    let wait = resources
        .iter_mut()
        .find(|one| one.name == "wait")
        .expect("recorded");
    wait.status = StackStatus::parse("CREATE_IN_PROGRESS");
    "state changed".clone_into(&mut wait.reason);
    case(
        "live-time",
        &resources,
        &recorded(LIMIT_EVENTS),
        "`web/wait` (OS::Heat::WaitCondition): still CREATE_IN_PROGRESS when Heat gave up",
    );
    assert_eq!(
        busy(&root("live-time"), &resources),
        ["`web/wait` (OS::Heat::WaitCondition)"]
    );
}

#[test]
fn nothing_failed_is_no_failure() {
    assert_eq!(first_failure(&root("live-fail"), &[], &[]), None);
}

#[test]
fn what_heat_removed_on_its_way_back_is_told_by_its_event() {
    let link = serde_json::json!([{"rel": "stack", "href": "http://h/v1/p/stacks/a/a-id"}]);
    let of = |name: &str, status: &str, reason: &str| {
        serde_json::json!({"id": name, "event_time": "2026-11-23T01:04:13Z", "links": link,
            "resource_name": name, "resource_status": status, "resource_status_reason": reason,
            "resource_type": "OS::Heat::WaitCondition", "physical_resource_id": ""})
    };
    let resource = |name: &str, status: &str| -> Resource {
        serde_json::from_value(of(name, status, "")).expect("a resource")
    };
    let failed = |name: &str, reason: &str| -> HeatEvent {
        serde_json::from_value(of(name, "CREATE_FAILED", reason)).expect("an event")
    };
    let resources = [
        resource("gate", "DELETE_COMPLETE"),
        resource("handle", "DELETE_IN_PROGRESS"),
    ];
    let events = [
        failed("other", "CREATE aborted (user triggered cancel)"),
        failed(
            "gate",
            "WaitConditionFailure: resources.gate: a check failed",
        ),
    ];
    let expected =
        "`gate` (OS::Heat::WaitCondition): WaitConditionFailure: resources.gate: a check failed";
    case("a", &resources, &events, expected);
    let expected = "`gate`: WaitConditionFailure: resources.gate: a check failed";
    case("a", &resources[1..], &events, expected);
    let expected = "`handle` (OS::Heat::WaitCondition): still DELETE_IN_PROGRESS when Heat gave up";
    case("a", &resources, &events[..1], expected);
}
