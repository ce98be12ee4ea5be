//! Walks a tree key by key and collects what is wrong: unknown keys, wrong
//! types, missing values. Reading goes on after each, so that all are found.

use std::path::Path;

use super::problem::{Problem, nearest};
use super::tree::{At, Key, Node, Value};

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

    pub(super) fn expected(&mut self, node: &Node, path: &str, wanted: &str) {
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
