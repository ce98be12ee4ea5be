//! Images out of recipes: what is missing is built on a build machine and
//! uploaded; what is there is left alone.

pub mod base;
pub mod builder;
pub mod git;
pub mod machine;
pub mod owner;
pub mod payload;
pub mod protocol;
pub mod ssh;
