//! From a frame to a packet: link layers, VLAN tags, IPv4 and IPv6 headers. Lax on purpose: a frame that lies about its
//! lengths still shows who sent it.
//!
//! Sources: IEEE 802.3, 802.1Q (tags), RFC 791 (IPv4), RFC 8200 (IPv6), tcpdump.org LINKTYPE_ pages (cooked captures),
//! IEC 62439-3 (HSR tag), RFC 2516 (PPPoE), RFC 3032 (MPLS).

use crate::reader::{Read, Reader, Short};
use model::Mac;
use model::frame::{Frame, LinkType};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// EtherTypes that the decoder itself walks through (IEEE registration authority).
pub(crate) mod ethertype {
    pub(crate) const IPV4: u16 = 0x0800;
    pub(crate) const IPV6: u16 = 0x86dd;
    pub(crate) const VLAN: [u16; 4] = [0x8100, 0x88a8, 0x9100, 0x9200];
    pub(super) const PPPOE_SESSION: u16 = 0x8864;
    pub(super) const MPLS: [u16; 2] = [0x8847, 0x8848];
    pub(super) const HSR: u16 = 0x892f;
    pub(super) const CISCO_METADATA: u16 = 0x8909;
    /// Values up to this are the length of an 802.3 frame with LLC.
    pub(crate) const LENGTH_MAX: u16 = 1500;
}

/// IP protocol numbers (IANA).
pub(crate) mod ip_protocol {
    pub(crate) const ICMP: u8 = 1;
    pub(crate) const IPV4: u8 = 4;
    pub(crate) const TCP: u8 = 6;
    pub(crate) const UDP: u8 = 17;
    pub(crate) const IPV6: u8 = 41;
    pub(crate) const GRE: u8 = 47;
    pub(crate) const ICMPV6: u8 = 58;
}

/// VLAN tags that are followed before the frame is given up.
const TAGS_MAX: usize = 4;
/// MPLS labels that are followed.
const LABELS_MAX: usize = 8;
/// IPv6 extension headers that are followed.
const EXTENSIONS_MAX: usize = 8;

/// The network layer of a packet.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// Sender.
    pub src: IpAddr,
    /// Receiver.
    pub dst: IpAddr,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// IP protocol of the payload.
    pub protocol: u8,
    /// IPv4 identification or that of the IPv6 fragment header; 0 when there is none.
    pub id: u32,
    /// Set when this is a piece of a larger datagram.
    pub fragment: Option<Fragment>,
}

/// Where a piece belongs in its datagram.
#[derive(Clone, Copy, Debug)]
pub struct Fragment {
    /// Offset in bytes.
    pub offset: usize,
    /// More pieces follow.
    pub more: bool,
}

/// A decoded packet, borrowed from its frame.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Source MAC, when the link has one.
    pub src_mac: Option<Mac>,
    /// Destination MAC, when the link shows one.
    pub dst_mac: Option<Mac>,
    /// Innermost VLAN id; a priority tag (id 0) is none.
    pub vlan: Option<u16>,
    /// EtherType; 0 for 802.3 frames with LLC.
    pub ethertype: u16,
    /// IP header, when there is one.
    pub network: Option<Network>,
    /// The bytes of both addresses as they lie in the frame: IP where there is one, else MAC.
    pub addresses: &'a [u8],
    /// What follows the last header that was decoded.
    pub payload: &'a [u8],
    /// Bytes of the payload that were on the wire and not captured, or that the headers promise and the frame has not.
    pub missing: usize,
}

impl Packet<'_> {
    const EMPTY: Self = Self {
        src_mac: None,
        dst_mac: None,
        vlan: None,
        ethertype: 0,
        network: None,
        addresses: &[],
        payload: &[],
        missing: 0,
    };
}

/// Why a frame gave no packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Undecoded {
    /// The frame ends inside its headers.
    Truncated,
    /// The headers contradict themselves.
    Malformed,
    /// The link type is not known.
    UnknownLink,
}

impl From<Short> for Undecoded {
    fn from(_: Short) -> Self {
        Self::Truncated
    }
}

/// Decodes the link and network headers of a frame.
///
/// # Errors
/// When not even the link header can be read. A broken IP header gives a packet without `network`.
pub fn decode<'a>(frame: &Frame<'a>) -> Result<Packet<'a>, Undecoded> {
    let missing = (frame.wire_len as usize).saturating_sub(frame.data.len());
    from_link(frame.link, frame.data, missing)
}

/// Decodes what a tunnel carries: what follows an EtherType, or a whole Ethernet frame. `missing` bytes of it were not captured.
///
/// # Errors
/// Like [`decode`].
pub(crate) fn decode_carried(
    kind: Option<u16>,
    data: &[u8],
    missing: usize,
) -> Result<Packet<'_>, Undecoded> {
    let Some(kind) = kind else { return from_link(LinkType::ETHERNET, data, missing) };
    let packet = Packet { ethertype: kind, missing, ..Packet::EMPTY };
    from_tags(Reader::new(data), packet)
}

#[inline]
fn from_link(link: LinkType, data: &[u8], missing: usize) -> Result<Packet<'_>, Undecoded> {
    let mut r = Reader::new(data);
    let mut packet = Packet { missing, ..Packet::EMPTY };
    packet.ethertype = link_header(link, &mut r, &mut packet)?;
    if link == LinkType::ETHERNET {
        packet.addresses = data.get(..12).unwrap_or_default();
    }
    from_tags(r, packet)
}

#[inline]
fn from_tags<'a>(mut r: Reader<'a>, mut packet: Packet<'a>) -> Result<Packet<'a>, Undecoded> {
    // Most frames carry IPv4 right behind the link header: they need not be asked for every kind of tag.
    if packet.ethertype != ethertype::IPV4 {
        tags(&mut r, &mut packet)?;
    }
    packet.payload = r.rest();
    match packet.ethertype {
        ethertype::IPV4 => ipv4(&mut packet)?,
        ethertype::IPV6 => ipv6(&mut packet)?,
        length if length <= ethertype::LENGTH_MAX => {
            packet.payload = packet.payload.get(..usize::from(length)).unwrap_or(packet.payload);
            packet.ethertype = 0;
        }
        _ => {}
    }
    Ok(packet)
}

/// Reads the link header and answers the EtherType.
fn link_header(link: LinkType, r: &mut Reader<'_>, packet: &mut Packet<'_>) -> Result<u16, Undecoded> {
    match link {
        LinkType::ETHERNET => {
            packet.dst_mac = Some(mac(r)?);
            packet.src_mac = Some(mac(r)?);
            Ok(r.u16()?)
        }
        LinkType::LINUX_SLL => {
            r.skip(4)?;
            let length = r.u16()?;
            let address = r.sub(8)?;
            packet.src_mac = cooked_mac(length.into(), address);
            Ok(r.u16()?)
        }
        LinkType::LINUX_SLL2 => {
            let protocol = r.u16()?;
            r.skip(9)?;
            let length = r.u8()?;
            let address = r.sub(8)?;
            packet.src_mac = cooked_mac(length.into(), address);
            Ok(protocol)
        }
        LinkType::NULL | LinkType::LOOP => {
            r.skip(4)?;
            Ok(by_version(r))
        }
        LinkType::RAW | LinkType::RAW_BSD | LinkType::RAW_OPENBSD | LinkType::IPV4 | LinkType::IPV6 => {
            Ok(by_version(r))
        }
        _ => Err(Undecoded::UnknownLink),
    }
}

/// The MAC of a cooked capture: six octets, or nothing (loopback says six zero octets).
fn cooked_mac(length: usize, mut address: Reader<'_>) -> Option<Mac> {
    if length != 6 {
        return None;
    }
    mac(&mut address).ok().filter(|m| m.0 != [0; 6])
}

/// EtherType of a bare IP packet, from its version field.
fn by_version(r: &Reader<'_>) -> u16 {
    match r.rest().first().map(|b| b >> 4) {
        Some(4) => ethertype::IPV4,
        Some(6) => ethertype::IPV6,
        _ => u16::MAX,
    }
}

fn mac(r: &mut Reader<'_>) -> Read<Mac> {
    r.take(6)?.first_chunk::<6>().map(|b| Mac(*b)).ok_or(Short)
}

/// Walks over VLAN, HSR, TrustSec, PPPoE and MPLS headers.
fn tags(r: &mut Reader<'_>, packet: &mut Packet<'_>) -> Result<(), Undecoded> {
    for _ in 0..TAGS_MAX {
        if ethertype::VLAN.contains(&packet.ethertype) {
            let id = r.u16()? & 0x0fff;
            packet.vlan = Some(id).filter(|&id| id != 0).or(packet.vlan);
            packet.ethertype = r.u16()?;
        } else if packet.ethertype == ethertype::HSR {
            r.skip(4)?;
            packet.ethertype = r.u16()?;
        } else if packet.ethertype == ethertype::CISCO_METADATA {
            // Version, length, option, security group (Cisco TrustSec).
            r.skip(6)?;
            packet.ethertype = r.u16()?;
        } else if packet.ethertype == ethertype::PPPOE_SESSION {
            r.skip(6)?;
            packet.ethertype = match r.u16()? {
                0x0021 => ethertype::IPV4,
                0x0057 => ethertype::IPV6,
                _ => return Ok(()),
            };
        } else if ethertype::MPLS.contains(&packet.ethertype) {
            return labels(r, packet);
        } else {
            return Ok(());
        }
    }
    Ok(())
}

/// A stack of MPLS labels (RFC 3032, 2.1), and the IP packet behind it. Anything else behind it is left alone: nothing says what it is.
fn labels(r: &mut Reader<'_>, packet: &mut Packet<'_>) -> Result<(), Undecoded> {
    let mut ahead = *r;
    for _ in 0..LABELS_MAX {
        if ahead.u32()? & 0x100 != 0 {
            let kind = by_version(&ahead);
            if kind != u16::MAX {
                (*r, packet.ethertype) = (ahead, kind);
            }
            return Ok(());
        }
    }
    Ok(())
}

/// IPv4 (RFC 791 §3.1).
fn ipv4(packet: &mut Packet<'_>) -> Result<(), Undecoded> {
    let whole = packet.payload;
    let mut r = Reader::new(whole);
    let first = r.u8()?;
    let header_len = usize::from(first & 0x0f) * 4;
    if first >> 4 != 4 || header_len < 20 {
        return Err(Undecoded::Malformed);
    }
    r.skip(1)?;
    let total = usize::from(r.u16()?);
    let id = r.u16()?;
    let flags = r.u16()?;
    let (ttl, protocol) = (r.u8()?, r.u8()?);
    r.skip(2)?;
    let src = IpAddr::V4(Ipv4Addr::from(r.u32()?));
    let dst = IpAddr::V4(Ipv4Addr::from(r.u32()?));
    // A total length of 0 is segmentation offload: the frame's own length counts.
    let total = if total == 0 { whole.len() } else { total };
    if total < header_len {
        return Err(Undecoded::Malformed);
    }
    packet.addresses = whole.get(12..20).unwrap_or_default();
    packet.missing = total.saturating_sub(whole.len());
    packet.payload = whole.get(header_len..total.min(whole.len())).unwrap_or_default();
    let fragment = (flags & 0x3fff != 0)
        .then(|| Fragment { offset: usize::from(flags & 0x1fff) * 8, more: flags & 0x2000 != 0 });
    packet.network = Some(Network { src, dst, ttl, protocol, id: id.into(), fragment });
    Ok(())
}

/// IPv6 with its extension headers (RFC 8200 §3, §4).
fn ipv6(packet: &mut Packet<'_>) -> Result<(), Undecoded> {
    let whole = packet.payload;
    let mut r = Reader::new(whole);
    if r.u32()? >> 28 != 6 {
        return Err(Undecoded::Malformed);
    }
    let length = usize::from(r.u16()?);
    let (mut next, ttl) = (r.u8()?, r.u8()?);
    let src = IpAddr::V6(ip6(&mut r)?);
    let dst = IpAddr::V6(ip6(&mut r)?);
    // A length of 0 is a jumbogram or segmentation offload.
    let length = if length == 0 { r.len() } else { length };
    packet.missing = length.saturating_sub(r.len());
    let mut body = Reader::new(r.up_to(length));
    let mut network = Network { src, dst, ttl, protocol: next, id: 0, fragment: None };
    for _ in 0..EXTENSIONS_MAX {
        match next {
            0 | 43 | 60 | 135 => {
                next = body.u8()?;
                let units = usize::from(body.u8()?);
                body.skip(units * 8 + 6)?;
            }
            44 => {
                next = body.u8()?;
                body.skip(1)?;
                let offset = body.u16()?;
                network.id = body.u32()?;
                let piece = Fragment { offset: usize::from(offset & 0xfff8), more: offset & 1 != 0 };
                network.fragment = (piece.more || piece.offset != 0).then_some(piece);
            }
            _ => break,
        }
        if network.fragment.is_some_and(|f| f.offset != 0) {
            break;
        }
    }
    network.protocol = next;
    packet.addresses = whole.get(8..40).unwrap_or_default();
    packet.network = Some(network);
    packet.payload = body.rest();
    Ok(())
}

fn ip6(r: &mut Reader<'_>) -> Read<Ipv6Addr> {
    r.take(16)?.first_chunk::<16>().map(|b| Ipv6Addr::from(*b)).ok_or(Short)
}

/// Whether an address can be a station's own: neither unspecified, multicast nor the limited broadcast.
pub fn is_station(ip: IpAddr) -> bool {
    !ip.is_unspecified() && !ip.is_multicast() && ip != IpAddr::V4(Ipv4Addr::BROADCAST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{CaptureId, Timestamp};

    /// UDP between 10.0.0.1 and 10.0.0.2 behind these tags.
    fn behind(tags: &[u8]) -> Packet<'static> {
        let ip = [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 1, 0, 2, 0, 8, 0, 0];
        let data: &'static [u8] =
            Vec::leak([&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2][..], tags, &[8, 0], &ip].concat());
        let (capture, time, link) = (CaptureId(0), Timestamp(0), LinkType::ETHERNET);
        let wire_len = u32::try_from(data.len()).unwrap();
        decode(&Frame { capture, number: 1, time, link, wire_len, data }).unwrap()
    }

    #[test]
    fn tags_are_walked_through() {
        for (tags, vlan) in [
            (&b""[..], None),
            (b"\x81\x00\x00\x0a", Some(10)),
            (b"\x88\xa8\x00\x05\x81\x00\x00\x0a", Some(10)),
            (b"\x81\x00\x00\x0a\x89\x2f\x00\x10\x00\x01", Some(10)),
            (b"\x81\x00\x00\x0a\x89\x09\x01\x01\x00\x01\x00\x11", Some(10)),
        ] {
            let packet = behind(tags);
            let network = packet.network.unwrap();
            assert_eq!((packet.vlan, network.src), (vlan, IpAddr::from([10, 0, 0, 1])), "{tags:x?}");
        }
    }
}
