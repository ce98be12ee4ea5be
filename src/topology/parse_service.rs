//! One service of a catalogue.

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::catalog::{ExtraSource, Kind, Migrate, OlderCode, Role, Service, Source};
use super::parse::Outline;
use super::parse_role::{LOST_JOBS, role, texts_with_placeholders};
use super::parse_runtime::runtime;
use crate::config::reader::{Fields, Item, Reader};
use crate::config::tree::Value;
use crate::name::{RoleName, is_commit};

/// The key that says whether older code runs on a newer schema.
const OLDER_CODE: &str = "older_code";

pub(super) fn service(
    reader: &mut Reader<'_>,
    item: &Item<'_>,
    outline: &Outline,
) -> Option<Service> {
    let mut fields = reader.map(item)?;
    let kind = reader.need(&mut fields, "kind")?;
    let kind = reader.parsed(&kind, |text| {
        Kind::parse(text).ok_or_else(|| {
            let known = Kind::ALL.map(Kind::as_str).join("`, `");
            format!("unknown kind `{text}`: there are `{known}`")
        })
    })?;
    let mut service = Service {
        kind,
        optional: false,
        port: None,
        public: false,
        source: Source::default(),
        database: None,
        vhost: None,
        redis: false,
        environment: IndexMap::new(),
        migrate: None,
        roles: IndexMap::new(),
        settings: serde_json::Map::new(),
        base: None,
        entry: item.node.to_json(),
    };
    service.port = fields
        .take("port")
        .and_then(|item| reader.whole(&item, 1, u32::from(u16::MAX)))
        .and_then(|port| u16::try_from(port).ok());
    if kind == Kind::Application {
        application(reader, &mut fields, outline, &mut service);
    } else {
        backing(reader, &mut fields, item, &mut service);
    }
    reader.finish(fields);
    Some(service)
}

fn backing(
    reader: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    item: &Item<'_>,
    service: &mut Service,
) {
    if let Some(item) = fields.take("settings")
        && reader.map(&item).is_some()
        && let serde_json::Value::Object(settings) = item.node.to_json()
    {
        service.settings = settings;
    }
    if service.port.is_none() && service.kind != Kind::Gateway {
        let message = format!("missing key `port`: a `{}` has one", service.kind.as_str());
        reader.wrong(item.key.at, &item.path, "", message, None);
    }
    service.roles.extend(
        RoleName::new(Service::SERVER_ROLE)
            .ok()
            .map(|name| (name, Role::server())),
    );
}

fn application(
    reader: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    outline: &Outline,
    service: &mut Service,
) {
    service.source = fields
        .take("source")
        .map(|item| source(reader, &item))
        .unwrap_or_default();
    service.base = reader
        .need(fields, "runtime")
        .and_then(|item| runtime(reader, &item, &service.source));
    service.optional = flag(reader, fields, "optional");
    service.public = flag(reader, fields, "public");
    service.database = fields
        .take("database")
        .and_then(|item| reader.parsed(&item, identifier));
    service.vhost = fields
        .take("vhost")
        .and_then(|item| reader.parsed(&item, identifier));
    service.redis = flag(reader, fields, "redis");
    if let Some(item) = fields.take("environment") {
        service.environment = texts_with_placeholders(reader, &item, service, outline);
    }
    service.migrate = fields
        .take("migrate")
        .and_then(|item| migrate(reader, &item));
    // Only plans ask for it: an image is no other because of what is said there.
    if let Some(entry) = service.entry.get_mut("migrate")
        && let Some(entry) = entry.as_object_mut()
    {
        entry.shift_remove(OLDER_CODE);
    }
    let Some(roles) = reader
        .need(fields, "roles")
        .and_then(|item| reader.map(&item))
    else {
        return;
    };
    let mut roles = roles;
    // Nor is it because of a question that members ask.
    let entries = service.entry.get_mut("roles").and_then(Json::as_object_mut);
    for (_, entry) in entries.into_iter().flatten() {
        entry
            .as_object_mut()
            .and_then(|entry| entry.shift_remove(LOST_JOBS));
    }
    for item in roles.rest() {
        match RoleName::new(item.key.text.clone()) {
            Ok(role_name) => {
                if let Some(role) = role(reader, &item, service, outline) {
                    service.roles.insert(role_name, role);
                }
            }
            Err(bad) => {
                let text = &item.key.text;
                reader.wrong(item.key.at, roles.path(), text, bad.to_string(), None);
            }
        }
    }
}

fn flag(reader: &mut Reader<'_>, fields: &mut Fields<'_>, name: &'static str) -> bool {
    let item = fields.take(name);
    item.and_then(|item| reader.truth(&item)).unwrap_or(false)
}

fn migrate(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<Migrate> {
    let mut fields = reader.map(item)?;
    let command = reader.need(&mut fields, "command");
    let head = reader.need(&mut fields, "head");
    let older_code = fields.take(OLDER_CODE);
    let revisions = fields.take("revisions");
    let downgrade = fields.take("downgrade");
    reader.finish(fields);
    let older_code = older_code.and_then(|item| runs_on_newer(reader, &item));
    Some(Migrate {
        command: reader.texts(&command?),
        head: reader.texts(&head?),
        revisions: revisions.and_then(|item| reader.parsed(&item, below)),
        older_code: older_code.unwrap_or(OlderCode::Fails),
        downgrade: downgrade.map(|item| reader.texts(&item)),
    })
}

/// `works`, `fails`, or the revisions of the code that works.
fn runs_on_newer(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<OlderCode> {
    if let Value::List(_) = &item.node.value {
        return Some(OlderCode::At(reader.texts(item)));
    }
    reader.parsed(item, |text| match text {
        "works" => Ok(OlderCode::Works),
        "fails" => Ok(OlderCode::Fails),
        _ => Err(format!(
            "`{text}` is neither `works` nor `fails` nor a list of revisions"
        )),
    })
}

/// A folder below another.
fn below(text: &str) -> Result<String, String> {
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    if text.split('/').all(plain) {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is no path below a folder"))
    }
}

/// Names that go into URLs and SQL: nothing in them needs quoting.
fn identifier(text: &str) -> Result<String, String> {
    let valid = text.len() <= 63
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c));
    if valid {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "`{text}`: lower-case letters, digits, `_` and `-`, starting with a letter"
        ))
    }
}

fn source(reader: &mut Reader<'_>, item: &Item<'_>) -> Source {
    let mut source = Source::default();
    let Some(mut fields) = reader.map(item) else {
        return source;
    };
    source.repo = fields.take("repo").and_then(|item| reader.text(&item));
    source.subdirectory = fields.take("subdirectory").and_then(|item| {
        reader.parsed(&item, |text| {
            let inside = text.split('/').all(|part| !part.is_empty() && part != "..");
            inside
                .then(|| text.to_owned())
                .ok_or_else(|| format!("`{text}` is not a folder inside the repository"))
        })
    });
    let extra = fields.take("extra").map(|item| reader.list(&item));
    for item in extra.unwrap_or_default() {
        source.extra.extend(extra_source(reader, &item));
    }
    reader.finish(fields);
    source
}

fn extra_source(reader: &mut Reader<'_>, item: &Item<'_>) -> Option<ExtraSource> {
    let mut fields = reader.map(item)?;
    let name = reader
        .need(&mut fields, "name")
        .and_then(|item| reader.parsed(&item, identifier));
    let repo = reader
        .need(&mut fields, "repo")
        .and_then(|item| reader.text(&item));
    let commit = reader.need(&mut fields, "commit").and_then(|item| {
        reader.parsed(&item, |text| {
            is_commit(text)
                .then(|| text.to_ascii_lowercase())
                .ok_or_else(|| format!("`{text}` is not a full commit id of 40 hexadecimal digits"))
        })
    });
    reader.finish(fields);
    Some(ExtraSource {
        name: name?,
        repo: repo?,
        commit: commit?,
    })
}
