//! How long checks wait.

use std::time::Duration;

/// How long checks wait, and how often they ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// One request. Shorter, and `server-info` of a busy worker, which takes
    /// several seconds by design, would count as dead.
    pub request: Duration,
    /// Until every process and server shows. A live worker may miss one
    /// question, and the gateway needs two looks at a server.
    pub alive: Duration,
    /// One workflow, from its submission to its end. The first one after a
    /// boot takes a quarter of a minute even on an idle machine.
    pub workflow: Duration,
    /// Until every worker member ran a job.
    pub every_member: Duration,
    /// Between two questions about the same thing.
    pub pause: Duration,
}

impl Limits {
    /// Those of `tests.fast`.
    pub const FAST: Self = Self {
        request: Duration::from_secs(35),
        alive: Duration::from_secs(60),
        workflow: Duration::from_secs(120),
        every_member: Duration::from_secs(240),
        pause: Duration::from_millis(500),
    };
}
