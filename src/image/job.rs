//! What `bake.py` is told: one job for all recipes that are to be made.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use super::recipe::Recipe;
use super::source::of_recipe;
use crate::config::{Checksum, Config, Downloads};
use crate::topology::Catalog;

/// Size of an image's file system while it is made; it is shrunk afterwards. A
/// Debian with `PostgreSQL` or a virtualenv and its build packages needs half.
const SIZE_GIB: u32 = 4;

/// A bake job, as `bake.py` reads it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Job {
    /// The version of this format.
    pub version: u32,
    /// Where the builder works, on the build machine.
    pub work_dir: String,
    /// Where the payload was put, on the build machine.
    pub payload_dir: String,
    /// Certificates to trust besides the machine's own, on the build machine.
    pub ca_bundle: Option<String>,
    /// How to download.
    pub downloads: Downloads,
    /// How many recipes side by side.
    pub parallel: u32,
    /// The base images by digest.
    pub bases: IndexMap<String, JobBase>,
    /// What is to be made.
    pub recipes: Vec<JobRecipe>,
}

/// A base image of a job.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobBase {
    /// Where it is fetched from.
    pub url: String,
    /// What it has to be, where known.
    pub checksum: Option<Checksum>,
}

/// A recipe of a job.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobRecipe {
    /// Its name.
    pub name: String,
    /// Its digest.
    pub digest: String,
    /// The digest of its base image.
    pub base: String,
    /// The Puppet class that makes it.
    pub class: String,
    /// What the class is told.
    pub data: Value,
    /// Archives below the payload's folder, by the name of the tree.
    pub sources: IndexMap<String, String>,
    /// Size of the image's file system while it is made.
    pub size_gib: u32,
}

/// What of a job is not in the recipes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSettings {
    /// Where the builder works, on the build machine.
    pub work_dir: String,
    /// Where the payload was put, on the build machine.
    pub payload_dir: String,
    /// Certificates to trust, on the build machine.
    pub ca_bundle: Option<String>,
    /// How many recipes side by side.
    pub parallel: u32,
}

/// The job that makes `recipes`.
pub fn job(recipes: &[Recipe], config: &Config, catalog: &Catalog, settings: JobSettings) -> Job {
    let bases = recipes
        .iter()
        .map(|recipe| {
            let base = JobBase {
                url: recipe.group.base.url.to_string(),
                checksum: recipe.group.base.checksum.clone(),
            };
            (recipe.base_digest.clone(), base)
        })
        .collect();
    let recipes = recipes
        .iter()
        .map(|recipe| JobRecipe {
            name: recipe.name().to_string(),
            digest: recipe.digest.clone(),
            base: recipe.base_digest.clone(),
            class: recipe.class.clone(),
            data: recipe.data.clone(),
            sources: of_recipe(recipe, config, catalog)
                .into_iter()
                .map(|source| (source.name, source.path))
                .collect(),
            size_gib: SIZE_GIB,
        })
        .collect();
    Job {
        version: 1,
        work_dir: settings.work_dir,
        payload_dir: settings.payload_dir,
        ca_bundle: settings.ca_bundle,
        downloads: config.build.downloads.clone(),
        parallel: settings.parallel,
        bases,
        recipes,
    }
}
