//! A stack together with the cloud's own time: how old its last change is does not
//! depend on the clock of the machine that asks.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::openstack::call::{Call, Service};
use crate::openstack::error::CloudError;
use crate::openstack::heat::Heat;
use crate::openstack::stack::{Output, Stack, StackRef};

/// A stack as it was at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The stack.
    pub stack: Stack,
    /// Its outputs.
    pub outputs: Vec<Output>,
    /// When Heat said so, by Heat's clock; none where a proxy took that away.
    pub now: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Body {
    stack: WithOutputs,
}

#[derive(Deserialize)]
struct WithOutputs {
    #[serde(flatten)]
    stack: Stack,
    #[serde(default)]
    outputs: Vec<Output>,
}

impl Heat<'_> {
    /// A stack with its outputs, and the time of the answer.
    pub async fn shown(&self, stack: &StackRef) -> Result<Shown, CloudError> {
        let call = Call::read(Service::Orchestration, stack.path());
        let reply = self.cloud.send(&call).await?;
        let now = reply.header("date").and_then(http_date);
        let WithOutputs { stack, outputs } = reply.json::<Body>()?.stack;
        Ok(Shown {
            stack,
            outputs,
            now,
        })
    }

    /// Gives a stack another template, and leaves the rest of it: only for templates
    /// that Heat carries out at once, because nothing is followed here.
    pub async fn swap_template(
        &self,
        stack: &StackRef,
        template: &Value,
    ) -> Result<(), CloudError> {
        let body = json!({"template": template});
        let call = Call::patch(Service::Orchestration, stack.path(), &body).repeatable();
        // Heat's 202 comes with plain text.
        self.cloud.send(&call).await.map(|_| ())
    }
}

/// The time in a `Date` header.
fn http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

/// A time of Heat's; old Heats write no offset, and mean UTC.
pub fn time(text: &str) -> Option<Timestamp> {
    let parsed = text.parse().or_else(|_| format!("{text}Z").parse());
    parsed.ok()
}

#[cfg(test)]
mod tests {
    use super::{http_date, time};

    #[test]
    fn both_ways_of_writing_a_time_are_read() {
        let expected = time("2026-11-22T16:13:30Z");
        assert!(expected.is_some());
        assert_eq!(http_date("Sun, 22 Nov 2026 16:13:30 GMT"), expected);
        assert_eq!(time("2026-11-22T16:13:30"), expected);
        assert_eq!(http_date("yesterday"), None);
    }
}
