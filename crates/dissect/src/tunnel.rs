//! Packets inside packets: tunnels between sites, and the ways a switch sends a mirror port's traffic to a sensor elsewhere.
//!
//! Sources: RFC 2784 and 2890 (GRE), RFC 1701 (its routing bit), RFC 2003 (IP in IP), RFC 4213 (IPv6 in IPv4), RFC 7637 (NVGRE), RFC 7348
//! (VXLAN), draft-ietf-nvo3-vxlan-gpe-12, 3.1 (VXLAN-GPE), RFC 8926 (Geneve), draft-foschiano-erspan-03 (ERSPAN types I to III), TZSP as
//! documented by its users (tag list of the Wireshark wiki, "TZSP").

use crate::packet::{self, Network, Packet, Undecoded, ethertype, ip_protocol};
use crate::reader::{Read, Reader, Short, be16};

/// Tunnels inside tunnels that are followed.
pub(crate) const DEPTH_MAX: u8 = 4;

/// Protocol types of GRE that are no EtherType of a packet (draft-foschiano-erspan-03, 4.1 to 4.3; RFC 7637, 3.2).
mod gre_type {
    pub(super) const BRIDGED: u16 = 0x6558;
    pub(super) const ERSPAN_I_II: u16 = 0x88be;
    pub(super) const ERSPAN_III: u16 = 0x22eb;
}

/// UDP ports of tunnels (IANA): VXLAN, its older place in Linux, VXLAN-GPE, Geneve, TZSP.
mod port {
    pub(super) const VXLAN: u16 = 4789;
    pub(super) const VXLAN_LINUX: u16 = 8472;
    pub(super) const VXLAN_GPE: u16 = 4790;
    pub(super) const GENEVE: u16 = 6081;
    pub(super) const TZSP: u16 = 37008;
}

/// Whether a UDP datagram to this port may be a tunnel's.
#[inline]
pub(crate) fn is_port(port: u16) -> bool {
    matches!(port, port::VXLAN | port::VXLAN_LINUX | port::VXLAN_GPE | port::GENEVE | port::TZSP)
}

/// Whether a packet is a tunnel's, by protocol and port alone.
pub(crate) fn may_carry(packet: &Packet<'_>, net: &Network) -> bool {
    match net.protocol {
        ip_protocol::GRE | ip_protocol::IPV4 | ip_protocol::IPV6 => true,
        ip_protocol::UDP => be16(packet.payload, 2).is_some_and(is_port),
        _ => false,
    }
}

/// The packet inside, if there is one and it is whole up to its own headers.
pub(crate) fn inside<'a>(packet: &Packet<'a>, net: &Network) -> Option<Packet<'a>> {
    if !may_carry(packet, net) {
        return None;
    }
    let found = match net.protocol {
        ip_protocol::GRE => gre(packet),
        ip_protocol::IPV4 => Ok(Carried::of(ethertype::IPV4, packet.payload)),
        ip_protocol::IPV6 => Ok(Carried::of(ethertype::IPV6, packet.payload)),
        _ => udp(packet.payload),
    };
    let carried = found.ok().filter(|c| !c.data.is_empty())?;
    let mut inner = packet::decode_carried(carried.kind, carried.data, packet.missing).ok()?;
    inner.vlan = inner.vlan.or(carried.vlan);
    Some(inner)
}

/// What a tunnel's header says of what follows it.
struct Carried<'a> {
    /// EtherType, or none for a whole Ethernet frame.
    kind: Option<u16>,
    data: &'a [u8],
    /// VLAN that the mirror port took off the frame.
    vlan: Option<u16>,
}

impl<'a> Carried<'a> {
    fn of(ethertype: u16, data: &'a [u8]) -> Self {
        Self { kind: Some(ethertype), data, vlan: None }
    }

    fn frame(data: &'a [u8]) -> Self {
        Self { kind: None, data, vlan: None }
    }
}

/// GRE (RFC 2784, 2; optional fields of RFC 2890, 2). Version 1 is PPTP's and carries PPP.
fn gre<'a>(packet: &Packet<'a>) -> Result<Carried<'a>, Undecoded> {
    let mut r = Reader::new(packet.payload);
    let flags = r.u16()?;
    let kind = r.u16()?;
    let (checksum, routing, key, sequence) =
        (flags & 0x8000 != 0, flags & 0x4000 != 0, flags & 0x2000 != 0, flags & 0x1000 != 0);
    if flags & 7 != 0 || routing {
        return Err(Undecoded::Malformed);
    }
    r.skip(4 * (usize::from(checksum) + usize::from(key) + usize::from(sequence)))?;
    Ok(match kind {
        gre_type::BRIDGED => Carried::frame(r.rest()),
        // Type I has no header of its own, and no sequence number in that of GRE.
        gre_type::ERSPAN_I_II if !sequence => Carried::frame(r.rest()),
        gre_type::ERSPAN_I_II => erspan_2(&mut r)?,
        gre_type::ERSPAN_III => erspan_3(&mut r)?,
        kind if kind > ethertype::LENGTH_MAX => Carried::of(kind, r.rest()),
        _ => return Err(Undecoded::UnknownLink),
    })
}

/// ERSPAN type II: version 1, VLAN in the low twelve bits of the first word (draft-foschiano-erspan-03, 4.2).
fn erspan_2<'a>(r: &mut Reader<'a>) -> Read<Carried<'a>> {
    let word = r.u16()?;
    r.skip(6)?;
    let vlan = Some(word & 0x0fff).filter(|&id| id != 0 && word >> 12 == 1);
    Ok(Carried { vlan, ..Carried::frame(r.rest()) })
}

/// ERSPAN type III: twelve octets, eight more when the last bit says so (draft-foschiano-erspan-03, 4.3). A frame of another kind
/// than Ethernet (field P 0, frame type not 0) is left alone.
fn erspan_3<'a>(r: &mut Reader<'a>) -> Result<Carried<'a>, Undecoded> {
    let word = r.u16()?;
    r.skip(8)?;
    let last = r.u16()?;
    if (last >> 10) & 0x1f != 0 {
        return Err(Undecoded::UnknownLink);
    }
    if last & 1 != 0 {
        r.skip(8)?;
    }
    let vlan = Some(word & 0x0fff).filter(|&id| id != 0 && word >> 12 == 2);
    Ok(Carried { vlan, ..Carried::frame(r.rest()) })
}

fn udp(datagram: &[u8]) -> Result<Carried<'_>, Undecoded> {
    let to = be16(datagram, 2).ok_or(Short)?;
    header(to, datagram.get(8..).unwrap_or_default())
}

/// Whether the bytes of a datagram begin with the header of the tunnel whose port it is.
pub(crate) fn is_header(port: u16, data: &[u8]) -> bool {
    header(port, data).is_ok_and(|carried| !carried.data.is_empty())
}

fn header(port: u16, data: &[u8]) -> Result<Carried<'_>, Undecoded> {
    let mut r = Reader::new(data);
    match port {
        port::VXLAN | port::VXLAN_LINUX => vxlan(&mut r),
        port::VXLAN_GPE => vxlan_gpe(&mut r),
        port::GENEVE => geneve(&mut r),
        _ => tzsp(&mut r),
    }
}

/// VXLAN (RFC 7348, 5): the flag of a valid network identifier; the reserved octet behind it is zero.
fn vxlan<'a>(r: &mut Reader<'a>) -> Result<Carried<'a>, Undecoded> {
    let flags = r.u8()?;
    r.skip(6)?;
    let reserved = r.u8()?;
    if flags & 0x08 == 0 || reserved != 0 {
        return Err(Undecoded::Malformed);
    }
    Ok(Carried::frame(r.rest()))
}

/// VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe-12, 3.1 and 3.2): next protocol 1 IPv4, 2 IPv6, 3 Ethernet.
fn vxlan_gpe<'a>(r: &mut Reader<'a>) -> Result<Carried<'a>, Undecoded> {
    let flags = r.u8()?;
    r.skip(2)?;
    let next = r.u8()?;
    r.skip(4)?;
    match (flags & 0x0c == 0x0c, next) {
        (true, 1) => Ok(Carried::of(ethertype::IPV4, r.rest())),
        (true, 2) => Ok(Carried::of(ethertype::IPV6, r.rest())),
        (_, 3) | (false, 0) => Ok(Carried::frame(r.rest())),
        _ => Err(Undecoded::UnknownLink),
    }
}

/// Geneve (RFC 8926, 3.4): version 0, options in words of four octets.
fn geneve<'a>(r: &mut Reader<'a>) -> Result<Carried<'a>, Undecoded> {
    let first = r.u8()?;
    r.skip(1)?;
    let kind = r.u16()?;
    r.skip(4 + 4 * usize::from(first & 0x3f))?;
    if first >> 6 != 0 {
        return Err(Undecoded::Malformed);
    }
    Ok(if kind == gre_type::BRIDGED { Carried::frame(r.rest()) } else { Carried::of(kind, r.rest()) })
}

/// TZSP: version 1, type 0 (received packet), encapsulated protocol 1 (Ethernet), then tags to the end tag (1); tag 0 is padding and
/// has no length.
fn tzsp<'a>(r: &mut Reader<'a>) -> Result<Carried<'a>, Undecoded> {
    let (version, kind, protocol) = (r.u8()?, r.u8()?, r.u16()?);
    if (version, kind, protocol) != (1, 0, 1) {
        return Err(Undecoded::UnknownLink);
    }
    loop {
        match r.u8()? {
            0 => {}
            1 => return Ok(Carried::frame(r.rest())),
            _ => {
                let length = usize::from(r.u8()?);
                r.skip(length)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Dissector;
    use model::frame::{Frame, LinkType};
    use model::limits::Limits;
    use model::{CaptureId, Fact, Timestamp};
    use std::collections::BTreeSet;

    /// An IPv4 header with the payload.
    fn ipv4(protocol: u8, from: u8, to: u8, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
        let head =
            [0x45, 0, length[0], length[1], 0, 1, 0, 0, 64, protocol, 0, 0, 10, 0, 0, from, 10, 0, 0, to];
        [&head, payload].concat()
    }

    fn udp(to: u16, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(8 + payload.len()).unwrap();
        let head = [40_000, to, length, 0].map(u16::to_be_bytes).concat();
        [&head, payload].concat()
    }

    fn ethernet(ethertype: u16, payload: &[u8]) -> Vec<u8> {
        [&[2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8][..], &ethertype.to_be_bytes(), payload].concat()
    }

    /// A conversation of 10.0.0.7 with 10.0.0.8, bare and in a frame.
    fn inner() -> (Vec<u8>, Vec<u8>) {
        let packet = ipv4(17, 7, 8, &udp(9999, b"inside"));
        (ethernet(0x0800, &packet), packet)
    }

    /// The clients of all conversations that show in the payload of a packet from 10.0.0.1.
    fn clients(protocol: u8, payload: &[u8]) -> Vec<String> {
        let frame = ethernet(0x0800, &ipv4(protocol, 1, 2, payload));
        read(&frame)
    }

    fn read(data: &[u8]) -> Vec<String> {
        let mut dissector = Dissector::new(Limits::default());
        let wire_len = u32::try_from(data.len()).unwrap();
        let (capture, time, link) = (CaptureId(0), Timestamp(0), LinkType::ETHERNET);
        dissector.frame(&Frame { capture, number: 1, time, link, wire_len, data });
        dissector.finish();
        let client = |fact: &Fact| match fact {
            Fact::Conversation(report) => report.key.client.ip.map(|ip| ip.to_string()),
            _ => None,
        };
        let clients: BTreeSet<_> = dissector.take().iter().filter_map(|o| client(&o.fact)).collect();
        clients.into_iter().collect()
    }

    #[test]
    fn each_kind_gives_out_its_packet() {
        let (frame, packet) = inner();
        let after = |head: &[u8], rest: &[u8]| [head, rest].concat();
        let erspan_2 = [0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 5, 0, 0, 0, 0, 0, 0];
        let erspan_3 =
            [0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        let tzsp = [1, 0, 0, 1, 10, 1, 0x7f, 0, 1];
        let geneve = [1, 0, 0x65, 0x58, 0, 0, 7, 0, 1, 2, 0x80, 0];
        let cases = [
            ("IP in IP", clients(4, &packet)),
            ("GRE", clients(47, &after(&[0, 0, 8, 0], &packet))),
            (
                "GRE with key and sequence",
                clients(47, &after(&[0x30, 0, 8, 0, 0, 0, 0, 9, 0, 0, 0, 1], &packet)),
            ),
            ("NVGRE", clients(47, &after(&[0x20, 0, 0x65, 0x58, 0, 0, 9, 0], &frame))),
            ("ERSPAN I", clients(47, &after(&[0, 0, 0x88, 0xbe], &frame))),
            ("ERSPAN II", clients(47, &after(&erspan_2, &frame))),
            ("ERSPAN III", clients(47, &after(&erspan_3, &frame))),
            ("VXLAN", clients(17, &udp(4789, &after(&[8, 0, 0, 0, 0, 0, 5, 0], &frame)))),
            ("VXLAN-GPE", clients(17, &udp(4790, &after(&[0x0c, 0, 0, 1, 0, 0, 5, 0], &packet)))),
            ("Geneve", clients(17, &udp(6081, &after(&geneve, &frame)))),
            ("TZSP", clients(17, &udp(37008, &after(&tzsp, &frame)))),
            ("MPLS in GRE", clients(47, &after(&[0, 0, 0x88, 0x47, 0, 0, 0x10, 1, 0, 0, 0x21, 1], &packet))),
        ];
        for (name, clients) in cases {
            assert_eq!(clients, ["10.0.0.1", "10.0.0.7"], "{name}");
        }
    }

    #[test]
    fn what_is_no_tunnel_is_left_alone() {
        let (frame, packet) = inner();
        for (protocol, payload) in [
            (47, [&[0, 1, 0x88, 0x0b][..], &packet].concat()),
            (17, udp(4789, &[&[0, 0, 0, 0, 0, 0, 5, 0][..], &frame].concat())),
            (17, udp(6081, &[&[0x41, 0, 0x65, 0x58, 0, 0, 7, 0][..], &frame].concat())),
            (17, udp(37008, &[1, 4, 0, 1, 1])),
        ] {
            assert_eq!(clients(protocol, &payload), ["10.0.0.1"]);
        }
    }

    #[test]
    fn tunnels_in_tunnels_end() {
        let mut packet = inner().1;
        for _ in 0..40 {
            packet = ipv4(4, 1, 2, &packet);
        }
        assert_eq!(read(&ethernet(0x0800, &packet)), ["10.0.0.1"]);
    }
}
