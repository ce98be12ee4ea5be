//! The host's name servers, as far as a server of the cloud can reach them.

use std::fs;
use std::net::IpAddr;

/// systemd-resolved keeps the real servers here while /etc/resolv.conf names its own loopback.
const FILES: [&str; 2] = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/// The first file that names a server which is not a loopback wins.
pub(crate) fn host_name_servers() -> Vec<IpAddr> {
    FILES
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .map(|text| reachable(&text))
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// The name servers of a resolv.conf without loopback and link-local ones, which mean another machine inside a server.
fn reachable(text: &str) -> Vec<IpAddr> {
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("nameserver"))
        .filter_map(|rest| rest.split_whitespace().next()?.parse().ok())
        .filter(|address: &IpAddr| match address {
            IpAddr::V4(v4) => !v4.is_loopback() && !v4.is_link_local() && !v4.is_unspecified(),
            // Servers have IPv4 only.
            IpAddr::V6(_) => false,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::reachable;

    #[track_caller]
    fn case(text: &str, expected: &[&str]) {
        let found: Vec<String> = reachable(text).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn only_reachable_servers_are_taken() {
        case(
            "nameserver 10.0.0.1\nnameserver 10.0.0.2\n",
            &["10.0.0.1", "10.0.0.2"],
        );
        case(
            "# nameserver 10.0.0.1\nsearch x\nnameserver\t192.0.2.7 # comment\n",
            &["192.0.2.7"],
        );
        case("nameserver 127.0.0.53\noptions edns0\n", &[]);
        case(
            "nameserver fe80::1%eth0\nnameserver 2001:db8::1\nnameserver nonsense\nnameserver\n",
            &[],
        );
    }
}
