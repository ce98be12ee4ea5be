//! What can only be checked when all services of a catalogue are known: things
//! that clash, and things that are asked for and not there.

use indexmap::IndexMap;

use super::catalog::{Catalog, Kind, Service};
use crate::config::reader::{Item, Reader};
use crate::name::ServiceName;

pub(super) fn check(reader: &mut Reader<'_>, catalog: &Catalog, entries: &[Item<'_>]) {
    let mut seen = Seen::default();
    for (name, service) in &catalog.services {
        let Some(item) = entries.iter().find(|item| item.key.text == name.as_str()) else {
            continue;
        };
        let mut wrong = |text: &str, message: String| {
            reader.wrong(item.key.at, &item.path, text, message, None);
        };
        if service.kind == Kind::Application {
            seen.application(name, service, &mut wrong);
            served(service, &mut wrong);
            for (kind, why) in service.needs() {
                if catalog.of_kind(kind).is_none() {
                    let kind = kind.as_str();
                    wrong(
                        kind,
                        format!("{why} needs a service of kind `{kind}`: there is none"),
                    );
                }
            }
        } else if let Some((other, _)) = catalog.of_kind(service.kind)
            && other != name
        {
            let kind = service.kind.as_str();
            wrong(
                kind,
                format!("a second `{kind}`: there is `{other}` already"),
            );
        }
    }
}

/// A port on the gateway needs somebody who answers, and a way to tell.
fn served(service: &Service, wrong: &mut impl FnMut(&str, String)) {
    let web = service
        .roles
        .keys()
        .any(|role| role.as_str() == Service::WEB_ROLE);
    if service.port.is_some() && !web {
        wrong(
            "port",
            "has a port, and no role `web` that answers there".to_owned(),
        );
    } else if service.port.is_some() && service.web_check().is_none() {
        wrong(
            "ready",
            "its role `web` needs `ready` with `path` and `status`".to_owned(),
        );
    } else if service.port.is_none() && service.public {
        wrong("public", "is public, and has no port".to_owned());
    }
}

/// What two services must not have in common.
#[derive(Default)]
struct Seen<'a> {
    ports: IndexMap<u16, &'a ServiceName>,
    databases: IndexMap<&'a str, &'a ServiceName>,
    vhosts: IndexMap<&'a str, &'a ServiceName>,
}

impl<'a> Seen<'a> {
    fn application(
        &mut self,
        name: &'a ServiceName,
        service: &'a Service,
        wrong: &mut impl FnMut(&str, String),
    ) {
        let port = service.port.and_then(|port| {
            let other = self.ports.insert(port, name)?;
            Some((port.to_string(), "port", other))
        });
        let database = service.database.as_deref().and_then(|database| {
            let other = self.databases.insert(database, name)?;
            Some((database.to_owned(), "database", other))
        });
        let vhost = service.vhost.as_deref().and_then(|vhost| {
            let other = self.vhosts.insert(vhost, name)?;
            Some((vhost.to_owned(), "vhost", other))
        });
        for (text, what, other) in [port, database, vhost].into_iter().flatten() {
            wrong(
                &text,
                format!("{what} `{text}` is that of `{other}` already"),
            );
        }
    }
}
