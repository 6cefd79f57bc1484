//! What a rule looks at (nft(8), "Primary expressions" and "Payload expressions").

use super::tokens::Cursor;
use model::network::Family;

/// A field of a packet, or what is known about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Key {
    /// Source address, of one version of IP.
    Source(Family),
    /// Destination address.
    Destination(Family),
    /// Protocol above IP, of one version or both.
    Protocol(Option<Family>),
    /// Version of IP.
    Version,
    /// Interface it came in by.
    InInterface,
    /// Interface it leaves by.
    OutInterface,
    /// Port of the sender, of a protocol or any.
    SourcePort(Option<u8>),
    /// Port of the receiver.
    DestinationPort(Option<u8>),
    /// ICMP type.
    IcmpType(Family),
    /// State of connection tracking.
    State,
    /// TCP flags.
    Flags,
}

/// Takes a key; `None` when the words are none that is known, and then nothing is taken.
pub(super) fn take(cursor: &mut Cursor<'_, '_>) -> Option<Key> {
    let mut ahead = cursor.clone();
    let first = ahead.next().filter(|t| !t.quoted)?.text;
    if let Some(key) = alone(first) {
        *cursor = ahead;
        return Some(key);
    }
    let second = ahead.next().filter(|t| !t.quoted)?.text;
    let key = match (first, second) {
        ("ip", "saddr") => Key::Source(Family::V4),
        ("ip6", "saddr") => Key::Source(Family::V6),
        ("ip", "daddr") => Key::Destination(Family::V4),
        ("ip6", "daddr") => Key::Destination(Family::V6),
        ("ip", "protocol") => Key::Protocol(Some(Family::V4)),
        ("ip6", "nexthdr") => Key::Protocol(Some(Family::V6)),
        ("meta", "l4proto") => Key::Protocol(None),
        ("meta", "nfproto" | "protocol") => Key::Version,
        ("meta", word) => alone(word)?,
        ("icmp", "type") => Key::IcmpType(Family::V4),
        ("icmpv6", "type") => Key::IcmpType(Family::V6),
        ("ct", "state") => Key::State,
        ("tcp", "flags") => Key::Flags,
        (_, "sport") => Key::SourcePort(transport(first)?),
        (_, "dport") => Key::DestinationPort(transport(first)?),
        _ => return None,
    };
    *cursor = ahead;
    Some(key)
}

fn alone(word: &str) -> Option<Key> {
    match word {
        "iif" | "iifname" => Some(Key::InInterface),
        "oif" | "oifname" => Some(Key::OutInterface),
        _ => None,
    }
}

/// Protocol that a port belongs to; `None` inside for any.
fn transport(word: &str) -> Option<Option<u8>> {
    match word {
        "tcp" => Some(Some(6)),
        "udp" => Some(Some(17)),
        "dccp" => Some(Some(33)),
        "sctp" => Some(Some(132)),
        "udplite" => Some(Some(136)),
        "th" => Some(None),
        _ => None,
    }
}
