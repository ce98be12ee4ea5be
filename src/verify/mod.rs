//! Whether a deployment does what PTero is for, asked from outside through
//! its gateway. What an answer means is decided by pure functions; the calls
//! around them decide nothing.

pub mod bad_documents;
pub mod check;
pub mod details;
pub mod document;
pub mod every_member;
pub mod expect;
pub mod finding;
pub mod http;
pub mod junit;
pub mod limits;
pub mod processes;
pub mod report;
pub mod run;
pub mod slow;
pub mod target;
pub mod web_servers;
pub mod workflow;
pub mod workflows;
