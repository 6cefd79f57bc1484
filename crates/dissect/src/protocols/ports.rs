//! Which protocols are asked about the first bytes of a conversation, and on which ports something listens. Every new conversation asks;
//! so the answers are worked out once, as sets of positions in [`PROTOCOLS`].

use super::PROTOCOLS;
use crate::protocol::{Hint, Protocol};
use model::Transport;
use std::sync::LazyLock;

/// Ports on which something listens, beyond those of [`PROTOCOLS`] (IANA service names registry, registered services that plants use).
const OTHER_TCP: &[u16] = &[
    25, 49, 53, 88, 110, 135, 139, 143, 179, 389, 443, 445, 465, 514, 515, 554, 587, 623, 636, 993, 995,
    1089, 1090, 1091, 1153, 1433, 1521, 1723, 1883, 1911, 1962, 2000, 2404, 2455, 3306, 3622, 3671, 4000,
    4059, 4712, 4911, 5002, 5006, 5007, 5060, 5094, 5432, 5671, 5672, 5683, 5900, 5985, 5986, 8080, 8443,
    8883, 9100, 9600, 11740, 11741, 11742, 11743, 18245, 20547, 41100, 48898, 61616, 789, 802, 1200, 3011,
    5011, 10001,
];
const OTHER_UDP: &[u16] = &[
    53, 67, 69, 88, 123, 137, 138, 161, 162, 319, 320, 389, 443, 500, 514, 623, 1089, 1090, 1091, 1153, 1234,
    1502, 1740, 1741, 1742, 1743, 1812, 1813, 1900, 2152, 2222, 3478, 3622, 3671, 3702, 4500, 4713, 4789,
    5006, 5007, 5060, 5094, 5353, 5355, 5683, 9600, 18246, 34962, 34963, 34964, 48899,
];
/// BACnet/IP: 47808 and the fifteen after it (ANSI/ASHRAE 135 annex J).
const BACNET: std::ops::Range<u16> = 47808..47824;

/// Positions in [`PROTOCOLS`].
type Set = u128;

/// The protocols of one transport.
#[derive(Default)]
struct Table {
    /// Those it carries.
    carried: Set,
    /// Usual ports, EtherTypes or IP protocol numbers and whose they are, sorted.
    usual: Vec<(u16, Set)>,
    /// Ports on which something listens, sorted.
    listens: Vec<u16>,
}

static TCP: LazyLock<Table> = LazyLock::new(|| Table::new(|p| p.info().tcp, OTHER_TCP.iter().copied()));
static UDP: LazyLock<Table> =
    LazyLock::new(|| Table::new(|p| p.info().udp, OTHER_UDP.iter().copied().chain(BACNET)));
static ETHERNET: LazyLock<Table> = LazyLock::new(|| Table::new(|p| p.info().ethertypes, std::iter::empty()));
static IP: LazyLock<Table> = LazyLock::new(|| Table::new(|p| p.ip_protocols(), std::iter::empty()));

impl Table {
    fn new<N: Into<u16> + Copy>(
        numbers: fn(&dyn Protocol) -> &'static [N],
        other: impl Iterator<Item = u16>,
    ) -> Self {
        let mut table = Self { listens: other.collect(), ..Self::default() };
        for (at, protocol) in (0..).zip(PROTOCOLS) {
            let own: Set = 1_u128.checked_shl(at).unwrap_or(0);
            let ports: Vec<u16> = numbers(*protocol).iter().map(|&n| n.into()).collect();
            table.carried |= if ports.is_empty() { 0 } else { own };
            table.listens.extend(&ports);
            for port in &ports {
                match table.usual.binary_search_by_key(port, |(known, _)| *known) {
                    Ok(at) => table.usual.iter_mut().skip(at).take(1).for_each(|(_, set)| *set |= own),
                    Err(at) => table.usual.insert(at, (*port, own)),
                }
            }
        }
        table.listens.sort_unstable();
        table
    }

    fn usual(&self, port: u16) -> Set {
        let at = self.usual.binary_search_by_key(&port, |(known, _)| *known);
        at.ok().and_then(|at| self.usual.get(at)).map_or(0, |(_, set)| *set)
    }
}

/// Whether a service usually listens at the port.
pub(crate) fn is_server_port(transport: Transport, port: u16) -> bool {
    let table = match transport {
        Transport::Tcp => &TCP,
        Transport::Udp => &UDP,
        _ => return false,
    };
    table.listens.binary_search(&port).is_ok()
}

/// Whether some protocol stands right over IP with this protocol number.
pub(crate) fn is_read_over_ip(number: u8) -> bool {
    IP.usual(number.into()) != 0
}

/// The protocols to ask, in the order of the list: those whose usual port it is, or the others that the transport carries. Outside IP
/// the EtherType decides, right over it the protocol number.
pub(super) fn asked(usual: bool, hint: &Hint) -> impl Iterator<Item = &'static dyn Protocol> + use<> {
    let at_ports = |table: &Table| table.usual(hint.from_port) | table.usual(hint.to_port);
    let set = match hint.transport {
        Transport::Tcp if usual => at_ports(&TCP),
        Transport::Tcp => TCP.carried & !at_ports(&TCP),
        Transport::Udp if usual => at_ports(&UDP),
        Transport::Udp => UDP.carried & !at_ports(&UDP),
        Transport::Ethernet if usual => ETHERNET.usual(hint.ethertype),
        Transport::Ip if usual => IP.usual(hint.ethertype),
        Transport::Ethernet | Transport::Icmp | Transport::Ip => 0,
    };
    Members(set).filter_map(|at| PROTOCOLS.get(at).copied())
}

/// The members of a set, smallest first.
struct Members(Set);

impl Iterator for Members {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let at = self.0.trailing_zeros();
        self.0 &= self.0.wrapping_sub(1);
        usize::try_from(at).ok().filter(|at| *at < PROTOCOLS.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(transport: Transport, from_port: u16, to_port: u16) -> Hint {
        Hint { transport, from_port, to_port, ethertype: 0x88b8, usual: false, from_start: true }
    }

    fn names(usual: bool, hint: &Hint) -> Vec<&'static str> {
        asked(usual, hint).map(|p| p.info().name).collect()
    }

    #[test]
    fn every_protocol_has_its_place_in_a_set() {
        assert!(u32::try_from(PROTOCOLS.len()).unwrap() <= Set::BITS, "take a wider set");
        for protocol in PROTOCOLS.iter().map(|p| p.info()) {
            let at = |transport, ports: &[u16]| {
                ports.iter().all(|port| {
                    let there = hint(transport, 1, *port);
                    names(true, &there).contains(&protocol.name) && is_server_port(transport, *port)
                })
            };
            assert!(
                at(Transport::Tcp, protocol.tcp) && at(Transport::Udp, protocol.udp),
                "{}",
                protocol.name
            );
        }
    }

    #[test]
    fn who_is_asked() {
        let modbus = hint(Transport::Tcp, 502, 50_000);
        assert_eq!(names(true, &modbus), ["modbus", "modbus-rtu"]);
        let others = names(false, &modbus);
        assert!(!others.contains(&"modbus") && others.contains(&"dnp3") && !others.contains(&"goose"));
        let in_order: Vec<_> =
            PROTOCOLS.iter().map(|p| p.info().name).filter(|n| others.contains(n)).collect();
        assert_eq!(others, in_order);
        assert_eq!(names(true, &hint(Transport::Ethernet, 0, 0)), ["goose"]);
        assert!(names(false, &hint(Transport::Ethernet, 0, 0)).is_empty());
        assert!(is_server_port(Transport::Udp, 47_823) && !is_server_port(Transport::Udp, 47_824));
    }
}
