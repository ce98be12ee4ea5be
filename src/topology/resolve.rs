//! Configuration and catalogue in, [`Topology`] out.

use super::catalog::{Catalog, Service};
use super::model::{RecipeGroup, Topology};
use crate::config::{Config, Problems};
use crate::name::{EnvName, ServiceName};

impl Topology {
    /// Works out one environment.
    pub fn resolve(config: &Config, catalog: &Catalog, env: &EnvName) -> Result<Self, Problems> {
        let _ = catalog;
        config.stack(env)?;
        Err(Problems::whole_file(&config.origin, "not written yet"))
    }
}

/// The services of a catalogue that are deployed: all applications, and of the
/// backing ones those that an application asks for.
pub fn backing_services(catalog: &Catalog) -> Vec<(&ServiceName, &Service)> {
    catalog.services.iter().collect()
}

/// The images of a catalogue: roles of a service with one base image share one.
pub fn recipe_groups(config: &Config, catalog: &Catalog) -> Vec<RecipeGroup> {
    let _ = (config, catalog);
    Vec::new()
}
