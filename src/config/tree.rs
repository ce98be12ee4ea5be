//! A YAML document as a tree in which every key and value knows its place.
//!
//! Deserialising into types stops at the first mistake and forgets where keys
//! stand; this tree lets all mistakes be reported, each at its line and column.

/// A place in a file, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct At {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) at: At,
    pub(crate) value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A scalar as written; a plain one may mean a number, a truth value or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) plain: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) at: At,
    pub(crate) text: String,
}

impl Scalar {
    /// Whether it means nothing, as YAML 1.2 has it.
    pub(crate) fn is_null(&self) -> bool {
        self.plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// The truth value it means, as YAML 1.2 has it: `yes` and `on` are texts.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self.text.as_str() {
            "true" | "True" | "TRUE" if self.plain => Some(true),
            "false" | "False" | "FALSE" if self.plain => Some(false),
            _ => None,
        }
    }

    /// Whether it means a number that is not whole.
    fn is_fraction(&self) -> bool {
        self.plain && self.text.contains('.') && self.text.parse::<f64>().is_ok()
    }

    /// The whole number it means.
    pub(crate) fn whole(&self) -> Option<i64> {
        if self.plain {
            self.text.parse().ok()
        } else {
            None
        }
    }
}

impl Node {
    /// What kind of value this is, for messages.
    pub(crate) fn what(&self) -> &'static str {
        match &self.value {
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
            Value::Scalar(scalar) if scalar.is_null() => "nothing",
            Value::Scalar(scalar) if scalar.truth().is_some() => "a truth value",
            Value::Scalar(scalar) if scalar.whole().is_some() => "a number",
            Value::Scalar(scalar) if scalar.is_fraction() => "a fraction",
            Value::Scalar(_) => "text",
        }
    }

    /// The text as written, for messages.
    pub(crate) fn text(&self) -> &str {
        match &self.value {
            Value::Scalar(scalar) if scalar.is_null() => "",
            Value::Scalar(scalar) => &scalar.text,
            Value::List(_) | Value::Map(_) => "",
        }
    }

    /// The same data as JSON: numbers and truth values where YAML 1.2 has them.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Scalar(scalar) if scalar.is_null() => serde_json::Value::Null,
            Value::Scalar(scalar) => scalar
                .truth()
                .map(serde_json::Value::from)
                .or_else(|| scalar.whole().map(serde_json::Value::from))
                .unwrap_or_else(|| scalar.text.clone().into()),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|(key, node)| (key.text.clone(), node.to_json()))
                .collect(),
        }
    }
}
