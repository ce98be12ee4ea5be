//! What follows from the order of batches.

use indexmap::IndexMap;

use crate::plan::update::model::{Batch, BatchKind, Trouble};
use crate::template::release::Phase;

/// Whether old members go before their successors come.
pub(super) fn removes_first(batch: &Batch) -> bool {
    matches!(batch.kind, BatchKind::RemoveFirst | BatchKind::Stateful)
}

/// Members that serve and are yet to be made anew, when the first of `batches` is in
/// `phase`.
pub(super) fn to_renew(
    batches: &[Batch],
    repairs: &IndexMap<String, Trouble>,
    phase: Phase,
) -> Vec<String> {
    let come = batches.iter().enumerate().filter(|(ahead, batch)| {
        let over = phase == Phase::Remove && !removes_first(batch);
        *ahead > 0 || !over
    });
    let unknown = |one: &&String| repairs.get(*one).is_some_and(|it| it.unknown_to_heat);
    let members = come.flat_map(|(_, batch)| &batch.add);
    members.filter(unknown).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::{Batch, BatchKind, Phase, Trouble, to_renew};

    fn batch(kind: BatchKind, add: &[&str]) -> Batch {
        Batch {
            kind,
            canaries: Vec::new(),
            add: add.iter().map(|one| (*one).to_owned()).collect(),
            remove: vec!["old".to_owned()],
            capacity: Vec::new(),
            checked: true,
        }
    }

    #[test]
    fn a_run_that_goes_on_knows_who_is_yet_to_be_made_anew() {
        let trouble = |unknown_to_heat| Trouble {
            why: String::new(),
            unknown_to_heat,
        };
        let repairs = [
            ("a".to_owned(), trouble(true)),
            ("b".to_owned(), trouble(false)),
            ("c".to_owned(), trouble(true)),
        ];
        let repairs = repairs.into_iter().collect();
        let batches = [
            batch(BatchKind::Stateful, &["d"]),
            batch(BatchKind::Surge, &["a", "b"]),
            batch(BatchKind::Surge, &["c", "new"]),
        ];
        let left = |number: usize, phase| to_renew(&batches[number..], &repairs, phase);
        assert_eq!(left(0, Phase::Remove), ["a", "c"]);
        assert_eq!(left(1, Phase::Add), ["a", "c"]);
        assert_eq!(left(1, Phase::Remove), ["c"]);
        assert!(left(2, Phase::Remove).is_empty());
    }
}
