//! How an image is found again: its name in Glance, and its properties.

use indexmap::IndexMap;

use super::recipe::Recipe;
use crate::digest;
use crate::name::{RoleName, Tag};

/// The property that holds a recipe's digest: what an image is looked up by.
pub const RECIPE_PROPERTY: &str = "ptero_recipe";

/// The property that holds the tags, separated by `,`.
pub const TAGS_PROPERTY: &str = "ptero_tags";

/// Glance's name of an image: `ptero-<recipe>-<tag>-<digest8>`.
pub fn name(recipe: &Recipe, tag: &Tag) -> String {
    format!(
        "ptero-{}-{tag}-{}",
        recipe.name(),
        digest::short(&recipe.digest)
    )
}

/// Glance's properties of an image of `recipe`, named by `tags`; `schema` is the
/// newest revision of its database schema.
pub fn properties(recipe: &Recipe, tags: &[Tag], schema: Option<&str>) -> IndexMap<String, String> {
    let mut tags: Vec<&str> = tags.iter().map(Tag::as_str).collect();
    tags.sort_unstable();
    tags.dedup();
    let roles: Vec<&str> = recipe.group.roles.iter().map(RoleName::as_str).collect();
    let mut properties = IndexMap::from([
        ("ptero_service", recipe.group.service.to_string()),
        ("ptero_roles", roles.join(",")),
        (TAGS_PROPERTY, tags.join(",")),
        (RECIPE_PROPERTY, recipe.digest.clone()),
        ("ptero_base", recipe.base_digest.clone()),
    ]);
    properties.extend(recipe.commit.clone().map(|commit| ("ptero_commit", commit)));
    properties.extend(schema.map(|schema| ("ptero_schema", schema.to_owned())));
    properties
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

/// The tags in a property's value; what is not a tag is left out.
pub fn tags(value: &str) -> Vec<Tag> {
    value
        .split(',')
        .filter_map(|text| Tag::new(text).ok())
        .collect()
}
