//! Who is there: address pairs, neighbours, and the routers between them.

use crate::conversations::{Crossing, Seen};
use crate::dissector::COPY_NS;
use crate::emit::{Shared, Witness};
use crate::packet::{Network, Packet, ip_protocol, is_station};
use crate::reader::byte;
use model::observation::{Binding, GapKind};
use model::{Attribute, Confidence, Fact, Host, Mac, Name, Observation, Text};

/// Who sent the frame, said once per address pair, time to live and VLAN. `attempt`: the frame only asks for a connection. Answers
/// whether the sender is told apart; when there is no more room it is not, and the frame is counted as such.
pub(crate) fn present(
    shared: &mut Shared,
    seen: Seen,
    net: Option<&Network>,
    addresses: &[u8],
    attempt: bool,
    witness: Witness<'_>,
) -> bool {
    let mac = seen.mac.filter(|m| m.is_station());
    let ip = net.map(|n| n.src).filter(|&ip| is_station(ip));
    let host = Host { mac, ip };
    if mac.is_none() && ip.is_none() {
        return true;
    }
    let said = (host, seen.ttl, seen.vlan);
    // Looked at first: to ask whether it is new is to remember it.
    let known = shared.facts.knows(said);
    if !known && !shared.room.has_source(attempt) {
        shared.gap(GapKind::SourceOverflow, 1);
        return false;
    }
    if !shared.facts.is_new(said, witness.time) {
        return true;
    }
    if !known {
        shared.room.source(attempt);
    }
    let evidence = witness.evidence(if ip.is_some() { "ip.src" } else { "eth.src" }, addresses);
    let fact = Fact::Present { binding: Binding::Source { ttl: seen.ttl }, vlan: seen.vlan };
    shared.out.push(Observation { subject: host.into(), fact, evidence });
    true
}

/// A packet that comes again with its time to live one less was forwarded: it went to one leg of a router and left by another.
pub(crate) fn router_legs(
    shared: &mut Shared,
    before: &Crossing,
    now: &Crossing,
    packet: &Packet<'_>,
    witness: Witness<'_>,
) {
    let again = now.id != 0 && now.id == before.id && now.ttl.checked_add(1) == Some(before.ttl);
    if !again || now.time.since(before.time) > COPY_NS {
        return;
    }
    let station = |mac: Option<Mac>| mac.filter(|m| m.is_station());
    let (Some(entry), Some(exit)) = (station(before.dst_mac), station(packet.src_mac)) else { return };
    if entry != exit && shared.facts.is_new((entry, exit, "legs"), witness.time) {
        let fact = Fact::Identity {
            attribute: Attribute::OtherMac,
            value: Text::new(&entry.to_string()),
            protocol: Name::new("ip"),
            confidence: Confidence::CERTAIN,
        };
        let evidence = witness.evidence("ip.ttl", &[]);
        shared.out.push(Observation { subject: Host::mac(exit).into(), fact, evidence });
    }
}

/// Neighbour solicitation and advertisement tie an IPv6 address to a MAC (RFC 4861 §4.3, §4.4): the frame comes from the link
/// itself when its hop limit is 255.
pub(crate) fn neighbour_discovery(
    shared: &mut Shared,
    packet: &Packet<'_>,
    net: &Network,
    witness: Witness<'_>,
) {
    let discovery = net.protocol == ip_protocol::ICMPV6 && matches!(byte(packet.payload, 0), Some(135 | 136));
    if !discovery || net.ttl != 255 || !is_station(net.src) {
        return;
    }
    let host = Host { mac: packet.src_mac.filter(|m| m.is_station()), ip: Some(net.src) };
    if host.mac.is_some() && shared.facts.is_new((host, Binding::Arp), witness.time) {
        let fact = Fact::Present { binding: Binding::Arp, vlan: None };
        shared.out.push(Observation {
            subject: host.into(),
            fact,
            evidence: witness.evidence("icmpv6.type", packet.payload.get(..1).unwrap_or_default()),
        });
    }
}
