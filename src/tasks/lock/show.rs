//! `lock.show`: who works on an environment, and until when that counts.

use serde_json::{Value, json};

use crate::apply::lock::state::{Meaning, Seen, look};
use crate::cli::output::OutputArgs;
use crate::cli::values;
use crate::error::Failure;
use crate::name::EnvName;
use crate::tasks::context::Context;
use crate::tasks::{cloud, loading};

/// The fields of a lock.
pub const FIELDS: [&str; 7] = [
    "Environment",
    "Holder",
    "Host",
    "Since",
    "Step",
    "Command",
    "Expires",
];

/// What `lock.show` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// How the data is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Carries `lock.show` out; that nobody holds it is an answer, not a failure.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let shape = context.shape(&args.output, &FIELDS)?;
    let topology = loading::load(context)?.topology(&args.env)?;
    let cloud = cloud::connect(context).await?;
    let seen = look(&cloud, &topology.stack.stack_name).await?;
    if let Some(text) = remark(seen.as_ref()) {
        context.reporter.note(args.env.as_str(), text);
    }
    let values = values(&args.env, seen.filter(is_lock).as_ref());
    context.print_fields(&FIELDS, &values, &shape)
}

fn is_lock(seen: &Seen) -> bool {
    seen.meaning(false) != Meaning::Foreign
}

/// What the fields do not say.
fn remark(seen: Option<&Seen>) -> Option<String> {
    let Some(seen) = seen else {
        return Some("not locked".to_owned());
    };
    let text = match seen.meaning(seen.is_dead()) {
        Meaning::Gone => "not locked".to_owned(),
        Meaning::Foreign => format!(
            "not locked; stack `{}` is no lock, and in the way of one",
            seen.stack.name
        ),
        Meaning::Leaving => "its lock is being removed".to_owned(),
        Meaning::Expired => {
            "its lock was not renewed in time: whoever comes next takes it".to_owned()
        }
        Meaning::Orphaned => {
            "its holder's process is gone: whoever comes next from this host takes it".to_owned()
        }
        Meaning::Held(_) => return None,
    };
    Some(text)
}

fn values(env: &EnvName, seen: Option<&Seen>) -> Vec<Value> {
    let holder = seen.and_then(|seen| seen.holder.as_ref());
    let step = holder.filter(|holder| !holder.step.is_empty());
    vec![
        json!(env.as_str()),
        json!(holder.map(|holder| &holder.by)),
        json!(holder.map(|holder| format!("{}, process {}", holder.host, holder.pid))),
        json!(seen.map(|seen| &seen.stack.creation_time)),
        json!(step.map(|holder| &holder.step)),
        json!(holder.map(|holder| &holder.command)),
        json!(seen.and_then(Seen::ends).map(|ends| ends.to_string())),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{remark, values};
    use crate::apply::lock::holder::Holder;
    use crate::apply::lock::state::Seen;
    use crate::name::EnvName;

    fn seen(now: &str) -> Seen {
        let stack = json!({"id": "1", "stack_name": "a-lock", "stack_status": "UPDATE_COMPLETE",
            "tags": ["ptero-lock"], "creation_time": "2026-11-22T12:00:00Z",
            "updated_time": "2026-11-22T12:10:00Z"});
        Seen {
            stack: serde_json::from_value(stack).unwrap(),
            holder: Some(Holder {
                by: "ann@bench".into(),
                host: "bench".into(),
                pid: 7,
                command: "stack delete a".into(),
                ..Holder::default()
            }),
            now: now.parse().ok(),
        }
    }

    #[test]
    fn a_held_lock_tells_all_and_nobodys_lock_says_so() {
        let env = EnvName::new("a").unwrap();
        let held = seen("2026-11-22T12:11:00Z");
        assert_eq!(remark(Some(&held)), None);
        assert_eq!(
            json!(values(&env, Some(&held))),
            json!([
                "a",
                "ann@bench",
                "bench, process 7",
                "2026-11-22T12:00:00Z",
                null,
                "stack delete a",
                "2026-11-22T12:13:00Z"
            ])
        );
        let expired = remark(Some(&seen("2026-11-22T12:13:00Z"))).unwrap();
        assert!(expired.contains("not renewed"), "{expired}");
        assert_eq!(remark(None).as_deref(), Some("not locked"));
        assert!(values(&env, None)[1..].iter().all(Value::is_null));
    }
}
