//! The one integration binary: the program and its public parts, as others use
//! them. A file that is not listed here is not run.

mod command;
mod config;
mod docs;
mod grammar;
mod help;
mod scripted;
mod verify;
