//! The part of HOT that is used, as types: what cannot be said here cannot be
//! sent to Heat by mistake.

use indexmap::IndexMap;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

/// Newton's: the release whose Heat first had all resources that are used
/// (`OS::Neutron::SecurityGroupRule`). Every Heat since then reads it.
pub const VERSION: &str = "2016-10-14";

/// A template.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Hot {
    /// The version of the language.
    pub heat_template_version: &'static str,
    /// What it is, for people.
    pub description: String,
    /// What it is given.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub parameters: IndexMap<String, Parameter>,
    /// What it makes.
    pub resources: IndexMap<String, Resource>,
    /// What it tells.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, Output>,
}

/// A parameter of a template.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Parameter {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// What it is, for people.
    pub description: String,
    /// Its value where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Whether Heat shows its value to nobody.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
}

/// The types of parameters that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterType {
    /// Text.
    String,
    /// A mapping.
    Json,
}

/// A resource.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Resource {
    /// Heat's type, or the name of a nested template.
    #[serde(rename = "type")]
    pub kind: String,
    /// Resources that have to be there first without being mentioned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// Its properties.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub properties: IndexMap<String, Term>,
}

impl Resource {
    /// A resource of `kind` with `properties`.
    pub fn new<const N: usize>(kind: impl Into<String>, properties: [(&str, Term); N]) -> Self {
        Self {
            kind: kind.into(),
            depends_on: Vec::new(),
            properties: properties
                .into_iter()
                .map(|(key, term)| (key.to_owned(), term))
                .collect(),
        }
    }

    /// Adds a property where there is a value for it.
    #[must_use]
    pub fn with(mut self, key: &str, term: Option<Term>) -> Self {
        self.properties
            .extend(term.map(|term| (key.to_owned(), term)));
        self
    }

    /// Makes it wait for `resource`.
    #[must_use]
    pub fn after(mut self, resource: &str) -> Self {
        self.depends_on.push(resource.to_owned());
        self
    }

    /// A resource as a template has it; none where `definition` is no resource.
    /// What of it is not used here is left out.
    pub(super) fn read(definition: &Value) -> Option<Self> {
        let after = match definition.get("depends_on") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(many)) => many
                .iter()
                .filter_map(|one| one.as_str().map(ToOwned::to_owned))
                .collect(),
            _ => Vec::new(),
        };
        let properties = definition.get("properties").and_then(Value::as_object);
        Some(Self {
            kind: definition.get("type")?.as_str()?.to_owned(),
            depends_on: after,
            properties: properties
                .into_iter()
                .flatten()
                .map(|(key, value)| (key.clone(), Term::Plain(value.clone())))
                .collect(),
        })
    }
}

/// An output.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Output {
    /// What it is, for people.
    pub description: String,
    /// Its value.
    pub value: Term,
}

/// A value, or how Heat gets one.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// A value without functions.
    Plain(Value),
    /// A list.
    List(Vec<Term>),
    /// A mapping.
    Map(IndexMap<String, Term>),
    /// A parameter's value.
    Param(String),
    /// A resource's id.
    Resource(String),
    /// An attribute of a resource: its name, then the path.
    Attr(Vec<Value>),
    /// A text in which each name is replaced by its value.
    Replace {
        /// The text.
        template: String,
        /// What is replaced.
        params: IndexMap<String, Term>,
    },
}

impl Term {
    /// A mapping of `entries`.
    pub fn map<'a>(entries: impl IntoIterator<Item = (&'a str, Self)>) -> Self {
        Self::Map(
            entries
                .into_iter()
                .map(|(key, term)| (key.to_owned(), term))
                .collect(),
        )
    }

    /// The value of a parameter.
    pub fn param(name: &str) -> Self {
        Self::Param(name.to_owned())
    }

    /// The id of a resource.
    pub fn resource(name: &str) -> Self {
        Self::Resource(name.to_owned())
    }

    /// `attribute` of `resource`.
    pub fn attr(resource: &str, attribute: &str) -> Self {
        Self::Attr(vec![resource.into(), attribute.into()])
    }

    /// The first address of the port `resource`.
    pub fn address(resource: &str) -> Self {
        Self::Attr(vec![
            resource.into(),
            "fixed_ips".into(),
            0.into(),
            "ip_address".into(),
        ])
    }

    /// Nothing.
    pub const NULL: Self = Self::Plain(Value::Null);
}

impl<T: Into<Value>> From<T> for Term {
    fn from(value: T) -> Self {
        Self::Plain(value.into())
    }
}

impl Serialize for Term {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(value) => value.serialize(serializer),
            Self::List(items) => items.serialize(serializer),
            Self::Map(entries) => entries.serialize(serializer),
            Self::Param(name) => function(serializer, "get_param", name),
            Self::Resource(name) => function(serializer, "get_resource", name),
            Self::Attr(path) => function(serializer, "get_attr", path),
            Self::Replace { template, params } => {
                function(serializer, "str_replace", &Replace { template, params })
            }
        }
    }
}

#[derive(serde::Serialize)]
struct Replace<'a> {
    template: &'a str,
    params: &'a IndexMap<String, Term>,
}

fn function<S: Serializer, T: Serialize + ?Sized>(
    serializer: S,
    name: &str,
    argument: &T,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(name, argument)?;
    map.end()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Term;

    #[track_caller]
    fn case(term: &Term, expected: &Value) {
        assert_eq!(serde_json::to_value(term).unwrap(), *expected);
    }

    #[test]
    fn functions_are_written_as_heat_reads_them() {
        case(&Term::from("a"), &json!("a"));
        case(&Term::NULL, &Value::Null);
        case(&Term::param("p"), &json!({"get_param": "p"}));
        case(&Term::resource("r"), &json!({"get_resource": "r"}));
        case(
            &Term::attr("r", "value"),
            &json!({"get_attr": ["r", "value"]}),
        );
        case(
            &Term::address("port"),
            &json!({"get_attr": ["port", "fixed_ips", 0, "ip_address"]}),
        );
        let replace = Term::Replace {
            template: "http://HOST".to_owned(),
            params: [("HOST".to_owned(), Term::param("p"))].into(),
        };
        case(
            &replace,
            &json!({"str_replace": {"template": "http://HOST", "params": {"HOST": {"get_param": "p"}}}}),
        );
    }
}
