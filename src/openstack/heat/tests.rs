use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, json};
use wiremock::ResponseTemplate;

use crate::openstack::scripted::{cloud, shown, stack_a};
use crate::openstack::stack::NewStack;

/// How often a stack is looked at before it counts as made, where the looks in
/// `unknown` are answered by a Heat that does not know it.
async fn looks(unknown: &'static [usize]) -> usize {
    let looks = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&looks);
    let (_server, cloud) = cloud(move |request| {
        if request.method.as_str() == "POST" {
            return ResponseTemplate::new(201).set_body_json(json!({"stack": {"id": "1"}}));
        }
        if unknown.contains(&count.fetch_add(1, Ordering::Relaxed)) {
            return ResponseTemplate::new(404);
        }
        shown("CREATE_IN_PROGRESS")
    })
    .await;
    let new = NewStack {
        name: "a".to_owned(),
        template: json!({}),
        files: Map::new(),
        parameters: Map::new(),
        tags: Vec::new(),
        timeout_mins: 1,
        disable_rollback: true,
    };
    assert_eq!(cloud.heat().create(&new).await, Ok(stack_a()));
    looks.load(Ordering::Relaxed)
}

#[tokio::test]
async fn a_new_stack_that_not_every_heat_knows_yet_is_not_gone() {
    assert_eq!(looks(&[]).await, 1);
    assert_eq!(looks(&[0]).await, 4);
    assert_eq!(looks(&[0, 2]).await, 6);
}
