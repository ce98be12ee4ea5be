//! Build machines in the cloud: boots one, removes it, and removes those that
//! earlier runs left.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::sleep;

use crate::bake::builder::Builder;
use crate::bake::machine::{self, MachineInput, STACK_PREFIX};
use crate::bake::observe::maker;
use crate::bake::owner::Owner;
use crate::bake::ssh::Keys;
use crate::error::{Failure, Kind};
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::stack::{NewStack, StackRef};
use crate::openstack::stack_status::{Action, State};
use crate::openstack::wait::{Deadline, Pace, Verdict, until};
use crate::plan::images::Maker;
use crate::ui::reporter::Reporter;

/// Heat's own limit plus what it needs to notice it.
const CREATE_DEADLINE: Duration =
    Duration::from_secs(60 * (machine::CREATE_TIMEOUT_MIN as u64 + 2));

/// From an address to a shell: cloud-init makes users and keys, sshd starts.
const SSH_DEADLINE: Duration = Duration::from_secs(300);

/// Between tries to log in; each costs the machine a handshake.
const SSH_PAUSE: Duration = Duration::from_secs(2);

/// A small stack without anything in use; Neutron sometimes needs a minute.
const DELETE_DEADLINE: Duration = Duration::from_secs(600);

/// A booted build machine.
pub struct Machine {
    /// Its stack, to be deleted in the end.
    pub stack: StackRef,
    /// The way to it.
    pub builder: Builder,
}

/// Boots a build machine and waits until it takes commands, or until `stopped`
/// says why not to. What it made is removed again when that fails.
pub async fn boot(
    cloud: &Cloud,
    reporter: &Reporter,
    input: impl FnOnce(&Keys) -> Result<NewStack, Failure>,
    stopped: impl Future<Output = Failure>,
) -> Result<Machine, Failure> {
    let keys = Keys::generate().await.map_err(|error| {
        Failure::new(Kind::Failed, "no keys for the build machine").caused_by(error)
    })?;
    let new = input(&keys)?;
    reporter.note(&new.name, "booting a build machine");
    let stack = cloud.heat().create(&new).await.map_err(Failure::from)?;
    let booted = async {
        let address = address(cloud, &stack).await?;
        let builder = Builder::Ssh { keys, address };
        reached(&builder).await.map(|()| builder)
    };
    let machine = tokio::select! {
        machine = booted => machine,
        failure = stopped => Err(failure),
    };
    match machine {
        Ok(builder) => {
            reporter.note(&new.name, "the build machine is ready");
            Ok(Machine { stack, builder })
        }
        Err(failure) => {
            remove(cloud, reporter, &stack).await;
            Err(failure.hint("nothing of the build machine was left behind"))
        }
    }
}

/// The request for a build machine's stack, marked with its maker.
pub fn new_stack(input: &MachineInput<'_>) -> NewStack {
    let id = uuid::Uuid::new_v4().simple().to_string();
    let parameters = match machine::parameters(input) {
        Value::Object(parameters) => parameters,
        _ => serde_json::Map::new(),
    };
    NewStack {
        name: format!("{STACK_PREFIX}{}", &id[..8]),
        template: machine::template(input),
        files: serde_json::Map::new(),
        parameters,
        tags: vec![
            "ptero-deploy".to_owned(),
            format!("ptero-run-{id}"),
            Owner::current().to_string(),
        ],
        timeout_mins: machine::CREATE_TIMEOUT_MIN,
        disable_rollback: true,
    }
}

async fn address(cloud: &Cloud, stack: &StackRef) -> Result<String, Failure> {
    let heat = cloud.heat();
    let look = async || {
        let seen = heat.stack(stack).await?;
        Ok(match seen.status.state {
            State::Complete => Verdict::Done(()),
            State::Failed => Verdict::Failed(seen.reason),
            _ => Verdict::Go,
        })
    };
    let created = until(Deadline::after(CREATE_DEADLINE), Pace::QUICK, look).await;
    created.map_err(|error| {
        Failure::new(
            Kind::Failed,
            format!("build machine `{}` could not be created", stack.name),
        )
        .caused_by(error.to_string())
    })?;
    let outputs = heat.outputs(stack).await?;
    let address = outputs.iter().find(|output| output.key == "address");
    let address = address.and_then(|output| output.value.as_str());
    address.map(ToOwned::to_owned).ok_or_else(|| {
        Failure::new(
            Kind::Failed,
            format!("build machine `{}` has no address", stack.name),
        )
    })
}

/// Waits for a shell on the machine.
async fn reached(builder: &Builder) -> Result<(), Failure> {
    let deadline = Deadline::after(SSH_DEADLINE);
    loop {
        let said = match builder.ready().await {
            Ok(ended) if ended.code == Some(0) => return Ok(()),
            Ok(ended) => ended.stderr,
            Err(error) => {
                return Err(
                    Failure::new(Kind::Failed, "`ssh` could not be started").caused_by(error)
                );
            }
        };
        if deadline.passed() {
            let message = format!(
                "the build machine takes no ssh after {} s",
                SSH_DEADLINE.as_secs()
            );
            return Err(Failure::new(Kind::TimedOut, message)
                .caused_by(said)
                .hint("is its image one with cloud-init and sshd, and may this host reach port 22 of its address?"));
        }
        sleep(SSH_PAUSE).await;
    }
}

/// Deletes a build machine; what cannot be deleted is told, not an error: the
/// images count.
pub async fn remove(cloud: &Cloud, reporter: &Reporter, stack: &StackRef) {
    if let Err(reason) = removed(cloud, stack).await {
        reporter.warn(
            format!("build machine `{}` is still there: {reason}", stack.name),
            "the next `images build` or `images prune` removes it",
        );
    }
}

async fn removed(cloud: &Cloud, stack: &StackRef) -> Result<(), String> {
    let heat = cloud.heat();
    heat.delete(stack)
        .await
        .map_err(|error| error.to_string())?;
    let mut asked_again = false;
    let look = async || {
        let seen = match heat.stack(stack).await {
            Ok(seen) => seen,
            Err(error) if error.is_not_found() => return Ok(Verdict::Done(())),
            Err(error) => return Err(error),
        };
        Ok(match seen.status.state {
            State::Complete if seen.status.action == Action::Delete => Verdict::Done(()),
            State::Failed if seen.status.action == Action::Delete && !asked_again => {
                // A port that Nova lets go of too late; the second time it is gone.
                asked_again = true;
                heat.delete(stack).await?;
                Verdict::Go
            }
            State::Failed if seen.status.action == Action::Delete => Verdict::Failed(seen.reason),
            _ => Verdict::Go,
        })
    };
    let gone = until(Deadline::after(DELETE_DEADLINE), Pace::QUICK, look).await;
    gone.map_err(|error| error.to_string())
}

/// Deletes build machines and credentials whose makers are dead.
pub async fn sweep(cloud: &Cloud, reporter: &Reporter) -> Result<(), CloudError> {
    let stacks = cloud.heat().stacks(&[("tags", "ptero-deploy")]).await?;
    for stack in stacks
        .iter()
        .filter(|stack| stack.name.starts_with(STACK_PREFIX))
    {
        let mark = stack.tags.iter().find(|tag| Owner::parse(tag).is_some());
        let created: Option<Timestamp> = stack.creation_time.parse().ok();
        let maker = maker(mark.map_or("", String::as_str), created, Timestamp::now());
        if maker == Maker::Dead {
            reporter.note(&stack.name, "removing what an earlier run left");
            remove(cloud, reporter, &stack.reference()).await;
        }
    }
    Ok(())
}
