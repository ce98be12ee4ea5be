//! Fabric's spelling of one task, `name:value,key=value`, taken apart as
//! Fabric 1 does: at the first `:`, at each `,`, and each part at its first
//! `=`; a backslash before `,` or `=` keeps it as text.

/// One task as written, not yet compared with the tasks that exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The dotted name.
    pub name: String,
    /// What stands between the commas.
    pub arguments: Vec<Argument>,
}

/// One argument of a [`Call`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// The key, absent for a positional argument.
    pub key: Option<String>,
    /// The value, without its escapes.
    pub value: String,
}

/// Takes one word apart. Never fails: every word is a call of something.
pub fn call(word: &str) -> Call {
    let (name, arguments) = word.split_once(':').unwrap_or((word, ""));
    Call {
        name: name.to_owned(),
        arguments: if arguments.is_empty() {
            Vec::new()
        } else {
            split(arguments, ',').into_iter().map(argument).collect()
        },
    }
}

fn argument(text: &str) -> Argument {
    let first = unescaped(text, '=').next();
    let (key, value) = match first {
        Some(at) => (Some(&text[..at]), &text[at + 1..]),
        None => (None, text),
    };
    Argument {
        key: key.map(plain),
        value: plain(value),
    }
}

fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for at in unescaped(text, separator) {
        parts.push(&text[start..at]);
        start = at + 1;
    }
    parts.push(&text[start..]);
    parts
}

/// Where `separator` stands without a backslash before it.
fn unescaped(text: &str, separator: char) -> impl Iterator<Item = usize> {
    text.char_indices()
        .filter(move |(at, letter)| *letter == separator && !text[..*at].ends_with('\\'))
        .map(|(at, _)| at)
}

fn plain(text: &str) -> String {
    text.replace("\\,", ",").replace("\\=", "=")
}

#[cfg(test)]
mod tests {
    use super::call;

    #[track_caller]
    fn case(word: &str, name: &str, arguments: &[(Option<&str>, &str)]) {
        let seen = call(word);
        let pairs: Vec<_> = seen
            .arguments
            .iter()
            .map(|one| (one.key.as_deref(), one.value.as_str()))
            .collect();
        assert_eq!(seen.name, name, "{word:?}");
        assert_eq!(pairs, arguments, "{word:?}");
    }

    #[test]
    fn a_word_is_taken_apart_as_fabric_does() {
        case("demo", "demo", &[]);
        case("images.list:", "images.list", &[]);
        case("stack.delete:staging", "stack.delete", &[(None, "staging")]);
        case(
            "a.b:env=x,tag=v1",
            "a.b",
            &[(Some("env"), "x"), (Some("tag"), "v1")],
        );
        case("a:x,tag=v1", "a", &[(None, "x"), (Some("tag"), "v1")]);
        case("a:x:y", "a", &[(None, "x:y")]);
        case("a:k=v=w", "a", &[(Some("k"), "v=w")]);
        case(r"a:x\,y,z", "a", &[(None, "x,y"), (None, "z")]);
        case(r"a:k\=v", "a", &[(None, "k=v")]);
        case(r"a:k=v\=w\,x", "a", &[(Some("k"), "v=w,x")]);
        case(r"a:k=c:\dir", "a", &[(Some("k"), r"c:\dir")]);
        case("a:x,,y", "a", &[(None, "x"), (None, ""), (None, "y")]);
        case("a:k=", "a", &[(Some("k"), "")]);
        case("a:=v", "a", &[(Some(""), "v")]);
        case("a:é=ü", "a", &[(Some("é"), "ü")]);
        case("", "", &[]);
    }
}
