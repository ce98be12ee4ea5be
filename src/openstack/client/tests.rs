//! One exchange at a time on a real socket, each as a cloud was seen to answer.

use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Call, Cloud, Service};
use crate::error::{Failure, Kind};
use crate::openstack::credentials::from_env_and_clouds;
use crate::openstack::error::CloudError;
use crate::openstack::stack::{NewStack, StackRef};
use crate::ui::reporter::Reporter;

fn token(server: &MockServer, token: &str) -> ResponseTemplate {
    let endpoint = |kind: &str, path: &str| {
        json!({"type": kind, "endpoints": [
            {"interface": "public", "region": "one", "url": format!("{}{path}", server.uri())}]})
    };
    ResponseTemplate::new(201)
        .insert_header("X-Subject-Token", token)
        .set_body_json(json!({"token": {
            "user": {"id": "u1", "name": "demo"}, "project": {"id": "p1", "name": "demo"},
            "issued_at": "2026-11-22T12:00:00.000000Z", "expires_at": "2026-11-22T13:00:00.000000Z",
            "catalog": [endpoint("orchestration", "/heat/v1/p1"), endpoint("image", "/image")],
        }}))
}

async fn logs_in(server: &MockServer, name: &str, times: u64) {
    Mock::given(method("POST"))
        .and(path("/v3/auth/tokens"))
        .respond_with(token(server, name))
        .up_to_n_times(times)
        .mount(server)
        .await;
}

async fn connect(server: &MockServer) -> Result<Cloud, CloudError> {
    let url = server.uri();
    let env = |name: &str| match name {
        "OS_AUTH_URL" => Some(url.clone()),
        "OS_USERNAME" | "OS_PASSWORD" | "OS_PROJECT_NAME" => Some("demo".to_owned()),
        _ => None,
    };
    let credentials = from_env_and_clouds(&env).expect("complete");
    Cloud::connect(credentials, Reporter::silent()).await
}

async fn answers(server: &MockServer, at: &str, answer: ResponseTemplate, times: u64) {
    Mock::given(path(at))
        .respond_with(answer)
        .up_to_n_times(times)
        .mount(server)
        .await;
}

const STACKS: &str = "/heat/v1/p1/stacks";

fn stacks(names: &[&str], tags: &str) -> ResponseTemplate {
    let stack = |name: &&str| {
        json!({"id": "1", "stack_name": name, "stack_status": "CREATE_IN_PROGRESS",
            "creation_time": "2026-11-22T12:00:00Z", "tags": [tags]})
    };
    let all: Vec<Value> = names.iter().map(stack).collect();
    ResponseTemplate::new(200).set_body_json(json!({"stacks": all}))
}

#[tokio::test]
async fn many_refused_requests_log_in_once_and_are_replayed() {
    let server = MockServer::start().await;
    logs_in(&server, "old", 1).await;
    logs_in(&server, "new", 1).await;
    let refused =
        ResponseTemplate::new(401).set_body_string("<html>Authentication required</html>");
    Mock::given(path(STACKS))
        .and(header("X-Auth-Token", "old"))
        .respond_with(refused)
        .mount(&server)
        .await;
    Mock::given(path(STACKS))
        .and(header("X-Auth-Token", "new"))
        .respond_with(stacks(&["a"], "t"))
        .mount(&server)
        .await;
    let cloud = connect(&server).await.expect("logged in");
    let heat = cloud.heat();
    let (a, b, c) = tokio::join!(heat.stacks(&[]), heat.stacks(&[]), heat.stacks(&[]));
    for one in [a, b, c] {
        assert_eq!(one.expect("replayed").len(), 1);
    }
    assert_eq!(cloud.call_count().of(Service::Identity), 2);
    assert_eq!(cloud.call_count().of(Service::Orchestration), 6);
}

#[tokio::test]
async fn long_work_begins_with_a_new_token() {
    let server = MockServer::start().await;
    logs_in(&server, "old", 1).await;
    logs_in(&server, "new", 1).await;
    Mock::given(path(STACKS))
        .and(header("X-Auth-Token", "new"))
        .respond_with(stacks(&["a"], "t"))
        .expect(1)
        .mount(&server)
        .await;
    let cloud = connect(&server).await.expect("logged in");
    cloud.renew().await.expect("logged in again");
    cloud.heat().stacks(&[]).await.expect("answered");
}

#[tokio::test]
async fn a_second_refusal_means_what_it_says() {
    let server = MockServer::start().await;
    logs_in(&server, "any", 9).await;
    answers(&server, STACKS, ResponseTemplate::new(401), 9).await;
    let cloud = connect(&server).await.expect("logged in");
    let error = cloud.heat().stacks(&[]).await.expect_err("refused");
    assert_eq!(error.status(), Some(401));
    assert_eq!(cloud.call_count().total(), 4);
}

/// The exit code where credentials are refused at the second question, with a write
/// between both or without.
async fn refused_later(write: bool) -> Kind {
    let server = MockServer::start().await;
    logs_in(&server, "any", 1).await;
    let refused = ResponseTemplate::new(401);
    answers(&server, "/v3/auth/tokens", refused.clone(), 9).await;
    answers(&server, STACKS, stacks(&[], "t"), 1).await;
    let signal = format!("{STACKS}/a/1/resources/r/signal");
    answers(&server, &signal, ResponseTemplate::new(200), 1).await;
    answers(&server, STACKS, refused, 9).await;
    let cloud = connect(&server).await.expect("logged in");
    let heat = cloud.heat();
    heat.stacks(&[]).await.expect("the first question");
    if write {
        let stack = StackRef {
            name: "a".to_owned(),
            id: "1".to_owned(),
        };
        let signalled = heat.signal(&stack, "r", &json!({})).await;
        signalled.expect("accepted");
    }
    let error = heat.stacks(&[]).await.expect_err("refused");
    Failure::from(error).kind()
}

#[tokio::test]
async fn credentials_refused_in_the_midst_of_a_change_are_no_bad_input() {
    assert_eq!(refused_later(false).await, Kind::Usage);
    assert_eq!(refused_later(true).await, Kind::Failed);
}

#[tokio::test]
async fn a_wrong_password_says_who_and_where_and_no_secret() {
    let server = MockServer::start().await;
    let body = json!({"error": {"code": 401, "message": "The request you have made requires authentication."}});
    let refused = ResponseTemplate::new(401)
        .insert_header("x-openstack-request-id", "req-1")
        .set_body_json(body);
    answers(&server, "/v3/auth/tokens", refused, 9).await;
    let error = connect(&server).await.err().expect("refused").to_string();
    let expected = "does not accept user `demo` with this password in project `demo`: The request you have made requires authentication. (req-1)";
    assert!(error.ends_with(expected), "{error}");
}

#[tokio::test]
async fn a_busy_service_is_asked_again_and_a_broken_page_is_readable() {
    let server = MockServer::start().await;
    logs_in(&server, "any", 1).await;
    let busy = ResponseTemplate::new(503).insert_header("Retry-After", "0");
    answers(&server, STACKS, busy, 1).await;
    answers(&server, STACKS, stacks(&["a"], "t"), 1).await;
    let page = "<html><head><title>x</title></head><body><h1>Welcome</h1></body></html>";
    let page = ResponseTemplate::new(200).set_body_raw(page, "text/html");
    answers(
        &server,
        STACKS,
        page.insert_header("x-openstack-request-id", "req-2"),
        1,
    )
    .await;
    answers(
        &server,
        STACKS,
        ResponseTemplate::new(200).set_body_string(r#"{"stacks": [{"id""#),
        1,
    )
    .await;
    let cloud = connect(&server).await.expect("logged in");
    assert_eq!(cloud.heat().stacks(&[]).await.map(|all| all.len()), Ok(1));
    let html = cloud
        .heat()
        .stacks(&[])
        .await
        .expect_err("a page")
        .to_string();
    assert!(
        html.ends_with(
            "200 with an unreadable answer: an HTML page instead of JSON: Welcome (req-2)"
        ),
        "{html}"
    );
    let cut = cloud
        .heat()
        .stacks(&[])
        .await
        .expect_err("half of it")
        .to_string();
    assert!(
        cut.ends_with("200 with an unreadable answer: the JSON ends after 17 bytes"),
        "{cut}"
    );
}

#[tokio::test]
async fn a_redirect_gives_its_path_and_its_host_gets_no_request() {
    let server = MockServer::start().await;
    logs_in(&server, "any", 1).await;
    let moved = ResponseTemplate::new(302).insert_header(
        "Location",
        "http://internal.invalid:8004/v1/p1/stacks/a/1-2",
    );
    answers(&server, "/heat/v1/p1/stacks/a", moved, 2).await;
    let cloud = connect(&server).await.expect("logged in");
    let found = cloud
        .heat()
        .resolve("a")
        .await
        .expect("a redirect with both");
    assert_eq!((found.name.as_str(), found.id.as_str()), ("a", "1-2"));
    let call = Call::read(Service::Orchestration, "/stacks/a");
    let error = cloud
        .ask::<Value>(&call)
        .await
        .expect_err("a redirect is no answer");
    assert_eq!(error.status(), Some(302));
}

fn new_stack() -> NewStack {
    NewStack {
        name: "a".to_owned(),
        template: json!({}),
        files: serde_json::Map::new(),
        parameters: serde_json::Map::new(),
        tags: vec!["mine".to_owned()],
        timeout_mins: 1,
        disable_rollback: true,
    }
}

#[tokio::test]
async fn a_creation_whose_answer_was_lost_finds_its_own_stack() {
    let server = MockServer::start().await;
    logs_in(&server, "any", 1).await;
    Mock::given(method("POST"))
        .and(path(STACKS))
        .respond_with(ResponseTemplate::new(504))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path(STACKS))
        .respond_with(stacks(&["a"], "mine"))
        .mount(&server)
        .await;
    let cloud = connect(&server).await.expect("logged in");
    let stack = cloud.heat().create(&new_stack()).await.expect("found");
    assert_eq!(stack.id, "1");
}

#[tokio::test]
async fn a_removal_whose_answer_was_lost_is_not_asked_for_twice() {
    let server = MockServer::start().await;
    logs_in(&server, "any", 1).await;
    let stack = StackRef {
        name: "a".to_owned(),
        id: "1".to_owned(),
    };
    let at = format!("{STACKS}/a/1");
    Mock::given(method("DELETE"))
        .and(path(&at))
        .respond_with(ResponseTemplate::new(504))
        .expect(1)
        .mount(&server)
        .await;
    let going = json!({"stack": {"id": "1", "stack_name": "a", "stack_status": "DELETE_IN_PROGRESS",
        "creation_time": "2026-11-22T12:00:00Z"}});
    let going = ResponseTemplate::new(200).set_body_json(going);
    Mock::given(method("GET"))
        .and(path(&at))
        .respond_with(going)
        .mount(&server)
        .await;
    let cloud = connect(&server).await.expect("logged in");
    assert_eq!(cloud.heat().delete(&stack).await, Ok(()));
}

#[tokio::test]
async fn a_stack_of_that_name_without_our_tag_is_not_ours() {
    let server = MockServer::start().await;
    logs_in(&server, "any", 1).await;
    Mock::given(method("POST"))
        .and(path(STACKS))
        .respond_with(ResponseTemplate::new(504))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path(STACKS))
        .respond_with(stacks(&["a"], "other"))
        .mount(&server)
        .await;
    let cloud = connect(&server).await.expect("logged in");
    let error = cloud
        .heat()
        .create(&new_stack())
        .await
        .expect_err("somebody else's");
    assert_eq!(error.status(), Some(504));
}

#[tokio::test]
async fn a_given_token_is_looked_up_and_never_renewed_by_guessing() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/v3/auth/tokens"))
        .and(header("X-Subject-Token", "given"))
        .respond_with(token(&server, "given"))
        .mount(&server)
        .await;
    let url = server.uri();
    let env = |name: &str| match name {
        "OS_AUTH_URL" => Some(url.clone()),
        "OS_TOKEN" => Some("given".to_owned()),
        _ => None,
    };
    let credentials = from_env_and_clouds(&env).expect("complete");
    let cloud = Cloud::connect(credentials, Reporter::silent())
        .await
        .expect("looked up");
    let token: SecretString = cloud.token().await.expect("the given one");
    assert_eq!(secrecy::ExposeSecret::expose_secret(&token), "given");
    assert_eq!(cloud.project_id().await.as_deref(), Ok("p1"));
}
