//! Whether and when a request is sent again: a pure decision.

use std::time::Duration;

use crate::openstack::call::Repeat;

/// Six tries span about 10 s: an API's restart behind a balancer. Longer outages
/// are the waiting caller's matter, who has a deadline.
const TRIES_MAX: u32 = 6;
/// Without a host there is nobody to wait for; two more tries bridge a lost packet
/// and a restart, and a wrong address is still told within two seconds.
const CONNECTS_MAX: u32 = 3;
/// Shorter pauses are answered by a limiter with another 429.
const PAUSE_FIRST: Duration = Duration::from_millis(300);
const PAUSE_LONGEST: Duration = Duration::from_secs(8);
/// A server that asks for more would hold the command for minutes in silence.
const RETRY_AFTER_LONGEST: Duration = Duration::from_secs(60);

/// What went wrong with one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An error status, and how long the server asks us to wait.
    Status(u16, Option<Duration>),
    /// No connection was made.
    NotSent,
    /// The connection broke after it was made.
    Lost,
}

/// How long to pause before the next try, or none to give up. `tries` counts those
/// made; `jitter` is in 0..=1 and keeps many clients from coming back together.
pub(crate) fn pause(tries: u32, repeat: Repeat, fault: Fault, jitter: f64) -> Option<Duration> {
    let (allowed, asked) = match fault {
        Fault::Status(429, after) => (true, after),
        Fault::Status(502..=504, after) => (repeat == Repeat::Safe, after),
        Fault::Status(..) => (false, None),
        Fault::NotSent => (tries < CONNECTS_MAX, None),
        Fault::Lost => (repeat == Repeat::Safe, None),
    };
    if !allowed || tries >= TRIES_MAX {
        return None;
    }
    let grown = PAUSE_FIRST * 2_u32.pow(tries.saturating_sub(1).min(16));
    let own = grown.min(PAUSE_LONGEST).mul_f64(1.0 + 0.25 * jitter);
    Some(asked.map_or(own, |asked| asked.min(RETRY_AFTER_LONGEST).max(own)))
}

/// `Retry-After`: seconds, or a date that is compared with the server's own.
pub(crate) fn retry_after(value: &str, server_date: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    let now = jiff::fmt::rfc2822::parse(server_date?).ok()?.timestamp();
    u64::try_from(at.as_second() - now.as_second())
        .ok()
        .map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::{Duration, Fault, Repeat, pause, retry_after};

    #[track_caller]
    fn case(tries: u32, repeat: Repeat, fault: Fault, expected_ms: Option<u64>) {
        let expected = expected_ms.map(Duration::from_millis);
        assert_eq!(pause(tries, repeat, fault, 0.0), expected, "{fault:?}");
    }

    #[test]
    fn only_what_is_safe_is_sent_again() {
        case(1, Repeat::Safe, Fault::Status(503, None), Some(300));
        case(2, Repeat::Safe, Fault::Status(502, None), Some(600));
        case(1, Repeat::Unsafe, Fault::Status(503, None), None);
        case(1, Repeat::Unsafe, Fault::Status(429, None), Some(300));
        case(1, Repeat::Unsafe, Fault::Lost, None);
        case(1, Repeat::Safe, Fault::Lost, Some(300));
        case(1, Repeat::Unsafe, Fault::NotSent, Some(300));
        case(3, Repeat::Safe, Fault::NotSent, None);
        case(1, Repeat::Safe, Fault::Status(500, None), None);
        case(1, Repeat::Safe, Fault::Status(404, None), None);
        case(6, Repeat::Safe, Fault::Status(503, None), None);
    }

    #[test]
    fn the_server_may_ask_for_longer_but_not_for_ever() {
        let asked = |seconds| Fault::Status(429, Some(Duration::from_secs(seconds)));
        case(1, Repeat::Unsafe, asked(7), Some(7_000));
        case(1, Repeat::Unsafe, asked(0), Some(300));
        case(1, Repeat::Unsafe, asked(3600), Some(60_000));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_by_the_servers_clock() {
        assert_eq!(retry_after("5", None), Some(Duration::from_secs(5)));
        let now = Some("Sun, 22 Nov 2026 12:00:00 GMT");
        let later = "Sun, 22 Nov 2026 12:00:09 GMT";
        assert_eq!(retry_after(later, now), Some(Duration::from_secs(9)));
        assert_eq!(retry_after(later, None), None);
        assert_eq!(retry_after("soon", now), None);
    }
}
