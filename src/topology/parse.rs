//! A catalogue's text in, [`Catalog`] or every mistake at once out.

use std::path::Path;

use indexmap::IndexMap;

use super::catalog::{Catalog, Kind};
use super::parse_service::service;
use crate::config::Problems;
use crate::config::parse;
use crate::config::reader::{Item, Reader};
use crate::config::tree::{self, Value};
use crate::name::ServiceName;

/// The version of the catalogue's format that is understood.
const VERSION: u32 = 1;

/// What has to be known of all services before any one can be checked.
pub(super) struct Outline {
    /// Every service with its port, where it has one.
    pub(super) services: IndexMap<ServiceName, (Option<Kind>, bool)>,
}

impl Catalog {
    /// Reads and checks a catalogue; `origin` is only for messages.
    pub fn parse(text: &str, origin: &Path) -> Result<Self, Problems> {
        let (node, problems) = parse::parse(text, origin)?;
        let Some(node) = node else {
            return Err(Problems::whole_file(origin, "is empty"));
        };
        let mut reader = Reader::new(origin, problems);
        let catalog = read(&mut reader, &node);
        match (Problems::of(reader.problems), catalog) {
            (None, Some(catalog)) => Ok(catalog),
            (Some(problems), _) => Err(problems),
            (None, None) => Err(Problems::whole_file(origin, "cannot be used")),
        }
    }
}

fn read(reader: &mut Reader<'_>, node: &tree::Node) -> Option<Catalog> {
    let mut fields = reader.root(node)?;
    if let Some(item) = reader.need(&mut fields, "version") {
        let version = reader.whole(&item, 0, u32::MAX)?;
        if version != VERSION {
            reader.bad(
                &item,
                format!("version {version} is not known, only {VERSION}"),
            );
        }
    }
    let name = reader
        .need(&mut fields, "name")
        .and_then(|item| reader.text(&item));
    let services = reader.need(&mut fields, "services");
    reader.finish(fields);
    let entries = reader.map(&services?)?.rest();
    let outline = outline(reader, &entries);
    let services: IndexMap<_, _> = entries
        .iter()
        .filter_map(|item| {
            let name = ServiceName::new(item.key.text.clone()).ok()?;
            Some((name, service(reader, item, &outline)?))
        })
        .collect();
    let catalog = Catalog {
        name: name?,
        services,
    };
    super::check::check(reader, &catalog, &entries);
    Some(catalog)
}

/// A first look: names, kinds and ports, without reporting what comes later anyway.
fn outline(reader: &mut Reader<'_>, entries: &[Item<'_>]) -> Outline {
    let mut services = IndexMap::new();
    for item in entries {
        match ServiceName::new(item.key.text.clone()) {
            Ok(name) => {
                let kind = field(item, "kind").and_then(|node| Kind::parse(node.text()));
                services.insert(name, (kind, field(item, "port").is_some()));
            }
            Err(bad) => {
                let text = &item.key.text;
                reader.wrong(item.key.at, "services", text, bad.to_string(), None);
            }
        }
    }
    Outline { services }
}

fn field<'a>(item: &Item<'a>, name: &str) -> Option<&'a tree::Node> {
    let Value::Map(entries) = &item.node.value else {
        return None;
    };
    entries
        .iter()
        .find(|(key, _)| key.text == name)
        .map(|(_, node)| node)
}
