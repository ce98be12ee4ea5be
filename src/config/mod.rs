//! Configuration: text in, a checked [`Config`] or every mistake at once out.
//! Nothing here opens a file or asks a cloud.

mod cidr;
mod known;
mod load;
mod model;
mod problem;

pub use cidr::Cidr;
pub use known::{Known, KnownService};
pub use load::{catalog_choice, load};
pub use model::{
    BaseImage, BaseUrls, BuildConfig, BuildMachine, Checksum, Config, Placement, ServiceBaseUrls,
    ServiceConfig, StackConfig,
};
pub use problem::{Problem, Problems, nearest};
