//! Configuration and catalogue of a run, read once; every mistake of both is
//! told before anything else happens.

use std::path::Path;

use crate::config::{self, Config, Problems};
use crate::error::{Failure, Kind};
use crate::name::EnvName;
use crate::tasks::context::Context;
use crate::topology::{Catalog, Topology};

/// The catalogue when the configuration names none.
const CATALOG_DEFAULT: &str = "ptero";

/// What a run is told by files.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The checked configuration.
    pub config: Config,
    /// The catalogue that it names.
    pub catalog: Catalog,
}

impl Loaded {
    /// The topology of one environment.
    pub fn topology(&self, env: &EnvName) -> Result<Topology, Failure> {
        Topology::resolve(&self.config, &self.catalog, env).map_err(|problems| {
            // A missing environment is the operator's slip, not a whole list.
            Failure::new(Kind::Usage, problems.to_string())
        })
    }
}

/// Reads the configuration file and the catalogue that it names.
pub fn load(context: &Context) -> Result<Loaded, Failure> {
    let text = context.config_text()?;
    let origin = &context.settings.config;
    let chosen = config::catalog_choice(&text);
    let catalog = catalog(chosen.as_deref().unwrap_or(CATALOG_DEFAULT), origin)?;
    let mut known = catalog.known();
    if let Some(folder) = config::puppet_modules_choice(&text) {
        known.puppet_modules = Some(puppet_modules(&folder, origin)?);
    }
    let config = config::load(&text, origin, &known).map_err(|problems| wrong(&problems))?;
    let catalog = catalog
        .chosen(&config)
        .map_err(|problems| wrong(&problems))?;
    Ok(Loaded { config, catalog })
}

/// A built-in catalogue by name, or one from a file; a relative path starts at
/// the configuration's folder.
fn catalog(name: &str, origin: &Path) -> Result<Catalog, Failure> {
    if let Some(catalog) = Catalog::built_in(name) {
        return Ok(catalog);
    }
    let path = config::below(origin, Path::new(name));
    let text = std::fs::read_to_string(&path).map_err(|error| {
        let known = Catalog::BUILT_IN.join("`, `");
        let message = format!("cannot read the catalogue `{}`", path.display());
        Failure::new(Kind::Usage, message)
            .caused_by(error)
            .hint(format!("`catalog` is a path, or one of `{known}`"))
    })?;
    Catalog::parse(&text, &path).map_err(|problems| wrong(&problems))
}

/// The names of the modules in a folder.
fn puppet_modules(name: &str, origin: &Path) -> Result<Vec<String>, Failure> {
    let path = config::below(origin, Path::new(name));
    let entries = std::fs::read_dir(&path).map_err(|error| {
        let message = format!("cannot read the Puppet modules in `{}`", path.display());
        Failure::new(Kind::Usage, message).caused_by(error).hint(
            "`images.build.puppet_modules` is a folder of modules; a relative path starts at \
             the configuration's folder",
        )
    })?;
    let folders = entries.flatten().filter(|entry| entry.path().is_dir());
    let names = folders.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| config::is_module_name(name)).collect();
    names.sort();
    Ok(names)
}

fn wrong(problems: &Problems) -> Failure {
    let count = problems.iter().count();
    let message = if count == 1 {
        "1 mistake; nothing was touched".to_owned()
    } else {
        format!("{count} mistakes; nothing was touched")
    };
    Failure::new(Kind::Usage, message).caused_by(problems.to_string())
}
