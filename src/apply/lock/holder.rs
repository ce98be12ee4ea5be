//! Who holds a lock, as the lock itself tells everybody.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::apply::lock::take::Claim;
use crate::bake::owner::{Alive, Owner};
use crate::openstack::stack::Output;
use crate::operator::Operator;
use crate::template;

/// The version of this format.
const VERSION: u32 = 1;
/// The output that holds it.
const OUTPUT: &str = "lock";

/// Who holds a lock. What a newer version left out is empty: then less is shown, but
/// the lock counts all the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Holder {
    /// The version of this format.
    pub version: u32,
    /// Random: nobody else can take this lock for theirs.
    pub id: String,
    /// The environment.
    pub env: String,
    /// `user@host`.
    pub by: String,
    /// The host.
    pub host: String,
    /// The process on that host.
    pub pid: u32,
    /// What tells that process from a later one with the same number.
    pub process: String,
    /// The processes among which that number counts: a container has its own.
    pub among: String,
    /// What it was started for, as it would be typed again.
    pub command: String,
    /// What it is doing.
    pub step: String,
}

impl Holder {
    /// This process, with an id that nobody had before.
    pub fn new(claim: &Claim) -> Self {
        let operator = Operator::current();
        Self {
            version: VERSION,
            id: uuid::Uuid::new_v4().simple().to_string(),
            env: claim.env.to_string(),
            by: operator.to_string(),
            host: operator.host,
            pid: std::process::id(),
            process: Owner::current().to_string(),
            among: namespace(),
            command: claim.command.clone(),
            step: claim.step.clone(),
        }
    }

    /// Reads a lock's outputs.
    pub fn read(outputs: &[Output]) -> Option<Self> {
        let output = outputs.iter().find(|one| one.key == OUTPUT)?;
        match &output.value {
            Value::String(text) => serde_json::from_str(text).ok(),
            value => serde_json::from_value(value.clone()).ok(),
        }
    }

    /// The template of the lock's stack: no resources, only what it tells.
    pub fn template(&self) -> Value {
        json!({
            "heat_template_version": template::VERSION,
            "description": "ptero-deploy: who works on an environment; goes when it ends",
            "outputs": {OUTPUT: {"description": "who holds the lock", "value": self}},
        })
    }

    /// Whether the holder is certainly gone: it ran on this host, among the processes
    /// that are seen from here, and is not there any more.
    pub fn is_dead(&self) -> bool {
        !self.among.is_empty()
            && self.among == namespace()
            && Owner::parse(&self.process).is_some_and(|owner| owner.alive() == Alive::No)
    }
}

fn namespace() -> String {
    let link = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    link.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::Holder;
    use crate::apply::lock::take::Claim;
    use crate::name::EnvName;
    use crate::openstack::stack::Output;
    use serde_json::{Value, json};

    fn holder() -> Holder {
        Holder::new(&Claim {
            env: EnvName::new("staging").unwrap(),
            command: "stack create staging --tag v1".to_owned(),
            step: String::new(),
        })
    }

    fn outputs(value: &Value) -> Vec<Output> {
        let output = json!({"output_key": "lock", "output_value": value});
        vec![serde_json::from_value(output).unwrap()]
    }

    #[test]
    fn what_the_template_tells_is_read_back() {
        let holder = holder();
        let value = &holder.template()["outputs"]["lock"]["value"];
        assert_eq!(Holder::read(&outputs(value)), Some(holder.clone()));
        let text = json!(value.to_string());
        assert_eq!(Holder::read(&outputs(&text)), Some(holder));
        assert_eq!(Holder::read(&[]), None);
    }

    #[test]
    fn a_newer_format_tells_what_it_has_in_common() {
        let newer = outputs(&json!({"version": 9, "by": "ann@bench", "colour": "red"}));
        assert_eq!(Holder::read(&newer).unwrap().by, "ann@bench");
    }

    #[test]
    fn only_a_process_that_can_be_seen_from_here_is_known_to_be_dead() {
        let alive = holder();
        assert!(!alive.is_dead());
        let mut dead = alive.clone();
        let (rest, _) = dead.process.rsplit_once(':').unwrap();
        dead.process = format!("{rest}:1");
        assert!(dead.is_dead());
        let mut contained = dead.clone();
        contained.among = "pid:[1]".to_owned();
        assert!(!contained.is_dead());
        dead.process = dead.process.replacen(|c| c != ':', "x", 1);
        assert!(!dead.is_dead(), "another host");
    }
}
