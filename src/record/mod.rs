//! What the cloud itself remembers of a deployment: read from a stack's
//! outputs, so that any operator on any machine knows it.

pub mod deployed;
pub mod history;
