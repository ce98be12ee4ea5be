//! `demo`: the whole story on the embedded cloud.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::json;
use tokio::process::Command;

use crate::error::{Failure, Kind};
use crate::image::payload;
use crate::name::{EnvName, Tag};
use crate::tasks::context::Context;
use crate::tasks::devcloud::embedded;
use crate::tasks::stack::{create, there};
use crate::tasks::tests::fast;
use crate::tasks::tests::passed::passed_by;
use crate::tasks::tests::verified::{Wanted, verified};
use crate::tasks::{cloud, folders, loading};
use crate::template::release::Tests;
use crate::verify::document;
use crate::verify::http::Http;
use crate::verify::limits::Limits;
use crate::verify::report::COLUMNS;
use crate::verify::target::Target;
use crate::verify::workflow::Workflows;

/// The environment and the tag that the demo deploys.
const ENV: &str = "staging";
const TAG: &str = "v1";

/// Certificates that a Debian host trusts: a host with a proxy of its own has
/// its certificate in there, and the build machine needs it as well.
const CA_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// What `demo` is given.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Carries `demo` out: cloud, repositories, images, stack, checks, and a
/// workflow to look at.
pub async fn run(_: Args, context: &Context) -> Result<(), Failure> {
    let wanted = Wanted::new(
        context.shape(&crate::cli::output::OutputArgs::default(), &COLUMNS)?,
        None,
    )?;
    let embedded = embedded::here();
    let endpoint = embedded::run(context.reporter.clone(), move |tell| embedded.up(tell)).await?;
    let folder = folders::demo();
    let config = prepare(context, &folder, &endpoint).await?;
    let mut context = context.clone();
    context.settings.config = config;

    let loaded = loading::load(&context)?;
    let cloud = cloud::connect_embedded(&context).await?;
    let args = create::Args {
        env: named(EnvName::new(ENV))?,
        tag: named(Tag::new(TAG))?,
        timeout: None,
        discard_failed: false,
    };
    create::locked(&args, &context, &loaded, &cloud).await?;

    let topology = loaded.topology(&args.env)?;
    let stack = there::find(&cloud, &topology).await?;
    let target = fast::of(&topology, &there::deployed(&cloud, &stack).await?)?;
    verified(ENV, &target, wanted, &context).await?;
    passed_by(&cloud, &stack, Tests::Fast, &context).await;
    let workflow = hello(&target).await?;
    context
        .output
        .write(&farewell(&context.settings.config, &target, &workflow))
}

fn named<T>(name: Result<T, crate::name::BadName>) -> Result<T, Failure> {
    name.map_err(|error| Failure::new(Kind::Failed, "the demo's own names").caused_by(error))
}

/// Makes what an operator would have: repositories with tags, a configuration.
async fn prepare(
    context: &Context,
    folder: &Path,
    endpoint: &::devcloud::Endpoint,
) -> Result<PathBuf, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(
            Kind::Failed,
            format!("cannot write to `{}`", folder.display()),
        )
        .caused_by(error)
    };
    // Sources and repositories of another version of this program stay what
    // they are: their folder is named by their content.
    let digest = source_digest();
    let source = folder.join(format!("miniptero-{digest}"));
    write_out(&source).map_err(failed)?;
    let repositories = folder.join(format!("repositories-{digest}"));
    context.reporter.note(
        "demo",
        format!(
            "repositories with tags v1, v2, v3-broken in {}",
            repositories.display()
        ),
    );
    make_repositories(&source, &repositories).await?;
    let config = folder.join("config.yaml");
    std::fs::write(&config, configuration(&repositories, endpoint)).map_err(failed)?;
    context
        .reporter
        .note("demo", format!("configuration: {}", config.display()));
    Ok(config)
}

fn source_digest() -> String {
    let mut hash = blake3::Hasher::new();
    for file in payload::miniptero() {
        hash.update(file.path.as_bytes());
        hash.update(file.bytes);
    }
    hash.finalize().to_hex()[..8].to_owned()
}

fn write_out(folder: &Path) -> std::io::Result<()> {
    for file in payload::miniptero() {
        let path = folder.join(file.path);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(&path, file.bytes)?;
    }
    Ok(())
}

async fn make_repositories(source: &Path, folder: &Path) -> Result<(), Failure> {
    let failed = || Failure::new(Kind::Failed, "the demo's repositories could not be made");
    let output = Command::new("python3")
        .arg(source.join("make_repos.py"))
        .arg(folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(|error| failed().caused_by(error).hint("python3 is needed"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(failed().caused_by(said))
}

/// The demo's configuration. JSON is YAML, and quotes every path rightly.
fn configuration(repositories: &Path, endpoint: &::devcloud::Endpoint) -> String {
    let bases = &endpoint.base_images;
    let base = bases
        .iter()
        .find(|(name, _)| name == "debian-12")
        .map(|(_, url)| url);
    let mut build = json!({
        "build_machine_image": "debian-12",
        "base_image_urls": {"default": base},
    });
    if Path::new(CA_BUNDLE).exists() {
        build["ca_bundle"] = json!(CA_BUNDLE);
    }
    let dns: Vec<String> = endpoint.dns.iter().map(ToString::to_string).collect();
    let config = json!({
        "catalog": "miniptero",
        "images": {"build": build},
        "services": {
            "workflow": {"repo": repositories.join("workflow.git")},
            "shell-command": {"repo": repositories.join("shell-command.git")},
        },
        "stacks": {
            "common": {"public_net_id": endpoint.public_network, "dns_nameservers": dns},
            "staging": {"stack_name": "ptero-staging", "default_shell_command_worker_instances": 2},
            "production": {"stack_name": "ptero-production", "default_shell_command_worker_instances": 4},
        },
    });
    format!("{config:#}\n")
}

/// Runs a workflow that the operator can look at afterwards; its URL.
async fn hello(target: &Target) -> Result<String, Failure> {
    let failed = || Failure::new(Kind::Failed, "the demo's own workflow did not succeed");
    let limits = Limits::FAST;
    let http = Http::new(limits.request).map_err(|error| failed().caused_by(error))?;
    let workflows = Workflows {
        http: &http,
        base: &target.workflow,
        limits,
    };
    let name = format!("demo-{}", uuid::Uuid::new_v4().simple());
    let document = match &target.jobs {
        Some(jobs) => document::with_jobs(&name, jobs, &["echo", document::WRITTEN], 1),
        None => document::without_jobs(&name),
    };
    let ended = workflows.run(&document).await;
    let ended = ended.map_err(|finding| failed().caused_by(finding.to_string()))?;
    Ok(ended.url().to_string())
}

fn farewell(config: &Path, target: &Target, workflow: &str) -> String {
    let config = config.display();
    let path = path_line().map_or_else(String::new, |line| format!("\n    {line}"));
    format!(
        "\nPTero answers at {}\n\n\
        A workflow that ran there:\n\
        \n    curl -s {workflow}\n\
        \nWhat to try next:\n\
        {path}\n    export PTERO_DEPLOY_CONFIG={config}\
        \n    ptero-deploy stack status {ENV}\
        \n    ptero-deploy tests fast {ENV}\
        \n    ptero-deploy images list\
        \n    ptero-deploy stack delete {ENV}\
        \n    ptero-deploy devcloud down --purge\n",
        target.workflow
    )
}

/// What makes a shell find this program by its name, where it does not yet.
fn path_line() -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let folder = program.parent()?;
    let path = cloud::env("PATH")?;
    let is_known = std::env::split_paths(&path).any(|one| one == folder);
    (!is_known).then(|| format!("export PATH=\"$PATH:{}\"", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::configuration;
    use crate::config;
    use crate::topology::Catalog;
    use std::path::Path;

    #[test]
    fn the_demos_configuration_has_no_mistake() {
        let endpoint = ::devcloud::Endpoint {
            auth_url: "http://c:5000/v3".to_owned(),
            region: "RegionOne".to_owned(),
            public_network: "public".to_owned(),
            dns: vec!["10.0.0.1".parse().unwrap()],
            base_images: vec![(
                "debian-12".to_owned(),
                "http://c:8080/debian-12.raw".to_owned(),
            )],
        };
        let text = configuration(Path::new("/a b/repositories"), &endpoint);
        let known = Catalog::miniptero().known();
        config::load(&text, Path::new("config.yaml"), &known).unwrap();
        assert_eq!(config::catalog_choice(&text).as_deref(), Some("miniptero"));
    }
}
