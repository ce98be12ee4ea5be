//! How an image is found again: its name in Glance, and its properties.

use indexmap::IndexMap;

use super::recipe::Recipe;
use crate::name::Tag;

/// Glance's name of an image: `ptero-<recipe>-<tag>-<digest8>`.
pub fn name(recipe: &Recipe, tag: &Tag) -> String {
    format!("ptero-{}-{tag}-{}", recipe.name(), short(&recipe.digest))
}

/// The first eight digits of a digest: enough to tell things apart by eye.
pub fn short(digest: &str) -> &str {
    digest.get(..8).unwrap_or(digest)
}

/// Glance's properties of an image of `recipe`, named by `tags`; `schema` is the
/// newest revision of its database schema.
pub fn properties(recipe: &Recipe, tags: &[Tag], schema: Option<&str>) -> IndexMap<String, String> {
    let _ = (recipe, tags, schema);
    IndexMap::new()
}
