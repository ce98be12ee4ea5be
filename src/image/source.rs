//! The trees of code that images need: which commit of which repository, and
//! where the archive of it goes.

use indexmap::IndexMap;

use super::recipe::Recipe;
use crate::config::Config;
use crate::name::ServiceName;
use crate::topology::Catalog;

/// A tree that has to be archived for a job.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SourceArchive {
    /// The service whose image needs it.
    pub service: ServiceName,
    /// The name of the tree: the service's, or that of a further source.
    pub name: String,
    /// The git repository; none where neither configuration nor catalogue names one.
    pub repo: Option<String>,
    /// Folder of the repository that is the tree; none: all of it.
    pub subdirectory: Option<String>,
    /// The full commit id.
    pub commit: String,
    /// Where the archive goes, below the payload's folder.
    pub path: String,
}

/// The repository of a service: the configuration's, else the catalogue's.
pub fn repository<'a>(
    config: &'a Config,
    catalog: &'a Catalog,
    service: &ServiceName,
) -> Option<&'a str> {
    config
        .services
        .get(service)
        .and_then(|own| own.repo.as_deref())
        .or_else(|| catalog.services.get(service)?.source.repo.as_deref())
}

/// The archives that `recipes` need, in order; one that several need is there for
/// each, with the same path.
pub fn sources(recipes: &[Recipe], config: &Config, catalog: &Catalog) -> Vec<SourceArchive> {
    recipes
        .iter()
        .flat_map(|recipe| of_recipe(recipe, config, catalog))
        .collect()
}

/// Each archive once, by the repository it comes from: archives of one repository
/// are made from one clone, so not at the same time.
pub fn by_repository(archives: &[SourceArchive]) -> IndexMap<&str, Vec<&SourceArchive>> {
    let mut repositories: IndexMap<&str, Vec<&SourceArchive>> = IndexMap::new();
    for archive in archives {
        let repo = archive.repo.as_deref().unwrap_or_default();
        let known = repositories.entry(repo).or_default();
        if !known.iter().any(|one| one.path == archive.path) {
            known.push(archive);
        }
    }
    repositories
}

pub(super) fn of_recipe(recipe: &Recipe, config: &Config, catalog: &Catalog) -> Vec<SourceArchive> {
    let name = &recipe.group.service;
    let (Some(commit), Some(service)) = (&recipe.commit, catalog.services.get(name)) else {
        return Vec::new();
    };
    let own = SourceArchive {
        service: name.clone(),
        name: name.to_string(),
        repo: repository(config, catalog, name).map(str::to_owned),
        subdirectory: service.source.subdirectory.clone(),
        commit: commit.clone(),
        path: path(name.as_str(), commit),
    };
    let extra = service.source.extra.iter().map(|extra| SourceArchive {
        service: name.clone(),
        name: extra.name.clone(),
        repo: Some(extra.repo.clone()),
        subdirectory: None,
        commit: extra.commit.clone(),
        path: path(&extra.name, &extra.commit),
    });
    std::iter::once(own).chain(extra).collect()
}

fn path(name: &str, commit: &str) -> String {
    format!("sources/{name}-{commit}.tar")
}

#[cfg(test)]
mod tests {
    use super::{SourceArchive, by_repository};
    use crate::name::ServiceName;

    #[test]
    fn what_several_services_need_is_fetched_once() {
        let archive = |service: &str, repo: &str, path: &str| SourceArchive {
            service: ServiceName::new(service).unwrap(),
            name: path.to_owned(),
            repo: Some(repo.to_owned()),
            subdirectory: None,
            commit: "1".repeat(40),
            path: path.to_owned(),
        };
        let archives = [
            archive("workflow", "w", "w-1"),
            archive("workflow", "c", "c-1"),
            archive("petri", "c", "c-1"),
            archive("lsf", "c", "c-2"),
        ];
        let seen: Vec<(&str, Vec<&str>)> = by_repository(&archives)
            .into_iter()
            .map(|(repo, found)| (repo, found.iter().map(|one| one.path.as_str()).collect()))
            .collect();
        assert_eq!(seen, [("w", vec!["w-1"]), ("c", vec!["c-1", "c-2"])]);
    }
}
