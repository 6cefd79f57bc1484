//! BACnet on UDP (also over IPv6), in LLC frames, and MS/TP frames that a capture tool wrapped into SNAP.
//! Source: ANSI/ASHRAE 135-2020 (the clauses below are its own), with annexes J (BACnet/IP) and U (BACnet/IPv6).

mod apdu;
mod operations;
mod properties;
mod tags;
mod vendors;

use crate::emit::{Emit, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, be16, byte};
use model::{Attribute, Host, Part, Text, Transport};
use operations::{BVLC, NETWORK, OPERATIONS};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The protocol.
pub(super) struct Bacnet;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "bacnet",
    title: "BACnet",
    tcp: &[],
    // Annex J.1.2: 47808 (0xBAC0); more networks on one wire take the ports after it.
    udp: &[
        47808, 47809, 47810, 47811, 47812, 47813, 47814, 47815, 47816, 47817, 47818, 47819, 47820, 47821,
        47822, 47823,
    ],
    ethertypes: &[0],
    industrial: true,
    sources: "ANSI/ASHRAE 135-2020",
    operations: &[&OPERATIONS],
};

/// J.2.1 and U.2.1: kind of virtual link, function, length of the whole.
const IPV4_LINK: u8 = 0x81;
const IPV6_LINK: u8 = 0x82;
const LINK_HEADER: usize = 4;
/// Clause 7.2: LLC service access points of BACnet, unnumbered information.
const LLC: [u8; 3] = [0x82, 0x82, 0x03];
/// SNAP with the organisation code of Cimetrics, whose capture tool writes MS/TP frames so; then three octets of its own.
const SNAP_MSTP: [u8; 8] = [0xaa, 0xaa, 0x03, 0x00, 0x10, 0x90, 0x00, 0x01];
/// Clause 6.2.1.
const NPDU_VERSION: u8 = 1;

/// Functions of the virtual link (J.2).
mod link {
    pub(super) const RESULT: u8 = 0;
    pub(super) const WRITE_TABLE: u8 = 1;
    pub(super) const FORWARDED: u8 = 4;
    pub(super) const REGISTER: u8 = 5;
    pub(super) const DISTRIBUTE: u8 = 9;
    pub(super) const UNICAST: u8 = 10;
    pub(super) const BROADCAST: u8 = 11;
    pub(super) const SECURE: u8 = 12;
}

/// Functions of the virtual link over IPv6 that carry an NPDU (U.2), with the octets before it.
fn before_npdu(function: u8) -> Option<usize> {
    Some(match function {
        // Source and destination, source only, source and original address, source.
        0x01 => 6,
        0x02 | 0x0c => 3,
        0x08 => 3 + FORWARDED_V6,
        _ => return None,
    })
}

/// An IPv6 address and a port.
const FORWARDED_V6: usize = 18;

/// A datagram whose virtual link header fits it; strict ones must also begin with an NPDU that makes sense.
fn is_datagram(head: &[u8], strict: bool) -> bool {
    let (Some(kind), Some(function), Some(length)) = (byte(head, 0), byte(head, 1), be16(head, 2)) else {
        return false;
    };
    let known = match kind {
        IPV4_LINK => function <= link::SECURE,
        IPV6_LINK => function <= 0x0c,
        _ => false,
    };
    if !known || usize::from(length) < LINK_HEADER {
        return false;
    }
    let fits = usize::from(length) == head.len();
    let carried = match (kind, function) {
        (IPV4_LINK, link::FORWARDED) => 10,
        (IPV4_LINK, link::DISTRIBUTE | link::UNICAST | link::BROADCAST) => LINK_HEADER,
        (IPV6_LINK, _) if before_npdu(function).is_some() => {
            LINK_HEADER + before_npdu(function).unwrap_or_default()
        }
        // Elsewhere than at the usual port, the bare management functions say too little.
        _ => return fits && !strict,
    };
    let npdu =
        byte(head, carried) == Some(NPDU_VERSION) && byte(head, carried + 1).is_some_and(|c| c & 0x50 == 0);
    if strict { fits && npdu } else { fits || npdu }
}

impl Protocol for Bacnet {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        match hint.transport {
            Transport::Ethernet => Probe::when(
                head.starts_with(&SNAP_MSTP) || head.starts_with(&LLC) && byte(head, 3) == Some(NPDU_VERSION),
            ),
            _ => Probe::when(is_datagram(head, !hint.usual)),
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<Talk>::default()
    }
}

/// One conversation: an answer in segments, and which instance was told.
#[derive(Default)]
struct Talk {
    apdu: apdu::Talk,
}

impl Session for Talk {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if self.message(input.data, emit).is_err() && !input.cut {
            emit.malformed();
        }
        Progress::Took(input.data.len())
    }

    fn held(&self) -> usize {
        self.apdu.held()
    }
}

impl Talk {
    fn message(&mut self, data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(data);
        match *data {
            // No function of a virtual link has the number 0x82.
            [0x82, 0x82, 0x03, ..] => {
                r.skip(LLC.len())?;
                self.npdu(&mut r, None, emit)
            }
            [IPV4_LINK, ..] => self.internet(&mut r, emit),
            [IPV6_LINK, ..] => self.internet6(&mut r, emit),
            _ if data.starts_with(&SNAP_MSTP) => self.mstp(&mut r, emit),
            _ => Ok(()),
        }
    }

    /// BACnet/IP (J.2).
    fn internet(&mut self, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
        r.skip(1)?;
        let function = r.u8()?;
        let length = usize::from(r.u16()?);
        let mut r = r.sub(length.saturating_sub(LINK_HEADER).min(r.len()))?;
        emit.count(&BVLC, function);
        match function {
            link::UNICAST | link::BROADCAST | link::DISTRIBUTE => self.npdu(&mut r, None, emit),
            link::FORWARDED => {
                // J.2.5: whose message it is, address and port.
                let origin = IpAddr::V4(Ipv4Addr::from(r.u32()?));
                r.skip(2)?;
                self.npdu(&mut r, Some(origin), emit)
            }
            link::RESULT => Ok(()),
            link::SECURE => {
                emit.encrypted();
                Ok(())
            }
            link::WRITE_TABLE..=link::REGISTER | 6..=8 => {
                let phase = if matches!(function, 3 | 7) { Phase::Response } else { Phase::Request };
                let asked = if phase == Phase::Response { function - 1 } else { function };
                emit.operation(&OPERATIONS, operations::LINK | u32::from(asked), phase);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// BACnet/IPv6 (U.2).
    fn internet6(&mut self, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
        r.skip(1)?;
        let function = r.u8()?;
        let length = usize::from(r.u16()?);
        let mut r = r.sub(length.saturating_sub(LINK_HEADER).min(r.len()))?;
        emit.count(&BVLC, function);
        let Some(before) = before_npdu(function) else { return Ok(()) };
        let mut origin = None;
        if before > FORWARDED_V6 {
            r.skip(3)?;
            let address = r.take(16)?;
            origin = address.first_chunk::<16>().map(|a| IpAddr::V6(Ipv6Addr::from(*a)));
            r.skip(2)?;
        } else {
            r.skip(before)?;
        }
        self.npdu(&mut r, origin, emit)
    }

    /// A frame of the master-slave/token-passing bus (clause 9.3): type, destination, source, length, header check, data, data check.
    fn mstp(&mut self, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
        const TOOL: usize = 3;
        const DATA_EXPECTING_REPLY: u8 = 5;
        const DATA_NOT_EXPECTING_REPLY: u8 = 6;
        r.skip(SNAP_MSTP.len() + TOOL)?;
        let kind = r.u8()?;
        r.skip(2)?;
        let length = r.u16()?;
        r.skip(1)?;
        if !matches!(kind, DATA_EXPECTING_REPLY | DATA_NOT_EXPECTING_REPLY) {
            return Ok(());
        }
        let mut data = r.sub(usize::from(length).min(r.len()))?;
        self.npdu(&mut data, None, emit)
    }

    /// Network layer (clause 6.2): version, control, where to, where from, hops; then a message of its own or an APDU.
    fn npdu(&mut self, r: &mut Reader<'_>, origin: Option<IpAddr>, emit: &mut Emit<'_>) -> Read<()> {
        if r.u8()? != NPDU_VERSION {
            return Ok(());
        }
        let control = r.u8()?;
        let to_network = control & 0x20 != 0;
        if to_network {
            r.skip(2)?;
            let len = r.u8()?;
            r.skip(len.into())?;
        }
        let mut whom = origin.map_or(Whom::Sender, |ip| Whom::Other(Host::ip(ip)));
        if control & 0x08 != 0 {
            let network = r.u16()?;
            let len = r.u8()?;
            let address = r.take(len.into())?;
            let part = Part::Unit(unit(network, address));
            whom = match origin {
                None => Whom::SenderPart(part),
                Some(ip) => Whom::OtherPart(Host::ip(ip), part),
            };
        }
        if to_network {
            r.skip(1)?;
        }
        if control & 0x80 != 0 { network_message(r, emit) } else { self.apdu.read(r, whom, emit) }
    }
}

/// A number for a device behind a router: its network and its address there. An address of one octet (MS/TP, ARCNET) stays as it is;
/// longer ones (an IP address with port, a MAC) are folded into two octets.
fn unit(network: u16, address: &[u8]) -> u32 {
    let folded = match *address {
        [one] => u32::from(one),
        _ => address.iter().fold(0u32, |n, &b| (n.wrapping_mul(0x101) ^ u32::from(b)) & 0xffff),
    };
    u32::from(network) << 16 | folded
}

/// Messages between routers (clause 6.4).
fn network_message(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    const I_AM_ROUTER: u8 = 1;
    const I_COULD_BE_ROUTER: u8 = 2;
    const INITIALIZE_ACK: u8 = 7;
    const NETWORK_NUMBER_IS: u8 = 0x13;
    let witness = r.rest().get(..1).unwrap_or_default();
    let kind = r.u8()?;
    emit.count(&NETWORK, kind);
    let answers = [I_AM_ROUTER, I_COULD_BE_ROUTER, INITIALIZE_ACK, NETWORK_NUMBER_IS].contains(&kind);
    let phase = if answers { Phase::Response } else { Phase::Request };
    let asked = if kind == I_AM_ROUTER || answers && kind != I_COULD_BE_ROUTER {
        kind.saturating_sub(1)
    } else {
        kind
    };
    emit.operation(&OPERATIONS, operations::ROUTING | u32::from(asked), phase);
    if kind == I_AM_ROUTER && !r.is_empty() {
        emit.identity(
            Whom::Sender,
            Attribute::Capability,
            Text::new("BACnet router"),
            witness,
            "bacnet.mesgtyp",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(transport: Transport, usual: bool) -> Hint {
        Hint { transport, from_port: 50_000, to_port: 5000, ethertype: 0, usual, from_start: true }
    }

    #[test]
    fn recognition() {
        let udp = |usual| hint(Transport::Udp, usual);
        for (head, hint, expected) in [
            (&b"\x81\x0b\x00\x08\x01\x00\x10\x08"[..], udp(true), Probe::Yes),
            (b"\x81\x0b\x00\x08\x01\x00\x10\x08", udp(false), Probe::Yes),
            (b"\x81\x0b\x00\x09\x01\x00\x10\x08", udp(false), Probe::No),
            (b"\x81\x0b\x00\x08\x02\x00\x10\x08", udp(false), Probe::No),
            (b"\x81\x05\x00\x06\x00\x3c", udp(true), Probe::Yes),
            (b"\x81\x05\x00\x06\x00\x3c", udp(false), Probe::No),
            (b"\x81\x7b\x00\x08\x01\x00\x10\x08", udp(true), Probe::No),
            (b"\x82\x82\x03\x01\x00\x10\x08", hint(Transport::Ethernet, true), Probe::Yes),
            (b"\x42\x42\x03\x00\x00", hint(Transport::Ethernet, true), Probe::No),
        ] {
            assert_eq!(Bacnet.probe(head, &hint), expected, "{head:?}");
        }
    }

    #[test]
    fn units() {
        assert_eq!(unit(13, &[61]), 0x000d_003d);
        assert_ne!(unit(1, &[192, 168, 0, 13, 0xba, 0xc0]), unit(1, &[192, 168, 0, 14, 0xba, 0xc0]));
    }

    #[test]
    fn tables_are_sorted() {
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }
}
