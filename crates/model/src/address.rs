//! Where on the wire something was seen: MAC, IP, and the parts behind an address (slot, unit id).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// An IEEE 802 MAC address. Written as six lower-case pairs with colons.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Names one station: neither multicast nor all zero.
    pub fn is_station(self) -> bool {
        let [first, ..] = self.0;
        first & 1 == 0 && self.0 != [0; 6]
    }

    /// Set by software instead of from a maker's block (IEEE 802-2014 §8.4: second-lowest bit of the first octet).
    pub fn is_local(self) -> bool {
        let [first, ..] = self.0;
        first & 2 != 0
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Mac {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut out = [0; 6];
        let mut parts = text.split([':', '-']);
        for byte in &mut out {
            let part = parts.next().ok_or("a MAC address has six parts")?;
            *byte = u8::from_str_radix(part, 16).map_err(|_| "a MAC address has hexadecimal parts")?;
        }
        if parts.next().is_some() { Err("a MAC address has six parts") } else { Ok(Self(out)) }
    }
}

impl Serialize for Mac {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { self.0.serialize(s) }
    }
}

impl<'de> Deserialize<'de> for Mac {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            <[u8; 6]>::deserialize(d).map(Self)
        }
    }
}

/// The address an observation was made at. At least one of the two is set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Host {
    /// Source MAC of the frame; belongs to a router when the packet was routed. `None` on links without MACs.
    pub mac: Option<Mac>,
    /// IP address, when the fact came in an IP packet or names one.
    pub ip: Option<IpAddr>,
}

impl Host {
    /// A host known by its MAC only.
    pub fn mac(mac: Mac) -> Self {
        Self { mac: Some(mac), ip: None }
    }

    /// A host known by its IP only.
    pub fn ip(ip: IpAddr) -> Self {
        Self { mac: None, ip: Some(ip) }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.ip, self.mac) {
            (Some(ip), _) => write!(f, "{ip}"),
            (None, Some(mac)) => write!(f, "{mac}"),
            (None, None) => f.write_str("?"),
        }
    }
}

/// A part behind an address, which answers through it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Part {
    /// A module in a chassis slot (CIP port 1 link address, S7 slot).
    Slot(u16),
    /// A station behind a gateway (Modbus unit id, DNP3 or BACnet address).
    Unit(u32),
}

/// Whom an observation is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Subject {
    /// The address.
    pub host: Host,
    /// The part behind it; `None` for the host itself.
    pub part: Option<Part>,
}

impl From<Host> for Subject {
    fn from(host: Host) -> Self {
        Self { host, part: None }
    }
}

/// What carries a conversation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Directly in an Ethernet frame.
    Ethernet,
    /// ICMP or ICMPv6.
    Icmp,
    /// Another IP protocol.
    Ip,
}

impl Transport {
    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Ethernet => "ethernet",
            Self::Icmp => "icmp",
            Self::Ip => "ip",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mac_round_trips_and_refuses() {
        let mac: Mac = "00:80:f4:0A:00:01".parse().unwrap();
        assert_eq!(mac.to_string(), "00:80:f4:0a:00:01");
        assert!(mac.is_station() && !mac.is_local());
        for bad in ["", "00:80:f4", "00:80:f4:00:00:01:02", "zz:80:f4:00:00:01"] {
            assert!(bad.parse::<Mac>().is_err(), "{bad}");
        }
    }
}
