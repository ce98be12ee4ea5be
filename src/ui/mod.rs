//! The only way to the terminal: events in, text out.

pub mod event;
pub mod reporter;
