//! What a member is told at boot: the document of its one deployment.

use indexmap::IndexMap;
use serde_json::Value;

use super::fill::{Filler, backing_port, host, secret_value};
use super::hot::Term;
use super::names;
use super::release::LOST_JOBS;
use crate::name::ServiceName;
use crate::topology::{HttpCheck, Kind, Member, OlderCode, Ready, Role, Service, Topology};

/// The version of the document's format.
pub(super) const VERSION: u32 = 1;

/// The boot document of `member`, called `name`, whose code is at `commit`.
pub(super) fn document(topology: &Topology, member: &Member, name: &str, commit: &str) -> Term {
    // A topology's members are of its own services and roles.
    let service = &topology.services[&member.role.service];
    let role = &service.roles[&member.role.role];
    let filler = Filler {
        topology,
        service_name: &member.role.service,
        service,
        member: name,
        commit,
    };
    let process_environment = role
        .processes
        .iter()
        .filter(|(_, process)| !process.environment.is_empty())
        .map(|(key, process)| {
            let environment = environment(&filler, &process.environment);
            (unit(service, member, key), environment)
        })
        .collect();
    let boot = [
        ("version", VERSION.into()),
        ("task", "boot".into()),
        ("member", name.into()),
        ("service", member.role.service.as_str().into()),
        ("role", member.role.role.as_str().into()),
        ("kind", member.kind.as_str().into()),
        ("environment", environment(&filler, &service.environment)),
        ("processes", processes(service, member).into()),
        ("process_environment", Term::Map(process_environment)),
        ("wait_for", wait_for(topology, service)),
        ("migrate", migrate(&filler)),
        ("ready", ready(service, role)),
        ("deadline_s", topology.stack.member_deadline_s.into()),
        ("settings", settings(topology, service)),
    ];
    let lost_jobs = role
        .lost_jobs
        .iter()
        .map(|query| ("lost_jobs", lost_jobs(query)));
    Term::map(boot.into_iter().chain(lost_jobs))
}

/// What to ask the database, and where to tell what it answers. The handle is the root
/// stack's, as one member after the other tells of the same jobs.
fn lost_jobs(query: &str) -> Term {
    Term::map([
        ("query", query.into()),
        ("stack_name", Term::param("OS::stack_name")),
        ("stack_id", Term::param("OS::stack_id")),
        ("resource", LOST_JOBS.into()),
        ("access", Term::attr(LOST_JOBS, "signal")),
    ])
}

/// The names of the processes of `member`, which is of `service`.
pub(super) fn processes(service: &Service, member: &Member) -> Vec<String> {
    service.roles[&member.role.role]
        .processes
        .keys()
        .map(|process| unit(service, member, process))
        .collect()
}

/// The name of a process within its service: alone where no other role has it.
fn unit(service: &Service, member: &Member, process: &str) -> String {
    let elsewhere = service
        .roles
        .iter()
        .any(|(role, other)| *role != member.role.role && other.processes.contains_key(process));
    if elsewhere {
        format!("{}-{process}", member.role.role)
    } else {
        process.to_owned()
    }
}

fn environment(filler: &Filler<'_>, texts: &IndexMap<String, String>) -> Term {
    Term::Map(
        texts
            .iter()
            .map(|(key, text)| (key.clone(), filler.fill(text)))
            .collect(),
    )
}

/// The servers without which a service cannot start.
fn wait_for(topology: &Topology, service: &Service) -> Term {
    if service.kind != Kind::Application {
        return Term::List(Vec::new());
    }
    let waits = service
        .needs()
        .filter(|(kind, _)| *kind != Kind::Gateway)
        .filter_map(|(kind, _)| {
            let role = topology.of_kind(kind)?;
            let port = backing_port(topology, kind)?;
            Some(Term::map([("host", host(&role)), ("port", port.into())]))
        });
    Term::List(waits.collect())
}

fn migrate(filler: &Filler<'_>) -> Term {
    match (&filler.service.migrate, &filler.service.database) {
        (Some(migrate), Some(database)) => Term::map([
            ("database_url", filler.fill("${database_url}")),
            ("lock", lock(database).into()),
            ("older_code", older_code(&migrate.older_code)),
        ]),
        _ => Term::NULL,
    }
}

/// As the agent reads it.
fn older_code(older: &OlderCode) -> Term {
    match older {
        OlderCode::Works => "works".into(),
        OlderCode::Fails => "fails".into(),
        OlderCode::At(revisions) => {
            let revisions = revisions.iter().map(|one| one.as_str().into());
            Term::List(revisions.collect())
        }
    }
}

/// The number of the lock under which `database` is migrated: any will do that is
/// the same for every member, and JSON's numbers carry 32 bits everywhere.
fn lock(database: &str) -> u32 {
    let hash = blake3::hash(database.as_bytes());
    let [a, b, c, d, ..] = *hash.as_bytes();
    u32::from_be_bytes([a, b, c, d])
}

fn ready(service: &Service, role: &Role) -> Term {
    let (mut http, mut celery) = (Term::NULL, Term::NULL);
    match &role.ready {
        Some(Ready::Http(check)) => {
            let port = service.port.map_or(Term::NULL, Term::from);
            http = Term::map([
                ("port", port),
                ("path", check.path.as_str().into()),
                ("status", check.status.into()),
            ]);
        }
        Some(Ready::Celery(node)) => celery = node.as_str().into(),
        None => {}
    }
    Term::map([("http", http), ("celery", celery)])
}

fn settings(topology: &Topology, service: &Service) -> Term {
    let mut settings: IndexMap<String, Term> = match service.kind {
        Kind::Application => IndexMap::new(),
        Kind::Postgresql => postgresql(topology),
        Kind::Rabbitmq => [("vhosts".to_owned(), vhosts(topology))].into(),
        Kind::Redis => [("password".to_owned(), secret_value(names::REDIS_SECRET))].into(),
        Kind::Gateway => [("frontends".to_owned(), frontends(topology))].into(),
    };
    let own = service.settings.iter();
    settings.extend(own.map(|(key, value)| (key.clone(), Term::Plain(value.clone()))));
    Term::Map(settings)
}

fn postgresql(topology: &Topology) -> IndexMap<String, Term> {
    let databases = topology.services.iter().filter_map(|(name, service)| {
        let password = secret_value(&names::database_secret(name));
        let database = service.database.clone()?;
        Some((database, Term::map([("password", password)])))
    });
    let cidr = topology.stack.network_cidr.to_string();
    [
        ("databases".to_owned(), Term::Map(databases.collect())),
        ("allow_cidr".to_owned(), cidr.into()),
    ]
    .into()
}

fn vhosts(topology: &Topology) -> Term {
    let vhosts = topology.services.iter().filter_map(|(name, service)| {
        let password = secret_value(&names::vhost_secret(name));
        let vhost = service.vhost.clone()?;
        let user = vhost.as_str().into();
        Some((vhost, Term::map([("user", user), ("password", password)])))
    });
    Term::Map(vhosts.collect())
}

fn frontends(topology: &Topology) -> Term {
    Term::List(
        topology
            .advertised()
            .map(|(name, service, port)| Term::map(frontend(name, service, port)))
            .collect(),
    )
}

fn frontend(name: &ServiceName, service: &Service, port: u16) -> [(&'static str, Term); 3] {
    let check = service.web_check().map_or(
        Value::Null,
        |HttpCheck { path, status }| serde_json::json!({"path": path, "status": status}),
    );
    [
        ("service", name.as_str().into()),
        ("port", port.into()),
        ("check", check.into()),
    ]
}

/// What the gateway is told when the servers behind it are known: for each service
/// the name and address of each of its web members.
pub(super) fn backends(
    topology: &Topology,
    servers: impl Fn(&ServiceName) -> Vec<(String, Term)>,
) -> Term {
    let frontends = topology.advertised().map(|(name, service, port)| {
        let servers = servers(name)
            .into_iter()
            .map(|(name, address)| Term::map([("name", name.into()), ("address", address)]))
            .collect();
        let [a, b, c] = frontend(name, service, port);
        Term::map([a, b, c, ("servers", Term::List(servers))])
    });
    Term::map([
        ("version", VERSION.into()),
        ("task", "backends".into()),
        ("frontends", Term::List(frontends.collect())),
    ])
}
