//! Who deploys: written into what a stack tells of its releases.

use crate::operator::Operator;

/// `user@host`, as far as this machine says it.
pub fn operator() -> String {
    Operator::current().to_string()
}

/// The present time, as records have it.
pub fn now() -> String {
    format!("{:.0}", jiff::Timestamp::now())
}
