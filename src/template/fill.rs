//! Fills in a catalogue's placeholders: with constants where they are known, with
//! Heat's functions where only the stack will know.

use indexmap::IndexMap;

use super::hot::Term;
use super::names;
use crate::name::ServiceName;
use crate::topology::{Kind, Part, Placeholder, RoleKey, Service, Topology, parts};

/// What a text is filled in for.
pub(super) struct Filler<'a> {
    pub(super) topology: &'a Topology,
    pub(super) service_name: &'a ServiceName,
    pub(super) service: &'a Service,
    /// The member's name.
    pub(super) member: &'a str,
    /// The commit of the service's code.
    pub(super) commit: &'a str,
}

impl Filler<'_> {
    /// `text` with everything filled in.
    pub(super) fn fill(&self, text: &str) -> Term {
        // The catalogue was checked when it was read, so this is plain text then.
        let Ok(parts) = parts(text) else {
            return text.into();
        };
        let mut filled: Vec<Filled> = Vec::new();
        for part in parts {
            match part {
                Part::Text(text) => filled.push(Filled::Text(text)),
                Part::Placeholder(placeholder) => filled.extend(self.placeholder(&placeholder)),
            }
        }
        join(filled)
    }

    fn placeholder(&self, placeholder: &Placeholder) -> Vec<Filled> {
        match placeholder {
            Placeholder::DatabaseUrl => self.database_url(),
            Placeholder::BrokerUrl => self.broker_url(),
            Placeholder::RedisHost => self.host(Kind::Redis),
            Placeholder::RedisPort => self.port(Kind::Redis),
            Placeholder::RedisPassword => vec![secret(names::REDIS_SECRET)],
            Placeholder::Secret => vec![secret(&names::service_secret(self.service_name))],
            Placeholder::AdvertisedHost => vec![Filled::Term(advertised_host())],
            Placeholder::GatewayHost => self.host(Kind::Gateway),
            Placeholder::Port(service) => {
                let port = self.topology.services.get(service).and_then(|it| it.port);
                port.map(|port| Filled::Text(port.to_string()))
                    .into_iter()
                    .collect()
            }
            Placeholder::Member => vec![Filled::Text(self.member.to_owned())],
            Placeholder::Commit => vec![Filled::Text(self.commit.to_owned())],
        }
    }

    fn database_url(&self) -> Vec<Filled> {
        let Some(name) = &self.service.database else {
            return Vec::new();
        };
        let secret_name = names::database_secret(self.service_name);
        let mut url = vec![
            Filled::Text(format!("postgresql://{name}:")),
            secret(&secret_name),
            Filled::Text("@".to_owned()),
        ];
        url.extend(self.host(Kind::Postgresql));
        url.push(Filled::Text(":".to_owned()));
        url.extend(self.port(Kind::Postgresql));
        url.push(Filled::Text(format!("/{name}")));
        url
    }

    fn broker_url(&self) -> Vec<Filled> {
        let Some(vhost) = &self.service.vhost else {
            return Vec::new();
        };
        let secret_name = names::vhost_secret(self.service_name);
        let mut url = vec![
            Filled::Text(format!("amqp://{vhost}:")),
            secret(&secret_name),
            Filled::Text("@".to_owned()),
        ];
        url.extend(self.host(Kind::Rabbitmq));
        url.push(Filled::Text(":".to_owned()));
        url.extend(self.port(Kind::Rabbitmq));
        url.push(Filled::Text(format!("/{vhost}")));
        url
    }

    fn host(&self, kind: Kind) -> Vec<Filled> {
        let role = self.topology.of_kind(kind);
        role.map(|role| Filled::Term(host(&role)))
            .into_iter()
            .collect()
    }

    fn port(&self, kind: Kind) -> Vec<Filled> {
        let port = backing_port(self.topology, kind);
        port.map(|port| Filled::Text(port.to_string()))
            .into_iter()
            .collect()
    }
}

/// The internal address of a server with a fixed port.
pub(super) fn host(role: &RoleKey) -> Term {
    Term::address(&names::fixed_port(role))
}

/// The address that clients outside use.
pub(super) fn advertised_host() -> Term {
    Term::attr(names::FLOATING_IP, "floating_ip_address")
}

/// The port of the backing service of `kind`.
pub(super) fn backing_port(topology: &Topology, kind: Kind) -> Option<u16> {
    let role = topology.of_kind(kind)?;
    topology.services.get(&role.service)?.port
}

/// The value of a generated secret.
pub(super) fn secret_value(resource: &str) -> Term {
    Term::attr(resource, "value")
}

fn secret(resource: &str) -> Filled {
    Filled::Term(secret_value(resource))
}

enum Filled {
    Text(String),
    Term(Term),
}

/// One text: as it is where nothing is asked of Heat, else `str_replace`.
fn join(parts: Vec<Filled>) -> Term {
    if let [Filled::Term(term)] = parts.as_slice() {
        return term.clone();
    }
    let mut template = String::new();
    let mut params: IndexMap<String, Term> = IndexMap::new();
    for part in parts {
        match part {
            Filled::Text(text) => template.push_str(&text),
            Filled::Term(term) => {
                // Longer than anything of a catalogue, and no name inside another:
                // Heat replaces wherever it finds the name.
                let name = format!("<%{}%>", params.len());
                template.push_str(&name);
                params.insert(name, term);
            }
        }
    }
    if params.is_empty() {
        template.into()
    } else {
        Term::Replace { template, params }
    }
}
