//! Which of several dissectors a frame belongs to, so that a capture can be read by more than one at a time.
//!
//! All frames between two hosts get the same number, whichever way they go: conversations, pieces of datagrams, copies from a
//! second mirror port and the connections that one conversation announces for another stay together. All tunnels go to the first
//! dissector: the packets inside may come by several of them. What dissectors that work side by side say, taken together, is then
//! what one alone would say. The one exception are tunnels in UDP whose datagrams were cut into pieces: a piece does not tell its port.

use crate::packet::{self, Network, ethertype, ip_protocol};
use crate::reader::{be16, be32};
use crate::tunnel;
use model::frame::{Frame, LinkType};

/// Spreads numbers that differ in a few low bits over all bits: 2^64 divided by the golden ratio, made odd (Knuth, The Art of
/// Computer Programming, volume 3, section 6.4).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// The dissector, of `count` (at least 1), that this frame belongs to.
#[inline]
pub fn of(frame: &Frame<'_>, count: usize) -> usize {
    let pair = plain_ipv4(frame).unwrap_or_else(|| any(frame));
    let high = pair.wrapping_mul(SPREAD) >> 32;
    let places = u64::try_from(count).unwrap_or(1);
    usize::try_from((high * places) >> 32).unwrap_or(0)
}

/// By far the most frames: Ethernet, at most one tag, IPv4 with TCP or UDP that is no tunnel's.
#[inline]
fn plain_ipv4(frame: &Frame<'_>) -> Option<u64> {
    let data = frame.data;
    let tagged = 4 * usize::from(be16(data, 12)? == ethertype::VLAN[0]);
    let ip = data.get(14 + tagged..)?;
    let ipv4 = be16(data, 12 + tagged)? == ethertype::IPV4 && frame.link == LinkType::ETHERNET;
    let &[first, .., protocol] = ip.first_chunk::<10>()?;
    let plain = match protocol {
        ip_protocol::TCP => true,
        ip_protocol::UDP => !is_tunnels(ip.get(usize::from(first & 0x0f) * 4..)?),
        _ => false,
    };
    (ipv4 && plain).then_some(u64::from(be32(ip, 12)? ^ be32(ip, 16)?))
}

/// Any other frame: the ends of the packet that is read in the end, or of the link.
#[cold]
fn any(frame: &Frame<'_>) -> u64 {
    let Ok(packet) = packet::decode(frame) else { return 0 };
    let tunnel = |net: &Network| match net.protocol {
        ip_protocol::UDP => net.fragment.is_none() && is_tunnels(packet.payload),
        _ => tunnel::may_carry(&packet, net),
    };
    if packet.network.as_ref().is_some_and(tunnel) {
        return 0;
    }
    let half = packet.addresses.len() / 2;
    let (from, to) = packet.addresses.split_at_checked(half).unwrap_or_default();
    from.iter().zip(to).fold(0, |pair: u64, (a, b)| pair.rotate_left(8) ^ u64::from(a ^ b))
}

/// Whether either end of a UDP datagram is a tunnel's: the answers stay with it.
#[inline]
fn is_tunnels(datagram: &[u8]) -> bool {
    [0, 2].into_iter().filter_map(|at| be16(datagram, at)).any(tunnel::is_port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::evidence::CaptureId;
    use model::time::Timestamp;

    fn frame(link: LinkType, data: &[u8]) -> Frame<'_> {
        Frame { capture: CaptureId(0), number: 1, time: Timestamp(0), link, wire_len: 60, data }
    }

    fn udp(from: [u8; 4], to: [u8; 4], tag: bool) -> Vec<u8> {
        let mut data = vec![2; 12];
        data.extend_from_slice(if tag { &[0x81, 0, 0, 7, 8, 0] } else { &[8, 0] });
        data.extend_from_slice(&[0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0]);
        data.extend_from_slice(&from);
        data.extend_from_slice(&to);
        data.extend_from_slice(&[0, 1, 0, 2, 0, 8, 0, 0]);
        data
    }

    #[test]
    fn both_ways_tags_and_link_types_make_no_difference() {
        let (a, b) = ([10, 0, 0, 1], [10, 0, 0, 9]);
        let at = |data: &[u8]| of(&frame(LinkType::ETHERNET, data), 1 << 20);
        let there = at(&udp(a, b, false));
        assert_eq!(there, at(&udp(b, a, false)));
        assert_eq!(there, at(&udp(a, b, true)));
        assert_ne!(there, at(&udp(a, [10, 0, 0, 8], false)));
    }

    #[test]
    fn neighbouring_addresses_spread_evenly() {
        for count in [2, 3, 4, 8] {
            let mut places = vec![0; count];
            for host in 1..=240 {
                let data = udp([192, 168, 7, host], [192, 168, 7, 250], false);
                places[of(&frame(LinkType::ETHERNET, &data), count)] += 1;
            }
            let fair = 240 / count;
            assert!(places.iter().all(|&n| n > fair / 2 && n < fair * 2), "{count}: {places:?}");
        }
    }

    #[test]
    fn a_frame_that_tells_nothing_has_a_place() {
        for len in 0..40 {
            assert!(of(&frame(LinkType::ETHERNET, &vec![0x81; len]), 3) < 3);
            assert!(of(&frame(LinkType(999), &vec![0; len]), 1) < 1);
        }
    }
}
