//! What a template takes of a project's quota, before anything is made.

use std::collections::BTreeMap;

use serde_json::Value;

use super::model::Template;

impl Template {
    /// How many resources of each Heat type the stack has, its members included.
    pub fn resource_counts(&self) -> BTreeMap<String, usize> {
        let files: BTreeMap<&str, Vec<String>> = self
            .files
            .iter()
            .map(|(name, text)| {
                // The texts are our own.
                let file = serde_json::from_str(text).unwrap_or(Value::Null);
                (name.as_str(), types(&file))
            })
            .collect();
        let mut counts = BTreeMap::new();
        for kind in types(&self.json) {
            match files.get(kind.as_str()) {
                Some(nested) => nested.iter().for_each(|kind| count(&mut counts, kind)),
                None => count(&mut counts, &kind),
            }
        }
        counts
    }
}

fn count(counts: &mut BTreeMap<String, usize>, kind: &str) {
    *counts.entry(kind.to_owned()).or_default() += 1;
}

fn types(template: &Value) -> Vec<String> {
    template
        .get("resources")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|resources| resources.values())
        .filter_map(|resource| resource.get("type")?.as_str().map(str::to_owned))
        .collect()
}
