//! Images out of recipes: what is missing is built on a build machine and
//! uploaded; what is there is left alone.

pub mod base;
pub mod boot;
pub mod builder;
pub mod ensure;
pub mod git;
pub mod identify;
mod key_folder;
pub mod logbook;
pub mod machine;
pub mod modules;
pub mod observe;
pub mod owner;
pub mod payload;
pub mod protocol;
pub mod run;
pub mod site;
pub mod ssh;
pub mod upload;
pub mod users;
