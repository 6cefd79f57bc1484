//! CDP: what Cisco devices (and some others) say of themselves to their neighbours.
//! Source: Cisco, "Cisco Discovery Protocol Version 2" packet format; IEEE 802.2 and RFC 1042 for LLC and SNAP.

use super::described;
use crate::emit::{Counter, Emit, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader};
use model::observation::Binding;
use model::{Attribute, Host, Text};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The protocol.
pub(super) struct Cdp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "cdp",
    title: "Cisco Discovery Protocol",
    tcp: &[],
    udp: &[],
    ethertypes: &[0, 0x2000],
    industrial: false,
    sources: "Cisco Discovery Protocol packet format; IEEE 802.2",
    operations: &[],
};

static VERSION: Counter = Counter { protocol: "cdp", name: "version" };

/// SNAP header with Cisco's OUI (RFC 1042).
const CISCO: [u8; 6] = [0xaa, 0xaa, 0x03, 0x00, 0x00, 0x0c];
/// Protocols that share CDP's group address, and so its conversation: PAgP, UDLD, CDP, VTP, DTP.
const SIBLINGS: [(u16, &str); 5] =
    [(0x0104, "pagp"), (0x0111, "udld"), (CDP, "cdp"), (0x2003, "vtp"), (0x2004, "dtp")];
const CDP: u16 = 0x2000;
/// Elements and addresses of one frame that are read.
const ELEMENTS_MAX: usize = 64;
const ADDRESSES_MAX: u32 = 32;

impl Protocol for Cdp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        // As the payload of a tunnel it has no SNAP header; version 1 or 2, then a sound first element.
        if hint.ethertype == CDP {
            return Probe::when(matches!(head, [1 | 2, _, _, _, 0, 1..=0x1f, 0, 4..=255, ..]));
        }
        Probe::when(snap(head).is_ok_and(|(kind, _)| SIBLINGS.iter().any(|(k, _)| *k == kind)))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Neighbours::default())
    }
}

#[derive(Default)]
struct Neighbours {
    /// The siblings alone are not CDP; with it they are one conversation.
    cdp: bool,
}

impl Session for Neighbours {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let direct = matches!(input.data, [1 | 2, ..]).then_some((CDP, input.data));
        match direct.map_or_else(|| snap(input.data), Ok) {
            Ok((CDP, data)) => {
                self.cdp = true;
                emit.refine(INFO.name);
                if frame(data, emit).is_err() && !input.cut {
                    emit.malformed();
                }
            }
            Ok((kind, _)) if !self.cdp => {
                if let Some((_, name)) = SIBLINGS.iter().find(|(k, _)| *k == kind) {
                    emit.refine(name);
                }
            }
            _ => {}
        }
        Progress::Took(input.data.len())
    }
}

fn snap(data: &[u8]) -> Read<(u16, &[u8])> {
    let mut r = Reader::new(data);
    if r.take(6)? != CISCO {
        return Err(crate::reader::Short);
    }
    Ok((r.u16()?, r.rest()))
}

/// Version, time to live, checksum; then elements with type and length, which counts its own head.
fn frame(data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(data);
    emit.count(&VERSION, r.u8()?);
    r.skip(3)?;
    for _ in 0..ELEMENTS_MAX {
        if r.is_empty() {
            break;
        }
        let (kind, len) = (r.u16()?, r.u16()?);
        let value = r.take(usize::from(len).saturating_sub(4))?;
        match kind {
            0x01 => emit.text(Whom::Sender, Attribute::Name, value, "cdp.deviceid"),
            0x02 => addresses(value, true, emit)?,
            0x03 => emit.text(Whom::Sender, Attribute::PortName, value, "cdp.portid"),
            0x04 => capabilities(value, emit)?,
            0x05 => version(value, emit),
            0x06 => emit.text(Whom::Sender, Attribute::Product, value, "cdp.platform"),
            0x14 => emit.text(Whom::Sender, Attribute::Name, value, "cdp.system_name"),
            0x16 => addresses(value, false, emit)?,
            0x17 => emit.text(
                Whom::Sender,
                Attribute::Location,
                value.get(1..).unwrap_or_default(),
                "cdp.location",
            ),
            _ => {}
        }
    }
    Ok(())
}

/// A text of several lines; the word after `Version` is the release.
fn version(value: &[u8], emit: &mut Emit<'_>) {
    emit.text(Whom::Sender, Attribute::Description, value, "cdp.software_version");
    if value.starts_with(b"Cisco ") {
        described::system(value, "cdp.software_version", emit);
    } else {
        described::release(value, "cdp.software_version", emit);
    }
}

fn capabilities(value: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    const NAMES: [&str; 8] =
        ["router", "bridge", "source route bridge", "switch", "host", "igmp", "repeater", "telephone"];
    let bits = Reader::new(value).u32()?;
    for (bit, name) in NAMES.iter().enumerate() {
        if bits >> bit & 1 != 0 {
            emit.identity(Whom::Sender, Attribute::Capability, Text::new(name), value, "cdp.capabilities");
        }
    }
    Ok(())
}

/// Count; each with protocol type and name, length and address. IPv4 is NLPID 0xCC, IPv6 the SNAP header of EtherType 0x86DD.
fn addresses(value: &[u8], own: bool, emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(value);
    let count = r.u32()?;
    for _ in 0..count.min(ADDRESSES_MAX) {
        r.skip(1)?;
        let len = r.u8()?;
        let protocol = r.take(len.into())?;
        let len = r.u16()?;
        let bytes = r.take(len.into())?;
        let ip = match (protocol, bytes.len()) {
            ([0xcc], 4) => bytes.first_chunk::<4>().map(|b| IpAddr::V4(Ipv4Addr::from(*b))),
            ([.., 0x86, 0xdd], 16) => bytes.first_chunk::<16>().map(|b| IpAddr::V6(Ipv6Addr::from(*b))),
            _ => None,
        };
        match ip {
            Some(ip) if own => {
                let host = Host { ip: Some(ip), ..emit.sender() };
                emit.binding(host, Binding::Declared, bytes, "cdp.nrgyz.ip_address");
            }
            Some(ip) if crate::packet::is_station(ip) => {
                let text = Text::new(&ip.to_string());
                emit.identity(Whom::Sender, Attribute::OtherIp, text, bytes, "cdp.nrgyz.ip_address");
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hear, hex, probe};
    use model::Transport;

    fn element(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(value.len() + 4).unwrap();
        [&kind.to_be_bytes()[..], &length.to_be_bytes(), value].concat()
    }

    #[test]
    fn what_a_switch_says() {
        let frame = [
            hex("aaaa03 00000c 2000 02 b4 0000"),
            element(1, b"sw-1"),
            element(2, &hex("00000001 01 01 cc 0004 0a000009")),
            element(3, b"Fa0/1"),
            element(4, &hex("00000029")),
            element(5, b"Cisco IOS Software, Version 12.2(44)SE, RELEASE"),
            element(6, b"cisco WS-C3560"),
        ]
        .concat();
        let said = hear(&Cdp, Transport::Ethernet, &[('>', &frame)]);
        for line in [
            "02:00:00:00:00:01 name sw-1",
            "10.0.0.9 = 02:00:00:00:00:01 Declared",
            "02:00:00:00:00:01 port_name Fa0/1",
            "02:00:00:00:00:01 capability router",
            "02:00:00:00:00:01 capability switch",
            "02:00:00:00:00:01 firmware 12.2(44)SE",
            "02:00:00:00:00:01 product cisco WS-C3560",
            "cdp.version l2 2 1",
        ] {
            assert!(said.iter().any(|s| s == line), "{line} is not in {said:#?}");
        }
    }

    #[test]
    fn siblings_and_damage() {
        let dtp = hex("aaaa03 00000c 2004 01");
        assert_eq!(probe(&Cdp, Transport::Ethernet, true, &dtp), Probe::Yes);
        assert_eq!(hear(&Cdp, Transport::Ethernet, &[('>', &dtp)]), Vec::<String>::new());
        assert_eq!(probe(&Cdp, Transport::Ethernet, true, &hex("424203 0000")), Probe::No);
        let cut = hex("aaaa03 00000c 2000 02 b4 0000 0001 ffff 41");
        assert!(hear(&Cdp, Transport::Ethernet, &[('>', &cut)]).contains(&"malformed message".to_owned()));
    }
}
