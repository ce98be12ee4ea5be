//! Images: what goes into each, the digest that names it, and what the builder
//! is told. Nothing here makes one.

mod job;
mod name;
pub mod payload;
mod recipe;

pub use job::{Job, JobBase, JobRecipe, JobSettings, SourceArchive, job, sources};
pub use name::{name, properties, short};
pub use recipe::{BaseDigests, Commits, Recipe, RecipeError, recipes};
