//! Releases and updates of a stack in words.

use crate::openstack::stack_status::{Action, StackStatus, State};
use crate::template::release::{Phase, UpdateRecord};

/// What of an update of `env` is still to be done, on one line with what ends it; None
/// where nothing is. The record of an update goes with its last change, which takes the
/// old members away: then only Heat's status tells of them.
pub fn unfinished(
    status: &StackStatus,
    update: Option<&UpdateRecord>,
    env: &str,
) -> Option<String> {
    if let Some(update) = update {
        return Some(recorded(update, env));
    }
    let changed = matches!(status.action, Action::Update | Action::Rollback);
    match status.state {
        State::InProgress if changed => Some(format!(
            "Heat is at the last change: `ptero-deploy resume {env}` follows it to its end"
        )),
        State::Failed if changed => Some(format!(
            "Heat failed at the last change: `ptero-deploy resume {env}` ends it"
        )),
        _ => None,
    }
}

fn recorded(update: &UpdateRecord, env: &str) -> String {
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
    use crate::openstack::stack_status::StackStatus;
    use crate::template::release::UpdateRecord;

    fn said(status: &str, update: Option<&UpdateRecord>) -> String {
        unfinished(&StackStatus::parse(status), update, "staging").unwrap_or_default()
    }

    #[test]
    fn it_says_where_it_leads_how_far_it_is_and_how_it_ends() {
        let update = serde_json::json!({"from": "b", "to": "c", "phase": "add", "batch": 1,
            "batches": 2, "target": {"version": 2, "id": "c", "tag": "v3"}});
        let update = serde_json::from_value(update).unwrap();
        assert_eq!(
            said("UPDATE_COMPLETE", Some(&update)),
            "update to v3 (c), adding, batch 1 of 2: `ptero-deploy resume staging` ends it"
        );
    }

    #[test]
    fn a_change_without_a_record_is_told_by_heat_s_status() {
        let command = "`ptero-deploy resume staging`";
        for status in [
            "UPDATE_IN_PROGRESS",
            "ROLLBACK_IN_PROGRESS",
            "UPDATE_FAILED",
        ] {
            assert!(said(status, None).contains(command), "{status}");
        }
        for status in ["UPDATE_COMPLETE", "CREATE_IN_PROGRESS", "DELETE_FAILED"] {
            assert_eq!(said(status, None), "", "{status}");
        }
    }
}
