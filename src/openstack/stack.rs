//! Heat's things, as far as we use them.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::openstack::nova::text_or_null;
use crate::openstack::stack_status::StackStatus;

/// Name and id of a stack: Heat wants both in every path, and redirects without.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct StackRef {
    /// Its name.
    pub name: String,
    /// Its id; a stack made anew under the same name has another.
    pub id: String,
}

impl StackRef {
    /// From any URL of Heat that names a stack: `.../stacks/NAME/ID...`. Only the
    /// path is read, so a foreign host in it leads nowhere.
    pub fn from_link(link: &str) -> Option<Self> {
        let path = link.split_once("://").map_or(link, |(_, rest)| rest);
        let path = path.split(['?', '#']).next().unwrap_or(path);
        let mut parts = path.split('/').skip_while(|part| *part != "stacks").skip(1);
        let name = parts.next().filter(|name| !name.is_empty())?;
        let id = parts.next().filter(|id| !id.is_empty())?;
        Some(Self {
            name: name.to_owned(),
            id: id.to_owned(),
        })
    }

    pub(crate) fn path(&self) -> String {
        format!("/stacks/{}/{}", self.name, self.id)
    }
}

/// A stack as Heat lists or shows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Stack {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(rename = "stack_name")]
    pub name: String,
    /// How it is.
    #[serde(rename = "stack_status")]
    pub status: StackStatus,
    /// Heat's words for that.
    #[serde(
        rename = "stack_status_reason",
        default,
        deserialize_with = "text_or_null"
    )]
    pub reason: String,
    /// Its tags.
    #[serde(default, deserialize_with = "list_or_null")]
    pub tags: Vec<String>,
    /// The stack that it is nested in.
    #[serde(default)]
    pub parent: Option<String>,
    /// When it was made.
    pub creation_time: String,
    /// When it was last changed.
    #[serde(default)]
    pub updated_time: Option<String>,
    /// Minutes until Heat gives up what was asked for last; lists do not have it.
    #[serde(default)]
    pub timeout_mins: Option<u32>,
}

impl Stack {
    /// What names it in further calls.
    pub fn reference(&self) -> StackRef {
        StackRef {
            name: self.name.clone(),
            id: self.id.clone(),
        }
    }
}

fn list_or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

/// An output of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Output {
    /// Its name.
    #[serde(rename = "output_key")]
    pub key: String,
    /// Its value; null while it cannot be worked out.
    #[serde(rename = "output_value", default)]
    pub value: Value,
    /// Why it cannot be worked out.
    #[serde(rename = "output_error", default)]
    pub error: Option<String>,
    /// What the template says about it.
    #[serde(default, deserialize_with = "text_or_null")]
    pub description: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Link {
    href: String,
    rel: String,
}

/// A resource of a stack or of one nested in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Resource {
    /// Its name in the template.
    #[serde(rename = "resource_name")]
    pub name: String,
    /// Heat's type, or the file of a nested stack.
    #[serde(rename = "resource_type")]
    pub kind: String,
    /// How it is.
    #[serde(rename = "resource_status")]
    pub status: StackStatus,
    /// Heat's words for that.
    #[serde(
        rename = "resource_status_reason",
        default,
        deserialize_with = "text_or_null"
    )]
    pub reason: String,
    /// Id of the real thing; empty before it is made.
    #[serde(
        rename = "physical_resource_id",
        default,
        deserialize_with = "text_or_null"
    )]
    pub physical_id: String,
    #[serde(default)]
    links: Vec<Link>,
    /// Attributes; only of a single resource asked for.
    #[serde(default)]
    pub attributes: Map<String, Value>,
}

impl Resource {
    /// The stack that it belongs to.
    pub fn stack(&self) -> Option<StackRef> {
        stack_link(&self.links, "stack")
    }

    /// The stack that it is, for a nested one.
    pub fn nested(&self) -> Option<StackRef> {
        stack_link(&self.links, "nested")
    }
}

fn stack_link(links: &[Link], rel: &str) -> Option<StackRef> {
    let link = links.iter().find(|link| link.rel == rel)?;
    StackRef::from_link(&link.href)
}

/// Something that happened to a resource, or to a stack itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HeatEvent {
    /// Its id.
    pub id: String,
    /// By the engine's clock, to the second.
    #[serde(rename = "event_time", deserialize_with = "time")]
    pub time: jiff::Timestamp,
    /// The resource's name; a stack's own events have the stack's name.
    pub resource_name: String,
    /// What it became.
    #[serde(rename = "resource_status")]
    pub status: StackStatus,
    /// Heat's words for that.
    #[serde(
        rename = "resource_status_reason",
        default,
        deserialize_with = "text_or_null"
    )]
    pub reason: String,
    /// Id of the real thing; empty before it is made.
    #[serde(
        rename = "physical_resource_id",
        default,
        deserialize_with = "text_or_null"
    )]
    pub physical_id: String,
    #[serde(default)]
    links: Vec<Link>,
}

impl HeatEvent {
    /// The stack that it happened in.
    pub fn stack(&self) -> Option<StackRef> {
        stack_link(&self.links, "stack")
    }

    /// Whether it is about the stack itself, not about a resource in it.
    pub fn is_of_stack(&self) -> bool {
        self.stack()
            .is_some_and(|stack| stack.id == self.physical_id)
    }
}

/// Old Heats write no offset, and mean UTC.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<jiff::Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse()
        .or_else(|_| format!("{text}Z").parse())
        .map_err(serde::de::Error::custom)
}

/// What a software deployment's server told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SoftwareDeployment {
    /// Its id.
    pub id: String,
    /// `IN_PROGRESS`, `COMPLETE` or `FAILED`.
    pub status: String,
    /// Heat's words for that.
    #[serde(default, deserialize_with = "text_or_null")]
    pub status_reason: String,
    /// The server that it is for.
    #[serde(default, deserialize_with = "text_or_null")]
    pub server_id: String,
    #[serde(default, deserialize_with = "map_or_null")]
    output_values: Map<String, Value>,
}

fn map_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    Ok(Option::<Map<String, Value>>::deserialize(deserializer)?.unwrap_or_default())
}

impl SoftwareDeployment {
    /// A text that the server signalled, e.g. `deploy_stderr`; empty if it did not.
    pub fn output(&self, name: &str) -> &str {
        self.output_values
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

/// A stack to make.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewStack {
    /// Its name; one per project.
    #[serde(rename = "stack_name")]
    pub name: String,
    /// The template, as JSON.
    pub template: Value,
    /// Templates of nested stacks by the name that the template uses, which has to end
    /// in `.yaml` or `.template`: Heat takes any other for a resource type (Heat 19).
    #[serde(serialize_with = "as_texts")]
    pub files: Map<String, Value>,
    /// Parameters of the template.
    pub parameters: Map<String, Value>,
    /// Tags; Heat takes 80 characters each, and no comma.
    #[serde(serialize_with = "by_comma")]
    pub tags: Vec<String>,
    /// Minutes until Heat gives up.
    pub timeout_mins: u32,
    /// Whether a failed stack stays, so that it can be looked at.
    pub disable_rollback: bool,
}

/// What Heat is asked for when a stack is to be changed: all of it, as with a new
/// one, because what is left out is taken out.
#[derive(Debug, Clone, Serialize)]
pub struct StackUpdate {
    /// The template, as JSON.
    pub template: Value,
    /// Templates of nested stacks, as in [`NewStack::files`].
    #[serde(serialize_with = "as_texts")]
    pub files: Map<String, Value>,
    /// Parameters of the template.
    pub parameters: Map<String, Value>,
    /// All tags: those that are not sent again are gone. One has to be unique to
    /// the request, so that it is known after a lost answer.
    #[serde(serialize_with = "by_comma")]
    pub tags: Vec<String>,
    /// Minutes until Heat gives up.
    pub timeout_mins: u32,
    /// Whether Heat leaves a failed update as it is, instead of going back.
    pub disable_rollback: bool,
}

/// Heat wants each file as text, and answers an object with 400; JSON is YAML as well.
fn as_texts<S: serde::Serializer>(
    files: &Map<String, Value>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(files.iter().map(|(name, file)| match file {
        Value::String(text) => (name, text.clone()),
        other => (name, other.to_string()),
    }))
}

fn by_comma<S: serde::Serializer>(tags: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&tags.join(","))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::{HeatEvent, NewStack, Resource, Stack, StackRef};

    #[test]
    fn a_stack_is_read_from_any_host_and_depth_of_path() {
        let expected = Some(StackRef {
            name: "a".to_owned(),
            id: "1-2".to_owned(),
        });
        for link in [
            "http://evil.example/v1/p/stacks/a/1-2",
            "https://c/heat-api/v1/p/stacks/a/1-2/resources/r?x=/stacks/",
            "/v1/p/stacks/a/1-2",
        ] {
            assert_eq!(StackRef::from_link(link), expected, "{link}");
        }
        assert_eq!(StackRef::from_link("http://c/v1/p/stacks/a"), None);
        assert_eq!(StackRef::from_link("http://c/v1/p/stacks//x"), None);
    }

    #[test]
    fn only_a_stack_that_is_shown_alone_tells_its_time_limit() {
        let mut listed = serde_json::json!({"id": "1", "stack_name": "a",
            "stack_status": "UPDATE_IN_PROGRESS", "creation_time": "2026-11-22T12:00:00Z"});
        let read = |value: &serde_json::Value| Stack::deserialize(value).unwrap().timeout_mins;
        assert_eq!(read(&listed), None);
        for said in [Some(90), None] {
            listed["timeout_mins"] = serde_json::json!(said);
            assert_eq!(read(&listed), said);
        }
    }

    #[test]
    fn files_travel_as_texts_and_tags_with_commas() {
        let template = serde_json::json!({"resources": {}});
        let new = NewStack {
            name: "a".to_owned(),
            template: template.clone(),
            files: [("m.yaml".to_owned(), template)].into_iter().collect(),
            parameters: serde_json::Map::new(),
            tags: vec!["x".to_owned(), "y".to_owned()],
            timeout_mins: 5,
            disable_rollback: true,
        };
        let sent = serde_json::to_value(&new).expect("plain data");
        assert_eq!(sent["stack_name"], "a");
        assert_eq!(sent["files"]["m.yaml"], r#"{"resources":{}}"#);
        assert_eq!(sent["tags"], "x,y");
    }

    #[test]
    fn nulls_of_heat_are_empty_texts() {
        let event: HeatEvent = serde_json::from_str(
            r#"{"id":"e","event_time":"2026-11-22T12:00:00","resource_name":"r","logical_resource_id":"r",
                "resource_status":"CREATE_FAILED","resource_status_reason":null,"physical_resource_id":null,
                "links":[{"href":"http://c/v1/p/stacks/a/1/resources/r","rel":"resource"},{"href":"http://c/v1/p/stacks/a/1","rel":"stack"}]}"#,
        )
        .expect("an event");
        assert!(event.reason.is_empty() && event.physical_id.is_empty() && !event.is_of_stack());
        let resource: Resource = serde_json::from_str(
            r#"{"resource_name":"r","resource_type":"m.json","resource_status":"INIT_COMPLETE","physical_resource_id":"2",
                "links":[{"href":"http://c/v1/p/stacks/a-r-x/2","rel":"nested"}]}"#,
        )
        .expect("a resource");
        assert_eq!(
            resource.nested().map(|nested| nested.id).as_deref(),
            Some("2")
        );
        assert_eq!(resource.stack(), None);
    }
}
