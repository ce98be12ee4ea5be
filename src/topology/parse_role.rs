//! One role of a service, its processes, and texts with placeholders.

use indexmap::IndexMap;

use super::catalog::{HttpCheck, Kind, Process, Ready, Role, Service};
use super::parse::Outline;
use super::placeholder::{Part, Placeholder, parts};
use crate::config::nearest;
use crate::config::reader::{Item, Reader};
use crate::name::ServiceName;

/// The key of the query for jobs whose end was lost.
pub(super) const LOST_JOBS: &str = "lost_jobs";

pub(super) fn role(
    reader: &mut Reader<'_>,
    item: &Item<'_>,
    service: &Service,
    outline: &Outline,
) -> Option<Role> {
    let mut fields = reader.map(item)?;
    let instances = fields
        .take("instances")
        .map_or(Some(1), |item| reader.whole(&item, 0, 100));
    let single = fields.take("single").and_then(|item| reader.truth(&item));
    let mut role = Role {
        instances: instances.unwrap_or(1),
        single: single.unwrap_or(false),
        ..Role::server()
    };
    if let Some(item) = reader.need(&mut fields, "processes")
        && let Some(mut fields) = reader.map(&item)
    {
        for item in fields.rest() {
            let process = process(reader, &item, service, outline);
            role.processes
                .extend(process.map(|process| (item.key.text.clone(), process)));
        }
    }
    let reaches = fields.take("reaches").map(|item| reader.list(&item));
    for item in reaches.unwrap_or_default() {
        role.reaches.extend(reached(reader, &item, outline));
    }
    role.ready = fields.take("ready").and_then(|item| ready(reader, &item));
    role.job_users = fields
        .take("job_users")
        .map(|item| reader.texts(&item))
        .unwrap_or_default();
    role.lost_jobs = fields
        .take(LOST_JOBS)
        .and_then(|item| query(reader, &item, service));
    reader.finish(fields);
    Some(role)
}

fn query(reader: &mut Reader<'_>, item: &Item<'_>, service: &Service) -> Option<String> {
    if service.migrate.is_none() || service.database.is_none() {
        reader.bad(
            item,
            "a query in a service without `database` and `migrate`",
        );
    }
    reader.text(item)
}

fn reached(reader: &mut Reader<'_>, item: &Item<'_>, outline: &Outline) -> Option<ServiceName> {
    let text = reader.text(item)?;
    let known = outline
        .services
        .iter()
        .filter(|(_, (kind, port))| *kind == Some(Kind::Application) && *port)
        .map(|(name, _)| name);
    let found = known.clone().find(|name| name.as_str() == text);
    if found.is_none() {
        let near = nearest(&text, known.map(ServiceName::as_str));
        let message = format!("reaches unknown service `{text}`, or one without a port");
        reader.wrong(item.node.at, &item.path, &text, message, near);
    }
    found.cloned()
}

fn ready(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<Ready> {
    let mut fields = reader.map(item)?;
    if let Some(celery) = fields.take("celery") {
        reader.finish(fields);
        return reader.text(&celery).map(Ready::Celery);
    }
    let path = reader.need(&mut fields, "path").and_then(|item| {
        reader.parsed(&item, |text| {
            let valid = text.starts_with('/') && !text.contains(char::is_whitespace);
            valid.then(|| text.to_owned()).ok_or_else(|| {
                format!("`{text}` is not a path: it starts with `/`, without blanks")
            })
        })
    });
    let status = reader
        .need(&mut fields, "status")
        .and_then(|item| reader.whole(&item, 100, 599))
        .and_then(|status| u16::try_from(status).ok());
    reader.finish(fields);
    Some(Ready::Http(HttpCheck {
        path: path?,
        status: status?,
    }))
}

fn process(
    reader: &mut Reader<'_>,
    item: &Item<'_>,
    service: &Service,
    outline: &Outline,
) -> Option<Process> {
    let mut fields = reader.map(item)?;
    let command = reader.need(&mut fields, "command").map(|item| {
        let words = reader.texts(&item);
        if words.is_empty() {
            reader.bad(&item, "a command has at least one word");
        }
        if words.iter().any(|word| word.contains("${")) {
            reader.bad(&item, "a command is fixed in the image: no placeholders");
        }
        words
    });
    let environment = fields
        .take("environment")
        .map(|item| texts_with_placeholders(reader, &item, service, outline))
        .unwrap_or_default();
    let user = fields.take("user").and_then(|item| reader.text(&item));
    // Thirty days: a stop never waits longer than the longest job.
    let stop_timeout_s = fields
        .take("stop_timeout_s")
        .and_then(|item| reader.whole(&item, 1, 2_592_000));
    reader.finish(fields);
    Some(Process {
        command: command?,
        environment,
        user,
        stop_timeout_s,
    })
}

/// A mapping of texts in which every placeholder is known and can be filled in.
pub(super) fn texts_with_placeholders(
    reader: &mut Reader<'_>,
    item: &Item<'_>,
    service: &Service,
    outline: &Outline,
) -> IndexMap<String, String> {
    let Some(mut fields) = reader.map(item) else {
        return IndexMap::new();
    };
    let mut texts = IndexMap::new();
    for item in fields.rest() {
        let Some(text) = reader.text_of(item.node, &item.path) else {
            continue;
        };
        match parts(&text) {
            Ok(parts) => {
                for part in parts {
                    if let Part::Placeholder(placeholder) = part
                        && let Some(message) = unfillable(&placeholder, service, outline)
                    {
                        reader.bad(&item, message);
                    }
                }
            }
            Err(bad) => {
                reader.wrong(item.node.at, &item.path, &text, bad.message, bad.nearest);
            }
        }
        texts.insert(item.key.text.clone(), text);
    }
    texts
}

fn unfillable(placeholder: &Placeholder, service: &Service, outline: &Outline) -> Option<String> {
    let without = |what: &str| Some(format!("`{placeholder}` in a service without `{what}`"));
    match placeholder {
        Placeholder::DatabaseUrl if service.database.is_none() => without("database"),
        Placeholder::BrokerUrl if service.vhost.is_none() => without("vhost"),
        Placeholder::RedisHost | Placeholder::RedisPort | Placeholder::RedisPassword
            if !service.redis =>
        {
            without("redis")
        }
        Placeholder::Port(name) if !outline.services.get(name).is_some_and(|(_, port)| *port) => {
            Some(format!("`{placeholder}`: there is no `{name}` with a port"))
        }
        _ => None,
    }
}
