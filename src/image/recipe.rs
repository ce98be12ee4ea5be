//! All that goes into an image, and the digest that names it.

use indexmap::IndexMap;
use serde_json::Value;

use crate::config::{BaseImage, Config};
use crate::name::ServiceName;
use crate::topology::{Catalog, RecipeGroup, RecipeName};

/// The commit of each application, as its tag was resolved: full ids.
pub type Commits = IndexMap<ServiceName, String>;

/// What each base image was found to be: hexadecimal, by where it comes from.
pub type BaseDigests = IndexMap<BaseImage, String>;

/// All that goes into one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// Its name, its roles and its base.
    pub group: RecipeGroup,
    /// What the base image is.
    pub base_digest: String,
    /// The Puppet class that makes it.
    pub class: String,
    /// What the class is told.
    pub data: Value,
    /// The commit of the service's own code; none for a backing server.
    pub commit: Option<String>,
    /// The digest of all of the above and of the payload: 64 hexadecimal digits.
    pub digest: String,
}

impl Recipe {
    /// The recipe's name.
    pub fn name(&self) -> &RecipeName {
        &self.group.name
    }
}

/// What is missing to say what goes into an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecipeError {
    /// No commit was resolved for an application.
    #[error("no commit of `{0}` is known")]
    NoCommit(ServiceName),
    /// A base image was not looked at yet.
    #[error("it is not known what the base image `{0}` is")]
    NoBase(url::Url),
}

/// The recipes of a whole catalogue at `commits`.
pub fn recipes(
    config: &Config,
    catalog: &Catalog,
    commits: &Commits,
    bases: &BaseDigests,
    payload_digest: &str,
) -> Result<Vec<Recipe>, RecipeError> {
    let _ = (config, catalog, commits, bases, payload_digest);
    Ok(Vec::new())
}
