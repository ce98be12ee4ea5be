//! Waiting for threads.

use std::panic::resume_unwind;
use std::thread;

/// What a thread returned; its panic goes on here.
pub(crate) fn joined<T>(result: thread::Result<T>) -> T {
    result.unwrap_or_else(|panic| resume_unwind(panic))
}
