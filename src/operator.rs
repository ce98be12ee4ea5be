//! Who works with the program, as others will read it: `user@host`.

/// Names from the environment end up in records that others read; longer ones
/// are cut.
const LENGTH_MAX: usize = 64;

/// Who works, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The user's name; with `sudo` that of the person, not `root`.
    pub user: String,
    /// The host's name.
    pub host: String,
}

impl Operator {
    /// Whoever runs this process.
    pub fn current() -> Self {
        let host = rustix::system::uname();
        let host = host.nodename().to_string_lossy();
        let uid = rustix::process::getuid().as_raw();
        Self::of(&|name| std::env::var(name).ok(), &host, uid)
    }

    fn of(env: &dyn Fn(&str) -> Option<String>, host: &str, uid: u32) -> Self {
        let named = ["SUDO_USER", "LOGNAME", "USER"]
            .iter()
            .filter_map(|name| env(name))
            .map(|name| shown(&name))
            .find(|name| !name.is_empty());
        // Services and containers often set none of them.
        let user = named.unwrap_or_else(|| match uid {
            0 => "root".to_owned(),
            uid => format!("uid-{uid}"),
        });
        let host = match shown(host) {
            host if host.is_empty() => "unknown".to_owned(),
            host => host,
        };
        Self { user, host }
    }
}

impl std::fmt::Display for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.user, self.host)
    }
}

/// What can stand in a line of a table.
fn shown(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() && !c.is_whitespace())
        .take(LENGTH_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Operator;

    #[track_caller]
    fn case(env: &[(&str, &str)], uid: u32, expected: &str) {
        let of = |name: &str| {
            let found = env.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(Operator::of(&of, "bench\n1", uid).to_string(), expected);
    }

    #[test]
    fn the_person_counts_then_the_account_then_the_number() {
        case(&[("SUDO_USER", "ann"), ("USER", "root")], 0, "ann@bench1");
        case(&[("LOGNAME", "bob"), ("USER", "b")], 7, "bob@bench1");
        case(&[("USER", " \u{1b}eve ")], 7, "eve@bench1");
        case(&[("USER", "")], 7, "uid-7@bench1");
        case(&[], 0, "root@bench1");
    }
}
