//! The `${...}` of a catalogue: what only a stack knows, or only a release.

use std::fmt;

use crate::config::nearest;
use crate::name::ServiceName;

/// A text taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text as it is.
    Text(String),
    /// Something to be filled in.
    Placeholder(Placeholder),
}

/// What can be filled in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Placeholder {
    /// URL of the service's database, with its password.
    DatabaseUrl,
    /// URL of the service's virtual host at the broker, with its password.
    BrokerUrl,
    /// Address of Redis.
    RedisHost,
    /// Port of Redis.
    RedisPort,
    /// Password of Redis.
    RedisPassword,
    /// A text that nobody else knows, the same for the service's members as long
    /// as the stack is there.
    Secret,
    /// The address that clients outside use.
    AdvertisedHost,
    /// The gateway's address inside the stack.
    GatewayHost,
    /// A service's port.
    Port(ServiceName),
    /// The member's name.
    Member,
    /// The commit of the service's code.
    Commit,
}

/// Those without an argument.
const PLAIN: [(&str, Placeholder); 10] = [
    ("database_url", Placeholder::DatabaseUrl),
    ("broker_url", Placeholder::BrokerUrl),
    ("redis_host", Placeholder::RedisHost),
    ("redis_port", Placeholder::RedisPort),
    ("redis_password", Placeholder::RedisPassword),
    ("secret", Placeholder::Secret),
    ("advertised_host", Placeholder::AdvertisedHost),
    ("gateway_host", Placeholder::GatewayHost),
    ("member", Placeholder::Member),
    ("commit", Placeholder::Commit),
];

/// Why a text cannot be taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPlaceholder {
    /// What is wrong.
    pub message: String,
    /// The nearest known one.
    pub nearest: Option<String>,
}

/// Takes `text` apart.
pub fn parts(text: &str) -> Result<Vec<Part>, BadPlaceholder> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        let (name, after) = after.split_once('}').ok_or_else(|| BadPlaceholder {
            message: format!("`${{{after}` has no closing `}}`"),
            nearest: None,
        })?;
        parts.push(Part::Placeholder(placeholder(name)?));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Ok(parts)
}

fn placeholder(name: &str) -> Result<Placeholder, BadPlaceholder> {
    if let Some((_, known)) = PLAIN.iter().find(|(text, _)| *text == name) {
        return Ok(known.clone());
    }
    name.strip_prefix("port.")
        .and_then(|service| ServiceName::new(service).ok())
        .map(Placeholder::Port)
        .ok_or_else(|| BadPlaceholder {
            message: format!("unknown placeholder `${{{name}}}`"),
            nearest: nearest(name, PLAIN.iter().map(|(text, _)| *text))
                .map(|name| format!("${{{name}}}")),
        })
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Port(service) = self {
            return write!(f, "${{port.{service}}}");
        }
        let name = PLAIN
            .iter()
            .find(|(_, placeholder)| placeholder == self)
            .map_or("", |(name, _)| *name);
        write!(f, "${{{name}}}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, Placeholder, parts};

    #[test]
    fn a_text_is_taken_apart_in_order() {
        let seen = parts("http://${gateway_host}:${port.petri}/v1").unwrap();
        let port = Placeholder::Port("petri".to_owned().try_into().unwrap());
        let expected = [
            Part::Text("http://".to_owned()),
            Part::Placeholder(Placeholder::GatewayHost),
            Part::Text(":".to_owned()),
            Part::Placeholder(port),
            Part::Text("/v1".to_owned()),
        ];
        assert_eq!(seen, expected);
        assert_eq!(parts("").unwrap(), []);
        assert_eq!(parts("a$b").unwrap(), [Part::Text("a$b".to_owned())]);
    }

    #[track_caller]
    fn refused(text: &str, message: &str, nearest: Option<&str>) {
        let bad = parts(text).expect_err(text);
        assert_eq!(bad.message, message);
        assert_eq!(bad.nearest.as_deref(), nearest);
    }

    #[test]
    fn an_unknown_one_is_named_with_the_nearest() {
        refused(
            "${databse_url}",
            "unknown placeholder `${databse_url}`",
            Some("${database_url}"),
        );
        refused("${x}", "unknown placeholder `${x}`", None);
        refused("a${member", "`${member` has no closing `}`", None);
    }

    #[test]
    fn each_is_printed_as_it_is_written() {
        for text in ["${database_url}", "${port.shell-command}", "${commit}"] {
            let [Part::Placeholder(placeholder)] = &parts(text).unwrap()[..] else {
                panic!("{text}");
            };
            assert_eq!(placeholder.to_string(), text);
        }
    }
}
