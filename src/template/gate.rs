//! Waits inside an update that only passed checks end: where nobody says that the
//! new members are good, Heat itself takes them out again.

use indexmap::IndexMap;
use serde_json::Value;

use super::hot::{Resource, Term};

/// The wait for the checks of the first new members.
pub const CANARY: &str = "canary_verified";
/// The wait for the checks of all of them.
pub const ALL: &str = "verified";
/// Both, in the order in which Heat comes to them.
pub const GATES: [&str; 2] = [CANARY, ALL];

/// What is waited for within one update that adds members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gates {
    /// Resources of the members that come first; none: all come at once.
    pub canaries: Vec<String>,
    /// How long Heat waits at each gate, in seconds; it takes 43200 at most.
    pub wait_s: u32,
}

/// The gates of a stack's template, in the order in which Heat comes to them.
pub fn in_template(template: &Value) -> Vec<&'static str> {
    let resources = &template["resources"];
    GATES
        .into_iter()
        .filter(|gate| !resources[*gate].is_null())
        .collect()
}

/// The resource that is signalled for the gate called `gate`.
pub fn handle(gate: &str) -> String {
    format!("{gate}_handle")
}

/// The resources of one gate, which stands behind `after`.
pub(super) fn resources(gate: &str, wait_s: u32, after: &[String]) -> IndexMap<String, Resource> {
    let handle_name = handle(gate);
    let mut wait = Resource::new(
        "OS::Heat::WaitCondition",
        [
            ("handle", Term::resource(&handle_name)),
            ("timeout", wait_s.into()),
            ("count", 1.into()),
        ],
    );
    wait.depends_on.extend(after.iter().cloned());
    [(handle_name, new_handle()), (gate.to_owned(), wait)].into()
}

/// Keeps what it is sent. Its signals are Heat's own calls, which every cloud with
/// Heat has; nobody but the operator makes them.
pub(super) fn new_handle() -> Resource {
    Resource::new(
        "OS::Heat::WaitConditionHandle",
        [("signal_transport", "HEAT_SIGNAL".into())],
    )
}

/// Whether `resource` belongs to a gate.
pub(super) fn is_gate(resource: &str) -> bool {
    GATES
        .into_iter()
        .any(|gate| resource == gate || resource == handle(gate))
}
