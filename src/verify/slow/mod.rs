//! Jobs of mixed length, started before something happens to a deployment and
//! followed across it; at the end a ledger says of each whether it ran once.
//!
//! Each job writes its start and its end down outside PTero, in the ledger of
//! the gateway, so what PTero says of itself is compared with what happened.
//! The judging is pure ([`judge`]); [`start`] and [`work`] carry out.

pub mod command;
pub mod entry;
pub mod judge;
pub mod ledger;
pub mod limits;
pub mod plan;
pub mod requests;
pub mod run_id;
pub mod seen;
pub mod start;
pub mod submit;
pub mod work;
