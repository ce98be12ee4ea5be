//! A template as people read it.

use std::fmt::Write as _;

use serde_json::Value;

use super::model::Template;

impl Template {
    /// The root template and its files as HOT YAML, each file under its name.
    pub fn to_hot_yaml(&self) -> String {
        let mut text = yaml(&self.json);
        for (name, file) in &self.files {
            // The text is our own; as JSON it is YAML already.
            let file = serde_json::from_str(file).map_or_else(|_| file.clone(), |it| yaml(&it));
            _ = write!(text, "---\n# {name}\n{file}");
        }
        text
    }
}

fn yaml(value: &Value) -> String {
    serde_saphyr::to_string(value).unwrap_or_else(|_| value.to_string())
}
