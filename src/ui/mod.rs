//! The only way to the terminal: events in, text out.

pub mod ask;
pub mod data;
pub mod event;
pub mod failure;
pub mod interrupt;
pub mod json;
pub mod output;
pub mod plain;
pub mod reporter;
pub mod screen;
pub mod terminal;
pub mod words;
