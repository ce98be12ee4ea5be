//! What `bake.py` is told: one job for all recipes that are to be made.

use std::path::Path;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use super::recipe::Recipe;
use crate::config::Checksum;
use crate::topology::Catalog;

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
    /// Size of the image's file system.
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

/// A tree that has to be archived for a job.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SourceArchive {
    /// The service whose image needs it.
    pub service: crate::name::ServiceName,
    /// The name of the tree: the service's, or that of a further source.
    pub name: String,
    /// The full commit id.
    pub commit: String,
    /// Where the archive goes, below the payload's folder.
    pub path: String,
}

/// The job that makes `recipes`.
pub fn job(recipes: &[Recipe], catalog: &Catalog, settings: JobSettings) -> Job {
    let _ = (recipes, catalog, Path::new(""));
    Job {
        version: 1,
        work_dir: settings.work_dir,
        payload_dir: settings.payload_dir,
        ca_bundle: settings.ca_bundle,
        parallel: settings.parallel,
        bases: IndexMap::new(),
        recipes: Vec::new(),
    }
}

/// The archives that [`job`] refers to, each once.
pub fn sources(recipes: &[Recipe], catalog: &Catalog) -> Vec<SourceArchive> {
    let _ = (recipes, catalog);
    Vec::new()
}
