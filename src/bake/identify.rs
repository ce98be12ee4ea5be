//! What a tag comes to, without touching the cloud: a commit of every service,
//! the content of every base image, and so the digest of every recipe.

use futures_util::future::join_all;
use indexmap::IndexMap;

use crate::bake::base::{self, Base};
use crate::bake::{git, modules};
use crate::config::{BaseImage, Config};
use crate::error::{Failure, Kind};
use crate::image::{self, BaseDigests, Commits, ModuleFile, Recipe};
use crate::name::{ServiceName, Tag};
use crate::topology::{self, Catalog};

/// A tag, resolved.
#[derive(Debug, Clone)]
pub struct Identified {
    /// What was asked for.
    pub tag: Tag,
    /// The commit of each application.
    pub commits: Commits,
    /// What each base image is.
    pub bases: IndexMap<BaseImage, Base>,
    /// The site's own Puppet modules; none where nobody names classes of them.
    pub modules: Vec<ModuleFile>,
    /// What has to be there, as images.
    pub recipes: Vec<Recipe>,
}

/// Resolves `tag` everywhere; all that is unknown or unreachable is named
/// together, before anything is built.
pub async fn identify(
    config: &Config,
    catalog: &Catalog,
    tag: &Tag,
) -> Result<Identified, Failure> {
    let modules = modules_of(config)?;
    let (commits, bases) = tokio::join!(commits(config, catalog, tag), bases(config, catalog));
    let (commits, bases) = match (commits, bases) {
        (Ok(commits), Ok(bases)) => (commits, bases),
        (commits, bases) => {
            let mut problems = commits.err().unwrap_or_default();
            problems.extend(bases.err().unwrap_or_default());
            return Err(refused(tag, &problems));
        }
    };
    let digests: BaseDigests = bases
        .iter()
        .map(|(image, base)| (image.clone(), base.digest.clone()))
        .collect();
    let payload = image::payload::digest();
    let of_modules = image::modules::digest(&modules);
    let of_modules = Some(of_modules.as_str());
    let recipes = image::recipes(config, catalog, &commits, &digests, &payload, of_modules)
        .map_err(|error| Failure::new(Kind::Usage, "the images are not known").caused_by(error))?;
    Ok(Identified {
        tag: tag.clone(),
        commits,
        bases,
        modules,
        recipes,
    })
}

fn modules_of(config: &Config) -> Result<Vec<ModuleFile>, Failure> {
    let mut services = config.services.values();
    match &config.build.puppet_modules {
        Some(folder) if services.any(|own| !own.puppet_classes.is_empty()) => {
            modules::read(&config.path(folder))
        }
        _ => Ok(Vec::new()),
    }
}

fn refused(tag: &Tag, problems: &[String]) -> Failure {
    let message = format!("tag `{tag}` cannot be built; nothing was touched");
    Failure::new(Kind::Usage, message).caused_by(problems.join("\n"))
}

async fn commits(config: &Config, catalog: &Catalog, tag: &Tag) -> Result<Commits, Vec<String>> {
    let applications = catalog
        .deployed()
        .filter(|(_, service)| service.kind == topology::Kind::Application)
        .map(|(name, _)| name);
    let resolved = applications.map(|service| async move {
        let commit = commit(config, catalog, service, tag).await;
        commit.map(|commit| (service.clone(), commit))
    });
    gather(join_all(resolved).await)
}

async fn commit(
    config: &Config,
    catalog: &Catalog,
    service: &ServiceName,
    tag: &Tag,
) -> Result<String, String> {
    let Some(repo) = image::repository(config, catalog, service) else {
        return Err(format!(
            "{service}: no repository is known; set `services.{service}.repo`"
        ));
    };
    let own = config
        .services
        .get(service)
        .and_then(|own| own.git_ref.as_deref());
    let tag = match own {
        Some(text) => &Tag::new(text).map_err(|error| format!("{service}: {error}"))?,
        None => tag,
    };
    git::resolve(repo, tag)
        .await
        .map_err(|error| format!("{service}: {error}"))
}

async fn bases(
    config: &Config,
    catalog: &Catalog,
) -> Result<IndexMap<BaseImage, Base>, Vec<String>> {
    crate::tls::choose();
    let client = reqwest::Client::builder()
        .build()
        .map_err(|error| vec![chain(&error)])?;
    let mut images: Vec<BaseImage> = topology::recipe_groups(config, catalog)
        .into_iter()
        .map(|group| group.base)
        .collect();
    images.sort();
    images.dedup();
    let looks = images.into_iter().map(|image| {
        let client = &client;
        async move {
            let base = base::identify(client, &image).await;
            base.map(|base| (image, base))
                .map_err(|error| chain(&error))
        }
    });
    gather(join_all(looks).await)
}

/// All values, or all problems.
fn gather<K, V>(results: Vec<Result<(K, V), String>>) -> Result<IndexMap<K, V>, Vec<String>>
where
    K: std::hash::Hash + Eq,
{
    let mut values = IndexMap::new();
    let mut problems = Vec::new();
    for result in results {
        match result {
            Ok((key, value)) => drop(values.insert(key, value)),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(values)
    } else {
        Err(problems)
    }
}

/// An error with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::gather;

    #[test]
    fn one_problem_takes_the_values_and_all_problems_are_kept() {
        let fine: Vec<Result<(u8, u8), String>> = vec![Ok((1, 2))];
        assert_eq!(gather(fine).unwrap().len(), 1);
        let bad: Vec<Result<(u8, u8), String>> =
            vec![Ok((1, 2)), Err("a".to_owned()), Err("b".to_owned())];
        assert_eq!(gather(bad).unwrap_err(), ["a", "b"]);
    }
}
