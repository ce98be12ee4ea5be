//! How long the slow tests wait.

use std::time::Duration;

/// How long the slow tests wait, and how often they ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlowLimits {
    /// One request. A gateway that answers later than this is of no use to a
    /// user either.
    pub request: Duration,
    /// How long a request that failed is tried again: longer than the restart
    /// of any server, shorter than what a user would call an outage.
    pub patience: Duration,
    /// Between two rounds of questions, and two tries of a request.
    pub pause: Duration,
    /// The most workflows asked for in a round, so that the tests are no load.
    pub batch: usize,
    /// How long jobs may be late altogether: when a worker dies, the broker
    /// needs minutes to see it, and its longest job begins anew.
    pub grace: Duration,
}

impl SlowLimits {
    /// Those of `tests.slow`.
    pub const SLOW: Self = Self {
        request: Duration::from_secs(15),
        patience: Duration::from_secs(300),
        pause: Duration::from_secs(2),
        batch: 10,
        grace: Duration::from_secs(300),
    };
}
