//! Whether the release that is left could come back.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Images that are there and can be booted: (recipe's name, its digest).
pub type PastImages = BTreeSet<(String, String)>;

/// Whether the release that is left could come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WayBack {
    /// It could.
    Open,
    /// It could not.
    Closed {
        /// Why.
        reasons: Vec<String>,
    },
}
