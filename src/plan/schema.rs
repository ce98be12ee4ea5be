//! Whether a change of a service's code can be undone, as far as its schema goes. A
//! schema is never taken back by an update: after a way back it stays the newest one.

use crate::plan::update::model::Reversible;
use crate::topology::Migrate;

/// How a change from code with the revision `old` to code with `new` can be undone.
/// `ran` are the revisions of the releases that ran here, oldest first.
pub fn reversible(
    migrate: &Migrate,
    ran: &[String],
    old: Option<&str>,
    new: Option<&str>,
) -> Reversible {
    let ran_before = new.is_some_and(|new| ran.iter().any(|one| one == new));
    if ran_before && new == database(ran) {
        // Nothing is migrated, and the old code runs on this schema now.
        return Reversible::OlderCodeWorks;
    }
    // The older of the two, which has to run on the newer one's schema.
    let older = if ran_before { new } else { old };
    if migrate.older_code.runs(older) {
        Reversible::OlderCodeWorks
    } else if migrate.downgrade.is_some() {
        Reversible::Downgrade
    } else {
        Reversible::No
    }
}

/// Where the database is: at the revision that was the last to come.
fn database(ran: &[String]) -> Option<&str> {
    let first = |at: &usize| !ran[..*at].contains(&ran[*at]);
    (0..ran.len()).rfind(first).map(|at| ran[at].as_str())
}

#[cfg(test)]
mod tests {
    use super::reversible;
    use crate::plan::update::model::Reversible;
    use crate::topology::{Migrate, OlderCode};

    #[track_caller]
    fn case(older_code: &OlderCode, ran: &[&str], new: &str, expected: Reversible) {
        let migrate = Migrate {
            command: Vec::new(),
            head: Vec::new(),
            revisions: None,
            older_code: older_code.clone(),
            downgrade: None,
        };
        let ran: Vec<String> = ran.iter().map(ToString::to_string).collect();
        let old = ran.last().map(String::as_str);
        assert_eq!(reversible(&migrate, &ran, old, Some(new)), expected);
    }

    #[test]
    fn older_code_has_to_run_on_the_newest_schema_in_both_directions() {
        let (open, closed) = (Reversible::OlderCodeWorks, Reversible::No);
        // Revisions 1, 2 and 3; code with 2 is known to run on 3, code with 1 is not.
        let named = OlderCode::At(vec!["2".to_owned()]);
        case(&named, &["2"], "3", open);
        case(&named, &["2", "3"], "2", open);
        case(&named, &["2", "3", "2"], "3", open);
        case(&named, &["1"], "3", closed);
        case(&named, &["1", "3"], "1", closed);
        case(&named, &["1"], "2", closed);
        case(&named, &["1", "2", "3", "2"], "1", closed);
        for (older_code, expected) in [(OlderCode::Works, open), (OlderCode::Fails, closed)] {
            case(&older_code, &["1"], "2", expected);
            case(&older_code, &["1", "2"], "1", expected);
            case(&older_code, &["1", "2", "1"], "2", open);
        }
    }

    #[test]
    fn what_is_not_known_is_not_undone() {
        let named = OlderCode::At(vec!["2".to_owned()]);
        case(&named, &[], "3", Reversible::No);
        case(&OlderCode::Works, &[], "3", Reversible::OlderCodeWorks);
    }
}
