//! Carries out what was planned, and chooses nothing.

pub mod brake;
pub mod change;
pub mod delete;
pub mod drain;
mod drain_state;
pub mod error;
pub mod event_log;
pub mod evidence;
pub mod first_failure;
pub mod follow;
pub mod gatekeeper;
pub mod journal;
pub mod leftover;
pub mod lock;
pub mod roll;
pub mod silence;
pub mod stack;
