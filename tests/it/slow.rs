//! The slow tests lose no job of their own, whatever happens to single
//! requests, and tell of every job that a deployment lost or ran twice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ptero_deploy::ui::reporter::Reporter;
use ptero_deploy::verify::slow::command;
use ptero_deploy::verify::slow::ledger::{JobVerdict, Ledger};
use ptero_deploy::verify::slow::limits::SlowLimits;
use ptero_deploy::verify::slow::plan::Plan;
use ptero_deploy::verify::slow::run_id::RunId;
use ptero_deploy::verify::slow::start::{Options, start, take_up};
use ptero_deploy::verify::target::{JobTarget, Target};
use serde_json::{Value, json};
use url::Url;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const JOBS: usize = 4;

const LIMITS: SlowLimits = SlowLimits {
    request: Duration::from_secs(1),
    patience: Duration::from_secs(2),
    pause: Duration::from_millis(20),
    batch: 3,
    grace: Duration::from_millis(1500),
};

/// Longer than a request may take.
const TOO_LATE: Duration = Duration::from_millis(1500);

/// What happens; where it happens to one job only, that is the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Story {
    Works,
    NoAnswerThoughTaken,
    ErrorThoughTaken,
    ErrorAndNotTaken,
    ErrorsForLong,
    Refused,
    LooksFail,
    LedgerFailsForAWhile,
    LedgerMissing,
    LedgerBreaks,
    LedgerBeginsAnew,
    WorkflowFails,
    WorkflowVanishes,
    NoEnd,
    RunTwice,
    NeverEnds,
}

#[derive(Default)]
struct Seen {
    workflows: BTreeMap<String, Workflow>,
    lines: Vec<(String, Value)>,
    posts: BTreeMap<String, usize>,
    looks: usize,
    ledger_reads: usize,
    forgotten: usize,
}

struct Workflow {
    number: usize,
    place: String,
    length: Duration,
    began: Instant,
}

#[derive(Clone)]
struct Deployment {
    story: Story,
    began: Instant,
    seen: Arc<Mutex<Seen>>,
}

impl Respond for Deployment {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut seen = self.seen.lock().expect("no test panics here");
        let path = request.url.path();
        match request.method.as_str() {
            "POST" if path == "/v1/workflows" => self.submit(&mut seen, &request.body),
            "POST" => self.tell(&mut seen, path),
            "GET" if path.starts_with("/-/ledger/") => self.ledger(&mut seen, path),
            "GET" => self.look(&mut seen, request),
            _ => {
                let number = path.rsplit('/').next().unwrap();
                let other = |_: &String, one: &mut Workflow| one.number.to_string() != number;
                seen.workflows.retain(other);
                seen.forgotten += 1;
                ResponseTemplate::new(200)
            }
        }
    }
}

fn status(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status)
}

impl Deployment {
    fn submit(&self, seen: &mut Seen, body: &[u8]) -> ResponseTemplate {
        let document: Value = serde_json::from_slice(body).expect("documents are JSON");
        let name = document["name"].as_str().expect("a name").to_owned();
        let number: usize = name.rsplit('-').next().unwrap().parse().unwrap();
        let tries = seen.posts.entry(name.clone()).or_default();
        *tries += 1;
        let first = *tries == 1 && number == 2;
        match self.story {
            Story::ErrorAndNotTaken if first => return status(503),
            Story::ErrorsForLong if number == 2 => return status(500),
            Story::Refused if number == 2 => return status(400).set_body_string("no"),
            _ => {}
        }
        if seen.workflows.contains_key(&name) {
            return status(400).set_body_json(json!({"error": "exists"}));
        }
        let line = &document["tasks"]["job-0"]["methods"][0]["parameters"]["commandLine"];
        let seconds: f64 = line[4].as_str().expect("a length").parse().unwrap();
        let workflow = Workflow {
            number,
            place: line[3].as_str().expect("a place").to_owned(),
            length: Duration::from_secs_f64(seconds),
            began: Instant::now(),
        };
        seen.workflows.insert(name, workflow);
        match self.story {
            Story::NoAnswerThoughTaken if first => status(201).set_delay(TOO_LATE),
            Story::ErrorThoughTaken if first => status(504),
            _ => status(201),
        }
    }

    fn look(&self, seen: &mut Seen, request: &Request) -> ResponseTemplate {
        let (_, name) = request.url.query_pairs().next().expect("a name");
        seen.looks += 1;
        if self.story == Story::LooksFail && seen.looks % 2 == 1 {
            return status(503);
        }
        let Some(workflow) = seen.workflows.get(name.as_ref()) else {
            return status(404);
        };
        let second = workflow.number == 2;
        if self.story == Story::WorkflowVanishes && second {
            return status(404);
        }
        let over = workflow.began.elapsed() > workflow.length;
        let text = match self.story {
            Story::NeverEnds if second => "running",
            Story::WorkflowFails if over && second => "failed",
            _ if over => "succeeded",
            _ => "running",
        };
        let details = format!(
            "http://advertised.invalid/v1/reports/x?workflow_id={}",
            workflow.number
        );
        let reports = json!({"workflow-details": details});
        status(200).set_body_json(json!({"name": name, "status": text, "reports": reports}))
    }

    fn tell(&self, seen: &mut Seen, path: &str) -> ResponseTemplate {
        let parts: Vec<&str> = path.split('/').collect();
        let line = line(self.began.elapsed(), parts[4], parts[5], parts[6]);
        let known = |(_, known): &(String, Value)| known["attempt"] == line["attempt"];
        if !seen.lines.iter().any(known) {
            seen.lines.push((parts[3].to_owned(), line));
        }
        status(204)
    }

    fn ledger(&self, seen: &mut Seen, path: &str) -> ResponseTemplate {
        seen.ledger_reads += 1;
        let reads = seen.ledger_reads;
        match self.story {
            Story::LedgerMissing => return status(404),
            Story::LedgerFailsForAWhile if (3..6).contains(&reads) => return status(503),
            Story::LedgerBreaks if reads > 3 => return status(503),
            _ => {}
        }
        let run = path.rsplit('/').next().unwrap();
        let told = seen.lines.iter().filter(|(of, _)| of == run);
        let mut lines: Vec<Value> = told.map(|(_, line)| line.clone()).collect();
        let of_run = |one: &&Workflow| one.place.contains(run);
        for workflow in seen.workflows.values().filter(of_run) {
            let job = workflow.place.rsplit('/').next().unwrap();
            let began = workflow.began - self.began;
            lines.push(line(began, job, "start", "a"));
            if self.story == Story::RunTwice && workflow.number == 2 {
                lines.push(line(began, job, "start", "b"));
            }
            let no_end = self.story == Story::NoEnd && workflow.number == 2;
            if workflow.began.elapsed() > workflow.length && !no_end {
                lines.push(line(began + workflow.length, job, "end", "a"));
            }
        }
        let all_ended = seen
            .workflows
            .values()
            .all(|one| one.began.elapsed() > one.length * 2);
        if self.story == Story::LedgerBeginsAnew && seen.workflows.len() == JOBS && all_ended {
            lines.clear();
        }
        let text: String = lines
            .iter()
            .flat_map(|line| [line.to_string(), "\n".to_owned()])
            .collect();
        status(200).set_body_string(text)
    }
}

fn line(at: Duration, job: &str, event: &str, attempt: &str) -> Value {
    json!({"at_ms": u64::try_from(at.as_millis()).unwrap(), "job": job, "event": event,
        "attempt": attempt, "host": "worker-0"})
}

struct Scene {
    server: MockServer,
    deployment: Deployment,
}

async fn scene(story: Story) -> Scene {
    let deployment = Deployment {
        story,
        began: Instant::now(),
        seen: Arc::default(),
    };
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(deployment.clone())
        .mount(&server)
        .await;
    Scene { server, deployment }
}

impl Scene {
    fn target(&self) -> Target {
        let url = Url::parse(&self.server.uri()).expect("a URL");
        Target {
            gateway: url.clone(),
            workflow: url,
            services: Vec::new(),
            doors: Vec::new(),
            jobs: Some(JobTarget {
                service_url: "http://10.0.0.4:5000/v1".into(),
                user: "ptero-job".into(),
                members: Vec::new(),
            }),
        }
    }
}

fn options(run: &RunId) -> Options {
    Options {
        run: run.clone(),
        plan: Plan::spread(Duration::from_millis(400), JOBS),
        limits: LIMITS,
    }
}

async fn told(scene: &Scene) -> Ledger {
    let run = RunId::random(1, 4);
    let slow = start(&scene.target(), options(&run), &Reporter::silent()).await;
    slow.expect("it begins").finish().await
}

/// What is not clean in `story`, and how many requests failed.
#[track_caller]
fn case(story: Story, expected: &[&str], failed: std::ops::RangeInclusive<usize>) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (ledger, forgotten) = runtime.block_on(async {
        let scene = scene(story).await;
        let ledger = told(&scene).await;
        let seen = scene.deployment.seen.lock().unwrap();
        assert!(seen.posts.values().all(|tries| *tries < 100));
        (ledger, seen.forgotten)
    });
    let reasons = ledger.reasons();
    assert_eq!(reasons.len(), expected.len(), "{story:?}: {reasons:#?}");
    for (reason, part) in reasons.iter().zip(expected) {
        assert!(reason.contains(part), "{story:?}: {reason}");
    }
    let requests = ledger.failed_requests;
    assert!(
        failed.contains(&requests),
        "{story:?}: {requests} {ledger:#?}"
    );
    assert_eq!(ledger.is_clean(), expected.is_empty());
    // What ended well is cleared away, what did not is left to be looked at.
    assert_eq!(
        forgotten,
        if ledger.is_clean() { JOBS } else { 0 },
        "{story:?}"
    );
    let clean = ledger.count(JobVerdict::is_clean);
    assert_eq!(clean, ledger.finished_once(), "{story:?}");
}

#[test]
fn jobs_that_run_once_and_to_their_end_are_clean() {
    case(Story::Works, &[], 0..=0);
}

#[test]
fn a_job_whose_answer_is_lost_is_found_and_not_sent_twice() {
    case(Story::NoAnswerThoughTaken, &[], 1..=1);
    case(Story::ErrorThoughTaken, &[], 1..=1);
}

#[test]
fn a_job_that_did_not_arrive_is_sent_again() {
    case(Story::ErrorAndNotTaken, &[], 1..=1);
}

#[test]
fn a_job_that_is_never_taken_is_told() {
    case(Story::ErrorsForLong, &["job 2: not taken: "], 10..=120);
    case(
        Story::Refused,
        &["job 2: not taken: 400: no; it never ran"],
        0..=0,
    );
}

#[test]
fn looks_and_readings_may_fail_for_a_while() {
    case(Story::LooksFail, &[], 2..=500);
    case(Story::LedgerFailsForAWhile, &[], 3..=3);
}

#[test]
fn a_ledger_that_is_replaced_takes_nothing_away() {
    case(Story::LedgerBeginsAnew, &[], 0..=0);
}

#[test]
fn a_ledger_that_cannot_be_read_at_the_end_is_not_clean() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let ledger = runtime.block_on(async { told(&scene(Story::LedgerBreaks).await).await });
    assert!(!ledger.is_clean());
    assert!(ledger.reasons()[0].starts_with("the ledger could not be read: GET http"));
}

#[test]
fn a_gateway_without_a_ledger_is_refused_before_anything_is_sent() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (error, posts) = runtime.block_on(async {
        let scene = scene(Story::LedgerMissing).await;
        let run = RunId::random(1, 4);
        let slow = start(&scene.target(), options(&run), &Reporter::silent()).await;
        let posts = scene.deployment.seen.lock().unwrap().posts.len();
        (slow.err().map(|finding| finding.to_string()), posts)
    });
    let wanted =
        "expected a ledger at the gateway, saw 404 with an empty body; it may be of an older image";
    assert_eq!((error.as_deref(), posts), (Some(wanted), 0));
}

#[test]
fn jobs_that_are_lost_or_run_twice_are_told() {
    case(
        Story::WorkflowFails,
        &["job 2: lost: its workflow ended as `failed`"],
        0..=0,
    );
    case(
        Story::WorkflowVanishes,
        &["job 2: lost: its workflow is not there"],
        0..=0,
    );
    case(
        Story::NoEnd,
        &["job 2: lost: its workflow succeeded, but"],
        0..=0,
    );
    case(Story::RunTwice, &["job 2: run twice: on worker-0"], 0..=0);
    case(
        Story::NeverEnds,
        &["job 2: still running: its workflow is `running`"],
        0..=0,
    );
}

#[tokio::test]
async fn a_run_that_is_stopped_is_taken_up_again_by_its_name() {
    let scene = scene(Story::Works).await;
    let run = RunId::random(1, 4);
    let (target, quiet) = (scene.target(), Reporter::silent());
    let slow = start(&target, options(&run), &quiet).await;
    let slow = slow.expect("it begins");
    let mut progress = slow.progress();
    progress
        .wait_for(|progress| progress.started > 0)
        .await
        .unwrap();
    slow.stop();
    let first = slow.finish().await;
    assert!(first.stopped && first.still_running() > 0 && first.submitted() < JOBS);

    let again = take_up(&target, options(&run), &quiet).await;
    let second = again.expect("it is found").finish().await;
    assert_eq!(second.reasons(), Vec::<String>::new());
    assert_eq!(second.submitted(), first.submitted());

    let unknown = RunId::random(1, 4);
    let other = take_up(&target, options(&unknown), &quiet).await;
    assert!(other.err().unwrap().seen.contains("there was no such run"));
    // The second ended well and cleared its workflows away.
    let ended = take_up(&target, options(&run), &quiet).await;
    assert!(ended.err().unwrap().seen.contains("it ended well"));
}

#[tokio::test]
async fn a_job_goes_on_only_when_its_line_is_written() {
    let server = MockServer::start().await;
    let once = Mock::given(any()).respond_with(status(503));
    once.up_to_n_times(1).mount(&server).await;
    let written = Mock::given(any()).respond_with(status(204));
    written.mount(&server).await;

    let place = format!("{}/-/ledger/0/job-1", server.uri());
    let line = command::line(&place, Duration::from_millis(10));
    let mut job = tokio::process::Command::new(&line[0]);
    // As a worker runs it: with next to no environment, and a proxy that is of no use.
    let job = job
        .args(&line[1..])
        .env_clear()
        .env("http_proxy", "http://127.0.0.1:9");
    let ended = job.output().await.expect("python3 runs");
    assert!(ended.status.success(), "{ended:?}");

    let requests = server.received_requests().await.expect("all are kept");
    let paths: Vec<Vec<&str>> = requests
        .iter()
        .map(|one| one.url.path().split('/').collect())
        .collect();
    let events: Vec<&str> = paths.iter().map(|path| path[5]).collect();
    assert_eq!(events, ["start", "start", "end"]);
    let attempt = paths[0][6];
    assert!(attempt.len() == 32 && paths.iter().all(|path| path[6] == attempt));
    assert!(!requests[0].body.is_empty());
}
