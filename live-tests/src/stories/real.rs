//! PTero's own services, from clones of their repositories. None of their code
//! is here, as it has no licence: whoever has clones names their folder, which
//! holds `ptero-workflow`, `ptero-petri` and the others of `SOURCES`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::cloud::{column, devcloud, openstack_does};
use crate::program::{self, Ended, home, run_with};
use crate::report::Report;
use crate::stories::across::Across;
use crate::stories::{deployed, flows};

/// The variable that names the folder.
const CLONES: &str = "PTERO_CLONES";

/// Where a host keeps the certificates that it trusts.
const CA_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The releases. A newer workflow sends webhooks that older shell-commands refuse, so
/// shell-command goes first.
const TAGS: [&str; 3] = ["before", "between", "after"];

/// Names in the catalogue, folders, commits of each release. Between the two of
/// workflow lies a migration, and between those of shell-command. The other trees stay
/// at the catalogue's commits.
const SOURCES: [(&str, &str, [&str; 3]); 5] = [
    (
        "workflow",
        "ptero-workflow",
        ["52e1766", "52e1766", "f270881"],
    ),
    ("petri", "ptero-petri", ["775604f"; 3]),
    (
        "shell-command",
        "ptero-shell-command",
        ["14cb663", "202d9bf", "202d9bf"],
    ),
    ("lsf", "ptero-lsf", ["105f7a3"; 3]),
    ("auth", "ptero-auth", ["5010cb5"; 3]),
];
const TREES: [(&str, &str); 2] = [("common", "ptero-common"), ("jot", "jot")];

/// For a job to begin, and for its loss to be seen: two looks of a minute each.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);
const LOOKS: u32 = 120;

/// Four servers that all need, three each of workflow, petri and shell-command,
/// four of lsf and one of auth.
const SERVERS: usize = 4 + 3 * 3 + 4 + 1;

/// Deploys, updates across migrations and goes back, and scales, with jobs running.
pub(crate) fn services(report: &mut Report) -> Result<()> {
    let Some(clones) = std::env::var_os(CLONES) else {
        report.not_run(&format!("`{CLONES}` names no folder of clones"));
        return Ok(());
    };
    let folder = home().join("real");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    tagged(Path::new(&clones), &folder)?;
    let config = folder.join("config.yaml");
    run(&config, &["devcloud", "up", "--base", "debian-11"])?;
    let count = |workers: u32| -> Result<()> {
        Ok(std::fs::write(&config, configuration(&folder, workers)?)?)
    };
    count(1)?;
    let others = servers()?;
    let deploy = run(&config, &["deploy", "real", "--tag", "before"])?;
    report.check("the deployment exits 0", deploy.code == 0);
    has_servers(report, others + SERVERS)?;
    flows::only_declared(report, &config, "real")?;
    let to = |tag: &'static str| ["stack", "update", "real", "--tag", tag];
    under_jobs(report, &config, "shell-command's migration", || {
        run(&config, &to("between"))
    })?;
    under_jobs(report, &config, "workflow's migration", || {
        run(&config, &to("after"))
    })?;
    says_hello(report, &config)?;
    under_jobs(report, &config, "back to older code of both", || {
        let first = run(&config, &["rollback", "real"])?;
        if first.code != 0 {
            return Ok(first);
        }
        run(&config, &["rollback", "real", "--tag", "before"])
    })?;
    let forth = run(&config, &to("between"))?;
    report.check(
        "forth again",
        forth.code == 0 && run(&config, &to("after"))?.code == 0,
    );
    says_hello(report, &config)?;
    let update = to("after");
    under_jobs(report, &config, "1, 4 and 2 workers", || {
        count(4)?;
        let more = run(&config, &update)?;
        if more.code != 0 {
            return Ok(more);
        }
        count(2)?;
        run(&config, &update)
    })?;
    has_servers(report, others + SERVERS + 1)?;
    let tests = run(&config, &["tests", "fast", "real"])?;
    report.check("the checks pass in the end", tests.code == 0);
    names_a_lost_job(report, &config)?;
    let delete = run(&config, &["stack", "delete", "real", "--yes"])?;
    report.check("the stack is deleted", delete.code == 0);
    Ok(())
}

fn run(config: &Path, args: &[&str]) -> Result<Ended> {
    run_with(program::command(config, args)?)
}

/// Bare copies with the tags, so that the operator's clones stay as they are.
fn tagged(clones: &Path, folder: &Path) -> Result<()> {
    let releases = SOURCES.map(|(name, from, ..)| (name, from));
    for (name, from) in releases.into_iter().chain(TREES) {
        let from = clones.join(from);
        let copy = repository(folder, name);
        git(&[
            OsStr::new("clone"),
            "--bare".as_ref(),
            "--quiet".as_ref(),
            from.as_ref(),
            copy.as_ref(),
        ])?;
    }
    for (name, _, commits) in SOURCES {
        for (tag, commit) in TAGS.into_iter().zip(commits) {
            let copy = repository(folder, name);
            let words = ["tag", "--force", tag, commit].map(OsStr::new);
            git(&[&["--git-dir".as_ref(), copy.as_os_str()], &words[..]].concat())?;
        }
    }
    Ok(())
}

fn repository(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.git"))
}

fn git(words: &[&OsStr]) -> Result<()> {
    let output = Command::new("git").args(words).output()?;
    if !output.status.success() {
        bail!(
            "git {words:?}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(())
}

/// Every service of ours from Debian 11, everything else from Debian 12. JSON is
/// YAML, and quotes every path rightly.
fn configuration(folder: &Path, workers: u32) -> Result<String> {
    let endpoint = devcloud().endpoint();
    let base = |wanted: &str| {
        let found = endpoint.base_images.iter().find(|(name, _)| name == wanted);
        let found = found.map(|(_, url)| url.clone());
        found.with_context(|| format!("the devcloud has no base image {wanted}"))
    };
    let mut bases = json!({"default": base("debian-12")?});
    let mut services = json!({});
    for (name, ..) in SOURCES {
        bases[name] = json!(base("debian-11")?);
        services[name] = json!({"repo": repository(folder, name)});
    }
    for (name, _) in TREES {
        services[name] = json!({"repo": repository(folder, name)});
    }
    services["auth"]["enabled"] = json!(true);
    let mut build = json!({"build_machine_image": "debian-12", "base_image_urls": bases});
    if Path::new(CA_BUNDLE).exists() {
        build["ca_bundle"] = json!(CA_BUNDLE);
    }
    let config = json!({
        "catalog": "ptero",
        "images": {"build": build},
        "services": services,
        "stacks": {"real": {
            "stack_name": "ptero-real",
            "public_net_id": endpoint.public_network,
            "dns_nameservers": endpoint.dns,
            "default_shell_command_worker_instances": workers,
        }},
    });
    Ok(config.to_string())
}

/// Runs `change` while jobs run; none may be lost, and none run twice.
fn under_jobs(
    report: &mut Report,
    config: &Path,
    what: &str,
    change: impl FnOnce() -> Result<Ended>,
) -> Result<()> {
    let of_jobs = config.to_owned();
    let slow = ["tests", "slow", "real", "--minutes", "8", "--jobs", "14"];
    let jobs = Across::start(move || run(&of_jobs, &slow));
    let changed = change()?;
    report.check(&format!("{what} exits 0"), changed.code == 0);
    let jobs = jobs.ended()?;
    report.check(&format!("{what}: the ledger is clean"), jobs.code == 0);
    Ok(())
}

fn servers() -> Result<usize> {
    Ok(column(&["server", "list"], "Status")?.len())
}

fn has_servers(report: &mut Report, wanted: usize) -> Result<()> {
    let seen = servers()?;
    report.check(
        &format!("openstackclient: {wanted} servers (seen {seen})"),
        seen == wanted,
    );
    Ok(())
}

/// The workflow of PTero's own introduction.
fn says_hello(report: &mut Report, config: &Path) -> Result<()> {
    let posted = post(config, &["bash", "-c", "echo hello 1>&2; echo world!"])?;
    let status = comes_to(&posted, &["succeeded", "failed", "canceled"])?;
    report.check("PTero's own hello ends `succeeded`", status == "succeeded");
    let run = execution(&posted)?["data"].take();
    report.check(
        "its details report has what it wrote",
        run["stdout"] == "world!\n" && run["stderr"] == "hello\n",
    );
    Ok(())
}

/// The database's server is started anew while a job runs: nothing ends that job any
/// more, and whoever asks for the status is told which it is.
fn names_a_lost_job(report: &mut Report, config: &Path) -> Result<()> {
    let posted = post(config, &["sleep", "3600"])?;
    let mut left = LOOKS;
    while left > 0 && execution(&posted)?["status"] != "running" {
        sleep(BETWEEN_LOOKS);
        left -= 1;
    }
    let members = deployed::members(config, "real")?;
    let database = members.iter().find(|one| one["service"] == "postgresql");
    let server = database.and_then(|one| one["server_id"].as_str());
    let server = server.context("no server of the database")?;
    openstack_does(&["server", "reboot", "--hard", "--wait", server])?;
    let wanted = ["stack", "status", "real", "-f", "value", "-c", "Lost jobs"];
    let mut said = String::new();
    while left > 0 && !said.contains("/v1/executions/") {
        sleep(BETWEEN_LOOKS);
        left -= 1;
        said = run(config, &wanted)?.stdout;
    }
    report.check("a job that the database lost is named", left > 0);
    report.check("with what to do", said.contains("cancel their workflows"));
    let tests = run(config, &["tests", "fast", "real"])?;
    report.check("and all else goes on", tests.code == 0);
    Ok(())
}

/// Posts a workflow of one job; the answer.
fn post(config: &Path, command: &[&str]) -> Result<Value> {
    let address = deployed::address(config, "real")?;
    let members = deployed::members(config, "real")?;
    let gateway = members.iter().find(|one| one["service"] == "gateway");
    let inside = gateway.and_then(|one| one["address"].as_str());
    let inside = inside.context("no address of the gateway inside")?;
    let job_service = format!("http://{inside}:5000/v1");
    let base = format!("http://{address}:7000/v1/workflows");
    // Its services refuse a GET that says it is JSON.
    let json = ["--header", "Content-Type: application/json", "--data"];
    let body = document(&job_service, command).to_string();
    curl(&[&json[..], &[&body, &base]].concat())
}

/// Waits for one of `wanted`; the last status of the workflow.
fn comes_to(posted: &Value, wanted: &[&str]) -> Result<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut status = text(&posted["status"]);
    let mut left = 240;
    while left > 0 && !wanted.contains(&status.as_str()) {
        sleep(Duration::from_millis(500));
        left -= 1;
        let report = text(&posted["reports"]["workflow-status"]);
        status = text(&curl(&[&report])?["status"]);
    }
    Ok(status)
}

/// The one execution of its job; null before there is one.
fn execution(posted: &Value) -> Result<Value> {
    let report = posted["reports"]["workflow-details"].as_str();
    let mut details = curl(&[report.context("no report")?])?;
    Ok(details["tasks"]["Say Hello"]["methods"][0]["executions"]["0"].take())
}

fn document(job_service: &str, command: &[&str]) -> Value {
    json!({
        "inputs": {},
        "tasks": {"Say Hello": {"methods": [{
            "name": "execute",
            "service": "job",
            "serviceUrl": job_service,
            "serviceDataToSave": ["exitCode", "stdout", "stderr"],
            "parameters": {
                "commandLine": command,
                "user": "ptero-job",
                "workingDirectory": "/tmp",
            },
        }]}},
        "links": [
            {"source": "input connector", "destination": "Say Hello"},
            {"source": "Say Hello", "destination": "output connector"},
        ],
    })
}

fn curl(words: &[&str]) -> Result<Value> {
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "60"])
        .args(words)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).with_context(|| format!("curl {words:?}: {text}"))
}
