//! ptero-deploy: bakes, deploys and verifies PTero on OpenStack.
//!
//! Data flows one way, and the modules stand in that order:
//!
//! ```text
//! config -> topology -> { image, template } -> plan -> apply { bake, stack, roll, verify } -> record
//! ```
//!
//! Up to `plan` everything is calculation: no network, clock, environment or
//! disk. `openstack` is the only way to the cloud, `ui` the only way to the
//! terminal, and `tasks` holds one file per command.

pub mod digest;
pub mod error;
pub mod name;
pub mod operator;
pub mod tls;
pub mod ui;

pub mod config;
pub mod topology;

pub mod image;
pub mod template;

pub mod plan;

pub mod openstack;

pub mod bake;

pub mod apply;

pub mod verify;

pub mod record;

pub mod cli;
pub mod tasks;
