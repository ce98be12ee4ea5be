//! The cloud's APIs as plain methods: the only module that talks to the cloud.
//!
//! A service file (`heat`, `glance`, ...) joins requests and answers through
//! `client`, where token, retry, time limits and error translation live once.
//! Nothing here prints, and nothing here decides what to deploy.

pub mod call;
pub mod catalog;
pub mod cinder;
pub mod client;
mod clouds_yaml;
pub mod credentials;
pub mod error;
pub mod glance;
pub mod heat;
pub mod heat_clock;
mod image_file;
pub mod keystone;
mod message;
pub mod neutron;
pub mod nova;
mod retry;
#[cfg(test)]
pub(crate) mod scripted;
mod session;
pub mod stack;
pub mod stack_status;
mod token_cache;
mod transport;
pub mod upload;
pub mod wait;
