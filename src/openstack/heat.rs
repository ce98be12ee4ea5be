//! Heat: stacks, their resources, events and signals.

use std::time::Duration;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::openstack::call::{Call, Service};
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::neutron::one;
use crate::openstack::stack::{
    HeatEvent, NewStack, Output, Resource, SoftwareDeployment, Stack, StackRef, StackUpdate,
};
use crate::openstack::stack_status::{Action, State};
use crate::openstack::wait::{Deadline, Pace, Verdict, until};

/// Heat's calls.
pub struct Heat<'a> {
    pub(crate) cloud: &'a Cloud,
}

/// Heat allows five levels of nesting by default (`max_nested_stack_depth`).
pub const DEPTH_MAX: u32 = 5;
/// More events in one answer take Heat seconds to write.
const EVENTS_PAGE: usize = 200;
/// A request whose answer is lost again and again is an outage, not bad luck.
const REQUESTS_MAX: u32 = 3;
/// Behind a balancer one Heat may not know for a moment what another has just made. Who
/// takes its 404 for the end of a stack, or of a lock, leaves it behind.
const APPEARS_WITHIN: Duration = Duration::from_secs(30);
/// Where one Heat did not know it, others may not either: each answers in turn.
const SEEN_IN_A_ROW: u32 = 3;

#[derive(Deserialize)]
struct Stacks {
    stacks: Vec<Stack>,
}

#[derive(Deserialize)]
struct OneStack {
    stack: Stack,
}

#[derive(Deserialize)]
struct Created {
    stack: CreatedId,
}

#[derive(Deserialize)]
struct CreatedId {
    id: String,
}

#[derive(Deserialize)]
struct OutputsBody {
    stack: Outputs,
}

#[derive(Deserialize)]
struct Outputs {
    #[serde(default)]
    outputs: Vec<Output>,
}

#[derive(Deserialize)]
struct Resources {
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct OneResource {
    resource: Resource,
}

#[derive(Deserialize)]
struct Metadata {
    metadata: Value,
}

#[derive(Deserialize)]
struct Events {
    events: Vec<HeatEvent>,
}

#[derive(Deserialize)]
struct OneDeployment {
    software_deployment: SoftwareDeployment,
}

fn read(path: impl Into<String>) -> Call {
    Call::read(Service::Orchestration, path)
}

impl Heat<'_> {
    /// The stacks of the project, without nested ones, that pass every filter,
    /// e.g. `("tags", "a")`.
    pub async fn stacks(&self, filters: &[(&str, &str)]) -> Result<Vec<Stack>, CloudError> {
        let mut call = read("/stacks");
        for (name, value) in filters {
            call = call.query(name, *value);
        }
        Ok(self.cloud.ask::<Stacks>(&call).await?.stacks)
    }

    /// Every stack of the project, nested ones too.
    pub async fn stacks_and_nested(&self) -> Result<Vec<Stack>, CloudError> {
        self.stacks(&[("show_nested", "true")]).await
    }

    /// The stack of this name, if there is one that is not deleted.
    pub async fn find_stack(&self, name: &str) -> Result<Option<Stack>, CloudError> {
        let mut found = self.stacks(&[("name", name)]).await?;
        found.retain(|stack| stack.name == name);
        if found.is_empty() {
            return Ok(None);
        }
        one("stack", name, found, |stack| &stack.id).map(Some)
    }

    /// What a name or an id stands for; a deleted stack only by its id. Heat answers
    /// with a redirect: its path is read, and it is not followed, because its host
    /// may be one that only the cloud's inside can reach.
    pub async fn resolve(&self, name_or_id: &str) -> Result<StackRef, CloudError> {
        let reply = self
            .cloud
            .send(&read(format!("/stacks/{name_or_id}")))
            .await?;
        if let Some(location) = reply.header("location") {
            return StackRef::from_link(location).ok_or_else(|| reply.error());
        }
        Ok(reply.json::<OneStack>()?.stack.reference())
    }

    /// A stack without its outputs, which cost Heat most of the time.
    pub async fn stack(&self, stack: &StackRef) -> Result<Stack, CloudError> {
        let call = read(stack.path()).query("resolve_outputs", "False");
        Ok(self.cloud.ask::<OneStack>(&call).await?.stack)
    }

    /// The outputs of a stack with their values.
    pub async fn outputs(&self, stack: &StackRef) -> Result<Vec<Output>, CloudError> {
        Ok(self
            .cloud
            .ask::<OutputsBody>(&read(stack.path()))
            .await?
            .stack
            .outputs)
    }

    /// The template of a stack.
    pub async fn template(&self, stack: &StackRef) -> Result<Value, CloudError> {
        self.cloud
            .ask(&read(format!("{}/template", stack.path())))
            .await
    }

    /// The texts of the nested templates of a stack, by the name they are called by.
    pub async fn files(&self, stack: &StackRef) -> Result<IndexMap<String, String>, CloudError> {
        self.cloud
            .ask(&read(format!("{}/files", stack.path())))
            .await
    }

    /// Asks to change a stack. A second request makes Heat stop and begin again: so
    /// after a lost answer the stack's tags tell whether the first one arrived.
    pub async fn update(&self, stack: &StackRef, update: &StackUpdate) -> Result<(), CloudError> {
        let call = Call::put(Service::Orchestration, stack.path(), update).unrepeatable();
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.cloud.send(&call).await {
                Ok(_) => return Ok(()),
                Err(error) if error.answer_lost() => error,
                Err(error) => return Err(error),
            };
            let there = self.stack(stack).await?;
            if update.tags.iter().all(|tag| there.tags.contains(tag)) {
                return Ok(());
            }
            if tries >= REQUESTS_MAX {
                return Err(error);
            }
        }
    }

    /// Makes Heat take a resource for broken, so that the next change makes it anew.
    pub async fn mark_unhealthy(
        &self,
        stack: &StackRef,
        resource: &str,
        why: &str,
    ) -> Result<(), CloudError> {
        let path = format!("{}/resources/{resource}", stack.path());
        let body = serde_json::json!({"mark_unhealthy": true, "resource_status_reason": why});
        let call = Call::patch(Service::Orchestration, path, &body).repeatable();
        self.cloud.send(&call).await.map(|_| ())
    }

    /// Makes Heat give up an update that goes on, and go back to what was before. Of one
    /// that ended or goes back already Heat refuses that (400): so after a lost answer,
    /// or where it was refused, the stack tells whether there is still one to give up.
    pub async fn cancel_update(&self, stack: &StackRef) -> Result<(), CloudError> {
        let path = format!("{}/actions", stack.path());
        let action = json!({"cancel_update": null});
        let call = Call::post(Service::Orchestration, path, &action);
        let mut tries = 0;
        loop {
            tries += 1;
            let Err(error) = self.cloud.send(&call).await else {
                return Ok(());
            };
            let refused = matches!(error.status(), Some(400 | 409));
            if !refused && !error.answer_lost() {
                return Err(error);
            }
            let there = self.stack(stack).await?;
            if !there.status.is(&Action::Update, &State::InProgress) {
                return Ok(());
            }
            if refused || tries >= REQUESTS_MAX {
                return Err(error);
            }
        }
    }

    /// Asks for a new stack. When the answer is lost, the stack of that name is ours
    /// if it has all our tags: so one of them has to be unique to this request.
    pub async fn create(&self, new: &NewStack) -> Result<StackRef, CloudError> {
        let call = Call::post(Service::Orchestration, "/stacks", new);
        let mut tries = 0;
        let mut lost: Option<CloudError> = None;
        loop {
            tries += 1;
            let error = match self.cloud.ask::<Created>(&call).await {
                Ok(created) => {
                    let stack = StackRef {
                        name: new.name.clone(),
                        id: created.stack.id,
                    };
                    self.appeared(&stack).await;
                    return Ok(stack);
                }
                Err(error) => error,
            };
            // A conflict after a lost answer may be with what that request made.
            let look = error.answer_lost() || (error.is_conflict() && lost.is_some());
            if !look {
                return Err(error);
            }
            if let Some(there) = self.find_stack(&new.name).await? {
                let ours = new.tags.iter().all(|tag| there.tags.contains(tag));
                return if ours {
                    Ok(there.reference())
                } else {
                    Err(error)
                };
            }
            if tries >= REQUESTS_MAX {
                return Err(error);
            }
            lost = Some(error);
        }
    }

    /// Waits until Heat shows a stack that it has just made. Whatever else is wrong meets
    /// whoever follows the stack.
    async fn appeared(&self, stack: &StackRef) {
        let (mut wanted, mut seen) = (1, 0);
        let deadline = Deadline::after(APPEARS_WITHIN);
        let shown = until(deadline, Pace::QUICK, async || {
            match self.stack(stack).await {
                Err(error) if error.is_not_found() => {
                    (wanted, seen) = (SEEN_IN_A_ROW, 0);
                    Ok(Verdict::Go)
                }
                Err(error) => Ok(Verdict::Failed(error)),
                Ok(_) => {
                    seen += 1;
                    Ok(if seen < wanted {
                        Verdict::Go
                    } else {
                        Verdict::Done(())
                    })
                }
            }
        });
        let _ = shown.await;
    }

    /// Asks to remove a stack; one that is gone already is fine. A second DELETE makes
    /// Heat stop and begin again, with a `DELETE_FAILED` between: so after a lost
    /// answer the stack is looked at before the request is sent again.
    pub async fn delete(&self, stack: &StackRef) -> Result<(), CloudError> {
        let call = Call::remove(Service::Orchestration, stack.path()).unrepeatable();
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.cloud.remove(&call).await {
                Err(error) if error.answer_lost() => error,
                other => return other,
            };
            match self.stack(stack).await {
                Ok(there) if there.status.action != Action::Delete || there.status.is_failed() => {}
                Err(error) if !error.is_not_found() => return Err(error),
                _ => return Ok(()),
            }
            if tries >= REQUESTS_MAX {
                return Err(error);
            }
        }
    }

    /// Resources of a stack, and of those nested in it down to `depth`.
    pub async fn resources(
        &self,
        stack: &StackRef,
        depth: u32,
    ) -> Result<Vec<Resource>, CloudError> {
        let call =
            read(format!("{}/resources", stack.path())).query("nested_depth", depth.to_string());
        Ok(self.cloud.ask::<Resources>(&call).await?.resources)
    }

    /// One resource with its attributes.
    pub async fn resource(&self, stack: &StackRef, name: &str) -> Result<Resource, CloudError> {
        let call = read(format!("{}/resources/{name}", stack.path()));
        Ok(self.cloud.ask::<OneResource>(&call).await?.resource)
    }

    /// Events in the order of the engine's clock, those after `marker` only. Heat
    /// takes an unknown marker (purged, say) for none, and then gives all again.
    pub async fn events(
        &self,
        stack: &StackRef,
        marker: Option<&str>,
        depth: u32,
    ) -> Result<Vec<HeatEvent>, CloudError> {
        let mut all: Vec<HeatEvent> = Vec::new();
        loop {
            let mut call = read(format!("{}/events", stack.path()))
                .query("sort_dir", "asc")
                .query("limit", EVENTS_PAGE.to_string());
            if depth > 0 {
                call = call.query("nested_depth", depth.to_string());
            }
            if let Some(marker) = all.last().map(|last| last.id.as_str()).or(marker) {
                call = call.query("marker", marker);
            }
            let page = self.events_page(&call).await?;
            let full = page.len() == EVENTS_PAGE;
            // A purge in between makes Heat start over: what is here already ends it.
            let repeated = page
                .iter()
                .any(|event| all.iter().any(|one| one.id == event.id));
            all.extend(page);
            if !full || repeated {
                return Ok(all);
            }
        }
    }

    /// The newest `count` events, newest first.
    pub async fn newest_events(
        &self,
        stack: &StackRef,
        depth: u32,
        count: usize,
    ) -> Result<Vec<HeatEvent>, CloudError> {
        let call = read(format!("{}/events", stack.path()))
            .query("sort_dir", "desc")
            .query("limit", count.to_string())
            .query("nested_depth", depth.to_string());
        self.events_page(&call).await
    }

    /// Heat answers 404 where a stack has no event (yet).
    async fn events_page(&self, call: &Call) -> Result<Vec<HeatEvent>, CloudError> {
        match self.cloud.ask::<Events>(call).await {
            Ok(body) => Ok(body.events),
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Signals a resource, e.g. a wait condition's handle. Repeatable: a handle
    /// counts signals by the `id` in `data`.
    pub async fn signal(
        &self,
        stack: &StackRef,
        resource: &str,
        data: &Value,
    ) -> Result<(), CloudError> {
        let path = format!("{}/resources/{resource}/signal", stack.path());
        let call = Call::post(Service::Orchestration, path, data).repeatable();
        self.cloud.send(&call).await.map(|_| ())
    }

    /// What a resource was told by signals: of a handle, its entries by their ids.
    pub async fn resource_metadata(
        &self,
        stack: &StackRef,
        resource: &str,
    ) -> Result<Value, CloudError> {
        let path = format!("{}/resources/{resource}/metadata", stack.path());
        Ok(self.cloud.ask::<Metadata>(&read(path)).await?.metadata)
    }

    /// What a software deployment's server told.
    pub async fn software_deployment(&self, id: &str) -> Result<SoftwareDeployment, CloudError> {
        let call = read(format!("/software_deployments/{id}"));
        Ok(self
            .cloud
            .ask::<OneDeployment>(&call)
            .await?
            .software_deployment)
    }

    /// Says in place of its server that a software deployment failed.
    pub async fn fail_software_deployment(&self, id: &str, reason: &str) -> Result<(), CloudError> {
        let path = format!("/software_deployments/{id}");
        let body = json!({"status": "FAILED", "status_reason": reason});
        let call = Call::put(Service::Orchestration, path, &body);
        self.cloud.send(&call).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests;
