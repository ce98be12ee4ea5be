//! A Heat that is a script: stacks by name without a unique name, as Heat has them.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use wiremock::{MockServer, Request, Respond, ResponseTemplate};

use super::state::{lock_name, look};
use super::{Claim, Lease, LockError, holding};
use crate::apply::lock::remove::remove;
use crate::error::{Failure, Kind};
use crate::name::{EnvName, StackName};
use crate::openstack::client::Cloud;
use crate::openstack::scripted;
use crate::openstack::stack::StackRef;

const NOW: &str = "Sun, 22 Nov 2026 12:10:00 GMT";
const JUST: &str = "2026-11-22T12:10:00Z";
const LONG_AGO: &str = "2026-11-22T12:00:00Z";

#[derive(Default)]
struct Stacks {
    made: usize,
    there: Vec<Value>,
    /// A creation that is a moment later than ours, and which Heat did not notice.
    rival: bool,
}

#[derive(Clone, Default)]
struct Heat(Arc<Mutex<Stacks>>);

impl Heat {
    fn put(&self, holder: &str, since: &str) {
        let template = json!({"outputs": {"lock": {"value": {"id": holder, "by": holder}}}});
        let mut stacks = self.0.lock().unwrap();
        let stack = stack(
            &mut stacks.made,
            &json!({"tags": "ptero-lock", "template": template}),
            since,
        );
        stacks.there.push(stack);
    }

    /// Who holds what is there.
    fn holders(&self) -> Vec<String> {
        let stacks = self.0.lock().unwrap();
        let by = |stack: &Value| {
            stack["outputs"][0]["output_value"]["by"]
                .as_str()
                .map(str::to_owned)
        };
        stacks.there.iter().filter_map(by).collect()
    }
}

fn stack(made: &mut usize, new: &Value, since: &str) -> Value {
    *made += 1;
    let tags: Vec<&str> = new["tags"]
        .as_str()
        .unwrap_or_default()
        .split(',')
        .collect();
    json!({"id": format!("id-{made}"), "stack_name": "a-lock", "stack_status": "CREATE_COMPLETE",
        "tags": tags, "creation_time": since, "updated_time": null, "outputs": outputs(new)})
}

fn outputs(new: &Value) -> Value {
    json!([{"output_key": "lock", "output_value": new["template"]["outputs"]["lock"]["value"]}])
}

impl Respond for Heat {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut guard = self.0.lock().unwrap();
        let stacks = &mut *guard;
        let path = request.url.path();
        let body = || serde_json::from_slice::<Value>(&request.body).unwrap();
        let at = path.rsplit('/').next().unwrap();
        let at = stacks.there.iter().position(|one| one["id"] == at);
        let ok = |status: u16| ResponseTemplate::new(status).insert_header("Date", NOW);
        match (request.method.as_str(), at) {
            ("POST", _) if !stacks.there.is_empty() => ok(409),
            ("POST", _) => {
                let new = stack(&mut stacks.made, &body(), JUST);
                let id = new["id"].clone();
                stacks.there.push(new);
                if stacks.rival {
                    let rival = json!({"tags": "ptero-lock", "template":
                        {"outputs": {"lock": {"value": {"id": "r", "by": "rival@desk"}}}}});
                    stacks.there.push(stack(&mut stacks.made, &rival, JUST));
                }
                ok(201).set_body_json(json!({"stack": {"id": id}}))
            }
            ("GET", _) if path.ends_with("/stacks") => {
                ok(200).set_body_json(json!({"stacks": stacks.there}))
            }
            (_, None) => ok(404),
            ("GET", Some(at)) => ok(200).set_body_json(json!({"stack": stacks.there[at]})),
            ("PATCH", Some(at)) => {
                stacks.there[at]["outputs"] = outputs(&body());
                stacks.there[at]["updated_time"] = json!(JUST);
                ok(202).set_body_string("202 Accepted")
            }
            (_, Some(at)) => {
                stacks.there.remove(at);
                ok(204)
            }
        }
    }
}

async fn cloud() -> (MockServer, Heat, Cloud) {
    let heat = Heat::default();
    let answers = heat.clone();
    let (server, cloud) = scripted::cloud(move |request| answers.respond(request)).await;
    (server, heat, cloud)
}

fn name() -> StackName {
    StackName::new("a").unwrap()
}

fn claim() -> Claim {
    Claim {
        env: EnvName::new("staging").unwrap(),
        command: "ptero-deploy stack delete staging".to_owned(),
        step: "first".to_owned(),
    }
}

#[tokio::test]
async fn one_holds_it_the_other_is_told_and_nothing_stays() {
    let (_server, heat, cloud) = cloud().await;
    let lease = Lease::take(&cloud, &name(), claim()).await.unwrap();
    lease.step("canary").await.unwrap();
    lease.check().await.unwrap();
    let refused = Lease::take(&cloud, &name(), claim()).await.err().unwrap();
    let failure = Failure::from(refused);
    assert_eq!(failure.kind(), Kind::Locked);
    let told = failure.to_string();
    for part in [
        "`staging`",
        JUST,
        "stack delete staging",
        "`canary`",
        &*std::process::id().to_string(),
    ] {
        assert!(told.contains(part), "{told}");
    }
    assert!(
        failure
            .hints()
            .iter()
            .any(|hint| hint.contains("lock break staging"))
    );
    lease.release().await.unwrap();
    assert_eq!(look(&cloud, &name()).await, Ok(None));
    assert!(heat.holders().is_empty());
}

#[tokio::test]
async fn a_lock_that_nobody_renews_is_taken_over() {
    let (_server, heat, cloud) = cloud().await;
    heat.put("dead@desk", LONG_AGO);
    let lease = Lease::take(&cloud, &name(), claim()).await.unwrap();
    assert_eq!(heat.holders().len(), 1);
    assert_ne!(heat.holders()[0], "dead@desk");
    lease.release().await.unwrap();
}

#[tokio::test]
async fn who_lost_it_is_stopped_and_leaves_the_next_ones_alone() {
    let (_server, heat, cloud) = cloud().await;
    let lease = Lease::take(&cloud, &name(), claim()).await.unwrap();
    let broken = look(&cloud, &name()).await.unwrap().unwrap();
    remove(&cloud, &broken.stack.reference()).await.unwrap();
    heat.put("next@desk", JUST);
    let lost = lease.check().await.unwrap_err();
    assert!(
        matches!(&lost, LockError::Lost { by: Some(by), .. } if by == "next@desk"),
        "{lost}"
    );
    assert_eq!(lease.step("more").await, Err(lost), "it stays lost");
    lease.release().await.unwrap();
    assert_eq!(heat.holders(), ["next@desk"]);
}

#[tokio::test]
async fn of_two_that_heat_let_in_at_once_one_gives_way() {
    let (_server, heat, cloud) = cloud().await;
    heat.0.lock().unwrap().rival = true;
    let refused = Lease::take(&cloud, &name(), claim()).await.err().unwrap();
    assert!(refused.to_string().contains("rival@desk"), "{refused}");
    assert_eq!(heat.holders(), ["rival@desk"]);
}

#[tokio::test]
async fn a_stack_that_is_no_lock_is_not_touched() {
    let (_server, heat, cloud) = cloud().await;
    heat.put("x", LONG_AGO);
    heat.0.lock().unwrap().there[0]["tags"] = json!(["mine"]);
    let refused = Lease::take(&cloud, &name(), claim()).await.err().unwrap();
    assert_eq!(
        refused,
        LockError::Foreign {
            name: lock_name(&name())
        }
    );
    assert_eq!(heat.holders(), ["x"]);
}

#[tokio::test]
async fn it_is_given_back_after_a_failure_and_a_second_removal_is_none() {
    let (_server, heat, cloud) = cloud().await;
    let stack = name();
    let failed = holding(&cloud, &stack, claim(), async |_| {
        Err::<(), _>(Failure::new(Kind::TimedOut, "the work"))
    });
    assert_eq!(failed.await.unwrap_err().kind(), Kind::TimedOut);
    assert!(heat.holders().is_empty());
    let gone = StackRef {
        name: "a-lock".to_owned(),
        id: "id-1".to_owned(),
    };
    assert_eq!(remove(&cloud, &gone).await, Ok(()));
}
