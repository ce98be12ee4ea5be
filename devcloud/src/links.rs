//! The two cables between host and cloud, and the rule that lets servers out.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::command;
use crate::error::Error;
use crate::network as net;

/// Removes links that a killed cloud left behind (the kernel takes a moment for its own part), and refuses when links of
/// our names are somebody else's.
pub(crate) fn clear() -> Result<(), Error> {
    for name in [net::API_LINK_HOST, net::PUBLIC_LINK_HOST] {
        let link = Path::new("/sys/class/net").join(name);
        let alias = fs::read_to_string(link.join("ifalias")).unwrap_or_default();
        if link.exists() && alias.trim() != net::LINK_ALIAS {
            return Err(Error::InTheWay {
                what: "the network link",
                name: name.to_owned(),
            });
        }
    }
    disconnect()
}

/// Lays both cables into the network namespace of the process.
pub(crate) fn connect(pid: i32) -> Result<(), Error> {
    let host = format!(
        "link add {api} type veth peer name {api_in} netns {pid}\n\
         link set {api} alias {alias}\naddress add {gateway}/30 dev {api}\nlink set {api} up\n\
         link add {public} type veth peer name {public_in} netns {pid}\n\
         link set {public} alias {alias}\naddress add {public_gateway}/24 dev {public}\nlink set {public} up\n",
        alias = net::LINK_ALIAS,
        api = net::API_LINK_HOST,
        api_in = net::API_LINK_CLOUD,
        gateway = net::API_GATEWAY,
        public = net::PUBLIC_LINK_HOST,
        public_in = net::PUBLIC_LINK_CLOUD,
        public_gateway = net::PUBLIC_GATEWAY,
    );
    let cloud = format!(
        "link set lo up\naddress add {address}/30 dev {api_in}\nlink set {api_in} up\nlink set {public_in} up\n\
         route add default via {gateway}\n",
        address = net::API_ADDRESS,
        api_in = net::API_LINK_CLOUD,
        public_in = net::PUBLIC_LINK_CLOUD,
        gateway = net::API_GATEWAY,
    );
    command::fed(
        "making the links of the cloud",
        Command::new("ip").args(["-batch", "-"]),
        &host,
    )?;
    let mut inside = Command::new("nsenter");
    inside.args([&format!("--net=/proc/{pid}/ns/net"), "ip", "-batch", "-"]);
    command::fed(
        "configuring the links inside the cloud",
        &mut inside,
        &cloud,
    )?;
    Ok(())
}

/// Removes what [`connect`] made; the ends inside go with their twins.
pub(crate) fn disconnect() -> Result<(), Error> {
    for name in [net::API_LINK_HOST, net::PUBLIC_LINK_HOST] {
        let link = Path::new("/sys/class/net").join(name);
        let removed = command::output(
            "removing a link of the cloud",
            Command::new("ip").args(["link", "delete", name]),
        );
        // It may have gone with its namespace in this very moment.
        if link.exists() {
            removed?;
        }
    }
    Ok(())
}

/// Lets servers use the host's own way out. The table is replaced as a whole, so this may be repeated.
pub(crate) fn masquerade() -> Result<(), Error> {
    let (table, both) = (net::NFT_TABLE, net::BOTH_CIDR);
    let rules = format!(
        "table ip {table}\ndelete table ip {table}\ntable ip {table} {{\n  chain out {{\n    \
         type nat hook postrouting priority srcnat;\n    ip saddr {both} ip daddr != {both} masquerade\n  }}\n}}\n"
    );
    command::fed(
        "adding the nftables rule of the cloud",
        Command::new("nft").args(["-f", "-"]),
        &rules,
    )?;
    Ok(())
}

/// Removes the rule.
pub(crate) fn no_masquerade() -> Result<(), Error> {
    let rules = format!(
        "table ip {table}\ndelete table ip {table}\n",
        table = net::NFT_TABLE
    );
    command::fed(
        "removing the nftables rule of the cloud",
        Command::new("nft").args(["-f", "-"]),
        &rules,
    )?;
    Ok(())
}

/// The chain of somebody else that drops what is forwarded, if there is one: servers then have no way out, though the
/// APIs and floating IPs answer the host. A rule of ours cannot undo another table's drop.
pub(crate) fn forwarding_dropped() -> Option<String> {
    let listed = command::output(
        "listing nftables chains",
        Command::new("nft").args(["-j", "list", "chains"]),
    )
    .ok()?;
    dropping_chain(&listed)
}

fn dropping_chain(listed: &str) -> Option<String> {
    let all: Value = serde_json::from_str(listed).ok()?;
    let chains = all
        .get("nftables")?
        .as_array()?
        .iter()
        .filter_map(|entry| entry.get("chain"));
    let mut dropping = chains.filter(|chain| {
        chain.get("hook").is_some_and(|hook| hook == "forward")
            && chain.get("policy").is_some_and(|policy| policy == "drop")
    });
    let found = dropping.next()?;
    Some(format!(
        "{} {} {}",
        found.get("family")?.as_str()?,
        found.get("table")?.as_str()?,
        found.get("name")?.as_str()?
    ))
}

#[cfg(test)]
mod tests {
    use super::dropping_chain;

    #[test]
    fn a_forward_chain_that_drops_is_named() {
        let listed = r#"{"nftables": [{"metainfo": {}}, {"chain": {"family": "ip", "table": "nat", "name": "POSTROUTING", "hook": "postrouting", "policy": "accept"}},
            {"chain": {"family": "ip", "table": "filter", "name": "FORWARD", "handle": 2, "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}}]}"#;
        assert_eq!(dropping_chain(listed).as_deref(), Some("ip filter FORWARD"));
        assert_eq!(dropping_chain(&listed.replace("drop", "accept")), None);
        assert_eq!(dropping_chain("nonsense"), None);
    }
}
