//! `stack.history`: the releases that an environment had.

use serde_json::{Value, json};

use crate::cli::output::OutputArgs;
use crate::cli::values;
use crate::error::Failure;
use crate::name::EnvName;
use crate::tasks::context::Context;
use crate::tasks::stack::there::{self, There};
use crate::template::release::{Records, ReleaseRecord};

/// The columns of the list.
pub const COLUMNS: [&str; 7] = ["Id", "Tag", "By", "At", "Verified", "Tests", "Now"];

/// Records of the first version tell neither who deployed a release nor its tests.
const VERSION_WITH_TESTS: u32 = 2;

/// What `stack.history` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// How the data is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Carries `stack.history` out.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let shape = context.shape(&args.output, &COLUMNS)?;
    let There { cloud, stack, .. } = there::open(context, &args.env).await?;
    let records = there::records(&cloud, &stack).await?;
    context.print_rows(&COLUMNS, &rows(&records), &shape)
}

/// Newest first, as it is asked for: what runs, and what one could go back to.
fn rows(records: &Records) -> Vec<Vec<Value>> {
    let update = records.update.as_ref();
    let coming = update.map(|update| row(&update.target, Some("coming")));
    let last = records.history.len().saturating_sub(1);
    let had = records.history.iter().enumerate().rev();
    let had = had.map(|(at, release)| {
        let now = match (at == last, update) {
            (false, _) => None,
            (true, None) => Some("runs"),
            (true, Some(_)) => Some("going"),
        };
        row(release, now)
    });
    coming.into_iter().chain(had).collect()
}

fn row(release: &ReleaseRecord, now: Option<&str>) -> Vec<Value> {
    let known = |text: &String| (!text.is_empty()).then(|| text.clone());
    let tests = &release.tests;
    let passed = [("fast", &tests.fast), ("slow", &tests.slow)];
    let passed: Vec<&str> = passed
        .iter()
        .filter(|(_, at)| at.is_some())
        .map(|(name, _)| *name)
        .collect();
    let passed = passed.join(", ");
    let verified = (release.version >= VERSION_WITH_TESTS).then_some(release.verified);
    vec![
        json!(known(&release.id)),
        json!(release.tag),
        json!(known(&release.by)),
        json!(known(&release.at)),
        json!(verified),
        json!(known(&passed)),
        json!(now),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::rows;
    use crate::template::release::{Records, UpdateRecord};

    fn records(history: Value, update: Value) -> Value {
        let records = Records {
            history: serde_json::from_value(history).unwrap(),
            update: serde_json::from_value::<Option<UpdateRecord>>(update).unwrap(),
        };
        json!(rows(&records))
    }

    fn second() -> Value {
        json!({"version": 2, "id": "b", "tag": "v2", "by": "ann@bench", "at": "2026-11-22T12:00:00Z",
            "verified": true, "tests": {"fast": "2026-11-22T12:05:00Z", "slow": "2026-11-22T13:00:00Z"}})
    }

    #[test]
    fn the_newest_stands_first_and_what_is_not_known_is_nothing() {
        assert_eq!(
            records(json!([{"version": 1, "tag": "v1"}, second()]), Value::Null),
            json!([
                [
                    "b",
                    "v2",
                    "ann@bench",
                    "2026-11-22T12:00:00Z",
                    true,
                    "fast, slow",
                    "runs"
                ],
                [null, "v1", null, null, null, null, null],
            ])
        );
    }

    #[test]
    fn an_update_under_way_shows_where_it_leads() {
        let target = json!({"version": 2, "id": "c", "tag": "v3", "by": "bob@desk", "at": "2026-11-23T12:00:00Z"});
        let update = json!({"from": "b", "to": "c", "phase": "remove", "batch": 1, "batches": 1, "target": target});
        let shown = records(json!([second()]), update);
        assert_eq!(
            shown[0],
            json!([
                "c",
                "v3",
                "bob@desk",
                "2026-11-23T12:00:00Z",
                false,
                null,
                "coming"
            ])
        );
        assert_eq!(shown[1][6], "going");
    }
}
