//! What devices say of themselves that ties addresses: other addresses of their own, and a serial number that only one device has.

use crate::site::{Address, Claims, Site};
use model::{Attribute, Mac, Name, Text};
use std::collections::BTreeSet;

/// Addresses that tell one serial number: more are a number that everyone has.
pub(super) const SERIAL_SHARED_MAX: usize = 4;

/// What tells one device from all others.
pub(super) type Serial = (Text, Text);

/// What an address told that ties it to others.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Told {
    /// Other addresses it names as its own, with the word as it was said, and the protocol.
    pub(super) others: Vec<(Address, Text, Name)>,
    /// Its serial number and product, when they are distinctive.
    pub(super) serial: Option<Serial>,
    /// What contradicts another device with the same serial number: the sets of [`CONTRADICTING`].
    traits: [BTreeSet<Text>; 4],
}

/// Facts that one device has one of.
const CONTRADICTING: [Attribute; 4] =
    [Attribute::Name, Attribute::Hostname, Attribute::Firmware, Attribute::Hardware];

/// An attribute that may tie addresses or part them.
pub(super) fn concerns(attribute: Attribute) -> bool {
    CONTRADICTING.contains(&attribute)
        || matches!(
            attribute,
            Attribute::OtherMac | Attribute::OtherIp | Attribute::Serial | Attribute::Product
        )
}

impl Told {
    /// By the claims of an address.
    pub(super) fn of(site: &Site, address: Address) -> Self {
        let Some(claims) = site.claims.get(&(address, None)) else { return Self::default() };
        let serial = first(claims, Attribute::Serial).zip(first(claims, Attribute::Product));
        let serial = serial.filter(|(serial, _)| is_distinctive(serial.as_str()));
        // Only such a device is ever compared with another.
        let told = |wanted| if serial.is_some() { values(claims, wanted) } else { BTreeSet::new() };
        Self { others: others(claims, address), traits: CONTRADICTING.map(told), serial }
    }

    /// Names or firmware that two addresses tell differently: then the number is no proof.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        let differ = |(ours, theirs): (&BTreeSet<Text>, &BTreeSet<Text>)| {
            !ours.is_empty() && !theirs.is_empty() && ours.is_disjoint(theirs)
        };
        self.traits.iter().zip(&other.traits).any(differ)
    }
}

fn first(claims: &Claims, wanted: Attribute) -> Option<Text> {
    claims.keys().find(|(attribute, ..)| *attribute == wanted).map(|(_, value, _)| value.clone())
}

fn values(claims: &Claims, wanted: Attribute) -> BTreeSet<Text> {
    let told = claims.keys().filter(|(attribute, ..)| *attribute == wanted);
    told.map(|(_, value, _)| value.clone()).collect()
}

fn others(claims: &Claims, own: Address) -> Vec<(Address, Text, Name)> {
    let parsed = |attribute: Attribute, value: &Text| match attribute {
        Attribute::OtherMac => value.as_str().parse().ok().filter(|m: &Mac| m.is_station()).map(Address::Mac),
        Attribute::OtherIp => value.as_str().parse().ok().map(Address::Ip),
        _ => None,
    };
    let named = claims.keys().filter_map(|(attribute, value, protocol)| {
        Some((parsed(*attribute, value)?, value.clone(), protocol.clone()))
    });
    named.filter(|(other, ..)| *other != own).collect()
}

/// The reason why a device is also at an address that it names.
pub(super) fn named(value: &Text, protocol: &Name) -> String {
    if *protocol == "ip" {
        format!("a packet that went in at {value} came out with its time to live one less")
    } else {
        format!("{protocol}: it names {value} as its own")
    }
}

/// A number that a maker would give once: six signs or more, three of them different, and no row of digits.
fn is_distinctive(serial: &str) -> bool {
    let signs: BTreeSet<char> = serial.chars().filter(char::is_ascii_alphanumeric).collect();
    let row = "0123456789012345678901234567890";
    serial.len() >= 6 && signs.len() >= 3 && !row.contains(serial) && !serial.eq_ignore_ascii_case("unknown")
}
