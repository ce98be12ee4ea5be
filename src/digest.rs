//! Digests of data: one text per value, whatever order it was put together in,
//! so that equal content has an equal digest.

use serde_json::Value;

/// The digest of `value`: 64 hexadecimal digits.
pub fn of(value: &Value) -> String {
    let mut text = String::new();
    canonical(value, &mut text);
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

/// The first eight digits: enough to tell things of one project apart by eye.
pub fn short(digest: &str) -> &str {
    digest.get(..8).unwrap_or(digest)
}

/// JSON without blanks, the keys of each object sorted.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            out.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                separate(index, out);
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                canonical(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(index, out);
                canonical(item, out);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

fn separate(index: usize, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{of, short};

    #[test]
    fn the_order_of_keys_changes_nothing_and_all_else_does() {
        let digest = of(&json!({"a": 1, "b": [1, {"c": "x", "d": null}]}));
        assert_eq!(
            digest,
            of(&json!({"b": [1, {"d": null, "c": "x"}], "a": 1}))
        );
        assert_ne!(
            digest,
            of(&json!({"b": [{"d": null, "c": "x"}, 1], "a": 1}))
        );
        assert_ne!(
            digest,
            of(&json!({"a": "1", "b": [1, {"c": "x", "d": null}]}))
        );
        assert_eq!(digest.len(), 64);
        assert_eq!(short(&digest), &digest[..8]);
    }

    #[test]
    fn texts_cannot_pass_for_structure() {
        assert_ne!(
            of(&json!({"a": "1,\"b\":2"})),
            of(&json!({"a": "1", "b": 2}))
        );
    }
}
