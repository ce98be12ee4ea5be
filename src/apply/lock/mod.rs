//! One deployer at a time: a lease per environment, held in Heat.
//!
//! The lock of stack `a` is a stack `a-lock` without resources. Its name can be taken
//! once; its outputs tell who took it; its holder renews it by changing it, and who
//! dies stops doing so. Ages are by the cloud's clock. A holder knows its lock by
//! the stack's id: one that was broken, or that somebody took over, has another.

pub mod error;
pub mod holder;
pub mod lease;
pub mod remove;
pub mod state;
pub mod take;

pub use error::LockError;
pub use lease::{Lease, holding};
pub use take::Claim;

#[cfg(test)]
mod tests;
