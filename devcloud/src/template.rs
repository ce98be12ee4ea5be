//! `{{NAME}}` in a text becomes a value. A name without a value, and a value that no text uses, are errors: both are typos.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;

/// Named values, and which of them were used so far.
#[derive(Debug, Default)]
pub(crate) struct Values {
    values: BTreeMap<&'static str, String>,
    used: RefCell<BTreeSet<&'static str>>,
}

impl Values {
    pub(crate) fn new(values: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self {
            values: values.into_iter().collect(),
            used: RefCell::default(),
        }
    }

    /// The text with every name replaced.
    pub(crate) fn render(&self, template: &str, text: &str) -> Result<String, Error> {
        let problem = |problem: String| Error::Template {
            template: template.to_owned(),
            problem,
        };
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, behind) = after
                .split_once("}}")
                .ok_or_else(|| problem("`{{` without `}}`".to_owned()))?;
            let (key, value) = self
                .values
                .get_key_value(name)
                .ok_or_else(|| problem(format!("no value for `{name}`")))?;
            self.used.borrow_mut().insert(key);
            out.push_str(before);
            out.push_str(value);
            rest = behind;
        }
        out.push_str(rest);
        Ok(out)
    }

    /// Refuses when some value was in no text rendered so far.
    pub(crate) fn all_used(&self) -> Result<(), Error> {
        let used = self.used.borrow();
        match self.values.keys().find(|name| !used.contains(*name)) {
            None => Ok(()),
            Some(name) => Err(Error::Template {
                template: "all".to_owned(),
                problem: format!("`{name}` is used by none"),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Values;

    fn values() -> Values {
        Values::new([("HOST", "a".to_owned()), ("PORT", "1".to_owned())])
    }

    #[test]
    fn names_become_values() {
        assert_eq!(
            values()
                .render("t", "x={{HOST}}:{{PORT}}{{HOST}}\n")
                .unwrap(),
            "x=a:1a\n"
        );
    }

    #[test]
    fn an_unknown_name_is_refused() {
        let error = values()
            .render("t.conf", "{{HOTS}}")
            .unwrap_err()
            .to_string();
        assert_eq!(error, "template `t.conf`: no value for `HOTS`");
    }

    #[test]
    fn an_open_brace_is_refused() {
        assert!(values().render("t", "{{HOST").is_err());
    }

    #[test]
    fn an_unused_value_is_refused() {
        let values = values();
        values.render("t", "{{HOST}}").unwrap();
        assert!(
            values
                .all_used()
                .unwrap_err()
                .to_string()
                .contains("`PORT` is used by none")
        );
        values.render("t", "{{PORT}}").unwrap();
        assert!(values.all_used().is_ok());
    }
}
