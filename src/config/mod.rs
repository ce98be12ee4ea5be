//! Configuration: text in, a checked [`Config`] or every mistake at once out.
//! Nothing here opens a file or asks a cloud.

mod build;
mod cidr;
mod classes;
mod downloads;
mod known;
mod load;
mod model;
mod mounts;
pub(crate) mod parse;
mod partial;
mod problem;
pub(crate) mod reader;
mod schema;
mod services;
mod stack;
pub(crate) mod tree;
mod url;
mod values;

pub use cidr::Cidr;
pub use classes::is_module_name;
pub use known::{Known, KnownService};
pub use load::{catalog_choice, load, puppet_modules_choice};
pub use model::{
    BaseImage, BaseUrls, BuildConfig, BuildMachine, Checksum, Config, Downloads, DrainPolicy,
    FileSystem, JobsConfig, Mount, Placement, ServiceBaseUrls, ServiceConfig, StackConfig,
    TreeConfig, below,
};
pub use problem::{Problem, Problems, nearest};
pub use schema::schema;
