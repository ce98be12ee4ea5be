//! Which resource failed first: the cause, among all that failed because of it.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use crate::apply::event_log::path;
use crate::openstack::stack::{HeatEvent, Resource, StackRef};
use crate::openstack::stack_status::State;

/// The resource that failed first, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstFailure {
    /// Path of resource names from the stack down to it.
    pub path: String,
    /// Heat's type; empty where the resource is gone.
    pub kind: String,
    /// Heat's reason.
    pub reason: String,
    /// Id of the real thing; may be empty.
    pub physical_id: String,
    /// The stack that it belongs to.
    pub stack: StackRef,
}

impl fmt::Display for FirstFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.path)?;
        if !self.kind.is_empty() {
            write!(f, " ({})", self.kind)?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// How much a reason tells; the first is best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Telling {
    /// It names its own cause.
    Cause,
    /// Heat stopped it: at a time limit, or because something else failed.
    Aborted,
    /// It repeats what a nested resource said.
    Echo,
}

/// None for a resource that has nothing to do with the failure. Heat stops nested
/// stacks some seconds after their parent: what they still work on is what was
/// waited for.
fn telling(resource: &Resource) -> Option<Telling> {
    let reason = resource.reason.as_str();
    let nested = resource.nested().is_some();
    match resource.status.state {
        State::InProgress if !nested => Some(Telling::Aborted),
        State::Failed if is_aborted(reason) => Some(Telling::Aborted),
        State::Failed if nested && reason.contains("resources") => Some(Telling::Echo),
        State::Failed => Some(Telling::Cause),
        _ => None,
    }
}

/// Whether Heat stopped it.
fn is_aborted(reason: &str) -> bool {
    reason.contains(" aborted")
}

/// The first failure among `resources` of all depths. `events` give the order; where
/// they lack (purged), the deeper resource counts as the earlier, since failures
/// travel upwards. Where no resource names a cause any more, an event may: on its way
/// back Heat has removed within seconds what failed.
pub fn first_failure(
    root: &StackRef,
    resources: &[Resource],
    events: &[HeatEvent],
) -> Option<FirstFailure> {
    let stacks: BTreeSet<String> = resources
        .iter()
        .filter_map(|resource| resource.stack().map(|stack| stack.name))
        .collect();
    match among(root, &stacks, resources, events) {
        Some((Telling::Cause, failure)) => Some(failure),
        other => {
            told(root, &stacks, resources, events).or_else(|| other.map(|(_, failure)| failure))
        }
    }
}

fn among(
    root: &StackRef,
    stacks: &BTreeSet<String>,
    resources: &[Resource],
    events: &[HeatEvent],
) -> Option<(Telling, FirstFailure)> {
    let mut failed_at: HashMap<(String, &str), jiff::Timestamp> = HashMap::new();
    for event in events.iter().filter(|event| event.status.is_failed()) {
        if let Some(stack) = event.stack() {
            failed_at
                .entry((stack.id, event.resource_name.as_str()))
                .or_insert(event.time);
        }
    }
    resources
        .iter()
        .filter_map(|resource| {
            let telling = telling(resource)?;
            let stack = resource.stack()?;
            let path = path(&root.name, stacks, &stack.name, &resource.name);
            let up = usize::MAX - path.matches('/').count();
            let time = failed_at
                .get(&(stack.id.clone(), resource.name.as_str()))
                .copied();
            // A time limit hits all levels at once: there only the depth tells.
            let order = match telling {
                Telling::Aborted => (telling, 0, None, up),
                Telling::Cause | Telling::Echo => (telling, u8::from(time.is_none()), time, up),
            };
            let failure = FirstFailure {
                path,
                kind: resource.kind.clone(),
                reason: reason(resource),
                physical_id: resource.physical_id.clone(),
                stack,
            };
            Some((order, failure))
        })
        .min_by(|(left, _), (right, _)| left.cmp(right))
        .map(|((telling, ..), failure)| (telling, failure))
}

/// The first failure of a resource that names its own cause, by the events alone:
/// those around it fail later.
fn told(
    root: &StackRef,
    stacks: &BTreeSet<String>,
    resources: &[Resource],
    events: &[HeatEvent],
) -> Option<FirstFailure> {
    let names_cause = |event: &&HeatEvent| {
        event.status.is_failed() && !event.is_of_stack() && !is_aborted(&event.reason)
    };
    let first = events
        .iter()
        .filter(names_cause)
        .min_by_key(|one| one.time)?;
    let stack = first.stack()?;
    let kind = resources
        .iter()
        .find(|one| one.name == first.resource_name && one.stack().as_ref() == Some(&stack))
        .map_or_else(String::new, |one| one.kind.clone());
    Some(FirstFailure {
        path: path(&root.name, stacks, &stack.name, &first.resource_name),
        kind,
        reason: one_line(&first.reason),
        physical_id: first.physical_id.clone(),
        stack,
    })
}

fn reason(resource: &Resource) -> String {
    if resource.status.is_failed() {
        one_line(&resource.reason)
    } else {
        format!("still {} when Heat gave up", resource.status)
    }
}

/// Heat hands on what other services say, line breaks and all.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Paths of the resources that Heat still works on; the stacks around them left out.
pub fn busy(root: &StackRef, resources: &[Resource]) -> Vec<String> {
    let stacks: BTreeSet<String> = resources
        .iter()
        .filter_map(|resource| resource.stack().map(|stack| stack.name))
        .collect();
    let busy = resources.iter().filter(|resource| {
        resource.status.state == State::InProgress && resource.nested().is_none()
    });
    busy.filter_map(|resource| {
        let stack = resource.stack()?;
        let path = path(&root.name, &stacks, &stack.name, &resource.name);
        Some(format!("`{path}` ({})", resource.kind))
    })
    .collect()
}

#[cfg(test)]
mod tests;
