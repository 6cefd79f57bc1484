//! Whether a packet fits conditions: yes, no, or not to be told.

use super::Protocol;
use model::Text;
use model::network::{Addresses, Family, Interfaces, Match, Ports, Service};
use std::net::IpAddr;

/// Ports that clients take (RFC 6056 §3.2).
const CLIENT_PORTS: (u16, u16) = (1024, u16::MAX);
/// Protocols that have ports: TCP, UDP, DCCP, SCTP, UDP-Lite.
const WITH_PORTS: [u8; 5] = [6, 17, 33, 132, 136];
/// Echo request, in ICMP and in ICMPv6.
const ECHO: (u8, u8) = (8, 128);

/// Three-valued truth, in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Truth {
    No,
    Maybe,
    Yes,
}

impl From<bool> for Truth {
    fn from(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }
}

impl Truth {
    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }

    fn not_if(self, negated: bool) -> Self {
        if negated { self.not() } else { self }
    }
}

/// An interface, as far as it is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum At<'a> {
    /// Where the ruleset stands is not known, or not yet.
    Unknown,
    /// This one.
    Named(&'a Text),
}

/// The first packet of a conversation, as a list sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub(super) from: IpAddr,
    /// The source was not changed on the way.
    pub(super) from_sure: bool,
    pub(super) to: IpAddr,
    pub(super) protocol: u8,
    pub(super) port: Option<u16>,
    pub(super) in_interface: At<'a>,
    pub(super) out_interface: At<'a>,
}

impl Packet<'_> {
    pub(super) fn new(from: IpAddr, to: IpAddr, protocol: Protocol, port: Option<u16>) -> Self {
        let number = match (protocol, from.is_ipv4()) {
            (Protocol::Tcp, _) => 6,
            (Protocol::Udp, _) => 17,
            (Protocol::Icmp, true) => 1,
            (Protocol::Icmp, false) => 58,
            (Protocol::Other(number), _) => number,
        };
        let (in_interface, out_interface) = (At::Unknown, At::Unknown);
        Self { from, from_sure: true, to, protocol: number, port, in_interface, out_interface }
    }

    pub(super) fn family(&self) -> Family {
        Family::of(self.to)
    }
}

/// Whether all conditions hold.
pub(super) fn matches(when: &Match, packet: &Packet<'_>) -> Truth {
    if when.established_only || when.family.is_some_and(|f| f != packet.family()) {
        return Truth::No;
    }
    let mut truth = if when.undecided.is_empty() { Truth::Yes } else { Truth::Maybe };
    if let Some(set) = &when.sources {
        truth = truth.min(address(set, packet.from, packet.from_sure));
    }
    if let Some(set) = &when.destinations {
        truth = truth.min(address(set, packet.to, true));
    }
    if let Some(set) = &when.in_interfaces {
        truth = truth.min(interface(set, packet.in_interface));
    }
    if let Some(set) = &when.out_interfaces {
        truth = truth.min(interface(set, packet.out_interface));
    }
    truth.min(services(&when.services, packet))
}

/// Whether one of the services is that of the packet; none asks for nothing.
pub(super) fn services(services: &[Service], packet: &Packet<'_>) -> Truth {
    if services.is_empty() {
        return Truth::Yes;
    }
    services.iter().map(|s| service(s, packet)).max().unwrap_or(Truth::No)
}

fn address(set: &Addresses, ip: IpAddr, sure: bool) -> Truth {
    let inside = set.nets.iter().any(|net| net.contains(ip));
    if !sure {
        let every = !set.negated && inside && set.is_everything();
        return if every { Truth::Yes } else { Truth::Maybe };
    }
    let truth = match (inside, set.unknown.is_empty()) {
        (true, _) => Truth::Yes,
        (false, false) => Truth::Maybe,
        (false, true) => Truth::No,
    };
    truth.not_if(set.negated)
}

fn interface(set: &Interfaces, at: At<'_>) -> Truth {
    let At::Named(name) = at else { return Truth::Maybe };
    let is = |pattern: &Text| match pattern.as_str().strip_suffix('*') {
        Some(start) => name.as_str().starts_with(start),
        None => pattern == name,
    };
    let truth = match (set.names.iter().any(is), set.unknown.is_empty()) {
        (true, _) => Truth::Yes,
        (false, false) => Truth::Maybe,
        (false, true) => Truth::No,
    };
    truth.not_if(set.negated)
}

fn service(service: &Service, packet: &Packet<'_>) -> Truth {
    let mut truth = match service.protocol {
        Some(number) => Truth::from(number == packet.protocol).not_if(service.protocol_negated),
        None => Truth::Yes,
    };
    if service.source_ports.is_some() || service.destination_ports.is_some() {
        truth = truth.min(WITH_PORTS.contains(&packet.protocol).into());
    }
    if let Some(set) = &service.source_ports {
        truth = truth.min(client_port(set));
    }
    if let Some(set) = &service.destination_ports {
        truth = truth.min(port(set, packet.port));
    }
    if !service.icmp_types.is_empty() {
        let echo = if packet.protocol == 58 { ECHO.1 } else { ECHO.0 };
        let is_icmp = matches!(packet.protocol, 1 | 58);
        truth = truth.min((is_icmp && service.icmp_types.contains(&echo)).into());
    }
    truth
}

fn port(set: &Ports, port: Option<u16>) -> Truth {
    let Some(port) = port else {
        let every = covers(&set.ranges, (0, u16::MAX));
        let none = set.ranges.is_empty() && set.unknown.is_empty();
        let truth = if every { Truth::Yes } else { Truth::Maybe };
        return if none { Truth::No } else { truth }.not_if(set.negated);
    };
    let inside = set.ranges.iter().any(|(first, last)| (*first..=*last).contains(&port));
    let truth = match (inside, set.unknown.is_empty()) {
        (true, _) => Truth::Yes,
        (false, false) => Truth::Maybe,
        (false, true) => Truth::No,
    };
    truth.not_if(set.negated)
}

/// Which port the client takes is not known, only that it mostly is one of those for clients.
fn client_port(set: &Ports) -> Truth {
    let overlaps = set.ranges.iter().any(|(_, last)| *last >= CLIENT_PORTS.0);
    let every = covers(&set.ranges, CLIENT_PORTS);
    let truth = match (every, set.negated) {
        (true, _) => Truth::Yes,
        // All but ports that clients do not take.
        (false, true) if !overlaps && set.unknown.is_empty() => Truth::No,
        (false, false) if set.ranges.is_empty() && set.unknown.is_empty() => Truth::No,
        _ => Truth::Maybe,
    };
    truth.not_if(set.negated)
}

/// Whether ranges together hold all of another.
fn covers(ranges: &[(u16, u16)], (first, last): (u16, u16)) -> bool {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    let mut next = u32::from(first);
    for (from, to) in sorted {
        if u32::from(from) <= next {
            next = next.max(u32::from(to) + 1);
        }
    }
    next > u32::from(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_clients() {
        let set = |ranges: &[(u16, u16)], negated| Ports { negated, ..Ports::of(ranges.to_vec()) };
        assert_eq!(client_port(&set(&[(1024, 65_535)], false)), Truth::Yes);
        assert_eq!(client_port(&set(&[(1024, 40_000), (40_001, 65_535)], false)), Truth::Yes);
        assert_eq!(client_port(&set(&[(80, 80)], false)), Truth::Maybe);
        assert_eq!(client_port(&set(&[(53, 53)], true)), Truth::Yes);
        assert_eq!(client_port(&set(&[(1024, 65_535)], true)), Truth::No);
        assert_eq!(client_port(&set(&[], false)), Truth::No);
    }

    #[test]
    fn negation_keeps_what_is_not_known() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let mut set = Addresses::of(vec![model::network::Net::host(ip("10.0.0.1"))]);
        assert_eq!(address(&set, ip("10.0.0.2"), true), Truth::No);
        set.unknown.push(Text::new("plc.example"));
        assert_eq!(address(&set, ip("10.0.0.2"), true), Truth::Maybe);
        set.negated = true;
        assert_eq!(address(&set, ip("10.0.0.2"), true), Truth::Maybe);
        assert_eq!(address(&set, ip("10.0.0.1"), true), Truth::No);
        assert_eq!(address(&set, ip("10.0.0.1"), false), Truth::Maybe);
    }

    #[test]
    fn the_other_version_of_icmp_does_not_fit() {
        let packet =
            Packet::new("fd00::1".parse().unwrap(), "fd00::2".parse().unwrap(), Protocol::Icmp, None);
        assert_eq!(services(&[Service::protocol(1)], &packet), Truth::No);
        let echo = Service { icmp_types: vec![128], ..Service::protocol(58) };
        assert_eq!(services(&[echo], &packet), Truth::Yes);
    }
}
