//! A real OpenStack for development and tests: Keystone, Glance, Placement, Nova with LXC servers, Neutron and Heat from
//! Debian 12's packages, in one root file system and its own namespaces. The host gets nothing installed but the few
//! tools that make it, nothing started, and nothing is left after `down --purge`.
//!
//! [`Devcloud`] is the way in. Nothing here prints; [`Progress`] tells what goes on.

mod base_image;
mod cgroup;
mod cloud;
mod clouds_yaml;
mod command;
mod config;
mod daemon;
mod down;
mod env;
mod error;
mod files;
mod host;
mod keeper;
mod layout;
mod links;
mod lock;
mod loops;
pub mod network;
mod process;
mod progress;
mod resolver;
mod resources;
mod rootfs;
mod secrets;
mod services;
mod settings;
mod sources;
mod status;
mod sysctl;
mod template;
mod threads;
mod up;

pub use cloud::{Devcloud, Endpoint, base_image_url};
pub use env::{ADMIN_CLOUD, CLOUD, Env};
pub use error::Error;
pub use progress::Progress;
pub use settings::{DEFAULT_ROOT, ROOT_VARIABLE, Release, Settings};
pub use status::{DaemonStatus, Status};
