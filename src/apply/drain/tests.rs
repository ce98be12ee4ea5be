use std::time::Duration;

use serde_json::{Value, json};

use super::{Mode, Resource, StackRef, going, pause};

fn resource(stack: &str, name: &str, kind: &str, status: &str, id: &str) -> Resource {
    let href = format!("http://c/v1/p/stacks/{stack}/id-of-{stack}");
    let one: Value = json!({"resource_name": name, "resource_type": kind, "resource_status": status,
        "physical_resource_id": id, "links": [{"rel": "stack", "href": href}]});
    serde_json::from_value(one).expect("a resource")
}

#[test]
fn the_drains_that_heat_waits_for_are_found_with_their_servers() {
    let root = StackRef {
        name: "root".to_owned(),
        id: "id-of-root".to_owned(),
    };
    let deployment = "OS::Heat::SoftwareDeployment";
    let old = "root-job_worker_default_1_0a1b2c3d-abcdefghijkl";
    let new = "root-job_worker_default_1_ffffffff-mnopqrstuvwx";
    let early = "root-job_worker_default_2_0a1b2c3d-abcdefghijkl";
    let gone = "root-job_worker_default_0_0a1b2c3d-abcdefghijkl";
    let resources = [
        resource(
            "root",
            "job_worker_default_1_0a1b2c3d",
            "m.yaml",
            "DELETE_IN_PROGRESS",
            "x",
        ),
        resource(old, "drain", deployment, "DELETE_IN_PROGRESS", "d"),
        resource(old, "server", "OS::Nova::Server", "CREATE_COMPLETE", "s"),
        resource(new, "drain", deployment, "CREATE_COMPLETE", ""),
        resource(early, "drain", deployment, "DELETE_IN_PROGRESS", ""),
        resource(gone, "drain", deployment, "DELETE_IN_PROGRESS", "d"),
        resource("root", "drain", deployment, "DELETE_IN_PROGRESS", "d"),
    ];
    let found: Vec<_> = going(&root, &resources)
        .into_iter()
        .map(|one| (one.stack.name, one.member, one.server))
        .collect();
    let server = Some("s".to_owned());
    assert_eq!(
        found,
        [
            (old.to_owned(), "job_worker_default_1".to_owned(), server),
            (gone.to_owned(), "job_worker_default_0".to_owned(), None),
        ]
    );
}

#[test]
fn a_heat_that_takes_long_for_a_look_is_left_alone_for_longer() {
    let tenths_of_s = |tenths: u64| Duration::from_millis(tenths * 100);
    for (mode, took, expected) in [
        (Mode::Drain, 1, 20),
        (Mode::Drain, 5, 45),
        (Mode::Drain, 600, 100),
        (Mode::AtOnce, 1, 5),
        (Mode::AtOnce, 12, 12),
        (Mode::AtOnce, 600, 100),
    ] {
        assert_eq!(
            pause(mode, tenths_of_s(took)),
            tenths_of_s(expected),
            "{mode:?} {took}"
        );
    }
}
