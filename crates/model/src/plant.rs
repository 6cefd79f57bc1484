//! What people know of a plant and decide about it: names, zones, rulings on flows, which addresses are one device.
//!
//! A decision names an address, never an asset's id: evidence that comes later may join or part devices, and what a person said
//! must stay with the device it was said of.

use crate::access::Grant;
use crate::address::Mac;
use crate::asset::{Level, Role};
use crate::operation::OperationClass;
use crate::statement::Statement;
use crate::text::Text;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// An address that stands for the device which has it. Written as the address itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Anchor {
    /// A MAC address.
    Mac(Mac),
    /// An IP address.
    Ip(IpAddr),
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mac(mac) => mac.fmt(f),
            Self::Ip(ip) => ip.fmt(f),
        }
    }
}

impl FromStr for Anchor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let ip = text.parse().map(Self::Ip);
        ip.or_else(|_| text.parse().map(Self::Mac))
            .map_err(|_| format!("\u{201c}{text}\u{201d} is neither an IP nor a MAC address"))
    }
}

/// An IP network: address and length of the prefix in bits. Written `10.0.1.0/24`; bits behind the prefix are cleared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Subnet {
    address: IpAddr,
    prefix: u8,
}

impl Subnet {
    /// The network of an address; a prefix that is too long is that of the address alone.
    pub fn of(address: IpAddr, prefix: u8) -> Self {
        let prefix = prefix.min(bits(address));
        Self { address: masked(address, prefix), prefix }
    }

    /// Whether an address is in it.
    pub fn contains(&self, ip: IpAddr) -> bool {
        ip.is_ipv4() == self.address.is_ipv4() && masked(ip, self.prefix) == self.address
    }

    /// Length of the prefix in bits.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }
}

fn bits(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

fn masked(ip: IpAddr, prefix: u8) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(prefix.into())).unwrap_or(0);
            IpAddr::V4((u32::from(ip) & mask).into())
        }
        IpAddr::V6(ip) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(prefix.into())).unwrap_or(0);
            IpAddr::V6((u128::from(ip) & mask).into())
        }
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl FromStr for Subnet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("\u{201c}{text}\u{201d} is no network such as 10.0.1.0/24");
        let (address, prefix) = match text.trim().split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let prefix = prefix.map_or(Ok(bits(address)), str::parse::<u8>).map_err(|_| wrong())?;
        if prefix > bits(address) { Err(wrong()) } else { Ok(Self::of(address, prefix)) }
    }
}

macro_rules! as_text {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
pub(crate) use as_text;
as_text!(Anchor, Subnet, Side);

/// How much depends on a device (IEC 62443-3-2, ZCR 5.3: consequence of a loss).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criticality {
    /// Its loss is not felt.
    Low,
    /// Its loss is felt and can be worked around.
    Medium,
    /// Its loss stops a part of production.
    High,
    /// Its loss stops production, or endangers people or the environment.
    Critical,
}

impl Criticality {
    /// Every value, lowest first.
    pub const ALL: &'static [Self] = &[Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The value with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.as_str() == word)
    }
}

/// What a person may say of a device.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "field", content = "value", rename_all = "snake_case")]
pub enum Setting {
    /// What people call it.
    Name(Text),
    /// What it is for.
    Role(Role),
    /// Purdue level.
    Level(Level),
    /// How much depends on it.
    Criticality(Criticality),
    /// It is part of a safety function.
    Safety(bool),
    /// Who answers for it.
    Owner(Text),
    /// Where it stands.
    Location(Text),
    /// The zone it belongs to, by its id.
    Zone(Text),
    /// Anything worth knowing.
    Note(Text),
}

impl Setting {
    /// The field's word.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Name(_) => "name",
            Self::Role(_) => "role",
            Self::Level(_) => "level",
            Self::Criticality(_) => "criticality",
            Self::Safety(_) => "safety",
            Self::Owner(_) => "owner",
            Self::Location(_) => "location",
            Self::Zone(_) => "zone",
            Self::Note(_) => "note",
        }
    }

    /// The value as text.
    pub fn value(&self) -> Text {
        match self {
            Self::Name(t) | Self::Owner(t) | Self::Location(t) | Self::Zone(t) | Self::Note(t) => t.clone(),
            Self::Role(role) => Text::new(role.as_str()),
            Self::Level(level) => Text::new(&level.to_string()),
            Self::Criticality(c) => Text::new(c.as_str()),
            Self::Safety(safety) => Text::new(if *safety { "yes" } else { "no" }),
        }
    }
}

/// Which devices are meant. Every list that is not empty must have the device; one value of a list is enough.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Selector {
    /// Addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Anchor>,
    /// Networks that an IP address of it is in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subnets: Vec<Subnet>,
    /// VLANs it was seen in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vlans: Vec<u16>,
    /// Purdue levels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<Level>,
    /// Roles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// Names; `*` stands for any text, case is no matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Text>,
    /// Makers, likewise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vendors: Vec<Text>,
}

impl Selector {
    /// Nothing is asked: it would mean every device.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A zone (IEC 62443-1-1, 3.2.117): devices with common security requirements.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// Its id: stable, short.
    pub id: Text,
    /// Its name for people.
    pub name: Text,
    /// Purdue level, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Target security level (IEC 62443-3-2, SL-T), 0 to 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sl_t: Option<u8>,
    /// The site it is at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Text>,
    /// Which devices are in it: any of these selectors.
    #[serde(default)]
    pub members: Vec<Selector>,
    /// Why it is as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

/// What someone ruled on flows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Wanted.
    Allowed,
    /// Not wanted, and borne with until a date.
    Tolerated,
    /// Must not be.
    Forbidden,
}

impl Verdict {
    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Tolerated => "tolerated",
            Self::Forbidden => "forbidden",
        }
    }
}

/// One side of a ruling. Written `any`, as the id of a zone, or as an address.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Side {
    /// Any device.
    Any,
    /// The devices of a zone.
    Zone(Text),
    /// One device.
    Device(Anchor),
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Zone(id) => id.fmt(f),
            Self::Device(anchor) => anchor.fmt(f),
        }
    }
}

impl FromStr for Side {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text.trim(), text.parse()) {
            ("any", _) => Ok(Self::Any),
            (_, Ok(anchor)) => Ok(Self::Device(anchor)),
            (id, _) if is_id(id) => Ok(Self::Zone(Text::new(id))),
            (other, _) => {
                Err(format!("\u{201c}{other}\u{201d} is neither `any`, nor the id of a zone, nor an address"))
            }
        }
    }
}

/// Whether a text can be the id of a zone or a ruling: letters, digits, `.`, `-` and `_`, at most 64 of them, no address and not `any`.
pub fn is_id(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    (1..=64).contains(&text.len())
        && text.bytes().all(plain)
        && text != "any"
        && text.parse::<Anchor>().is_err()
}

/// A ruling on flows from one side to the other: who opens it, who is asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ruling {
    /// Its id: stable, short.
    pub id: Text,
    /// Who opens.
    pub from: Side,
    /// Who is asked.
    pub to: Side,
    /// Protocols it speaks of; none means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<Text>,
    /// Ports of the server it speaks of; none means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<u16>,
    /// Classes of operations it speaks of; none means any. An allowed flow may do nothing else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<OperationClass>,
    /// What was ruled.
    pub verdict: Verdict,
    /// Until when it holds; a tolerated flow has a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A list of one page as someone likes to see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedView {
    /// Its id.
    pub id: Text,
    /// What people call it.
    pub name: Text,
    /// The page: the last word of its address, such as `assets`.
    pub page: Text,
    /// Filters and order, as they stand in the address; may be empty, at most 4,000 bytes.
    pub query: String,
    /// The columns that are shown, in order; empty for the usual ones.
    #[serde(default)]
    pub columns: Vec<Text>,
}

/// What a decision does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// Says something of a device. It wins over all evidence, and is marked as said by a person.
    Set {
        /// The device.
        asset: Anchor,
        /// What is said.
        setting: Setting,
    },
    /// Takes back what was said of a field.
    Clear {
        /// The device.
        asset: Anchor,
        /// The field's word.
        field: Text,
    },
    /// Two addresses are one device.
    Merge {
        /// One.
        asset: Anchor,
        /// The other.
        with: Anchor,
    },
    /// An address is not of the device that has the other.
    Split {
        /// The address that goes.
        asset: Anchor,
        /// One that stays.
        from: Anchor,
    },
    /// Defines a zone, or redefines the one with its id.
    Zone {
        /// The zone.
        zone: Zone,
    },
    /// Removes a zone.
    RemoveZone {
        /// Its id.
        zone: Text,
    },
    /// Rules on flows, or anew by the ruling with its id.
    Rule {
        /// The ruling.
        ruling: Ruling,
    },
    /// Removes a ruling.
    RemoveRuling {
        /// Its id.
        ruling: Text,
    },
    /// Keeps a view, or replaces the one with its id.
    SaveView {
        /// The view.
        view: SavedView,
    },
    /// Forgets a view.
    RemoveView {
        /// Its id.
        view: Text,
    },
    /// Gives a right on devices, or anew by the grant with its id.
    Grant {
        /// The right.
        grant: Grant,
    },
    /// Takes a right back.
    RemoveGrant {
        /// Its id.
        grant: Text,
    },
    /// Says where devices stand towards a vulnerability, or anew by the statement with its id.
    State {
        /// The statement.
        statement: Statement,
    },
    /// Takes a statement back.
    RemoveStatement {
        /// Its id.
        statement: Text,
    },
    /// Makes another decision as if it had not been; of an undo, that it holds again.
    Undo {
        /// The number of that decision.
        decision: u64,
    },
}

/// A decision of a person, as the journal keeps it. Decisions are never changed or removed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Decision {
    /// Its number in this journal, from 1.
    pub number: u64,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it.
    pub by: Text,
    /// Why, in the person's words; may be empty.
    pub why: Text,
    /// What it does.
    pub act: Act,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_and_are_written_as_they_are_read() {
        let net: Subnet = "10.0.1.77/24".parse().unwrap();
        assert_eq!(net.to_string(), "10.0.1.0/24");
        assert!(net.contains("10.0.1.255".parse().unwrap()) && !net.contains("10.0.2.0".parse().unwrap()));
        assert!(!net.contains("::1".parse().unwrap()));
        let all: Subnet = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("255.1.2.3".parse().unwrap()));
        let six: Subnet = "fd00::1/64".parse().unwrap();
        assert!(six.contains("fd00::ffff".parse().unwrap()) && !six.contains("fd01::".parse().unwrap()));
        for bad in ["", "10.0.1.0/33", "10.0.1/24", "x", "::/129", "10.0.0.0/-1"] {
            assert!(bad.parse::<Subnet>().is_err(), "{bad}");
        }
    }

    #[test]
    fn anchors_are_addresses() {
        for text in ["10.0.1.5", "00:80:f4:00:00:01", "fd00::1"] {
            assert_eq!(text.parse::<Anchor>().unwrap().to_string(), text);
        }
        assert!("plc-1".parse::<Anchor>().is_err());
    }
}
