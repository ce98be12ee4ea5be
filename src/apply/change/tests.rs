use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use super::{Change, change, undo};
use crate::apply::error::StackError;
use crate::apply::lock::{Claim, Lease, LockError};
use crate::name::{EnvName, StackName};
use crate::openstack::client::Cloud;
use crate::openstack::scripted::{cloud, shown, stack_a};
use crate::openstack::stack_status::StackStatus;
use crate::template::Template;

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// The lock of the stack `a`; none where it is not there.
fn lock(request: &Request, there: bool) -> Option<ResponseTemplate> {
    let lock = json!({"id": "2", "stack_name": "a-lock", "stack_status": "CREATE_COMPLETE",
        "tags": ["ptero-lock"], "creation_time": "2026-11-22T12:00:00Z"});
    let path = request.url.path();
    let made = request.method.as_str() == "POST";
    match path.rsplit_once("/stacks")?.1 {
        "" if made => Some(ok(&json!({"stack": lock}))),
        "" if there => Some(ok(&json!({"stacks": [lock]}))),
        "" => Some(ok(&json!({"stacks": []}))),
        "/a-lock/2" if there => Some(ok(&json!({"stack": lock}))),
        "/a-lock/2" => Some(ResponseTemplate::new(404)),
        _ => None,
    }
}

async fn lease(cloud: &Cloud) -> Lease {
    let claim = Claim {
        env: EnvName::new("staging").unwrap(),
        command: String::new(),
        step: String::new(),
    };
    let name = StackName::new("a").unwrap();
    Lease::take(cloud, &name, claim).await.unwrap()
}

fn template() -> Template {
    Template {
        json: json!({"resources": {}}),
        files: indexmap::IndexMap::new(),
        digest: "d".to_owned(),
        members: Vec::new(),
        tags: Vec::new(),
    }
}

#[tokio::test]
async fn a_lock_that_is_lost_while_a_change_is_prepared_stops_it() {
    let held = AtomicBool::new(true);
    let writes = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&writes);
    let (_server, cloud) = cloud(move |request| {
        if let Some(answer) = lock(request, held.load(Ordering::Relaxed)) {
            return answer;
        }
        let path = request.url.path();
        match request.method.as_str() {
            "GET" if path.ends_with("/resources") => {
                // Somebody breaks it at this moment.
                held.store(false, Ordering::Relaxed);
                ok(&json!({"resources": []}))
            }
            "GET" if path.ends_with("/a/1") => shown("UPDATE_COMPLETE"),
            "GET" => ok(&json!({"events": []})),
            _ => {
                seen.fetch_add(1, Ordering::Relaxed);
                ResponseTemplate::new(202)
            }
        }
    })
    .await;
    let (stack, lease, template) = (stack_a(), lease(&cloud).await, template());
    let what = Change {
        stack: &stack,
        lease: &lease,
        template: &template,
        goes_back: true,
        timeout_mins: 1,
        server_deadline: Duration::from_secs(60),
    };
    let error = change(&cloud, &what, std::future::ready(())).await;
    assert!(
        matches!(&error, Err(StackError::Lock(LockError::Lost { .. }))),
        "{error:?}"
    );
    assert_eq!(writes.load(Ordering::Relaxed), 0);
}

/// Gives an update up that Heat answers by `cancel`, the requests counted from 0; the
/// stack is `before` until the first of them, and `after` from then on.
async fn given_up(
    cancel: impl Fn(usize) -> ResponseTemplate + Send + Sync + 'static,
    (before, after): (&'static str, &'static str),
) -> (Result<StackStatus, StackError>, usize) {
    let asked = Arc::new(AtomicUsize::new(0));
    let times = Arc::clone(&asked);
    let (_server, cloud) = cloud(move |request| {
        if let Some(answer) = lock(request, true) {
            return answer;
        }
        let path = request.url.path();
        match request.method.as_str() {
            "POST" if path.ends_with("/actions") => cancel(times.fetch_add(1, Ordering::Relaxed)),
            "GET" if path.ends_with("/events") => ok(&json!({"events": []})),
            "GET" if path.ends_with("/resources") => ok(&json!({"resources": []})),
            "GET" if path.ends_with("/a/1") => shown(match times.load(Ordering::Relaxed) {
                0 => before,
                _ => after,
            }),
            _ => ResponseTemplate::new(404),
        }
    })
    .await;
    let lease = lease(&cloud).await;
    let stack = undo(&cloud, &lease, &stack_a(), 1).await;
    let asked = asked.load(Ordering::Relaxed);
    (stack.map(|stack| stack.status), asked)
}

#[track_caller]
fn is(given_up: (Result<StackStatus, StackError>, usize), status: &str, asked: usize) {
    let (ended, times) = given_up;
    assert_eq!(ended.unwrap(), StackStatus::parse(status));
    assert_eq!(times, asked);
}

#[tokio::test]
async fn an_update_is_given_up_once_whatever_becomes_of_the_answer() {
    let statuses = ("UPDATE_IN_PROGRESS", "ROLLBACK_COMPLETE");
    let lost = given_up(|_| ResponseTemplate::new(504), statuses).await;
    is(lost, "ROLLBACK_COMPLETE", 1);
    let refused = given_up(|_| ResponseTemplate::new(400), statuses).await;
    is(refused, "ROLLBACK_COMPLETE", 1);
}

#[tokio::test]
async fn an_update_that_ended_before_it_could_be_given_up_stands() {
    let statuses = ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE");
    let late = given_up(|_| ResponseTemplate::new(400), statuses).await;
    is(late, "UPDATE_COMPLETE", 1);
    let statuses = ("UPDATE_COMPLETE", "UPDATE_COMPLETE");
    let ended = given_up(|_| ResponseTemplate::new(400), statuses).await;
    is(ended, "UPDATE_COMPLETE", 0);
}

#[tokio::test]
async fn what_heat_refuses_though_the_update_goes_on_is_an_error() {
    let statuses = ("UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS");
    let (refused, asked) = given_up(|_| ResponseTemplate::new(400), statuses).await;
    assert!(matches!(refused, Err(StackError::Cloud(_))), "{refused:?}");
    assert_eq!(asked, 1);
}
