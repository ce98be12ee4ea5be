//! `runtime` of a service: only checked here, because it goes into the image as
//! it was written.

use super::catalog::Source;
use crate::config::nearest;
use crate::config::reader::{Item, Reader};

/// Checks `runtime` and returns the base it hints at.
pub(super) fn runtime(reader: &mut Reader<'_>, item: &Item<'_>, source: &Source) -> Option<String> {
    let mut fields = reader.map(item)?;
    if let Some(item) = reader.need(&mut fields, "python") {
        reader.parsed(&item, |text| match text {
            "2.7" | "3" => Ok(()),
            _ => Err(format!("Python `{text}` is not supported: `2.7` or `3`")),
        });
    }
    for name in [
        "packages",
        "build_packages",
        "constraints",
        "requirements",
        "venv",
        "site",
    ] {
        if let Some(item) = fields.take(name) {
            reader.texts(&item);
        }
    }
    let steps = fields.take("install").map(|item| reader.list(&item));
    for step in steps.unwrap_or_default() {
        install_step(reader, &step, source);
    }
    let base = fields.take("base").and_then(|item| reader.text(&item));
    reader.finish(fields);
    base
}

fn install_step(reader: &mut Reader<'_>, step: &Item<'_>, source: &Source) {
    let Some(mut fields) = reader.map(step) else {
        return;
    };
    let known: Vec<String> = ["constraints".to_owned(), "source".to_owned()]
        .into_iter()
        .chain(
            source
                .extra
                .iter()
                .map(|extra| format!("extra.{}", extra.name)),
        )
        .map(|name| format!("${{{name}}}"))
        .collect();
    let words = reader
        .need(&mut fields, "pip")
        .map(|item| reader.list(&item))
        .unwrap_or_default();
    for word in words {
        let Some(text) = reader.text(&word) else {
            continue;
        };
        for (start, _) in text.match_indices("${") {
            let rest = &text[start..];
            let name = rest.find('}').map_or(rest, |end| &rest[..=end]);
            if !known.iter().any(|known| known == name) {
                let near = nearest(name, known.iter().map(String::as_str));
                let message = format!("unknown placeholder `{name}` of an install step");
                reader.wrong(word.node.at, &word.path, name, message, near);
            }
        }
    }
    if let Some(item) = fields.take("env") {
        reader.text_map(&item);
    }
    reader.finish(fields);
}
