//! Images: what goes into each, the digest that names it, and what the builder
//! is told. Nothing here makes one.

mod job;
pub mod modules;
mod name;
pub mod payload;
mod recipe;
mod source;

pub use job::{Job, JobBase, JobRecipe, JobSettings, job};
pub use modules::ModuleFile;
pub use name::{RECIPE_PROPERTY, TAGS_PROPERTY, name, properties, tags};
pub use recipe::{BaseDigests, Commits, Recipe, RecipeError, recipes};
pub use source::{SourceArchive, by_repository, repository, sources};
