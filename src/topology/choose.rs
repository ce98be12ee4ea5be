//! A catalogue and what the configuration says about it: the services that are
//! deployed, and where the trees come from that they need.

use serde_json::{Value, json};

use super::catalog::{Catalog, Kind, Service};
use super::placeholder::{Part, Placeholder, parts};
use crate::config::{Config, JobsConfig, Problems};
use crate::name::ServiceName;

impl Catalog {
    /// The catalogue without the services that `config` does not have deployed.
    pub fn chosen(mut self, config: &Config) -> Result<Self, Problems> {
        self.services.retain(|name, service| {
            let enabled = config.services.get(name).and_then(|own| own.enabled);
            service.kind != Kind::Application || enabled.unwrap_or(!service.optional)
        });
        if let Some((name, missing)) = self.missed() {
            let message = format!(
                "services.{missing}.enabled: `{name}` needs `{missing}`, which is not deployed"
            );
            return Err(Problems::whole_file(&config.origin, message));
        }
        for (name, service) in &mut self.services {
            from_elsewhere(service, config);
            if let Some(own) = config.services.get(name) {
                with_packages(service, &own.packages);
                with_classes(service, &own.puppet_classes);
                with_jobs(service, &own.jobs);
            }
        }
        Ok(self)
    }

    /// A service that is told of another one's port, and that other one if it is
    /// not there. Whom it only may call does not matter to it.
    fn missed(&self) -> Option<(&ServiceName, ServiceName)> {
        self.services.iter().find_map(|(name, service)| {
            let mut ports = service.environment_texts().flat_map(ports_in);
            let missing = ports.find(|port| !self.services.contains_key(port));
            missing.map(|missing| (name, missing))
        })
    }
}

fn ports_in(text: &str) -> Vec<ServiceName> {
    // The catalogue was checked when it was read.
    let parts = parts(text).unwrap_or_default().into_iter();
    parts
        .filter_map(|part| match part {
            Part::Placeholder(Placeholder::Port(service)) => Some(service),
            _ => None,
        })
        .collect()
}

/// Mirrors and forks of what the service needs besides its own code. Only another
/// commit is another image: where a tree was fetched from is not in it.
fn from_elsewhere(service: &mut Service, config: &Config) {
    for (index, tree) in service.source.extra.iter_mut().enumerate() {
        let Some(own) = config.trees.get(&tree.name) else {
            continue;
        };
        if let Some(repo) = &own.repo {
            tree.repo.clone_from(repo);
        }
        if let Some(commit) = &own.commit {
            tree.commit.clone_from(commit);
            service.entry["source"]["extra"][index]["commit"] = commit.as_str().into();
        }
    }
}

/// Packages go into the image, and so into its recipe.
fn with_packages(service: &mut Service, packages: &[String]) {
    if !packages.is_empty() {
        append(&mut service.entry["runtime"]["packages"], packages);
    }
}

fn with_classes(service: &mut Service, classes: &[String]) {
    if !classes.is_empty() {
        service.entry["puppet_classes"] = json!(classes);
    }
}

/// The catalogue's own users stay first: the checks' jobs run as those.
fn with_jobs(service: &mut Service, jobs: &JobsConfig) {
    let roles = service
        .roles
        .iter_mut()
        .filter(|(_, role)| role.runs_jobs());
    for (name, role) in roles {
        let entry = &mut service.entry["roles"][name.as_str()];
        if !jobs.users.is_empty() {
            role.job_users.extend(jobs.users.iter().cloned());
            append(&mut entry["job_users"], &jobs.users);
        }
        if !jobs.mounts.is_empty() {
            entry["mounts"] = json!(jobs.mounts);
        }
        let Some(count) = jobs.at_once else {
            continue;
        };
        for (process, settings) in &mut role.processes {
            if settings.set_concurrency(count) {
                let command = settings.command.iter().cloned().collect();
                entry["processes"][process.as_str()]["command"] = command;
            }
        }
    }
}

fn append(list: &mut Value, texts: &[String]) {
    if list.is_null() {
        *list = Value::Array(Vec::new());
    }
    if let Some(list) = list.as_array_mut() {
        list.extend(texts.iter().cloned().map(Value::from));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Catalog;
    use crate::config::{self, Config};
    use crate::name::ServiceName;

    fn config(services: &str) -> Config {
        let text = format!(
            "services: {services}\nimages: {{build: {{build_machine_image: local, puppet_modules: m, \
             base_image_urls: {{default: 'http://x/y'}}}}}}\nstacks: {{}}\n"
        );
        config::load(&text, Path::new("config.yaml"), &Catalog::ptero().known()).unwrap()
    }

    #[track_caller]
    fn deployed(services: &str, expected: Result<&[&str], &str>) {
        let chosen = Catalog::ptero().chosen(&config(services));
        let seen = chosen.map_err(|problems| problems.to_string());
        let seen = seen.map(|catalog| {
            let names = catalog.deployed().map(|(name, _)| name.to_string());
            names.collect::<Vec<_>>()
        });
        let expected = expected.map(|names| names.iter().map(ToString::to_string).collect());
        assert_eq!(seen, expected.map_err(str::to_owned));
    }

    #[test]
    fn optional_services_are_deployed_on_demand_only() {
        let backing = ["postgresql", "rabbitmq", "redis", "gateway"];
        let with = |names: &[&'static str]| [&backing[..], names].concat();
        deployed(
            "{}",
            Ok(&with(&["workflow", "petri", "shell-command", "lsf"])),
        );
        deployed(
            "{auth: {enabled: true}, lsf: {enabled: false}}",
            Ok(&with(&["workflow", "petri", "shell-command", "auth"])),
        );
    }

    #[test]
    fn what_another_service_is_told_of_cannot_be_left_out() {
        deployed(
            "{petri: {enabled: false}}",
            Err(
                "config.yaml: services.petri.enabled: `workflow` needs `petri`, which is not deployed",
            ),
        );
    }

    #[test]
    fn what_jobs_need_goes_into_the_image_of_the_service() {
        let own = "{shell-command: {packages: [samtools], job_users: [alice], jobs_at_once: 8, \
                   mounts: [{source: 'nfs:/data', at: /data}], puppet_classes: [site]}}";
        let (plain, chosen) = (
            Catalog::ptero(),
            Catalog::ptero().chosen(&config(own)).unwrap(),
        );
        let name = ServiceName::new("shell-command").unwrap();
        let (before, after) = (&plain.services[&name], &chosen.services[&name]);
        let packages = &after.entry["runtime"]["packages"];
        assert_eq!(packages.as_array().unwrap().last().unwrap(), "samtools");
        assert_eq!(after.entry["puppet_classes"], serde_json::json!(["site"]));
        let worker = &after.entry["roles"]["worker"];
        assert_eq!(
            worker["job_users"],
            serde_json::json!(["ptero-job", "alice"])
        );
        assert_eq!(
            worker["mounts"],
            serde_json::json!([{
                "source": "nfs:/data", "at": "/data", "type": "nfs", "options": "hard,nosuid,nodev",
            }])
        );
        let command = worker["processes"]["worker"]["command"].as_array().unwrap();
        let at = command
            .iter()
            .position(|word| word == "--concurrency")
            .unwrap();
        assert_eq!(command[at + 1], "8");
        assert_eq!(after.entry["roles"]["web"], before.entry["roles"]["web"]);
        let role = after.roles.values().find(|role| role.runs_jobs()).unwrap();
        assert_eq!(
            (role.jobs_at_once(), &role.job_users[0][..]),
            (Some(8), "ptero-job")
        );
    }

    #[test]
    fn a_tree_from_elsewhere_changes_the_image_by_its_commit_only() {
        let commit = "0123456789012345678901234567890123456789";
        let own = format!("{{common: {{repo: /mirror, ref: '{commit}'}}}}");
        let plain = Catalog::ptero();
        let mirrored = plain
            .clone()
            .chosen(&config("{common: {repo: /mirror}}"))
            .unwrap();
        let forked = plain.clone().chosen(&config(&own)).unwrap();
        let petri = ServiceName::new("petri").unwrap();
        let tree = |catalog: &Catalog| catalog.services[&petri].source.extra[0].clone();
        let entry = |catalog: &Catalog| catalog.services[&petri].entry.clone();
        assert_eq!(tree(&mirrored).repo, "/mirror");
        assert_eq!(tree(&mirrored).commit, tree(&plain).commit);
        assert_eq!(entry(&mirrored), entry(&plain));
        assert_eq!(tree(&forked).commit, commit);
        assert_ne!(entry(&forked), entry(&plain));
    }
}
