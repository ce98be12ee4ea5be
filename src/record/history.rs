//! The releases of a stack, and an update that has not ended, from its outputs.

use crate::openstack::stack::Output;
use crate::record::deployed::{Unreadable, optional, parsed};
use crate::template::release::{Phase, Records, UpdateRecord};

/// Reads the records of a stack. A stack that was made before there was a history
/// tells only the release that runs in it.
pub fn records(outputs: &[Output]) -> Result<Records, Unreadable> {
    let history = match optional(outputs, "history")? {
        Some(history) => history,
        None => vec![parsed(outputs, "release")?],
    };
    Ok(Records {
        history,
        update: optional(outputs, "update")?,
    })
}

/// An unfinished update on one line, and what ends it.
pub fn unfinished(update: &UpdateRecord, env: &str) -> String {
    let UpdateRecord {
        to,
        phase,
        batch,
        batches,
        target,
        ..
    } = update;
    let tag = &target.tag;
    let phase = match phase {
        Phase::Add => "adding",
        Phase::Remove => "removing",
    };
    format!(
        "update to {tag} ({to}), {phase}, batch {batch} of {batches}: `ptero-deploy resume {env}` ends it"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{records, unfinished};
    use crate::openstack::stack::Output;
    use crate::record::deployed::Unreadable;

    fn outputs(pairs: &[(&str, Value)]) -> Vec<Output> {
        let output = |(key, value): &(&str, Value)| {
            serde_json::from_value(json!({"output_key": key, "output_value": value})).unwrap()
        };
        pairs.iter().map(output).collect()
    }

    fn release(id: &str, tag: &str) -> Value {
        json!({"version": 2, "id": id, "tag": tag, "by": "ann@bench", "verified": true})
    }

    #[test]
    fn a_stack_of_the_first_version_has_one_release() {
        let old =
            json!({"version": 1, "env": "staging", "tag": "v1", "commits": {"workflow": "c"}});
        let read = records(&outputs(&[("release", old)])).unwrap();
        assert_eq!(read.history.len(), 1);
        assert_eq!(
            (read.history[0].version, read.history[0].tag.as_str()),
            (1, "v1")
        );
        assert_eq!(read.update, None);
    }

    #[test]
    fn history_and_update_are_read_as_structures_and_as_text() {
        let history = json!([release("a", "v1"), release("b", "v2")]);
        let update = json!({"from": "b", "to": "c", "phase": "add", "batch": 1, "batches": 2,
            "target": release("c", "v3")});
        for history in [history.clone(), json!(history.to_string())] {
            let pairs = [("history", history), ("update", update.clone())];
            let read = records(&outputs(&pairs)).unwrap();
            assert_eq!(read.current().unwrap().id, "b");
            assert_eq!(
                unfinished(&read.update.unwrap(), "staging"),
                "update to v3 (c), adding, batch 1 of 2: `ptero-deploy resume staging` ends it"
            );
        }
    }

    #[test]
    fn no_update_is_null_or_the_word_for_it_and_no_release_is_an_error() {
        for none in [Value::Null, json!(""), json!("null")] {
            let pairs = [("history", json!([release("a", "v1")])), ("update", none)];
            assert_eq!(records(&outputs(&pairs)).unwrap().update, None);
        }
        let error = records(&outputs(&[("release", Value::Null)])).unwrap_err();
        assert!(matches!(error, Unreadable::Missing("release")));
    }
}
