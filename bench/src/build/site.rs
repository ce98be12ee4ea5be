//! What both sides need: the cloud, a configuration in which one image is missing, and
//! what goes into that image.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use ptero_deploy::bake::identify::{Identified, identify};
use ptero_deploy::bake::run::Kitchen;
use ptero_deploy::config::{self, Config};
use ptero_deploy::image::Recipe;
use ptero_deploy::name::Tag;
use ptero_deploy::openstack::client::Cloud;
use ptero_deploy::topology::Catalog;
use ptero_deploy::ui::reporter::Reporter;
use serde_json::{Value, json};

use crate::cloud::{beside, connect, ours};
use crate::demo;
use crate::program::must;

/// What is built.
const TAG: &str = "v1";

/// The service whose image is missing: code, a virtualenv, compilers for the time of
/// the build. That is what most images are made of.
const SERVICE: &str = "workflow";

/// A small package of Debian's that the demo's images do not have.
const PACKAGE: &str = "hello";

/// Everything that is ready before the first image.
pub(crate) struct Site {
    folder: PathBuf,
    config: PathBuf,
    /// The cloud, by our own library.
    pub(crate) cloud: Cloud,
}

/// What a builder is given for the one image.
pub(crate) struct Input {
    /// The scripts, the Puppet modules and the sources, as a tar file.
    pub(crate) payload: Vec<u8>,
    /// What the scripts are told.
    pub(crate) job: String,
}

impl Site {
    /// Makes what is missing, but for the one image.
    pub(crate) async fn prepare() -> Result<Self> {
        // Beside the programs: who may write there may change them too.
        let folder = beside("bench-build")?;
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let config = folder.join("config.yaml");
        std::fs::write(&config, demo::changed(with_package)?)?;
        let site = Self {
            cloud: connect().await?,
            folder,
            config,
        };
        must(ours(&["images", "build", TAG])?, &site.log("others")).await?;
        Ok(site)
    }

    /// Our program, which makes the image where it is missing.
    pub(crate) fn build(&self) -> Result<Command> {
        let mut command = ours(&["images", "build", TAG])?;
        command.env("PTERO_DEPLOY_CONFIG", &self.config);
        Ok(command)
    }

    /// Where a program's output goes.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    /// What goes into the image, as our own build machine would get it.
    pub(crate) async fn input(&self) -> Result<Input> {
        let text = std::fs::read_to_string(&self.config)?;
        let (config, catalog) = loaded(&text, &self.config)?;
        let tag = Tag::new(TAG)?;
        let identified = identify(&config, &catalog, &tag).await.map_err(told)?;
        let recipes = recipes(&identified);
        let kitchen = Kitchen {
            config: &config,
            catalog: &catalog,
            identified: &identified,
            git_cache: self.folder.join("git"),
            logs: self.folder.clone(),
            cloud: &self.cloud,
            reporter: &Reporter::silent(),
        };
        let payload = kitchen.packed(&recipes).await.map_err(told)?;
        Ok(Input {
            payload: std::fs::read(payload.path())?,
            job: serde_json::to_string(&kitchen.job(&recipes))?,
        })
    }
}

fn recipes(identified: &Identified) -> Vec<Recipe> {
    let of_service = |recipe: &&Recipe| recipe.group.service.as_str() == SERVICE;
    let recipes = identified.recipes.iter();
    recipes.filter(of_service).cloned().collect()
}

fn told(failure: ptero_deploy::error::Failure) -> anyhow::Error {
    anyhow!(failure)
}

fn loaded(text: &str, origin: &Path) -> Result<(Config, Catalog)> {
    let catalog = Catalog::miniptero();
    let config = config::load(text, origin, &catalog.known()).map_err(|it| anyhow!("{it}"))?;
    let catalog = catalog.chosen(&config).map_err(|it| anyhow!("{it}"))?;
    Ok((config, catalog))
}

/// Puts a package into one image.
fn with_package(config: &mut Value) {
    config["services"][SERVICE]["packages"] = json!([PACKAGE]);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{loaded, with_package};
    use crate::demo::tests::demo_with;

    #[test]
    fn the_configuration_is_the_demos_with_a_package() {
        let text = demo_with(with_package);
        let (config, _) = loaded(&text, Path::new("config.yaml")).unwrap();
        let packages = config.services.values().map(|own| own.packages.len());
        assert_eq!(packages.sum::<usize>(), 1);
    }
}
