//! Conditions of rules: sets of addresses, ports and interfaces, each of which may hold members that were not understood.

use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr};

/// Conditions of a rule; all of them must hold. An empty one holds for every packet.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Match {
    /// Version of IP.
    pub family: Option<Family>,
    /// Source; `None` for any.
    pub sources: Option<Addresses>,
    /// Destination; `None` for any.
    pub destinations: Option<Addresses>,
    /// Protocols and ports, one of them; empty for any.
    pub services: Vec<Service>,
    /// Interface it came in by; `None` for any.
    pub in_interfaces: Option<Interfaces>,
    /// Interface it leaves by; `None` for any.
    pub out_interfaces: Option<Interfaces>,
    /// Never the first packet of a conversation.
    pub established_only: bool,
    /// Conditions that were not understood: whether they hold is not known.
    pub undecided: Vec<Text>,
}

/// Version of IP.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Version 4.
    V4,
    /// Version 6.
    V6,
}

impl Family {
    /// That of an address.
    pub fn of(ip: IpAddr) -> Self {
        if ip.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

/// A set of addresses.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Addresses {
    /// All but these.
    pub negated: bool,
    /// Members.
    pub nets: Vec<Net>,
    /// Members that were not understood, such as host names: whether an address is one of them is not known.
    pub unknown: Vec<Text>,
}

impl Addresses {
    /// These networks.
    pub fn of(nets: Vec<Net>) -> Self {
        Self { negated: false, nets, unknown: Vec::new() }
    }

    /// Every address of one or both versions of IP.
    pub fn is_everything(&self) -> bool {
        let whole = |net: &Net| match net {
            Net::Prefix(_, length) => *length == 0,
            Net::Range(first, last) => match (first, last) {
                (IpAddr::V4(a), IpAddr::V4(b)) => a.to_bits() == 0 && b.to_bits() == u32::MAX,
                (IpAddr::V6(a), IpAddr::V6(b)) => a.to_bits() == 0 && b.to_bits() == u128::MAX,
                _ => false,
            },
            Net::Wildcard { care, .. } => care.to_bits() == 0,
        };
        if self.negated {
            return self.nets.is_empty() && self.unknown.is_empty();
        }
        self.nets.iter().any(whole)
    }
}

/// A network.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Net {
    /// Address and length of the prefix. Bits behind it do not count.
    Prefix(IpAddr, u8),
    /// From the first to the last, both included.
    Range(IpAddr, IpAddr),
    /// Bits that are set in `care` must be those of `address` (the inverse of Cisco's wildcard mask).
    Wildcard {
        /// The pattern.
        address: Ipv4Addr,
        /// Bits that count.
        care: Ipv4Addr,
    },
}

impl Net {
    /// One address.
    pub fn host(ip: IpAddr) -> Self {
        Self::Prefix(ip, if ip.is_ipv4() { 32 } else { 128 })
    }

    /// Whether an address is in it.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (*self, ip) {
            (Self::Prefix(IpAddr::V4(net), length), IpAddr::V4(ip)) => {
                let shift = 32u32.saturating_sub(u32::from(length));
                (net.to_bits() ^ ip.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            (Self::Prefix(IpAddr::V6(net), length), IpAddr::V6(ip)) => {
                let shift = 128u32.saturating_sub(u32::from(length));
                (net.to_bits() ^ ip.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            (Self::Range(first, last), ip) => {
                first.is_ipv4() == ip.is_ipv4() && last.is_ipv4() == ip.is_ipv4() && first <= ip && ip <= last
            }
            (Self::Wildcard { address, care }, IpAddr::V4(ip)) => {
                (address.to_bits() ^ ip.to_bits()) & care.to_bits() == 0
            }
            _ => false,
        }
    }
}

/// Protocol and ports.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Service {
    /// IP protocol number; `None` for any.
    pub protocol: Option<u8>,
    /// Every protocol but this one.
    pub protocol_negated: bool,
    /// Port of the sender; `None` for any.
    pub source_ports: Option<Ports>,
    /// Port of the receiver; `None` for any.
    pub destination_ports: Option<Ports>,
    /// ICMP types, one of them; empty for any.
    pub icmp_types: Vec<u8>,
}

impl Service {
    /// A protocol with any ports.
    pub fn protocol(number: u8) -> Self {
        Self { protocol: Some(number), ..Self::default() }
    }

    /// A protocol and ports of the receiver.
    pub fn ports(number: u8, ports: Ports) -> Self {
        Self { protocol: Some(number), destination_ports: Some(ports), ..Self::default() }
    }

    /// No condition at all.
    pub fn is_everything(&self) -> bool {
        self.protocol.is_none() && self.source_ports.is_none() && self.destination_ports.is_none()
    }
}

/// A set of ports.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Ports {
    /// All but these.
    pub negated: bool,
    /// Closed ranges.
    pub ranges: Vec<(u16, u16)>,
    /// Members that were not understood.
    pub unknown: Vec<Text>,
}

impl Ports {
    /// These ranges.
    pub fn of(ranges: Vec<(u16, u16)>) -> Self {
        Self { negated: false, ranges, unknown: Vec::new() }
    }
}

/// A set of interfaces.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Interfaces {
    /// All but these.
    pub negated: bool,
    /// Names; one that ends in `*` stands for all that begin like it.
    pub names: Vec<Text>,
    /// Members that were not understood.
    pub unknown: Vec<Text>,
}

impl Interfaces {
    /// These names.
    pub fn of(names: Vec<Text>) -> Self {
        Self { negated: false, names, unknown: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn networks_contain_what_they_say() {
        let net = Net::Prefix(ip("10.1.2.3"), 24);
        assert!(net.contains(ip("10.1.2.255")) && !net.contains(ip("10.1.3.0")) && !net.contains(ip("::1")));
        assert!(Net::Prefix(ip("1.2.3.4"), 0).contains(ip("255.0.0.1")));
        assert!(
            Net::Prefix(ip("::"), 0).contains(ip("fe80::1"))
                && !Net::Prefix(ip("::"), 0).contains(ip("1.1.1.1"))
        );
        assert!(!Net::host(ip("10.0.0.1")).contains(ip("10.0.0.2")));
        let range = Net::Range(ip("10.0.0.5"), ip("10.0.0.9"));
        assert!(range.contains(ip("10.0.0.9")) && !range.contains(ip("10.0.0.10")));
        let odd = Net::Wildcard { address: Ipv4Addr::new(10, 0, 0, 1), care: Ipv4Addr::new(255, 255, 0, 1) };
        assert!(odd.contains(ip("10.0.77.3")) && !odd.contains(ip("10.0.77.2")));
    }

    #[test]
    fn everything_is_told_from_something() {
        assert!(Addresses::of(vec![Net::Prefix(ip("0.0.0.0"), 0)]).is_everything());
        assert!(!Addresses::of(vec![Net::host(ip("10.0.0.1"))]).is_everything());
        let all_but = Addresses { negated: true, ..Addresses::of(vec![Net::host(ip("10.0.0.1"))]) };
        assert!(!all_but.is_everything());
    }
}
