//! What a frame is made of, in a few words per layer: enough to find one's way in the bytes. Never fails; stops where it cannot go on.

use model::frame::LinkType;
use serde::Serialize;
use std::net::{Ipv4Addr, Ipv6Addr};
use utoipa::ToSchema;

/// VLAN tags read before giving up.
const TAGS_MAX: usize = 4;

/// One layer of a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LayerView {
    /// Name of the layer.
    pub name: &'static str,
    /// First byte in the frame.
    pub offset: u32,
    /// Its bytes in the frame, without those of the layers inside.
    pub length: u32,
    /// Its main fields in words.
    pub summary: String,
}

/// Layers from the outside in; the last may be the payload.
pub(crate) fn layers(link: LinkType, data: &[u8]) -> Vec<LayerView> {
    let mut walk = Walk { data, at: 0, layers: Vec::new() };
    walk.link(link);
    walk.rest();
    walk.layers
}

struct Walk<'a> {
    data: &'a [u8],
    at: usize,
    layers: Vec<LayerView>,
}

impl Walk<'_> {
    /// `N` bytes at `offset` of the current layer.
    fn bytes<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        let start = self.at.checked_add(offset)?;
        self.data.get(start..start.checked_add(N)?)?.try_into().ok()
    }

    fn u16(&self, offset: usize) -> Option<u16> {
        self.bytes(offset).map(u16::from_be_bytes)
    }

    /// Ends the current layer after `length` bytes.
    fn layer(&mut self, name: &'static str, length: usize, summary: String) {
        let length = length.min(self.data.len().saturating_sub(self.at));
        let size = |n| u32::try_from(n).unwrap_or(u32::MAX);
        self.layers.push(LayerView { name, offset: size(self.at), length: size(length), summary });
        self.at += length;
    }

    fn link(&mut self, link: LinkType) -> Option<()> {
        match link {
            LinkType::ETHERNET => self.ethernet(),
            LinkType::RAW | LinkType::RAW_BSD | LinkType::RAW_OPENBSD | LinkType::IPV4 | LinkType::IPV6 => {
                self.ip()
            }
            LinkType::NULL | LinkType::LOOP => {
                self.bytes::<4>(0)?;
                self.layer("Loopback", 4, "address family".into());
                self.ip()
            }
            LinkType::LINUX_SLL => {
                let ether_type = self.u16(14)?;
                self.layer("Linux cooked capture", 16, format!("type 0x{ether_type:04x}"));
                self.network(ether_type)
            }
            LinkType::LINUX_SLL2 => {
                let ether_type = self.u16(0)?;
                self.bytes::<20>(0)?;
                self.layer("Linux cooked capture v2", 20, format!("type 0x{ether_type:04x}"));
                self.network(ether_type)
            }
            LinkType::LOG_LINE => {
                let words = "a line of a log, as it stands there";
                self.layer("Log line", self.data.len(), words.into());
                Some(())
            }
            _ => None,
        }
    }

    fn ethernet(&mut self) -> Option<()> {
        let (target, source) = (model::Mac(self.bytes(0)?), model::Mac(self.bytes(6)?));
        let mut ether_type = self.u16(12)?;
        self.layer("Ethernet", 14, format!("{source} to {target}, type 0x{ether_type:04x}"));
        for _ in 0..TAGS_MAX {
            // IEEE 802.1Q-2022 table 9-1: C-tag 0x8100, S-tag 0x88a8.
            if !matches!(ether_type, 0x8100 | 0x88a8) {
                break;
            }
            let tag = self.u16(0)?;
            ether_type = self.u16(2)?;
            self.layer("VLAN", 4, format!("VLAN {}, priority {}", tag & 0x0fff, tag >> 13));
        }
        self.network(ether_type)
    }

    fn network(&mut self, ether_type: u16) -> Option<()> {
        match ether_type {
            0x0800 | 0x86dd => self.ip(),
            0x0806 => {
                let words = if self.u16(6)? == 1 { "request" } else { "reply" };
                let asked = Ipv4Addr::from(self.bytes::<4>(24)?);
                let asks = Ipv4Addr::from(self.bytes::<4>(14)?);
                self.layer("ARP", 28, format!("{words}, {asks} about {asked}"));
                Some(())
            }
            _ => None,
        }
    }

    fn ip(&mut self) -> Option<()> {
        match self.bytes::<1>(0)?[0] >> 4 {
            4 => self.ipv4(),
            6 => self.ipv6(),
            _ => None,
        }
    }

    fn ipv4(&mut self) -> Option<()> {
        let header = self.bytes::<20>(0)?;
        let (source, target) = (Ipv4Addr::from(self.bytes::<4>(12)?), Ipv4Addr::from(self.bytes::<4>(16)?));
        let length = usize::from(header[0] & 15) * 4;
        let total = usize::from(self.u16(2)?);
        let fragment = self.u16(6)? & 0x1fff;
        let end = self.at.saturating_add(total);
        self.layer("IPv4", length.max(20), format!("{source} to {target}, TTL {}", header[8]));
        if fragment > 0 {
            return None;
        }
        // Ethernet pads short frames: what is past the datagram is not payload.
        if total >= length && end < self.data.len() {
            self.data = self.data.get(..end)?;
        }
        self.transport(header[9])
    }

    fn ipv6(&mut self) -> Option<()> {
        let header = self.bytes::<40>(0)?;
        let (source, target) = (Ipv6Addr::from(self.bytes::<16>(8)?), Ipv6Addr::from(self.bytes::<16>(24)?));
        self.layer("IPv6", 40, format!("{source} to {target}, hop limit {}", header[7]));
        self.transport(header[6])
    }

    fn transport(&mut self, protocol: u8) -> Option<()> {
        match protocol {
            6 => {
                let (source, target) = (self.u16(0)?, self.u16(2)?);
                let [length, flags] = self.bytes::<2>(12)?;
                let words = tcp_flags(flags);
                self.layer(
                    "TCP",
                    usize::from(length >> 4).max(5) * 4,
                    format!("{source} to {target}, {words}"),
                );
            }
            17 => {
                let (source, target, length) = (self.u16(0)?, self.u16(2)?, self.u16(4)?);
                self.layer("UDP", 8, format!("{source} to {target}, {length} bytes"));
            }
            1 | 58 => {
                let [kind, code] = self.bytes::<2>(0)?;
                let name = if protocol == 1 { "ICMP" } else { "ICMPv6" };
                self.layer(name, 8, format!("type {kind}, code {code}"));
            }
            _ => return None,
        }
        Some(())
    }

    fn rest(&mut self) {
        let left = self.data.len().saturating_sub(self.at);
        if left > 0 {
            self.layer("Payload", left, format!("{left} bytes"));
        }
    }
}

/// RFC 9293, section 3.1.
fn tcp_flags(flags: u8) -> String {
    let names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
    let set: Vec<&str> =
        names.iter().enumerate().filter(|(bit, _)| flags >> bit & 1 == 1).map(|(_, n)| *n).collect();
    if set.is_empty() { "no flags".into() } else { set.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(link: LinkType, data: &[u8]) -> Vec<&'static str> {
        layers(link, data).into_iter().map(|l| l.name).collect()
    }

    fn modbus_request() -> Vec<u8> {
        let mut frame = vec![0, 0x80, 0xf4, 0, 0, 1, 0, 0x80, 0xf4, 0, 0, 2, 0x81, 0, 0x20, 5, 8, 0];
        frame.extend([0x45, 0, 0, 44, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 2, 7, 10, 0, 1, 5]);
        frame.extend([0xc0, 0, 1, 0xf6, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x18, 0, 0, 0, 0, 0, 0]);
        frame.extend([1, 2, 3, 4]);
        frame.extend([0; 6]);
        frame
    }

    #[test]
    fn names_every_layer_and_leaves_padding_out() {
        let found = layers(LinkType::ETHERNET, &modbus_request());
        assert_eq!(
            found.iter().map(|l| l.name).collect::<Vec<_>>(),
            ["Ethernet", "VLAN", "IPv4", "TCP", "Payload"]
        );
        assert_eq!(found[1].summary, "VLAN 5, priority 1");
        assert_eq!(found[2].summary, "10.0.2.7 to 10.0.1.5, TTL 64");
        assert_eq!(found[3].summary, "49152 to 502, PSH ACK");
        assert_eq!((found[4].offset, found[4].length), (58, 4));
    }

    #[test]
    fn any_cut_and_any_bytes_are_fine() {
        let frame = modbus_request();
        for end in 0..frame.len() {
            for link in [0, 1, 12, 101, 108, 113, 228, 229, 276, 9999] {
                let found = layers(LinkType(link), &frame[..end]);
                let covered: u32 = found.iter().map(|l| l.length).sum();
                assert!(covered as usize <= end, "{link} {end}");
            }
        }
        assert_eq!(names(LinkType(147), &[1, 2, 3]), ["Payload"]);
        assert_eq!(names(LinkType::RAW, &[0xff; 64]), ["Payload"]);
    }
}
