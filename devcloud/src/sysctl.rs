//! Settings of the host's kernel that the cloud cannot do without, changed by `up` and put back by `down`.

use std::fs;
use std::path::Path;

use crate::error::{At as _, Error};

/// A setting below /proc/sys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting(&'static str);

/// Whether packets are forwarded between links.
pub(crate) const IP_FORWARD: Setting = Setting("/proc/sys/net/ipv4/ip_forward");

/// How many inotify instances one user may have. Every LXC server counts against the host's root, and its systemd takes
/// five or more: with the kernel's 128, the systemd of about the twentieth server hangs halfway through its boot.
pub(crate) const INOTIFY_INSTANCES: Setting = Setting("/proc/sys/fs/inotify/max_user_instances");

/// Enough for some hundred servers; an instance that nobody opens costs nothing.
pub(crate) const INOTIFY_INSTANCES_MIN: u64 = 4096;

impl Setting {
    /// Its value.
    pub(crate) fn value(self) -> Result<String, Error> {
        let path = Path::new(self.0);
        Ok(fs::read_to_string(path).at("read", path)?.trim().to_owned())
    }

    /// Sets it; setting is skipped when nothing changes, as writing `ip_forward` resets other settings of the host.
    pub(crate) fn set(self, value: &str) -> Result<(), Error> {
        let path = Path::new(self.0);
        if self.value()? == value {
            Ok(())
        } else {
            fs::write(path, value).at("write", path)
        }
    }

    /// Sets it to `least` where it is lower.
    pub(crate) fn raise(self, least: u64) -> Result<(), Error> {
        if is_lower(&self.value()?, least) {
            self.set(&least.to_string())
        } else {
            Ok(())
        }
    }
}

fn is_lower(value: &str, least: u64) -> bool {
    value.parse().is_ok_and(|value: u64| value < least)
}

#[cfg(test)]
mod tests {
    use super::is_lower;

    #[test]
    fn only_a_lower_limit_is_raised() {
        assert!(is_lower("128", 4096));
        assert!(!is_lower("4096", 4096));
        assert!(!is_lower("99999", 4096));
        assert!(!is_lower("unlimited", 4096));
    }
}
