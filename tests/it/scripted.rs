//! A deployment that is a script: one small HTTP server that answers as a
//! gateway with workflow and shell-command behind it would, well or badly.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// What is wrong with the deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Story {
    Works,
    WebServerDown,
    ProcessMissing,
    NoProcessAnswers,
    BadDocumentsTaken,
    WrongOutputs,
    JobsFail,
    JobsAreMute,
    FailuresSucceed,
    UnknownUserRuns,
    RootRuns,
    MemberIdle,
    NeverEnds,
    ReportsMissing,
    SendsElsewhere,
    BrokenAfterSubmit,
    DoorShut,
    CancellationsIgnored,
    ItemsLeftOut,
    KeepsNothing,
    SomeKeepNothing,
}

pub(crate) const MEMBERS: [&str; 3] = ["sc-worker-0", "sc-worker-1", "sc-worker-2"];
pub(crate) const USER: &str = "ptero-job";

/// A deployment names itself by an address that is not the one it is reached
/// at; nothing listens at this one.
const ADVERTISED: &str = "http://advertised.invalid:7000";

struct Gateway {
    story: Story,
    workflows: Mutex<Vec<Workflow>>,
    /// Documents that ask to keep what jobs write.
    asking: AtomicUsize,
}

#[derive(Clone)]
struct Workflow {
    document: Value,
    asked: usize,
    canceled: bool,
}

/// Starts the deployment of `story`.
pub(crate) async fn deployment(story: Story) -> MockServer {
    let server = MockServer::start().await;
    let gateway = Gateway {
        story,
        workflows: Mutex::default(),
        asking: AtomicUsize::new(0),
    };
    Mock::given(any())
        .respond_with(gateway)
        .mount(&server)
        .await;
    server
}

impl Respond for Gateway {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let path = request.url.path();
        match (request.method.as_str(), path) {
            ("GET", "/-/status") => self.status(),
            ("GET", "/-/workflow/server-info") => self.server_info("wf"),
            ("GET", "/-/shell-command/server-info") => self.server_info("sc"),
            ("GET", "/v1/workflows") => self.nobody(),
            ("POST", "/v1/workflows") => self.submit(&request.body),
            ("GET", "/v1/reports") => self.report(request),
            ("GET", _) => self.show(path),
            ("PATCH", _) => self.cancel(path),
            ("DELETE", _) => ok(&json!({})),
            _ => ResponseTemplate::new(405),
        }
    }
}

/// The number at the end of a workflow's path.
fn number(path: &str) -> Option<usize> {
    path.rsplit('/').next()?.parse().ok()
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

impl Gateway {
    fn status(&self) -> ResponseTemplate {
        let second = if self.story == Story::WebServerDown {
            "DOWN"
        } else {
            "UP"
        };
        let text = format!(
            "# pxname,svname,status\nweb-workflow,wf-web-0,UP\nweb-workflow,wf-web-1,{second}\n\
             web-shell-command,sc-web-0,UP\n"
        );
        ResponseTemplate::new(200).set_body_string(text)
    }

    fn server_info(&self, service: &str) -> ResponseTemplate {
        if self.story == Story::NoProcessAnswers {
            return ResponseTemplate::new(500).set_body_json(json!({"error": "no worker"}));
        }
        let mut nodes = vec![format!("http_worker@{service}-http_worker-0: OK")];
        if service == "wf" {
            nodes.push("worker@wf-worker-0: OK".into());
        } else {
            nodes.extend(MEMBERS.map(|member| format!("worker@{member}: OK")));
        }
        if self.story == Story::ProcessMissing {
            nodes.pop();
        }
        ok(&json!({"celeryStatus": nodes}))
    }

    fn submit(&self, body: &[u8]) -> ResponseTemplate {
        let document: Value = serde_json::from_slice(body).unwrap_or_default();
        let circle = document["tasks"]["B"].is_object();
        let good = document["links"].is_array() && document["tasks"].is_object() && !circle;
        if !good && self.story != Story::BadDocumentsTaken {
            return ResponseTemplate::new(400).set_body_json(json!({"error": "bad"}));
        }
        let asks = document.to_string().contains("serviceDataToSave");
        if asks && self.refuses_to_keep() {
            let unknown =
                "Additional properties are not allowed (u'serviceDataToSave' was unexpected)";
            return ResponseTemplate::new(400).set_body_json(json!({"error": unknown}));
        }
        let mut workflows = self.workflows.lock().expect("no test panics here");
        let id = workflows.len();
        workflows.push(Workflow {
            document,
            asked: 0,
            canceled: false,
        });
        let report = |kind: &str| format!("{ADVERTISED}/v1/reports?kind={kind}&workflow_id={id}");
        let mut reports = json!({});
        if self.story != Story::ReportsMissing {
            for kind in ["workflow-outputs", "workflow-details"] {
                reports[kind] = json!(report(kind));
            }
        }
        let place = format!("{ADVERTISED}/v1/workflows/{id}");
        if self.story == Story::SendsElsewhere {
            return ResponseTemplate::new(307).insert_header("Location", place.as_str());
        }
        ResponseTemplate::new(201)
            .insert_header("Location", place.as_str())
            .set_body_json(json!({"status": "new", "reports": reports}))
    }

    /// Of two web servers, each takes every other document.
    fn refuses_to_keep(&self) -> bool {
        let older = self.asking.fetch_add(1, Ordering::Relaxed) % 2 == 1;
        self.story == Story::KeepsNothing || (self.story == Story::SomeKeepNothing && older)
    }

    /// There is no workflow of that name.
    fn nobody(&self) -> ResponseTemplate {
        let shut = self.story == Story::DoorShut;
        ResponseTemplate::new(if shut { 503 } else { 404 })
    }

    fn cancel(&self, path: &str) -> ResponseTemplate {
        let mut workflows = self.workflows.lock().expect("no test panics here");
        match number(path).and_then(|id| workflows.get_mut(id)) {
            Some(workflow) => {
                workflow.canceled = self.story != Story::CancellationsIgnored;
                ok(&json!({}))
            }
            None => ResponseTemplate::new(404),
        }
    }

    fn show(&self, path: &str) -> ResponseTemplate {
        let id = number(path);
        let mut workflows = self.workflows.lock().expect("no test panics here");
        let Some(workflow) = id.and_then(|id| workflows.get_mut(id)) else {
            return ResponseTemplate::new(404);
        };
        workflow.asked += 1;
        if self.story == Story::BrokenAfterSubmit {
            return ResponseTemplate::new(502).set_body_string("no server\n");
        }
        let running = workflow.asked < 2 || self.story == Story::NeverEnds;
        let status = if workflow.canceled {
            "canceled"
        } else if running {
            "running"
        } else {
            self.end(&workflow.document)
        };
        ok(&json!({"status": status}))
    }

    fn end(&self, document: &Value) -> &'static str {
        let mut jobs = parameters(document);
        let fails = |job: &Value| {
            let user = job["user"].as_str().unwrap_or_default();
            let stopped = match user {
                USER => {
                    job["commandLine"] == json!(["false"]) && self.story != Story::FailuresSucceed
                }
                "root" => self.story != Story::RootRuns,
                _ => self.story != Story::UnknownUserRuns,
            };
            stopped || self.story == Story::JobsFail
        };
        if jobs.any(fails) {
            "failed"
        } else {
            "succeeded"
        }
    }

    fn report(&self, request: &Request) -> ResponseTemplate {
        let query = |wanted: &str| {
            let mut pairs = request.url.query_pairs();
            pairs
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.into_owned())
        };
        let workflows = self.workflows.lock().expect("no test panics here");
        let id = query("workflow_id").and_then(|id| id.parse::<usize>().ok());
        let Some(workflow) = id.and_then(|id| workflows.get(id)) else {
            return ResponseTemplate::new(404);
        };
        if query("kind").as_deref() == Some("workflow-outputs") {
            let output = if self.story == Story::WrongOutputs {
                "puppies"
            } else {
                "kittens"
            };
            return ok(&json!({"outputs": {"y": output}}));
        }
        let runs = parameters(&workflow.document).enumerate();
        let tasks: serde_json::Map<String, Value> = runs
            .map(|(at, job)| {
                let mut data = json!({"stdout": self.stdout(at, job)});
                if matches!(self.story, Story::KeepsNothing | Story::SomeKeepNothing) {
                    data = json!({});
                }
                let mut run = json!({"status": "succeeded", "data": data});
                if self.story == Story::JobsFail {
                    run["status"] = json!("failed");
                    run["data"] = json!({"exitCode": "1", "stderr": "why?\nit broke\n"});
                }
                let whole = self.story != Story::ItemsLeftOut;
                let items = workflow.document["inputs"]["items"].as_array();
                let count = items.filter(|_| whole).map_or(1, Vec::len);
                let executions: serde_json::Map<String, Value> = (0..count)
                    .map(|color| (color.to_string(), run.clone()))
                    .collect();
                (
                    format!("job-{at}"),
                    json!({"methods": [{"executions": executions}]}),
                )
            })
            .collect();
        ok(&json!({"tasks": tasks}))
    }

    fn stdout(&self, at: usize, job: &Value) -> String {
        let members = if self.story == Story::MemberIdle {
            2
        } else {
            MEMBERS.len()
        };
        match (self.story, job["commandLine"][0].as_str()) {
            (Story::JobsAreMute, _) => String::new(),
            (_, Some("echo")) => {
                format!("{}\n", job["commandLine"][1].as_str().unwrap_or_default())
            }
            _ => format!("{}.novalocal\n", MEMBERS[at % members]),
        }
    }
}

fn parameters(document: &Value) -> impl Iterator<Item = &Value> {
    let tasks = document["tasks"].as_object().into_iter().flatten();
    tasks.map(|(_, task)| &task["methods"][0]["parameters"])
}
