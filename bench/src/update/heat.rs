//! The peer: Heat alone, by Debian's openstackclient, with the templates in
//! `bench/peer`.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use ptero_deploy::apply::delete::delete as delete_stack;
use ptero_deploy::openstack::wait::Deadline;

use crate::cloud::{devcloud, openstack, outputs, put};
use crate::program::must;
use crate::update::release::Release;
use crate::update::site::Site;

const STACK: &str = "ptero-bench-heat";

/// Where openstackclient finds the templates, inside the cloud's file system.
const FOLDER: &str = "/tmp/ptero-bench";

/// The templates: the one that is named on the command line first.
const TEMPLATES: [(&str, &str); 2] = [
    ("stack.yaml", include_str!("../../peer/heat/stack.yaml")),
    ("member.yaml", include_str!("../../peer/heat/member.yaml")),
];

/// Parameters of the template and the services whose images they are.
const IMAGES: [(&str, &str); 5] = [
    ("postgresql_image", "postgresql"),
    ("rabbitmq_image", "rabbitmq"),
    ("gateway_image", "gateway"),
    ("workflow_image", "workflow"),
    ("shell_command_image", "shell-command"),
];

/// The same for commits.
const COMMITS: [(&str, &str); 2] = [
    ("workflow_commit", "workflow"),
    ("shell_command_commit", "shell-command"),
];

/// Minutes until Heat gives up: its own default, said so that it is seen.
const TIMEOUT_MINUTES: &str = "60";

/// A stack of this size goes within minutes.
const DELETE_LONGEST: Duration = Duration::from_secs(20 * 60);

pub(crate) async fn create(site: &Site) -> Result<()> {
    for (name, text) in TEMPLATES {
        put(&format!("{FOLDER}/{name}"), text.as_bytes())?;
    }
    must(
        stack_command("create", &site.releases[0])?,
        &site.log("heat-create"),
    )
    .await
}

pub(crate) fn update(release: &Release) -> Result<Command> {
    stack_command("update", release)
}

/// The gateway's address for clients, and for members.
pub(crate) async fn addresses(site: &Site) -> Result<(String, String)> {
    let names = ["address", "gateway_inside"];
    let [address, inside] = outputs(&site.cloud, STACK, names).await?;
    Ok((address, inside))
}

pub(crate) async fn delete(site: &Site) -> Result<()> {
    delete_stack(&site.cloud, STACK, Deadline::after(DELETE_LONGEST)).await?;
    Ok(())
}

fn stack_command(verb: &str, release: &Release) -> Result<Command> {
    let endpoint = devcloud()?.endpoint();
    let dns: Vec<String> = endpoint.dns.iter().map(ToString::to_string).collect();
    let template = format!("{FOLDER}/{}", TEMPLATES[0].0);
    let args = [
        "stack",
        verb,
        "--template",
        &template,
        "--timeout",
        TIMEOUT_MINUTES,
        "--wait",
    ];
    let mut command = openstack(&args)?;
    for parameter in parameters(release, &endpoint.public_network, &dns.join(","))? {
        command.args(["--parameter", &parameter]);
    }
    command.arg(STACK);
    Ok(command)
}

/// `name=value` for each of the template's parameters.
fn parameters(release: &Release, public_network: &str, dns: &str) -> Result<Vec<String>> {
    let mut parameters = vec![
        format!("public_network={public_network}"),
        format!("dns={dns}"),
        format!("flavor={}", release.flavor),
    ];
    for (known, wanted) in [
        (&release.images, IMAGES.as_slice()),
        (&release.commits, COMMITS.as_slice()),
    ] {
        for (parameter, service) in wanted {
            let value = known.get(*service);
            let value = value.with_context(|| format!("no {parameter} of {}", release.tag))?;
            parameters.push(format!("{parameter}={value}"));
        }
    }
    Ok(parameters)
}

#[cfg(test)]
mod tests {
    use super::{TEMPLATES, parameters};
    use crate::update::release::tests::example;

    #[test]
    fn the_template_gets_every_parameter_without_a_default() {
        let given = parameters(&example(), "public", "10.0.0.1,10.0.0.2").unwrap();
        let mut given: Vec<&str> = given
            .iter()
            .map(|one| one.split('=').next().unwrap())
            .collect();
        let text = TEMPLATES[0].1;
        let declared = text.split("parameters:\n").nth(1).unwrap();
        let declared = declared.split("\n\n").next().unwrap().lines();
        let mut wanted: Vec<&str> = declared
            .filter(|line| !line.contains("default:"))
            .map(|line| line.trim().split(':').next().unwrap())
            .collect();
        given.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(given, wanted);
    }

    #[test]
    fn a_release_without_an_image_is_an_error() {
        let mut release = example();
        release.images.remove("gateway");
        let error = parameters(&release, "public", "").unwrap_err();
        assert_eq!(error.to_string(), "no gateway_image of v1");
    }
}
