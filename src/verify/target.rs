//! What is checked: where a deployment answers, and what it should consist of.

use url::Url;

use crate::verify::finding::{Finding, Verdict};
use crate::verify::http::Answer;

/// A deployment as its plan describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Any public port of the gateway: all of them answer below `/-/`.
    pub gateway: Url,
    /// The workflow service, without its `/v1`.
    pub workflow: Url,
    /// The services, each with the members that should be alive.
    pub services: Vec<ServiceTarget>,
    /// The services for clients, and how each answers when all is well.
    pub doors: Vec<Door>,
    /// Where and how jobs run; absent where no service runs any.
    pub jobs: Option<JobTarget>,
}

/// A service for clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// Its name.
    pub service: String,
    /// What is asked for.
    pub url: Url,
    /// The status of the answer.
    pub status: u16,
}

impl Door {
    /// Judges an answer.
    pub fn verdict(&self, answer: &Answer) -> Verdict {
        if answer.status == self.status {
            return Ok(format!("{}: {}", self.service, self.status));
        }
        let expected = format!("{} from {}", self.status, self.url);
        Err(Finding::new(expected, answer.excerpt()))
    }
}

/// What should be alive of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTarget {
    /// Its name.
    pub name: String,
    /// Host names of its web members, as the gateway calls its servers.
    pub web_members: Vec<String>,
    /// Its Celery nodes, e.g. `worker@workflow-worker-default-0-1a2b3c4d`.
    pub celery_nodes: Vec<String>,
}

/// Where and how jobs run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobTarget {
    /// The job service as members reach it, e.g. `http://10.0.0.4:5000/v1`.
    pub service_url: String,
    /// A system user that every member has for jobs.
    pub user: String,
    /// Host names of the members that run jobs.
    pub members: Vec<String>,
}

/// A host name without its domain: members are named by the first part, and
/// whether they know their domain depends on the cloud.
pub fn short_host(name: &str) -> &str {
    name.split_once('.').map_or(name, |(host, _)| host)
}

/// A node's name without the domain of its host.
pub fn short_node(name: &str) -> String {
    match name.split_once('@') {
        Some((process, host)) => format!("{process}@{}", short_host(host)),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{short_host, short_node};

    #[test]
    fn domains_do_not_matter() {
        assert_eq!(short_host("web-0.novalocal"), "web-0");
        assert_eq!(short_host("web-0"), "web-0");
        assert_eq!(short_node("worker@web-0.novalocal"), "worker@web-0");
        assert_eq!(short_node("worker@web-0"), "worker@web-0");
    }
}
