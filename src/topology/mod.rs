//! Topology: configuration and catalogue in, the servers of one environment and
//! who calls whom out. No service's name is known to this code.

mod builtin;
mod catalog;
mod model;
mod resolve;

pub use catalog::{
    Catalog, ExtraSource, HttpCheck, Kind, Migrate, Process, Ready, Role, Service, Source,
};
pub use model::{Flow, Member, Party, RecipeGroup, RecipeName, RoleKey, Topology};
pub use resolve::{backing_services, recipe_groups};
