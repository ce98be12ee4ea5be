//! The known name closest to a mistyped one.

/// The most edits between a typo and what was meant: more than this, and the
/// guess is more often wrong than helpful.
const EDITS_MAX: usize = 3;

/// The candidate that `word` most likely stands for, if any is close enough.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = EDITS_MAX.min(word.chars().count() / 3 + 1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(edits, _)| *edits <= allowed)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[track_caller]
    fn case(word: &str, expected: Option<&str>) {
        let known = ["stack.create", "stack.delete", "images.build", "env", "tag"];
        assert_eq!(nearest(word, known), expected, "{word:?}");
    }

    #[test]
    fn only_close_names_are_offered() {
        case("stack.crate", Some("stack.create"));
        case("stacks.create", Some("stack.create"));
        case("image.build", Some("images.build"));
        case("evn", Some("env"));
        case("taag", Some("tag"));
        case("xyz", None);
        case("production", None);
    }
}
