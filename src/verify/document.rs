//! The workflow documents that checks submit.

use serde_json::{Value, json};

use crate::verify::target::JobTarget;

/// What the workflow without jobs passes through.
pub const PASSED: &str = "kittens";

/// What the one job writes.
pub const WRITTEN: &str = "ptero says hello";

/// A user that no member has; longer than a system allows, so that none can.
pub const NO_USER: &str = "no-such-user-on-any-member-of-ptero";

/// Names what is to be kept of what a job wrote. PTero before March 2016 knows no
/// such key, refuses documents that have it, and keeps nothing.
const KEEP: &str = "serviceDataToSave";

/// Takes the wish to keep output out of `document`, where `refusal` says that it is why
/// the document was refused; whether it did.
pub fn keep_nothing(document: &mut Value, refusal: &str) -> bool {
    let methods = document["tasks"].as_object_mut().into_iter().flatten();
    let methods =
        methods.flat_map(|(_, task)| task["methods"].as_array_mut().into_iter().flatten());
    let mut wished = false;
    for method in methods.filter(|_| refusal.contains(KEEP)) {
        let method = method.as_object_mut();
        wished |= method.is_some_and(|method| method.remove(KEEP).is_some());
    }
    wished
}

/// A workflow without any job: its input comes out under another name.
pub fn without_jobs(name: &str) -> Value {
    json!({
        "name": name,
        "tasks": {},
        "inputs": {"x": PASSED},
        "links": [{
            "source": "input connector",
            "destination": "output connector",
            "dataFlow": {"x": "y"},
        }],
    })
}

/// A workflow of tasks side by side, a job each: all run `command`.
pub fn with_jobs(name: &str, jobs: &JobTarget, command: &[&str], count: usize) -> Value {
    as_user(name, jobs, &jobs.user, command, count)
}

/// The same as another user.
pub fn as_user(name: &str, jobs: &JobTarget, user: &str, command: &[&str], count: usize) -> Value {
    let names: Vec<String> = (0..count).map(|at| format!("job-{at}")).collect();
    let task = json!({"methods": [{
        "name": "run",
        "service": "job",
        "serviceUrl": jobs.service_url,
        // Without this PTero keeps nothing of what the job wrote.
        KEEP: ["exitCode", "stdout", "stderr"],
        "parameters": {
            "commandLine": command,
            "user": user,
            "workingDirectory": "/tmp",
        },
    }]});
    let tasks: serde_json::Map<String, Value> = names
        .iter()
        .map(|name| (name.clone(), task.clone()))
        .collect();
    let links: Vec<Value> = names
        .iter()
        .flat_map(|name| {
            [
                json!({"source": "input connector", "destination": name}),
                json!({"source": name, "destination": "output connector"}),
            ]
        })
        .collect();
    json!({"name": name, "inputs": {}, "tasks": tasks, "links": links})
}

/// A task that is run once for each of `items`, all side by side.
pub fn in_parallel(name: &str, jobs: &JobTarget, command: &[&str], items: &[&str]) -> Value {
    let mut document = with_jobs(name, jobs, command, 1);
    document["tasks"]["job-0"]["parallelBy"] = json!("item");
    document["inputs"] = json!({"items": items});
    document["links"][0]["dataFlow"] = json!({"items": "item"});
    document
}

/// Documents that must be refused, each with what is wrong with it.
pub fn bad() -> Vec<(&'static str, String)> {
    let link =
        |source: &str, destination: &str| json!({"source": source, "destination": destination});
    let task = json!({"methods": [{
        "name": "run",
        "service": "job",
        "serviceUrl": "http://127.0.0.1:5000/v1",
        "parameters": {"commandLine": ["true"], "user": "nobody", "workingDirectory": "/tmp"},
    }]});
    let circle = json!({
        "inputs": {},
        "tasks": {"A": task, "B": task},
        "links": [
            link("input connector", "A"),
            link("A", "B"),
            link("B", "A"),
            link("B", "output connector"),
        ],
    });
    vec![
        ("no JSON", "{".to_owned()),
        ("an empty document", "{}".to_owned()),
        ("no links", json!({"inputs": {}, "tasks": {}}).to_string()),
        (
            "tasks as a list",
            json!({"inputs": {}, "tasks": [], "links": [link("input connector", "output connector")]}).to_string(),
        ),
        ("tasks in a circle", circle.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{keep_nothing, with_jobs, without_jobs};
    use crate::verify::target::JobTarget;

    #[test]
    fn the_wish_to_keep_output_is_taken_out_only_where_it_was_refused() {
        let jobs = JobTarget {
            service_url: String::new(),
            user: String::new(),
            members: Vec::new(),
        };
        let whole = with_jobs("a", &jobs, &["true"], 2);
        let refusal = "Additional properties are not allowed (u'serviceDataToSave' was unexpected)";
        let mut document = whole.clone();
        assert!(!keep_nothing(
            &mut document,
            "a workflow of this name exists"
        ));
        assert_eq!(document, whole);
        assert!(keep_nothing(&mut document, refusal));
        let method = &document["tasks"]["job-1"]["methods"][0];
        assert_eq!(method.get("serviceDataToSave"), None);
        assert_eq!(method["parameters"]["commandLine"], json!(["true"]));
        assert!(!keep_nothing(&mut document, refusal));
        assert!(!keep_nothing(&mut without_jobs("b"), refusal));
    }
}
