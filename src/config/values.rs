//! Single values of a tree as what they are meant to be; what is not is reported.

use indexmap::IndexMap;

use super::reader::{Item, Reader};
use super::tree::{Node, Value};
use crate::name::BadName;

impl Reader<'_> {
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
    pub(crate) fn text_map(&mut self, item: &Item<'_>) -> IndexMap<String, String> {
        let Some(mut fields) = self.map(item) else {
            return IndexMap::new();
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
}
