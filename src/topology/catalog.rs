//! What the known services are and need: the catalogue, as data.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::Serialize;

use super::placeholder::{Part, Placeholder, parts};
use crate::config::{Known, KnownService};
use crate::name::{RoleName, ServiceName};

/// A checked catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalog {
    /// Its name, e.g. `ptero`.
    pub name: String,
    /// Its services, in the order of the file.
    pub services: IndexMap<ServiceName, Service>,
}

/// What kind of server a service is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Code of our own at a commit, in roles.
    Application,
    /// `PostgreSQL`.
    Postgresql,
    /// `RabbitMQ`.
    Rabbitmq,
    /// Redis.
    Redis,
    /// The one way in, `HAProxy`.
    Gateway,
}

impl Kind {
    /// The word the catalogue, Puppet and boot documents use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Postgresql => "postgresql",
            Self::Rabbitmq => "rabbitmq",
            Self::Redis => "redis",
            Self::Gateway => "gateway",
        }
    }

    /// The kind that `text` names.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Application,
        Self::Postgresql,
        Self::Rabbitmq,
        Self::Redis,
        Self::Gateway,
    ];
}

/// One service of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// What it is.
    pub kind: Kind,
    /// Whether it is deployed only where the configuration switches it on.
    pub optional: bool,
    /// Its port: a backing server's own, or the web port of an application, the
    /// same on its members and on the gateway.
    pub port: Option<u16>,
    /// Whether clients outside reach its port on the gateway.
    pub public: bool,
    /// Where its code is.
    pub source: Source,
    /// Name of its database and of the database's owner.
    pub database: Option<String>,
    /// Name of its `RabbitMQ` virtual host and of the user there.
    pub vhost: Option<String>,
    /// Whether it uses Redis.
    pub redis: bool,
    /// Environment of all its processes; texts may hold placeholders.
    pub environment: IndexMap<String, String>,
    /// How its schema is brought up to date.
    pub migrate: Option<Migrate>,
    /// Its roles; a backing service has the one role `server`.
    pub roles: IndexMap<RoleName, Role>,
    /// Settings of a backing server, as they go into its boot document.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// Release of the base image that its run-time needs, e.g. `debian-11`.
    pub base: Option<String>,
    /// The entry as it was written: what the image is told.
    pub entry: serde_json::Value,
}

/// Where a service's code is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Source {
    /// The git repository; none: the configuration has to name it.
    pub repo: Option<String>,
    /// Folder of the repository that is the service.
    pub subdirectory: Option<String>,
    /// Other trees its installation needs.
    pub extra: Vec<ExtraSource>,
}

/// A further tree, at a fixed commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExtraSource {
    /// What the tree is called in the image.
    pub name: String,
    /// The git repository.
    pub repo: String,
    /// The full commit id.
    pub commit: String,
}

/// How a schema is brought up to date, and asked where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Migrate {
    /// Brings the schema to the newest revision.
    pub command: Vec<String>,
    /// Prints the newest revision the code knows.
    pub head: Vec<String>,
    /// Where the revisions are, below the source and below what it installs; absent
    /// where processes open a database at a revision that they do not know.
    pub revisions: Option<String>,
    /// Whether older code runs on the newer schema.
    pub older_code: OlderCode,
    /// Brings the schema back to a revision, where there is a way; an operator runs it.
    pub downgrade: Option<Vec<String>>,
}

/// Whether older code runs on the newest schema. Nobody can see it in the code: it is
/// declared, by whoever read the revisions between.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OlderCode {
    /// Any older code does.
    Works,
    /// None does.
    Fails,
    /// Code does whose own newest revision is one of these.
    At(Vec<String>),
}

impl OlderCode {
    /// Whether code does whose newest revision is `head`.
    pub fn runs(&self, head: Option<&str>) -> bool {
        match self {
            Self::Works => true,
            Self::Fails => false,
            Self::At(revisions) => head.is_some_and(|head| revisions.iter().any(|one| one == head)),
        }
    }
}

/// A kind of server of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// How many servers, unless the configuration says.
    pub instances: u32,
    /// Whether more than one server at a time would do harm.
    pub single: bool,
    /// Its processes.
    pub processes: IndexMap<String, Process>,
    /// Services whose port on the gateway it calls.
    pub reaches: Vec<ServiceName>,
    /// How it is known to work.
    pub ready: Option<Ready>,
    /// System users that jobs run as.
    pub job_users: Vec<String>,
    /// Asks the service's database for jobs whose end was lost: the id of each and the
    /// address of what waits for it.
    pub lost_jobs: Option<String>,
}

/// One process of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// The command line, fixed in the image.
    pub command: Vec<String>,
    /// Environment of this process alone.
    pub environment: IndexMap<String, String>,
    /// The system user it runs as.
    pub user: Option<String>,
    /// How long it may take to stop, in seconds.
    pub stop_timeout_s: Option<u32>,
}

/// How a role is known to work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ready {
    /// An answer on the service's port; also the gateway's check.
    Http(HttpCheck),
    /// The name of a Celery node that answers.
    Celery(String),
}

/// A request and the status that answers it when all is well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpCheck {
    /// Path and query.
    pub path: String,
    /// The status.
    pub status: u16,
}

impl Service {
    /// The name of the one role of a backing service or gateway.
    pub const SERVER_ROLE: &str = "server";
    /// The role that answers on the service's port.
    pub const WEB_ROLE: &str = "web";

    /// The check of the role that answers on the service's port.
    pub fn web_check(&self) -> Option<&HttpCheck> {
        self.roles
            .iter()
            .find(|(name, _)| name.as_str() == Self::WEB_ROLE)
            .and_then(|(_, role)| match &role.ready {
                Some(Ready::Http(check)) => Some(check),
                _ => None,
            })
    }
}

impl Service {
    /// Every text of its environment, of all its processes.
    pub fn environment_texts(&self) -> impl Iterator<Item = &str> {
        let processes = self.roles.values().flat_map(|role| role.processes.values());
        let own = processes.flat_map(|process| process.environment.values());
        self.environment.values().chain(own).map(String::as_str)
    }

    /// Whether a secret of its own has to be made for it.
    pub fn has_secret(&self) -> bool {
        let secret = Part::Placeholder(Placeholder::Secret);
        // The catalogue was checked when it was read.
        self.environment_texts()
            .any(|text| parts(text).is_ok_and(|parts| parts.contains(&secret)))
    }

    /// The backing services this one needs, each with what needs it.
    pub fn needs(&self) -> impl Iterator<Item = (Kind, &'static str)> {
        [
            (self.database.is_some(), Kind::Postgresql, "`database`"),
            (self.vhost.is_some(), Kind::Rabbitmq, "`vhost`"),
            (self.redis, Kind::Redis, "`redis`"),
            (self.port.is_some(), Kind::Gateway, "`port`"),
        ]
        .into_iter()
        .filter(|(needed, ..)| *needed)
        .map(|(_, kind, why)| (kind, why))
    }
}

impl Role {
    /// The one role of a backing service: one server, no processes of ours.
    pub fn server() -> Self {
        Self {
            instances: 1,
            single: false,
            processes: IndexMap::new(),
            reaches: Vec::new(),
            ready: None,
            job_users: Vec::new(),
            lost_jobs: None,
        }
    }

    /// Whether its servers run jobs.
    pub fn runs_jobs(&self) -> bool {
        !self.job_users.is_empty()
    }

    /// How many jobs one server of it works on at a time, where its command lines say.
    pub fn jobs_at_once(&self) -> Option<u32> {
        if !self.runs_jobs() {
            return Some(0);
        }
        let mut processes = self.processes.values();
        processes.try_fold(0_u32, |sum, one| {
            Some(sum.saturating_add(one.concurrency()?))
        })
    }
}

impl Process {
    /// Has its command line say that it works on `count` tasks at a time, where it says
    /// how many; whether it does.
    pub fn set_concurrency(&mut self, count: u32) -> bool {
        let mut words = self.command.iter_mut();
        while let Some(word) = words.next() {
            if matches!(word.as_str(), "--concurrency" | "-c") {
                let said = words.next();
                return said.is_some_and(|said| {
                    *said = count.to_string();
                    true
                });
            }
            if word.starts_with("--concurrency=") {
                *word = format!("--concurrency={count}");
                return true;
            }
        }
        false
    }

    /// What its command line says of how many tasks it works on at a time.
    fn concurrency(&self) -> Option<u32> {
        let mut words = self.command.iter().map(String::as_str);
        while let Some(word) = words.next() {
            let said = match word {
                "--concurrency" | "-c" => words.next(),
                _ => word.strip_prefix("--concurrency="),
            };
            if said.is_some() {
                return said?.parse().ok();
            }
        }
        None
    }
}

impl Catalog {
    /// The first service of `kind`.
    pub fn of_kind(&self, kind: Kind) -> Option<(&ServiceName, &Service)> {
        self.services
            .iter()
            .find(|(_, service)| service.kind == kind)
    }

    /// The services that are deployed, in order: all applications, and of the
    /// others those that an application needs.
    pub fn deployed(&self) -> impl Iterator<Item = (&ServiceName, &Service)> {
        self.services.iter().filter(|(_, service)| {
            service.kind == Kind::Application
                || self
                    .services
                    .values()
                    .filter(|other| other.kind == Kind::Application)
                    .flat_map(Service::needs)
                    .any(|(kind, _)| kind == service.kind)
        })
    }

    /// What a configuration may name.
    pub fn known(&self) -> Known {
        let known = |service: &Service| KnownService {
            roles: service.roles.keys().cloned().collect(),
            scalable: service.kind == Kind::Application,
            single: service
                .roles
                .iter()
                .filter(|(_, role)| role.single)
                .map(|(name, _)| name.clone())
                .collect(),
            runs_jobs: service.roles.values().any(Role::runs_jobs),
        };
        let trees: BTreeSet<&str> = self
            .services
            .values()
            .flat_map(|service| &service.source.extra)
            .map(|tree| tree.name.as_str())
            .collect();
        Known {
            services: self
                .services
                .iter()
                .map(|(name, service)| (name.clone(), known(service)))
                .collect(),
            trees: trees.into_iter().map(str::to_owned).collect(),
            puppet_modules: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::{OlderCode, Process, Role};

    #[track_caller]
    fn case(job_users: &[&str], commands: &[&str], expected: Option<u32>) {
        let process = |command: &str| Process {
            command: command.split(' ').map(str::to_owned).collect(),
            environment: IndexMap::new(),
            user: None,
            stop_timeout_s: None,
        };
        let processes = commands.iter().enumerate();
        let role = Role {
            job_users: job_users.iter().map(ToString::to_string).collect(),
            processes: processes
                .map(|(index, command)| (index.to_string(), process(command)))
                .collect(),
            ..Role::server()
        };
        assert_eq!(role.jobs_at_once(), expected, "{commands:?}");
    }

    #[test]
    fn jobs_at_a_time_are_as_many_as_the_command_lines_say() {
        let user = ["job"];
        case(&user, &["celery worker --concurrency 2 -n w"], Some(2));
        case(
            &user,
            &["celery worker --concurrency=3", "celery -c 4"],
            Some(7),
        );
        case(
            &user,
            &["celery worker --concurrency 2", "celery worker"],
            None,
        );
        case(&user, &["celery worker --concurrency"], None);
        case(&user, &["celery worker --concurrency many"], None);
        case(&[], &["celery worker --concurrency 2", "beat"], Some(0));
    }

    #[test]
    fn older_code_runs_where_its_revision_is_named() {
        let named = OlderCode::At(vec!["1a".to_owned(), "2b".to_owned()]);
        assert!(named.runs(Some("2b")) && !named.runs(Some("3c")) && !named.runs(None));
        assert!(OlderCode::Works.runs(None) && !OlderCode::Fails.runs(Some("2b")));
    }
}
