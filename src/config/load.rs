//! The whole of config.yaml: text in, [`Config`] or every mistake out.

use std::path::Path;

use indexmap::IndexMap;

use super::build::build;
use super::classes::Modules;
use super::known::Known;
use super::model::{Config, StackConfig};
use super::partial::PartialStack;
use super::problem::Problems;
use super::reader::{Item, Reader};
use super::services::services;
use super::stack::finish;
use super::{parse, tree};
use crate::name::EnvName;

/// The key below `stacks` whose settings every environment has.
const COMMON: &str = "common";

/// Where the folder of Puppet modules stands.
const PUPPET_MODULES: [&str; 3] = ["images", "build", "puppet_modules"];

/// Reads and checks config.yaml. `origin` is only for messages; `known` is what
/// the catalogue offers (`Catalog::known`).
pub fn load(text: &str, origin: &Path, known: &Known) -> Result<Config, Problems> {
    let (node, problems) = parse::parse(text, origin)?;
    let Some(node) = node else {
        return Err(Problems::whole_file(
            origin,
            "is empty: at least `images` and `stacks` are expected",
        ));
    };
    let mut reader = Reader::new(origin, problems);
    let config = read(&mut reader, &node, origin, known);
    match (Problems::of(reader.problems), config) {
        (None, Some(config)) => Ok(config),
        (Some(problems), _) => Err(problems),
        // Every way to no value has told why; this is for a way that forgot.
        (None, None) => Err(Problems::whole_file(origin, "cannot be used")),
    }
}

fn read(
    reader: &mut Reader<'_>,
    node: &tree::Node,
    origin: &Path,
    known: &Known,
) -> Option<Config> {
    let mut fields = reader.root(node)?;
    let build = reader.need(&mut fields, "images").and_then(|images| {
        let mut images = reader.map(&images)?;
        let build = reader.need(&mut images, "build");
        reader.finish(images);
        self::build(reader, &build?, known)
    });
    let modules = Modules {
        set: choice(node, &PUPPET_MODULES).is_some(),
        there: known.puppet_modules.as_deref(),
    };
    let services = fields
        .take("services")
        .map(|item| services(reader, &item, known, modules))
        .unwrap_or_default();
    let catalog = fields.take("catalog").and_then(|item| reader.text(&item));
    let stacks = reader
        .need(&mut fields, "stacks")
        .map(|item| stacks(reader, &item, known));
    reader.finish(fields);
    Some(Config {
        origin: origin.to_owned(),
        build: build?,
        services: services.services,
        trees: services.trees,
        catalog,
        stacks: stacks?,
    })
}

fn stacks(
    reader: &mut Reader<'_>,
    item: &Item<'_>,
    known: &Known,
) -> IndexMap<EnvName, StackConfig> {
    let mut stacks = IndexMap::new();
    let Some(mut fields) = reader.map(item) else {
        return stacks;
    };
    let entries = fields.rest();
    let common = entries
        .iter()
        .find(|item| item.key.text == COMMON)
        .map(|item| PartialStack::read(reader, item, known))
        .unwrap_or_default();
    for item in entries.iter().filter(|item| item.key.text != COMMON) {
        let env = match EnvName::new(item.key.text.clone()) {
            Ok(env) => env,
            Err(bad) => {
                let text = &item.key.text;
                reader.wrong(item.key.at, "stacks", text, bad.to_string(), None);
                continue;
            }
        };
        let own = PartialStack::read(reader, item, known);
        if let Some(stack) = finish(reader, item, env.clone(), own.over(&common)) {
            stacks.insert(env, stack);
        }
    }
    stack_names_differ(reader, &entries, &stacks);
    stacks
}

/// Two environments of one stack name would overwrite each other.
fn stack_names_differ(
    reader: &mut Reader<'_>,
    entries: &[Item<'_>],
    stacks: &IndexMap<EnvName, StackConfig>,
) {
    for (index, (env, stack)) in stacks.iter().enumerate() {
        let earlier = stacks
            .iter()
            .take(index)
            .find(|(_, other)| other.stack_name == stack.stack_name);
        let item = entries.iter().find(|item| item.key.text == env.as_str());
        if let (Some((other, _)), Some(item)) = (earlier, item) {
            let name = stack.stack_name.as_str();
            let message = format!("stack name `{name}` is that of `{other}` already");
            reader.wrong(item.key.at, &item.path, name, message, None);
        }
    }
}

/// The `catalog` that a configuration asks for, before anything else of it can
/// be checked; none where it says nothing or cannot be read.
pub fn catalog_choice(text: &str) -> Option<String> {
    of_text(text, &["catalog"])
}

/// The folder of Puppet modules that a configuration names, for somebody to look
/// which are there (`Known::puppet_modules`); none as for [`catalog_choice`].
pub fn puppet_modules_choice(text: &str) -> Option<String> {
    of_text(text, &PUPPET_MODULES)
}

fn of_text(text: &str, keys: &[&str]) -> Option<String> {
    let (node, _) = parse::parse(text, Path::new("")).ok()?;
    choice(&node?, keys).map(str::to_owned)
}

/// The text at `keys`, whatever else is wrong.
fn choice<'n>(node: &'n tree::Node, keys: &[&str]) -> Option<&'n str> {
    let Some((first, rest)) = keys.split_first() else {
        let absent = matches!(&node.value, tree::Value::Scalar(scalar) if scalar.is_null());
        return Some(node.text()).filter(|text| !absent && !text.is_empty());
    };
    let tree::Value::Map(entries) = &node.value else {
        return None;
    };
    let (_, node) = entries.iter().find(|(key, _)| key.text == *first)?;
    choice(node, rest)
}
