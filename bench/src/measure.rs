//! Running commands and timing them.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// The middle one of several times.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The median of `runs` runs, after one that warms caches.
pub(crate) fn command(runs: usize, mut make: impl FnMut() -> Result<Command>) -> Result<Duration> {
    once(make()?)?;
    let times: Result<Vec<Duration>> = (0..runs).map(|_| once(make()?)).collect();
    Ok(median(times?))
}

fn once(mut command: Command) -> Result<Duration> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let began = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("cannot start {command:?}"))?;
    let took = began.elapsed();
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(took)
}

/// The largest resident set of a run, in KiB: the kernel's own high-water mark,
/// read while it runs.
pub(crate) fn peak_kib(mut command: Command) -> Result<u64> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn()?;
    let path = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        std::thread::sleep(Duration::from_micros(500));
    }
    Ok(peak)
}

/// Milliseconds with one decimal.
pub(crate) fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

/// How many times `b` is `a`.
pub(crate) fn times(a: Duration, b: Duration) -> String {
    if a.is_zero() {
        return "ours is in the noise".to_owned();
    }
    format!("{:.1} x faster", b.as_secs_f64() / a.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::{Duration, median};

    #[test]
    fn the_median_is_the_middle() {
        let times = [5, 1, 9].map(Duration::from_secs).to_vec();
        assert_eq!(median(times), Duration::from_secs(5));
    }
}
