//! Carries out what was planned, and chooses nothing.

pub mod delete;
pub mod error;
pub mod event_log;
pub mod evidence;
pub mod first_failure;
pub mod follow;
pub mod leftover;
pub mod lock;
pub mod stack;
