//! For tests: a cloud that is a script. Logging in works; the rest is Heat's, and a
//! function answers it.

use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::openstack::client::Cloud;
use crate::openstack::credentials::from_env_and_clouds;
use crate::openstack::stack::StackRef;
use crate::ui::reporter::Reporter;

/// A cloud whose Heat is `heat`; it is there as long as the server is.
pub(crate) async fn cloud(
    heat: impl Fn(&Request) -> ResponseTemplate + Send + Sync + 'static,
) -> (MockServer, Cloud) {
    let server = MockServer::start().await;
    let answer = move |request: &Request| {
        if request.url.path().ends_with("/auth/tokens") {
            token(request)
        } else {
            heat(request)
        }
    };
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let url = format!("{}/v3", server.uri());
    let env = |name: &str| match name {
        "OS_AUTH_URL" => Some(url.clone()),
        "OS_USERNAME" | "OS_PASSWORD" | "OS_PROJECT_NAME" => Some("demo".to_owned()),
        _ => None,
    };
    let credentials = from_env_and_clouds(&env).unwrap();
    let cloud = Cloud::connect(credentials, Reporter::silent()).await;
    (server, cloud.unwrap())
}

/// The stack `a`.
pub(crate) fn stack_a() -> StackRef {
    StackRef {
        name: "a".to_owned(),
        id: "1".to_owned(),
    }
}

/// Heat's answer that shows the stack `a`.
pub(crate) fn shown(status: &str) -> ResponseTemplate {
    let stack = json!({"id": "1", "stack_name": "a", "stack_status": status,
        "creation_time": "2026-11-22T12:00:00Z"});
    ResponseTemplate::new(200).set_body_json(json!({"stack": stack}))
}

fn token(request: &Request) -> ResponseTemplate {
    let host = request.headers["host"].to_str().unwrap();
    let url = format!("http://{host}/heat");
    let endpoint = json!({"interface": "public", "region": "one", "url": url});
    ResponseTemplate::new(201)
        .insert_header("X-Subject-Token", "t")
        .set_body_json(json!({"token": {
            "user": {"id": "u1", "name": "demo"}, "project": {"id": "p1", "name": "demo"},
            "issued_at": "2026-11-22T12:00:00.000000Z", "expires_at": "2026-11-22T13:00:00.000000Z",
            "catalog": [{"type": "orchestration", "endpoints": [endpoint]}],
        }}))
}
