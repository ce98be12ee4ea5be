//! `services`: where the code of each comes from, and which are deployed.

use indexmap::IndexMap;

use super::classes::{Modules, classes};
use super::known::{Known, KnownService};
use super::model::{JobsConfig, ServiceConfig, TreeConfig};
use super::mounts::mounts;
use super::reader::{Fields, Item, Reader};
use crate::name::{ServiceName, Tag, is_commit};

/// More processes than this on one server is a mistake: each takes some 50 MB.
const JOBS_MAX: u32 = 512;

/// What is said about services, and about the further trees they need.
#[derive(Debug, Default)]
pub(super) struct Services {
    pub(super) services: IndexMap<ServiceName, ServiceConfig>,
    pub(super) trees: IndexMap<String, TreeConfig>,
}

pub(super) fn services(
    reader: &mut Reader<'_>,
    item: &Item<'_>,
    known: &Known,
    modules: Modules<'_>,
) -> Services {
    let mut found = Services::default();
    let Some(mut fields) = reader.map(item) else {
        return found;
    };
    for item in fields.rest() {
        let text = &item.key.text;
        let Some(mut fields) = reader.map(&item) else {
            continue;
        };
        if let Some(name) = known.service(text).cloned() {
            let service = service(reader, &mut fields, known.services.get(&name), modules);
            found.services.insert(name, service);
        } else if known.trees.contains(text) {
            let tree = tree(reader, &mut fields);
            found.trees.insert(text.clone(), tree);
        } else {
            let trees = known.trees.iter().map(String::as_str);
            reader.unknown(&item, "service", known.service_names().chain(trees));
            continue;
        }
        reader.finish(fields);
    }
    found
}

fn service(
    reader: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    its: Option<&KnownService>,
    modules: Modules<'_>,
) -> ServiceConfig {
    let application = its.is_some_and(|one| one.scalable);
    let runs_jobs = its.is_some_and(|one| one.runs_jobs);
    ServiceConfig {
        repo: repo(reader, fields),
        git_ref: fields
            .take("ref")
            .and_then(|item| reader.name(&item, Tag::new))
            .map(String::from),
        enabled: fields.take("enabled").and_then(|item| {
            if !application {
                let message = "is deployed where another service needs it: it cannot be switched";
                reader.bad(&item, message);
            }
            reader.truth(&item)
        }),
        packages: packages(reader, fields, application),
        puppet_classes: classes(reader, fields, application, modules),
        jobs: jobs(reader, fields, runs_jobs),
    }
}

fn packages(reader: &mut Reader<'_>, fields: &mut Fields<'_>, application: bool) -> Vec<String> {
    let Some(item) = fields.take("packages") else {
        return Vec::new();
    };
    if !application {
        reader.bad(
            &item,
            "its image has what it needs: only PTero's own services get more packages",
        );
    }
    let items = reader.list(&item);
    let named = items.iter().filter_map(|item| reader.parsed(item, package));
    named.collect()
}

fn jobs(reader: &mut Reader<'_>, fields: &mut Fields<'_>, runs_jobs: bool) -> JobsConfig {
    let (users, at_once) = (fields.take("job_users"), fields.take("jobs_at_once"));
    let shares = fields.take("mounts");
    for item in [&users, &at_once, &shares]
        .into_iter()
        .flatten()
        .filter(|_| !runs_jobs)
    {
        reader.bad(item, "this service runs no jobs");
    }
    let users = users.map(|item| reader.list(&item)).unwrap_or_default();
    JobsConfig {
        users: users
            .iter()
            .filter_map(|item| reader.parsed(item, user))
            .collect(),
        at_once: at_once.and_then(|item| reader.whole(&item, 1, JOBS_MAX)),
        mounts: shares.map(|item| mounts(reader, &item)).unwrap_or_default(),
    }
}

/// Debian's rule for names of packages.
fn package(text: &str) -> Result<String, String> {
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
    if begins && text.len() > 1 && text.chars().all(rest) {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is no name of a Debian package"))
    }
}

/// Debian's rule for names of users, and those that no job gets.
fn user(text: &str) -> Result<String, String> {
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
    match text {
        "root" | "ptero" => Err(format!("jobs do not run as `{text}`")),
        _ if begins && text.len() <= 32 && text.chars().all(rest) => Ok(text.to_owned()),
        _ => Err(format!("`{text}` is no name of a user")),
    }
}

fn tree(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> TreeConfig {
    TreeConfig {
        repo: repo(reader, fields),
        commit: fields.take("ref").and_then(|item| {
            reader.parsed(&item, |text| {
                is_commit(text).then(|| text.to_ascii_lowercase()).ok_or_else(|| {
                    format!("`{text}` is not a full commit id: what services are built with does not move")
                })
            })
        }),
    }
}

fn repo(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<String> {
    let item = fields.take("repo")?;
    reader.parsed(&item, |text| {
        // Git would take it for an option.
        if text.starts_with('-') {
            Err(format!("`{text}` is not a repository"))
        } else {
            Ok(text.to_owned())
        }
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::load;
    use crate::topology::Catalog;

    const REST: &str = "
images: {build: {build_machine_image: local, base_image_urls: {default: 'http://x/y'}}}
stacks: {}
";

    #[track_caller]
    fn case(services: &str, mistakes: &[&str]) {
        let text = format!("services: {services}{REST}");
        let known = Catalog::ptero().known();
        let seen: Vec<String> = match load(&text, Path::new("x"), &known) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.iter().map(|one| one.message.clone()).collect(),
        };
        assert_eq!(seen, mistakes);
    }

    #[test]
    fn services_and_the_trees_they_need_may_come_from_elsewhere() {
        let commit = "0123456789012345678901234567890123456789";
        case("{workflow: {repo: /a, ref: v1, enabled: true}}", &[]);
        case(&format!("{{common: {{repo: /b, ref: '{commit}'}}}}"), &[]);
        case("{commn: {repo: /b}}", &["unknown service `commn`"]);
        case("{workflow: {repo: -x}}", &["`-x` is not a repository"]);
    }

    #[test]
    fn what_jobs_need_is_said_where_jobs_run() {
        case(
            "{shell-command: {packages: [samtools, libstdc++6], job_users: [alice, _b-1], jobs_at_once: 8, \
             mounts: [{source: 'nfs:/a', at: /a}, {source: 'nfs:/b', at: /a/b, type: nfs4, options: ro}]}, \
             workflow: {packages: [gdb]}}",
            &[],
        );
        case(
            "{workflow: {job_users: [alice], jobs_at_once: 2, mounts: []}, redis: {packages: [gdb]}}",
            &[
                "this service runs no jobs",
                "this service runs no jobs",
                "this service runs no jobs",
                "its image has what it needs: only PTero's own services get more packages",
            ],
        );
        case(
            "{shell-command: {packages: [-y, a], job_users: [root, 1a, 'a b'], jobs_at_once: 0}}",
            &[
                "`-y` is no name of a Debian package",
                "`a` is no name of a Debian package",
                "jobs do not run as `root`",
                "`1a` is no name of a user",
                "`a b` is no name of a user",
                "`0` is below 1",
            ],
        );
    }

    #[test]
    fn a_tree_stays_at_a_commit() {
        case(
            "{common: {ref: master}}",
            &["`master` is not a full commit id: what services are built with does not move"],
        );
    }

    #[test]
    fn only_applications_are_switched() {
        case(
            "{redis: {enabled: false}}",
            &["is deployed where another service needs it: it cannot be switched"],
        );
    }
}
