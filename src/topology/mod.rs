//! Topology: configuration and catalogue in, the servers of one environment and
//! who calls whom out. No service's name is known to this code.

mod builtin;
mod catalog;
mod check;
mod choose;
mod flow;
mod model;
mod parse;
mod parse_role;
mod parse_runtime;
mod parse_service;
mod placeholder;
mod resolve;

pub use catalog::{
    Catalog, ExtraSource, HttpCheck, Kind, Migrate, OlderCode, Process, Ready, Role, Service,
    Source,
};
pub use model::{Flow, Member, Party, RecipeGroup, RecipeName, RoleKey, Topology};
pub use placeholder::{BadPlaceholder, Part, Placeholder, parts};
pub use resolve::recipe_groups;
