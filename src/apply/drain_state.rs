//! What is known of one drain, and what follows from that. No call to the cloud.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

/// A moment, since any fixed one.
pub(crate) type At = Duration;

/// Time that only passes while Heat answers: an agent that cannot tell anything, as
/// Heat is away, is not silent.
#[derive(Debug, Default)]
pub(crate) struct Clock(At);

impl Clock {
    /// The moment after `passed` more, at whose end Heat was asked.
    pub(crate) fn after(&mut self, passed: Duration, answered: bool) -> At {
        if answered {
            self.0 += passed.min(ROUND_MAX);
        }
        self.0
    }
}

/// A list of a stack's resources costs Heat a moment for each nested stack.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(2);
/// So many times as long as a look took, Heat is left alone: asked every 2 s about 25
/// members, lists were half of what heat-engine did in an update (seen with Heat 19).
pub(crate) const LEFT_ALONE: u32 = 9;
/// An agent tells something every 10 s, which nobody should hear much later.
pub(crate) const LOOK_LATEST: Duration = Duration::from_secs(10);
/// A look, the pause before it and what followed from the last. One that takes longer
/// was asked again and again inside, of a Heat that was away.
const ROUND_MAX: Duration = Duration::from_secs(20);
/// Where nothing is waited for, each look is time that a deletion takes longer.
pub(crate) const LOOK_AT_ONCE: Duration = Duration::from_millis(500);
/// The agent tells something every 10 s; Nova is asked only about silent ones.
const QUIET: Duration = Duration::from_secs(30);
/// An agent that lives takes a drain up within seconds. One that never says a word
/// would hold the delete until Heat's time limit.
const AGENT_SILENT: Duration = Duration::from_secs(180);
/// After the deadline an agent kills or aborts, which takes it at most this long.
const GRACE: Duration = Duration::from_secs(180);
/// The same state is told again this often, as a sign of life.
const TELL_EVERY: Duration = Duration::from_secs(60);
/// A signal that did not end the drain is sent again after this, a stop likewise.
const AGAIN_AFTER: Duration = Duration::from_secs(15);

/// What an agent says of its drain.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Progress {
    /// Jobs that are worked on.
    jobs: u64,
    /// How long the oldest of them has run.
    oldest_s: Option<u64>,
    /// `stopping`, `waiting`, `overdue`, `aborting` or `killing`.
    phase: String,
    policy: Option<String>,
    deadline_s: Option<u64>,
    /// Another number each time: a silent agent is told by its staying the same.
    #[serde(default)]
    beat: u64,
}

impl Progress {
    /// From the metadata of the handle.
    pub(crate) fn read(metadata: &Value) -> Option<Self> {
        let data = metadata
            .get("drain")?
            .get("data")
            .or(metadata.get("drain"))?;
        match data {
            Value::String(text) => serde_json::from_str(text).ok(),
            other => Self::deserialize(other).ok(),
        }
    }

    fn text(&self) -> String {
        let oldest = self.oldest_s.map_or_else(String::new, |oldest| {
            let (minutes, seconds) = (oldest / 60, oldest);
            if minutes > 0 {
                format!(", oldest {minutes} min")
            } else {
                format!(", oldest {seconds} s")
            }
        });
        let jobs = match self.jobs {
            0 => "no jobs left".to_owned(),
            1 => format!("1 job left{oldest}"),
            jobs => format!("{jobs} jobs left{oldest}"),
        };
        match self.phase.as_str() {
            "stopping" => "stops".to_owned(),
            "waiting" => jobs,
            phase => format!("{jobs} ({phase})"),
        }
    }
}

/// How a server is, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerIs {
    Gone,
    Off,
    Broken,
    On,
}

/// What is to be done about a drain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Todo {
    Wait,
    /// It ends now, for this reason.
    Signal(&'static str),
    /// Its server is stopped, so that it can end.
    Stop,
    /// Only the operator can decide.
    Warn,
}

/// One drain that Heat waits for.
#[derive(Debug)]
pub(crate) struct Drain {
    since: At,
    /// When Heat was last asked what its agent told.
    asked: At,
    heard: Option<(Progress, At)>,
    told: Option<(u64, String, At)>,
    signalled: Option<At>,
    stop_asked: Option<At>,
    warned: bool,
}

impl Drain {
    pub(crate) fn new(now: At) -> Self {
        Self {
            since: now,
            asked: now,
            heard: None,
            told: None,
            signalled: None,
            stop_asked: None,
            warned: false,
        }
    }

    /// Heat was asked what its agent told. Where it did not answer, though it may have
    /// answered other questions, the time since it was asked before is no silence.
    pub(crate) fn asked(&mut self, answered: bool, now: At) {
        let round = now.saturating_sub(self.asked);
        self.asked = now;
        if answered {
            return;
        }
        self.since += round;
        if let Some((_, at)) = &mut self.heard {
            *at += round;
        }
    }

    pub(crate) fn heard(&mut self, progress: Progress, now: At) {
        if self
            .heard
            .as_ref()
            .is_none_or(|(last, _)| *last != progress)
        {
            self.heard = Some((progress, now));
        }
    }

    /// The line to tell: when something changed, and as a sign of life.
    pub(crate) fn news(&mut self, now: At) -> Option<String> {
        let (progress, _) = self.heard.as_ref()?;
        let new = self.told.as_ref().is_none_or(|(jobs, phase, at)| {
            (*jobs, phase) != (progress.jobs, &progress.phase)
                || now.saturating_sub(*at) >= TELL_EVERY
        });
        if !new {
            return None;
        }
        self.told = Some((progress.jobs, progress.phase.clone(), now));
        Some(progress.text())
    }

    /// Whether the server's own state matters now.
    pub(crate) fn wants_server(&self, now: At) -> bool {
        self.silent_for(now) >= QUIET || self.heard.is_none() || self.stop_asked.is_some()
    }

    fn silent_for(&self, now: At) -> Duration {
        let last = self.heard.as_ref().map_or(self.since, |(_, at)| *at);
        now.saturating_sub(last)
    }

    /// What follows; `server` where it is known.
    pub(crate) fn todo(&mut self, server: Option<ServerIs>, now: At) -> Todo {
        match server {
            Some(ServerIs::Gone) => return Todo::Signal("its server is gone"),
            Some(ServerIs::Off) => return Todo::Signal("its server is off"),
            Some(ServerIs::Broken) => return Todo::Signal("its server is broken"),
            Some(ServerIs::On) => {}
            None => return Todo::Wait,
        }
        if let Some(asked) = self.stop_asked {
            let again = now.saturating_sub(asked) >= AGENT_SILENT;
            return if again { Todo::Stop } else { Todo::Wait };
        }
        let Some((progress, _)) = &self.heard else {
            let silent = self.silent_for(now) >= AGENT_SILENT;
            return if silent { Todo::Stop } else { Todo::Wait };
        };
        if self.silent_for(now) < AGENT_SILENT {
            return Todo::Wait;
        }
        match (progress.policy.as_deref(), progress.deadline_s) {
            (Some("requeue" | "abort"), Some(deadline_s)) => {
                let until = self.since + Duration::from_secs(deadline_s) + GRACE;
                if now >= until { Todo::Stop } else { Todo::Wait }
            }
            _ if self.warned => Todo::Wait,
            _ => {
                self.warned = true;
                Todo::Warn
            }
        }
    }

    pub(crate) fn stop_asked(&mut self, now: At) {
        self.stop_asked = Some(now);
    }

    /// Whether to signal now: once, and again only where that did not end it.
    pub(crate) fn may_signal(&mut self, now: At) -> bool {
        let may = self
            .signalled
            .is_none_or(|at| now.saturating_sub(at) >= AGAIN_AFTER);
        if may {
            self.signalled = Some(now);
        }
        may
    }
}

#[cfg(test)]
mod tests;
