//! The table of checks.

/// A check of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Every web server is up at the gateway.
    WebServers,
    /// Every service for clients answers them.
    FrontDoors,
    /// Every Celery process of every member answers.
    Processes,
    /// Documents that make no sense are refused.
    BadDocuments,
    /// A workflow without jobs passes its inputs through.
    WithoutJobs,
    /// A workflow with one job shows what the job wrote.
    OneJob,
    /// A job that fails makes its workflow fail.
    FailingJob,
    /// A job of an unknown user makes its workflow fail.
    UnknownUser,
    /// A job as root is refused.
    RootJob,
    /// A task for each of several items runs a job for each.
    ParallelJobs,
    /// A workflow that is canceled ends as such.
    CanceledJob,
    /// Every member that runs jobs ran one.
    EveryMember,
}

/// How long a check may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// Minutes at most: part of `tests.fast`.
    Fast,
}

/// When a check runs: each group side by side, one group after another, so
/// that a missing process is told before what it breaks, and the crowd of
/// jobs of the last check delays no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// Is everything there?
    Alive,
    /// Does it work?
    Works,
    /// Does all of it work?
    Everywhere,
}

impl Check {
    /// Every check, in the order of the report.
    pub const ALL: [Self; 12] = [
        Self::WebServers,
        Self::FrontDoors,
        Self::Processes,
        Self::BadDocuments,
        Self::WithoutJobs,
        Self::OneJob,
        Self::FailingJob,
        Self::UnknownUser,
        Self::RootJob,
        Self::ParallelJobs,
        Self::CanceledJob,
        Self::EveryMember,
    ];

    /// Its name in reports: a statement that holds when it passes.
    pub fn name(self) -> &'static str {
        match self {
            Self::WebServers => "every web server is up",
            Self::FrontDoors => "every service for clients answers",
            Self::Processes => "every process of every member answers",
            Self::BadDocuments => "bad documents are refused",
            Self::WithoutJobs => "a workflow without jobs succeeds",
            Self::OneJob => "a workflow with a job succeeds",
            Self::FailingJob => "a failing job fails its workflow",
            Self::UnknownUser => "a job of an unknown user fails",
            Self::RootJob => "a job as root is refused",
            Self::ParallelJobs => "a task in parallel runs its jobs",
            Self::CanceledJob => "a canceled workflow ends",
            Self::EveryMember => "every job member runs jobs",
        }
    }

    /// How long it may take.
    pub fn speed(self) -> Speed {
        Speed::Fast
    }

    /// When it runs.
    pub fn turn(self) -> Turn {
        match self {
            Self::WebServers | Self::FrontDoors | Self::Processes => Turn::Alive,
            Self::BadDocuments
            | Self::WithoutJobs
            | Self::OneJob
            | Self::FailingJob
            | Self::UnknownUser
            | Self::RootJob
            | Self::ParallelJobs
            | Self::CanceledJob => Turn::Works,
            Self::EveryMember => Turn::Everywhere,
        }
    }

    /// Whether it needs somewhere to run jobs.
    pub fn needs_jobs(self) -> bool {
        match self {
            Self::WebServers
            | Self::FrontDoors
            | Self::Processes
            | Self::BadDocuments
            | Self::WithoutJobs => false,
            Self::OneJob
            | Self::FailingJob
            | Self::UnknownUser
            | Self::RootJob
            | Self::ParallelJobs
            | Self::CanceledJob
            | Self::EveryMember => true,
        }
    }
}
