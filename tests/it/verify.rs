//! Every check passes against a deployment that works, and each has a story
//! in which it does not. A check that cannot fail checks nothing.

use std::time::Duration;

use ptero_deploy::ui::event::Event;
use ptero_deploy::ui::reporter::Reporter;
use ptero_deploy::verify::check::Check;
use ptero_deploy::verify::http::Http;
use ptero_deploy::verify::limits::Limits;
use ptero_deploy::verify::report::Report;
use ptero_deploy::verify::run::run;
use ptero_deploy::verify::target::{Door, JobTarget, ServiceTarget, Target};
use url::Url;

use crate::scripted::{MEMBERS, Story, USER, deployment};

const LIMITS: Limits = Limits {
    request: Duration::from_secs(5),
    alive: Duration::from_millis(50),
    workflow: Duration::from_secs(1),
    every_member: Duration::from_secs(1),
    pause: Duration::from_millis(5),
};

fn target(address: &str) -> Target {
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let url = Url::parse(address).expect("a URL");
    let door = Door {
        service: "workflow".into(),
        url: url.join("/v1/workflows?name=no-such").expect("a URL"),
        status: 404,
    };
    Target {
        gateway: url.clone(),
        workflow: url,
        doors: vec![door],
        services: vec![
            ServiceTarget {
                name: "workflow".into(),
                web_members: names(&["wf-web-0", "wf-web-1"]),
                celery_nodes: names(&["worker@wf-worker-0", "http_worker@wf-http_worker-0"]),
            },
            ServiceTarget {
                name: "shell-command".into(),
                web_members: names(&["sc-web-0"]),
                celery_nodes: MEMBERS
                    .iter()
                    .map(|member| format!("worker@{member}"))
                    .chain(names(&["http_worker@sc-http_worker-0"]))
                    .collect(),
            },
        ],
        jobs: Some(JobTarget {
            service_url: "http://10.0.0.4:5000/v1".into(),
            user: USER.into(),
            members: names(&MEMBERS),
        }),
    }
}

async fn checked(target: &Target, reporter: &Reporter) -> Report {
    let http = Http::new(LIMITS.request).expect("a client");
    run(&Check::ALL, target, LIMITS, &http, reporter).await
}

/// The checks that fail in `story`, each with what it saw.
#[track_caller]
fn case(story: Story, expected: &[(Check, &str)]) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let report = runtime.block_on(async {
        let server = deployment(story).await;
        checked(&target(&server.uri()), &Reporter::silent()).await
    });
    let failures: Vec<(Check, String)> = report
        .failures()
        .map(|one| (one.check, one.detail()))
        .collect();
    assert_eq!(report.outcomes.len(), Check::ALL.len(), "{story:?}");
    assert_eq!(failures.len(), expected.len(), "{story:?}: {failures:#?}");
    for ((check, detail), (wanted, part)) in failures.iter().zip(expected) {
        assert_eq!(check, wanted, "{story:?}: {detail}");
        assert!(detail.contains(part), "{story:?}: {detail}");
    }
}

#[test]
fn a_deployment_that_works_passes() {
    case(Story::Works, &[]);
}

#[test]
fn a_web_server_that_is_down_is_named() {
    case(
        Story::WebServerDown,
        &[(Check::WebServers, "workflow on wf-web-1 DOWN")],
    );
}

#[test]
fn processes_that_do_not_answer_are_named() {
    let missing = "no answer from worker@wf-worker-0; 3 of them; no answer from worker@sc-worker-2";
    case(Story::ProcessMissing, &[(Check::Processes, missing)]);
    case(Story::NoProcessAnswers, &[(Check::Processes, "500")]);
}

#[test]
fn bad_documents_that_are_taken_are_named() {
    case(
        Story::BadDocumentsTaken,
        &[(Check::BadDocuments, "400 for no JSON, saw 201")],
    );
}

#[test]
fn a_workflow_has_to_hand_out_what_went_in() {
    case(Story::WrongOutputs, &[(Check::WithoutJobs, "puppies")]);
}

#[test]
fn a_workflow_with_jobs_has_to_succeed_and_to_show_what_they_wrote() {
    case(
        Story::JobsFail,
        &[
            (
                Check::OneJob,
                "saw `failed`, a job `failed` with exit code 1: it broke",
            ),
            (
                Check::ParallelJobs,
                "saw `failed`, a job `failed` with exit code 1: it broke",
            ),
            (
                Check::EveryMember,
                "saw `failed`, a job `failed` with exit code 1: it broke",
            ),
        ],
    );
    case(
        Story::JobsAreMute,
        &[
            (Check::OneJob, "`ptero says hello`, saw ``"),
            (Check::ParallelJobs, "saw 0 of them"),
            (Check::EveryMember, "jobs on no member"),
        ],
    );
}

#[test]
fn what_should_fail_has_to_fail() {
    case(
        Story::FailuresSucceed,
        &[(Check::FailingJob, "to end as `failed`, saw `succeeded`")],
    );
    case(
        Story::UnknownUserRuns,
        &[(Check::UnknownUser, "saw `succeeded`")],
    );
    case(Story::RootRuns, &[(Check::RootJob, "saw `succeeded`")]);
}

#[test]
fn a_service_that_does_not_answer_its_clients_is_named() {
    case(Story::DoorShut, &[(Check::FrontDoors, "expected 404 from")]);
}

#[test]
fn a_task_in_parallel_has_to_run_all_its_jobs() {
    case(Story::ItemsLeftOut, &[(Check::ParallelJobs, "1 of them")]);
}

#[test]
fn a_canceled_workflow_has_to_end() {
    let seen = "to end as `canceled`, saw `succeeded`";
    case(Story::CancellationsIgnored, &[(Check::CanceledJob, seen)]);
}

#[test]
fn an_older_release_that_keeps_nothing_of_what_jobs_write_passes() {
    case(Story::KeepsNothing, &[]);
}

#[test]
fn one_beside_a_newer_release_passes_too() {
    case(Story::SomeKeepNothing, &[]);
}

#[test]
fn a_member_that_takes_no_job_is_named() {
    case(
        Story::MemberIdle,
        &[(Check::EveryMember, "none on sc-worker-2")],
    );
}

#[test]
fn a_workflow_that_never_ends_is_given_up() {
    let seen = "to end within 1 s, saw status `running`";
    let mut checks = workflow_checks(seen);
    // What never ends by itself can still be canceled.
    checks.retain(|(check, _)| *check != Check::CanceledJob);
    case(Story::NeverEnds, &checks);
    case(
        Story::BrokenAfterSubmit,
        &workflow_checks("saw 502: no server"),
    );
}

#[test]
fn reports_have_to_be_there() {
    let seen = "no such report among its URLs";
    case(
        Story::ReportsMissing,
        &[
            (Check::WithoutJobs, seen),
            (Check::OneJob, seen),
            (Check::ParallelJobs, seen),
            (Check::EveryMember, seen),
        ],
    );
}

#[test]
fn no_redirect_is_followed() {
    case(
        Story::SendsElsewhere,
        &workflow_checks("expected 201 with the place of the workflow, saw 307"),
    );
}

fn workflow_checks(seen: &'static str) -> Vec<(Check, &'static str)> {
    let alone = [
        Check::WebServers,
        Check::FrontDoors,
        Check::Processes,
        Check::BadDocuments,
    ];
    let others = Check::ALL.iter().filter(|check| !alone.contains(check));
    others.map(|check| (*check, seen)).collect()
}

#[tokio::test]
async fn a_deployment_that_is_not_there_fails_every_check() {
    // Port 9 is for discarding; nobody listens there.
    let report = checked(&target("http://127.0.0.1:9"), &Reporter::silent()).await;
    assert_eq!(report.failures().count(), Check::ALL.len());
    for outcome in report.failures() {
        assert!(
            outcome.detail().contains("no answer from"),
            "{}",
            outcome.detail()
        );
    }
}

#[tokio::test]
async fn checks_that_need_jobs_are_left_out_where_none_are_run() {
    let server = deployment(Story::Works).await;
    let mut target = target(&server.uri());
    target.jobs = None;
    let report = checked(&target, &Reporter::silent()).await;
    let checks: Vec<Check> = report.outcomes.iter().map(|one| one.check).collect();
    let without = Check::ALL.into_iter().filter(|check| !check.needs_jobs());
    assert_eq!(checks, without.collect::<Vec<_>>());
}

#[tokio::test]
async fn each_check_is_told_as_it_ends() {
    let server = deployment(Story::Works).await;
    let (sender, receiver) = std::sync::mpsc::channel();
    let sender = std::sync::Mutex::new(sender);
    let reporter = Reporter::new(move |event| {
        let sender = sender.lock().expect("no test panics here");
        let _ = sender.send(event.clone());
    });
    checked(&target(&server.uri()), &reporter).await;
    drop(reporter);
    let told = receiver
        .into_iter()
        .filter(|event| matches!(event, Event::Check { passed: true, .. }));
    assert_eq!(told.count(), Check::ALL.len());
}
