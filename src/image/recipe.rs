//! All that goes into an image, and the digest that names it: the same input has
//! the same digest, and then no image is made.

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::config::{BaseImage, Config};
use crate::digest;
use crate::name::ServiceName;
use crate::topology::{Catalog, Kind, RecipeGroup, RecipeName, Service, recipe_groups};

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
    /// Nobody read the Puppet modules that a service's classes are in.
    #[error("it is not known what is in the Puppet modules of `{0}`")]
    NoModules(ServiceName),
    /// A base image was not looked at yet.
    #[error("it is not known what the base image `{0}` is")]
    NoBase(url::Url),
}

/// The recipes of a whole catalogue at `commits`. `modules` is the digest of the
/// site's own Puppet modules, where somebody names classes of them.
pub fn recipes(
    config: &Config,
    catalog: &Catalog,
    commits: &Commits,
    bases: &BaseDigests,
    payload_digest: &str,
    modules: Option<&str>,
) -> Result<Vec<Recipe>, RecipeError> {
    recipe_groups(config, catalog)
        .into_iter()
        .map(|group| {
            let base_digest = bases
                .get(&group.base)
                .ok_or_else(|| RecipeError::NoBase(group.base.url.clone()))?
                .clone();
            // A group is made of a service of this very catalogue.
            let service = &catalog.services[&group.service];
            let commit = match service.kind {
                Kind::Application => Some(
                    commits
                        .get(&group.service)
                        .ok_or_else(|| RecipeError::NoCommit(group.service.clone()))?
                        .clone(),
                ),
                _ => None,
            };
            let class = format!("ptero::image::{}", service.kind.as_str());
            let data = data(&group.service, service, commit.as_deref());
            let mut content = json!({
                "version": 1,
                "base": base_digest,
                "class": class,
                "data": data,
                "payload": payload_digest,
            });
            if !data["entry"]["puppet_classes"].is_null() {
                let digest =
                    modules.ok_or_else(|| RecipeError::NoModules(group.service.clone()))?;
                content["puppet_modules"] = digest.into();
            }
            let digest = digest::of(&content);
            Ok(Recipe {
                group,
                base_digest,
                class,
                data,
                commit,
                digest,
            })
        })
        .collect()
}

/// What the class is told, and nothing else: a backing server's image does not
/// know its settings, which come at boot, nor anybody's commit.
fn data(name: &ServiceName, service: &Service, commit: Option<&str>) -> Value {
    match commit {
        Some(commit) => json!({"service": name, "entry": service.entry, "commit": commit}),
        None => json!({
            "service": name,
            "entry": {"kind": service.kind, "port": service.port},
        }),
    }
}
