//! The one integration binary: the program and its public parts, as others use
//! them. A file that is not listed here is not run.
#![expect(clippy::unwrap_used, reason = "all of this is tests, helpers included")]

mod catalog;
mod command;
mod config;
mod docs;
mod grammar;
mod help;
mod image;
mod scenarios;
mod scripted;
mod slow;
mod stages;
mod tidy;
mod update_plan;
mod verify;
