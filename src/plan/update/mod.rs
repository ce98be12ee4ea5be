//! What an update will do to a stack, in which order, and what it will cost the
//! users: computed from what is there and what is wanted, before anything is touched.

mod batches;
mod difference;
mod expected;
mod load;
pub mod model;
mod plan;
mod print;

pub use load::short_for_new_stack;
pub use plan::{lost, plan};
