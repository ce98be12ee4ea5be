//! What an update will do to a stack, in which order, and what it will cost the
//! users: computed from what is there and what is wanted, before anything is touched.

pub mod model;
