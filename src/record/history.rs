//! Releases and updates of a stack in words.

use crate::template::release::{Phase, UpdateRecord};

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
    use super::unfinished;

    #[test]
    fn it_says_where_it_leads_how_far_it_is_and_how_it_ends() {
        let update = serde_json::json!({"from": "b", "to": "c", "phase": "add", "batch": 1,
            "batches": 2, "target": {"version": 2, "id": "c", "tag": "v3"}});
        assert_eq!(
            unfinished(&serde_json::from_value(update).unwrap(), "staging"),
            "update to v3 (c), adding, batch 1 of 2: `ptero-deploy resume staging` ends it"
        );
    }
}
