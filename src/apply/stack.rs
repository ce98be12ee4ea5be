//! Makes a stack, or takes up the one that an earlier, perhaps killed, run began.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::apply::delete::delete_stack;
use crate::apply::error::StackError;
use crate::apply::event_log::EventLog;
use crate::apply::follow::{Follow, follow};
use crate::name::StackName;
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::stack::{NewStack, Stack, StackRef};
use crate::openstack::stack_status::{Action, State};
use crate::openstack::wait::Deadline;

/// Begins the tag that tells from which template a stack was made.
pub const TEMPLATE_TAG: &str = "ptero-template-";
/// Begins the tag that is unique to one request, so that it knows its own stack.
const REQUEST_TAG: &str = "ptero-request-";
/// Digest characters in a tag: Heat takes 80 in all, and 128 bits do not collide.
const DIGEST_CHARS: usize = 32;
/// Heat needs a moment after its own time limit to write down what failed; our
/// deadline must not come first, or the reason is lost.
const HEAT_GRACE: Duration = Duration::from_secs(120);
/// Somebody else makes and removes the same stack again and again.
const ROUNDS_MAX: u32 = 4;

/// A stack as it shall be.
#[derive(Debug, Clone)]
pub struct StackSpec {
    /// Its name.
    pub name: StackName,
    /// The template, as JSON.
    pub template: Value,
    /// Templates of nested stacks, by the name that the template uses.
    pub files: Map<String, Value>,
    /// Parameters of the template.
    pub parameters: Map<String, Value>,
    /// Digest of all the above: another digest is another stack.
    pub digest: String,
    /// Tags to find it by; Heat takes 80 characters each, and no comma.
    pub tags: Vec<String>,
    /// Minutes until Heat gives up.
    pub timeout_mins: u32,
    /// Seconds that one member may take to be ready.
    pub member_deadline_s: u32,
}

/// How it came that the stack is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// This run asked for it.
    Created,
    /// An earlier run asked for it, and this one saw it through.
    Adopted,
    /// It was complete already.
    WasThere,
}

/// The tag of a template's digest.
pub fn template_tag(digest: &str) -> String {
    let digest = digest.get(..DIGEST_CHARS).unwrap_or(digest);
    format!("{TEMPLATE_TAG}{digest}")
}

/// What to do about what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Next {
    Create,
    Follow,
    Done,
    /// Remove the failed rest; `going` where Heat is at it already.
    Clear {
        going: bool,
    },
    Refuse {
        message: String,
        hint: String,
    },
}

fn next(there: Option<&Stack>, tag: &str) -> Next {
    let Some(stack) = there else {
        return Next::Create;
    };
    let (name, status) = (&stack.name, &stack.status);
    let refuse = |message: String, hint: String| Next::Refuse { message, hint };
    if !stack.tags.iter().any(|one| one.starts_with(TEMPLATE_TAG)) {
        return refuse(
            format!("a stack `{name}` is there that this program did not make"),
            "choose another `stack_name`, or remove that stack by hand".to_owned(),
        );
    }
    let same = stack.tags.iter().any(|one| one == tag);
    match (&status.action, &status.state) {
        (Action::Delete, State::InProgress) => Next::Clear { going: true },
        (Action::Create, State::Failed) | (Action::Delete, _) => Next::Clear { going: false },
        (Action::Create, State::InProgress) if same => Next::Follow,
        (_, State::Complete) if same && status.action != Action::Rollback => Next::Done,
        (_, State::InProgress) => refuse(
            format!("stack `{name}` is {status} with another release"),
            "wait until that is done, then update it".to_owned(),
        ),
        _ => refuse(
            format!("stack `{name}` is there ({status}) with another release or configuration"),
            "use `stack update` to change it, or `stack delete` to start anew".to_owned(),
        ),
    }
}

/// Makes the stack, or takes up what is there: the same call again after a kill, a
/// lost answer or a failed creation ends in the one stack.
pub async fn create_or_adopt(
    cloud: &Cloud,
    spec: &StackSpec,
) -> Result<(StackRef, Came), StackError> {
    let tag = template_tag(&spec.digest);
    let kinds = kinds(&spec.template, &spec.files);
    let mut came = Came::Adopted;
    for _ in 0..ROUNDS_MAX {
        let there = cloud.heat().find_stack(spec.name.as_str()).await?;
        let deadline = deadline(spec);
        match (next(there.as_ref(), &tag), there) {
            (Next::Refuse { message, hint }, _) => {
                return Err(StackError::Refused { message, hint });
            }
            (Next::Done, Some(stack)) => {
                let came = if came == Came::Created {
                    came
                } else {
                    Came::WasThere
                };
                return Ok((stack.reference(), came));
            }
            (Next::Follow, Some(stack)) => {
                cloud
                    .reporter()
                    .note(&stack.name, "is being made already; following it");
                let stack = stack.reference();
                followed(cloud, &stack, spec, &kinds).await?;
                return Ok((stack, came));
            }
            (Next::Clear { going }, Some(stack)) => {
                let text = format!(
                    "{} from an earlier run: {}; removing it first",
                    stack.status, stack.reason
                );
                cloud.reporter().note(&stack.name, text);
                delete_stack(cloud, &stack.reference(), going, deadline).await?;
            }
            (_, _) => match created(cloud, spec).await {
                Ok(stack) => {
                    followed(cloud, &stack, spec, &kinds).await?;
                    return Ok((stack, Came::Created));
                }
                // Another run was a moment faster: look what it made.
                Err(error) if error.is_conflict() => came = Came::Adopted,
                Err(error) => return Err(error.into()),
            },
        }
    }
    Err(StackError::Refused {
        message: format!(
            "stack `{}` is made and removed by somebody else at the same time",
            spec.name
        ),
        hint: "find out who, then run this again".to_owned(),
    })
}

fn deadline(spec: &StackSpec) -> Deadline {
    Deadline::after(Duration::from_secs(u64::from(spec.timeout_mins) * 60) + HEAT_GRACE)
}

/// All tags of a request: those it is found by, its template's, and one of its own.
pub(crate) fn tags(known: &[String], digest: &str) -> Vec<String> {
    let request = format!("{REQUEST_TAG}{}", uuid::Uuid::new_v4().simple());
    let own = [template_tag(digest), request];
    known.iter().cloned().chain(own).collect()
}

async fn created(cloud: &Cloud, spec: &StackSpec) -> Result<StackRef, CloudError> {
    // Images may have been built since we logged in.
    cloud.renew().await?;
    cloud.heat().create(&new_stack(spec)).await
}

fn new_stack(spec: &StackSpec) -> NewStack {
    NewStack {
        name: spec.name.to_string(),
        template: spec.template.clone(),
        files: spec.files.clone(),
        parameters: spec.parameters.clone(),
        tags: tags(&spec.tags, &spec.digest),
        timeout_mins: spec.timeout_mins,
        disable_rollback: true,
    }
}

async fn followed(
    cloud: &Cloud,
    stack: &StackRef,
    spec: &StackSpec,
    kinds: &HashMap<String, String>,
) -> Result<(), StackError> {
    let mut log = EventLog::new(stack.clone());
    let what = Follow {
        stack,
        action: Action::Create,
        request: None,
        rolls_back: false,
        deadline: deadline(spec),
        kinds,
        server_deadline: Some(Duration::from_secs(u64::from(spec.member_deadline_s))),
    };
    follow(cloud, &mut log, &what).await.map(|_| ())
}

/// Types of the template's resources, and of those in its files, by path.
pub fn kinds(template: &Value, files: &Map<String, Value>) -> HashMap<String, String> {
    let mut kinds = HashMap::new();
    let mut todo = vec![(String::new(), template.clone(), 0)];
    while let Some((prefix, template, depth)) = todo.pop() {
        let resources = template.get("resources").and_then(Value::as_object);
        for (name, resource) in resources.into_iter().flatten() {
            let Some(kind) = resource.get("type").and_then(Value::as_str) else {
                continue;
            };
            let path = format!("{prefix}{name}");
            // A file that names itself is Heat's to refuse; here it must only end.
            if let Some(file) = files
                .get(kind)
                .filter(|_| depth < crate::openstack::heat::DEPTH_MAX)
            {
                let inner = match file {
                    Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
                    other => other.clone(),
                };
                todo.push((format!("{path}/"), inner, depth + 1));
            }
            kinds.insert(path, kind.to_owned());
        }
    }
    kinds
}

#[cfg(test)]
mod tests;
