//! An address range such as `10.0.0.0/24`.

use std::fmt;
use std::net::Ipv4Addr;

/// An IPv4 address range, its host bits clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cidr {
    network: Ipv4Addr,
    prefix: u8,
}

impl Cidr {
    /// Every address there is.
    pub const ANY: Self = Self {
        network: Ipv4Addr::UNSPECIFIED,
        prefix: 0,
    };

    /// Reads `a.b.c.d/n`; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (address, prefix) = text
            .split_once('/')
            .ok_or_else(|| format!("`{text}` has no `/` and prefix length"))?;
        let address: Ipv4Addr = address
            .parse()
            .map_err(|_| format!("`{address}` is not an IPv4 address"))?;
        let prefix: u8 = prefix
            .parse()
            .ok()
            .filter(|prefix| *prefix <= 32)
            .ok_or_else(|| format!("`{prefix}` is not a prefix length from 0 to 32"))?;
        let network = Ipv4Addr::from_bits(address.to_bits() & mask(prefix));
        if network == address {
            Ok(Self { network, prefix })
        } else {
            Err(format!(
                "`{text}` has host bits set: the range is `{network}/{prefix}`"
            ))
        }
    }

    /// Whether this is every address there is.
    pub fn is_any(self) -> bool {
        self.prefix == 0
    }

    /// Length of the network part, in bits.
    pub fn prefix(self) -> u8 {
        self.prefix
    }
}

fn mask(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0)
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::Cidr;

    #[track_caller]
    fn case(text: &str, expected: Result<&str, &str>) {
        let seen = Cidr::parse(text).map(|cidr| cidr.to_string());
        assert_eq!(
            seen.as_deref().map_err(String::as_str),
            expected,
            "{text:?}"
        );
    }

    #[test]
    fn ranges_are_read_and_mistakes_named() {
        case("10.0.0.0/24", Ok("10.0.0.0/24"));
        case("0.0.0.0/0", Ok("0.0.0.0/0"));
        case("10.0.0.1/32", Ok("10.0.0.1/32"));
        case("10.0.0.0", Err("`10.0.0.0` has no `/` and prefix length"));
        case("10.0.0/24", Err("`10.0.0` is not an IPv4 address"));
        case(
            "10.0.0.0/33",
            Err("`33` is not a prefix length from 0 to 32"),
        );
        case(
            "10.0.0.7/24",
            Err("`10.0.0.7/24` has host bits set: the range is `10.0.0.0/24`"),
        );
    }
}
