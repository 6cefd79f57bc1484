//! LLDP: what a neighbour says of itself and of the port it speaks through.
//! Sources: IEEE 802.1AB-2016 (AB); ANSI/TIA-1057 (LLDP-MED); IEC 61158-6-10 (PROFINET extensions).

use super::described;
use crate::emit::{Counter, Emit, Whom};
use crate::protocol::{Hint, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, be16};
use model::observation::Binding;
use model::{Attribute, Confidence, Host, Mac, Text};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The protocol.
pub(super) struct Lldp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "lldp",
    title: "LLDP",
    tcp: &[],
    udp: &[],
    ethertypes: &[0x88cc],
    industrial: false,
    sources: "IEEE 802.1AB-2016; ANSI/TIA-1057; IEC 61158-6-10",
    operations: &[],
};

static CHASSIS_SUBTYPE: Counter = Counter { protocol: "lldp", name: "chassis_subtype" };

/// Elements of one frame that are read.
const ELEMENTS_MAX: usize = 128;

impl Protocol for Lldp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// AB 8.2: the first element is the chassis id, type 1.
    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        Probe::when(be16(head, 0).is_some_and(|h| h >> 9 == 1 && h & 0x1ff >= 2))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| {
            if frame(input.data, emit).is_err() && !input.cut {
                emit.malformed();
            }
            Progress::Took(input.data.len())
        }))
    }
}

/// A row of elements: seven bits of type, nine of length (AB 8.4).
fn frame(data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(data);
    for _ in 0..ELEMENTS_MAX {
        if r.is_empty() {
            break;
        }
        let head = r.u16()?;
        let value = r.take(usize::from(head & 0x1ff))?;
        match head >> 9 {
            0 => break,
            1 => chassis(value, emit)?,
            2 => port(value, emit)?,
            4 => emit.text(Whom::Sender, Attribute::PortName, value, "lldp.port.desc"),
            5 => emit.text(Whom::Sender, Attribute::Name, value, "lldp.tlv.system.name"),
            6 => {
                emit.text(Whom::Sender, Attribute::Description, value, "lldp.tlv.system.desc");
                described::system(value, "lldp.tlv.system.desc", emit);
            }
            7 => capabilities(value, emit),
            8 => management(value, emit)?,
            127 => organisation(value, emit)?,
            _ => {}
        }
    }
    Ok(())
}

/// Chassis id (AB 8.5.2): subtype 4 is a MAC, 5 a network address, the others are names.
fn chassis(value: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(value);
    let subtype = r.u8()?;
    emit.count(&CHASSIS_SUBTYPE, subtype);
    match subtype {
        4 => other_mac(r.rest(), "lldp.chassis.id.mac", emit),
        5 => {}
        // PROFINET names the station in 80 characters of fixed places.
        7 if r.len() == 80 => described::station(r.rest(), "lldp.chassis.id", emit),
        _ => {
            let name = Text::from_wire(r.rest());
            emit.claim(Whom::Sender, Attribute::Name, name, r.rest(), "lldp.chassis.id", Confidence::LIKELY);
        }
    }
    Ok(())
}

/// Port id (AB 8.5.3): subtype 3 is a MAC, 4 a network address, the others are names.
fn port(value: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(value);
    match r.u8()? {
        3 => other_mac(r.rest(), "lldp.port.id.mac", emit),
        4 => {}
        _ => emit.text(Whom::Sender, Attribute::PortName, r.rest(), "lldp.port.id"),
    }
    Ok(())
}

/// A MAC of the same device, unless it is the sender's own.
fn other_mac(value: &[u8], field: &'static str, emit: &mut Emit<'_>) {
    let Some(mac) = value.first_chunk::<6>().map(|b| Mac(*b)) else { return };
    if value.len() == 6 && mac.is_station() && emit.sender().mac != Some(mac) {
        emit.identity(Whom::Sender, Attribute::OtherMac, Text::new(&mac.to_string()), value, field);
    }
}

/// What is switched on of what the system can do (AB 8.5.8).
fn capabilities(value: &[u8], emit: &mut Emit<'_>) {
    const NAMES: [&str; 11] = [
        "other",
        "repeater",
        "bridge",
        "access point",
        "router",
        "telephone",
        "docsis",
        "station",
        "vlan component",
        "vlan s-component",
        "relay",
    ];
    let Some(enabled) = be16(value, 2) else { return };
    for (bit, name) in NAMES.iter().enumerate() {
        if enabled >> bit & 1 != 0 {
            let field = "lldp.tlv.enable_system_cap";
            emit.identity(Whom::Sender, Attribute::Capability, Text::new(name), value, field);
        }
    }
}

/// Management address (AB 8.5.9): IANA address family 1 is IPv4, 2 is IPv6.
fn management(value: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(value);
    let len = usize::from(r.u8()?);
    let family = r.u8()?;
    let bytes = r.take(len.saturating_sub(1))?;
    let ip = match family {
        1 => bytes.first_chunk::<4>().map(|b| IpAddr::V4(Ipv4Addr::from(*b))),
        2 => bytes.first_chunk::<16>().map(|b| IpAddr::V6(Ipv6Addr::from(*b))),
        _ => None,
    };
    if let Some(ip) = ip.filter(|ip| !ip.is_loopback()) {
        let host = Host { ip: Some(ip), ..emit.sender() };
        emit.binding(host, Binding::Declared, bytes, "lldp.mgn.addr.ip4");
    }
    Ok(())
}

/// Elements of an organisation (AB 8.6): its OUI and a subtype of its own.
fn organisation(value: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(value);
    let oui = r.take(3)?;
    let subtype = r.u8()?;
    let rest = r.rest();
    match (oui, subtype) {
        // PROFINET: MAC of the interface (IEC 61158-6-10, LLDP_PNIO_CHASSIS_MAC).
        ([0x00, 0x0e, 0xcf], 5) => other_mac(rest, "lldp.profinet.cm_mac_add", emit),
        // LLDP-MED inventory (TIA-1057 10.2.6).
        ([0x00, 0x12, 0xbb], 5) => emit.text(Whom::Sender, Attribute::Hardware, rest, "lldp.media.hardware"),
        ([0x00, 0x12, 0xbb], 6) => emit.text(Whom::Sender, Attribute::Firmware, rest, "lldp.media.firmware"),
        ([0x00, 0x12, 0xbb], 7) => emit.text(Whom::Sender, Attribute::Software, rest, "lldp.media.software"),
        ([0x00, 0x12, 0xbb], 8) => emit.text(Whom::Sender, Attribute::Serial, rest, "lldp.media.sn"),
        ([0x00, 0x12, 0xbb], 9) => {
            emit.text(Whom::Sender, Attribute::Vendor, rest, "lldp.media.manufacturer")
        }
        ([0x00, 0x12, 0xbb], 10) => emit.text(Whom::Sender, Attribute::Product, rest, "lldp.media.model"),
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hear, hex, probe};
    use model::Transport;

    fn element(kind: u16, value: &[u8]) -> Vec<u8> {
        let head = (kind << 9) | u16::try_from(value.len()).unwrap();
        [&head.to_be_bytes()[..], value].concat()
    }

    #[test]
    fn what_a_station_says() {
        let description = b"Siemens, SIMATIC S7, CPU 1515-2 PN, 6ES7 515-2AM01-0AB0, HW: Version 3, FW: Version V2.6.0, S C-L5CM77762019";
        let frame = [
            element(1, &hex("04 020000000009")),
            element(2, b"\x07port-001"),
            element(3, &hex("0014")),
            element(5, b"plc-1"),
            element(6, description),
            element(7, &hex("0084 0080")),
            element(8, &hex("05 01 0a000005 02 00000001 00")),
            element(127, &hex("000ecf 05 020000000008")),
            element(127, b"\x00\x12\xbb\x08SN-1"),
            element(0, &[]),
        ]
        .concat();
        let said = hear(&Lldp, Transport::Ethernet, &[('>', &frame)]);
        let mac = "02:00:00:00:00:01";
        let expected = [
            "other_mac 02:00:00:00:00:09",
            "port_name port-001",
            "name plc-1",
            std::str::from_utf8(&[b"description ", &description[..]].concat()).unwrap(),
            "vendor Siemens",
            "product CPU 1515-2 PN",
            "order_number 6ES7 515-2AM01-0AB0",
            "hardware 3",
            "firmware V2.6.0",
            "serial S C-L5CM77762019",
            "capability station",
            "other_mac 02:00:00:00:00:08",
            "serial SN-1",
        ]
        .map(|e| format!("{mac} {e}"));
        for line in expected.iter().map(String::as_str).chain(["10.0.0.5 = 02:00:00:00:00:01 Declared"]) {
            assert!(said.iter().any(|s| s == line), "{line} is not in {said:#?}");
        }
        assert!(said.contains(&"lldp.chassis_subtype l2 4 1".to_owned()));
    }

    #[test]
    fn a_station_in_eighty_characters() {
        let id = b"S7-1500                   6ES7 515-2AM01-0AB0  S C-L5CM77762019     3 V  2  6  0";
        let frame = [element(1, &[b"\x07", &id[..]].concat()), element(0, &[])].concat();
        let said = hear(&Lldp, Transport::Ethernet, &[('>', &frame)]);
        for line in ["product S7-1500", "order_number 6ES7 515-2AM01-0AB0", "hardware 3", "firmware V2.6.0"] {
            assert!(said.contains(&format!("02:00:00:00:00:01 {line}")), "{line} is not in {said:#?}");
        }
    }

    #[test]
    fn recognition_and_damage() {
        assert_eq!(probe(&Lldp, Transport::Ethernet, true, &element(1, b"\x07a")), Probe::Yes);
        assert_eq!(probe(&Lldp, Transport::Ethernet, true, &element(5, b"a")), Probe::No);
        let cut = [element(1, b"\x07a"), hex("0bff 41")].concat();
        assert!(hear(&Lldp, Transport::Ethernet, &[('>', &cut)]).contains(&"malformed message".to_owned()));
    }
}
