//! The command line: arguments in, one ordinary argument list per task and
//! the resolved settings out. It reads no file and touches no cloud.

pub mod fabric;
pub mod flags;
pub mod grammar;
pub mod listing;
pub mod options;
pub mod output;
pub mod settings;
pub mod translate;
pub mod unreadable;
pub mod values;
