//! Who sent a request: the peer, or whom trusted proxies say it came from. Headers of others are never believed.

use std::{net::IpAddr, str::FromStr};

use http::HeaderMap;
use serde::{Deserialize, Deserializer, de};

/// An address, or all addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// Why a text is not a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a proxy must be an IP address or a network such as 10.0.0.0/8, not {0:?}")]
pub struct NetworkError(String);

impl Network {
    /// Whether the address lies in the network. IPv4 addresses written as IPv6 count as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let free = 32 - u32::from(self.prefix);
                (u32::from(network) ^ u32::from(address)).checked_shr(free).unwrap_or(0) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let free = 128 - u32::from(self.prefix);
                (u128::from(network) ^ u128::from(address)).checked_shr(free).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let error = || NetworkError(text.to_owned());
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.trim().parse().map_err(|_| error())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), |p| p.trim().parse().map_err(|_| error()))?;
        if prefix <= longest { Ok(Self { address, prefix }) } else { Err(error()) }
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The sender's address. Behind trusted proxies it is the right-most address of `X-Forwarded-For` that is not
/// itself a trusted proxy: everything left of it was written by someone we do not know.
pub(crate) fn of(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[Network]) -> Option<IpAddr> {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut sender = peer?.to_canonical();
    if !is_trusted(sender) {
        return Some(sender);
    }
    let lines: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let Some(address) = parse_hop(hop) else { break };
        sender = address;
        if !is_trusted(sender) {
            break;
        }
    }
    Some(sender)
}

/// An address as proxies write it: plain, with a port, or in brackets.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim().trim_matches('"');
    let address = hop.parse().ok().or_else(|| hop.parse().ok().map(|socket: std::net::SocketAddr| socket.ip()));
    address.or_else(|| hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok()).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn sender(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let trusted: Vec<Network> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        of(Some(peer.parse().unwrap()), &headers, &trusted).unwrap().to_string()
    }

    #[test]
    fn a_stranger_cannot_choose_its_address() {
        assert_eq!(sender("203.0.113.9", &["1.2.3.4"], &[]), "203.0.113.9");
        assert_eq!(sender("203.0.113.9", &["1.2.3.4"], &["10.0.0.0/8"]), "203.0.113.9");
    }

    #[test]
    fn behind_trusted_proxies_the_right_most_stranger_counts() {
        assert_eq!(sender("10.0.0.1", &["6.6.6.6, 198.51.100.7, 10.2.3.4"], &["10.0.0.0/8"]), "198.51.100.7");
        assert_eq!(sender("10.0.0.1", &["6.6.6.6", "198.51.100.7", "10.2.3.4"], &["10.0.0.0/8"]), "198.51.100.7");
        assert_eq!(sender("::ffff:10.0.0.1", &["[2001:db8::7]:443"], &["10.0.0.1"]), "2001:db8::7");
        assert_eq!(sender("10.0.0.1", &["198.51.100.7:4711"], &["10.0.0.1"]), "198.51.100.7");
    }

    #[test]
    fn what_is_no_address_ends_the_chain() {
        assert_eq!(sender("10.0.0.1", &["6.6.6.6, unknown"], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(sender("10.0.0.1", &[], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(sender("10.0.0.1", &["10.0.0.3, 10.0.0.2"], &["10.0.0.0/8"]), "10.0.0.3");
    }

    #[test]
    fn networks_are_read_and_compared_by_their_bits() {
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("255.255.255.255".parse().unwrap()) && !all.contains("::1".parse().unwrap()));
        let half: Network = "2001:db8:8000::/33".parse().unwrap();
        assert!(half.contains("2001:db8:ffff::1".parse().unwrap()) && !half.contains("2001:db8:7fff::1".parse().unwrap()));
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "localhost", "10.0.0.0/8/8"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }
}
