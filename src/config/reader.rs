//! Walks a tree key by key and collects what is wrong: unknown keys, wrong
//! types, missing values. Reading goes on after each, so that all are found.

use std::path::Path;

use super::problem::{Problem, nearest};
use super::tree::{At, Key, Node, Value};
use crate::name::BadName;

/// Collects the problems of one file.
pub(crate) struct Reader<'a> {
    origin: &'a Path,
    pub(crate) problems: Vec<Problem>,
}

/// A value together with its key's name and place.
#[derive(Clone)]
pub(crate) struct Item<'a> {
    pub(crate) path: String,
    pub(crate) key: &'a Key,
    pub(crate) node: &'a Node,
}

/// A mapping that is being read; what nobody asked for is unknown.
pub(crate) struct Fields<'a> {
    path: String,
    entries: Vec<(&'a Key, &'a Node)>,
    known: Vec<&'static str>,
    at: At,
}

impl<'a> Fields<'a> {
    /// The value of `name`. A key without a value counts as absent, as in a file
    /// whose optional lines were emptied.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<Item<'a>> {
        self.known.push(name);
        let index = self.entries.iter().position(|(key, _)| key.text == name)?;
        let (key, node) = self.entries.remove(index);
        let absent = matches!(&node.value, Value::Scalar(scalar) if scalar.is_null());
        (!absent).then(|| self.item(key, node))
    }

    /// All that is left, for mappings whose keys are names.
    pub(crate) fn rest(&mut self) -> Vec<Item<'a>> {
        let entries = std::mem::take(&mut self.entries);
        entries
            .into_iter()
            .map(|(key, node)| self.item(key, node))
            .collect()
    }

    fn item(&self, key: &'a Key, node: &'a Node) -> Item<'a> {
        Item {
            path: join(&self.path, &key.text),
            key,
            node,
        }
    }

    /// The keys that were asked for so far.
    pub(crate) fn known(&self) -> &[&'static str] {
        &self.known
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(origin: &'a Path, problems: Vec<Problem>) -> Self {
        Self { origin, problems }
    }

    /// Notes that something is wrong with `text` at `at`.
    pub(crate) fn wrong(
        &mut self,
        at: At,
        path: &str,
        text: &str,
        message: impl Into<String>,
        nearest: Option<String>,
    ) {
        self.problems.push(Problem {
            path: self.origin.to_owned(),
            line: at.line,
            column: at.column,
            key: path.to_owned(),
            text: text.to_owned(),
            message: message.into(),
            nearest,
        });
    }

    /// Notes that something is wrong with the value of `item`.
    pub(crate) fn bad(&mut self, item: &Item<'_>, message: impl Into<String>) {
        self.wrong(item.node.at, &item.path, item.node.text(), message, None);
    }

    /// Notes that `item`'s key is not one of `known`.
    pub(crate) fn unknown<'k>(
        &mut self,
        item: &Item<'_>,
        what: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let text = &item.key.text;
        let near = nearest(text, known);
        let parent = item.path.strip_suffix(text.as_str()).unwrap_or_default();
        let message = format!("unknown {what} `{text}`");
        let parent = parent.trim_end_matches('.').to_owned();
        self.wrong(item.key.at, &parent, text, message, near);
    }

    /// The mapping at the top of the file.
    pub(crate) fn root<'n>(&mut self, node: &'n Node) -> Option<Fields<'n>> {
        self.fields(node, String::new(), node.at)
    }

    /// `item` as a mapping.
    pub(crate) fn map<'n>(&mut self, item: &Item<'n>) -> Option<Fields<'n>> {
        // What is missing from a mapping is told at its name, where it has one.
        let at = if item.path.ends_with(']') {
            item.node.at
        } else {
            item.key.at
        };
        self.fields(item.node, item.path.clone(), at)
    }

    fn fields<'n>(&mut self, node: &'n Node, path: String, at: At) -> Option<Fields<'n>> {
        if let Value::Map(entries) = &node.value {
            return Some(Fields {
                path,
                entries: entries.iter().map(|(key, node)| (key, node)).collect(),
                known: Vec::new(),
                at,
            });
        }
        self.expected(node, &path, "a mapping");
        None
    }

    /// Reports what nobody asked for.
    pub(crate) fn finish(&mut self, mut fields: Fields<'_>) {
        let known = std::mem::take(&mut fields.known);
        for item in fields.rest() {
            self.unknown(&item, "key", known.iter().copied());
        }
    }

    /// `name` of `fields`, which has to be there.
    pub(crate) fn need<'n>(
        &mut self,
        fields: &mut Fields<'n>,
        name: &'static str,
    ) -> Option<Item<'n>> {
        let item = fields.take(name);
        if item.is_none() {
            let (at, path) = (fields.at, fields.path.clone());
            self.wrong(at, &path, "", format!("missing key `{name}`"), None);
        }
        item
    }

    /// `node` as text. Numbers are kept as they were written: an id may look like one.
    pub(crate) fn text_of(&mut self, node: &Node, path: &str) -> Option<String> {
        match &node.value {
            Value::Scalar(scalar) if scalar.truth().is_none() && !scalar.is_null() => {
                Some(scalar.text.clone())
            }
            _ => {
                self.expected(node, path, "text");
                None
            }
        }
    }

    /// `item` as text.
    pub(crate) fn text(&mut self, item: &Item<'_>) -> Option<String> {
        let text = self.text_of(item.node, &item.path)?;
        if text.trim().is_empty() {
            self.bad(item, "is empty");
            return None;
        }
        Some(text)
    }

    /// `item` as a truth value.
    pub(crate) fn truth(&mut self, item: &Item<'_>) -> Option<bool> {
        let truth = match &item.node.value {
            Value::Scalar(scalar) => scalar.truth(),
            Value::List(_) | Value::Map(_) => None,
        };
        if truth.is_none() {
            self.expected(item.node, &item.path, "`true` or `false`");
        }
        truth
    }

    /// `item` as a whole number from `low` to `high`.
    pub(crate) fn whole(&mut self, item: &Item<'_>, low: u32, high: u32) -> Option<u32> {
        let number = match &item.node.value {
            Value::Scalar(scalar) => scalar.whole(),
            Value::List(_) | Value::Map(_) => None,
        };
        let Some(number) = number else {
            self.expected(item.node, &item.path, "a whole number");
            return None;
        };
        if number < i64::from(low) {
            self.bad(item, format!("`{number}` is below {low}"));
        } else if number > i64::from(high) {
            self.bad(item, format!("`{number}` is above {high}"));
        }
        u32::try_from(number)
            .ok()
            .filter(|number| (low..=high).contains(number))
    }

    /// `item` as a list, each element with the path it has.
    pub(crate) fn list<'n>(&mut self, item: &Item<'n>) -> Vec<Item<'n>> {
        let Value::List(nodes) = &item.node.value else {
            self.expected(item.node, &item.path, "a list");
            return Vec::new();
        };
        nodes
            .iter()
            .enumerate()
            .map(|(index, node)| Item {
                path: format!("{}[{index}]", item.path),
                key: item.key,
                node,
            })
            .collect()
    }

    /// `item` as a list of texts.
    pub(crate) fn texts(&mut self, item: &Item<'_>) -> Vec<String> {
        self.list(item)
            .iter()
            .filter_map(|item| self.text(item))
            .collect()
    }

    /// `item` as a mapping of texts, which may be empty.
    pub(crate) fn text_map(&mut self, item: &Item<'_>) -> indexmap::IndexMap<String, String> {
        let Some(mut fields) = self.map(item) else {
            return indexmap::IndexMap::new();
        };
        fields
            .rest()
            .iter()
            .filter_map(|item| {
                let text = self.text_of(item.node, &item.path)?;
                Some((item.key.text.clone(), text))
            })
            .collect()
    }

    /// `item` as a name of some kind.
    pub(crate) fn name<T>(
        &mut self,
        item: &Item<'_>,
        new: impl Fn(String) -> Result<T, BadName>,
    ) -> Option<T> {
        let text = self.text(item)?;
        match new(text) {
            Ok(name) => Some(name),
            Err(bad) => {
                self.bad(item, bad.to_string());
                None
            }
        }
    }

    /// `item` as whatever `parse` makes of its text.
    pub(crate) fn parsed<T>(
        &mut self,
        item: &Item<'_>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(item)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(message) => {
                self.bad(item, message);
                None
            }
        }
    }

    fn expected(&mut self, node: &Node, path: &str, wanted: &str) {
        let shown = match node.text() {
            "" => node.what().to_owned(),
            text => format!("{} (`{text}`)", node.what()),
        };
        let quote = if wanted == "text" && !node.text().is_empty() {
            "; quote it if it is meant as text"
        } else {
            ""
        };
        let message = format!("expected {wanted}, found {shown}{quote}");
        self.wrong(node.at, path, node.text(), message, None);
    }
}
