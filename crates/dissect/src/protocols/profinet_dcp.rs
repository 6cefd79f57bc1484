//! PROFINET DCP: finds, names and addresses stations; and the recognition of cyclic PROFINET data, which shares its EtherType.
//! Source: IEC 61158-6-10, Type 10 (PROFINET IO) protocol: 4.3 (DCP), 4.2.3 (frame ids).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, be16};
use model::observation::Binding;
use model::{Attribute, Confidence, Host, Operation, OperationClass as Class, Text};
use std::net::{IpAddr, Ipv4Addr};

/// The protocol.
pub(super) struct ProfinetDcp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "profinet-dcp",
    title: "PROFINET DCP",
    tcp: &[],
    udp: &[],
    ethertypes: &[0x8892],
    industrial: true,
    sources: "IEC 61158-6-10",
    operations: &[&OPERATIONS],
};

static SERVICE: Counter = Counter { protocol: "profinet-dcp", name: "service" };

/// Blocks of one frame that are read.
const BLOCKS_MAX: usize = 64;

/// Services (4.3.1.3).
mod service {
    pub(super) const GET: u8 = 3;
    pub(super) const SET: u8 = 4;
    pub(super) const IDENTIFY: u8 = 5;
    pub(super) const HELLO: u8 = 6;
}

impl Protocol for ProfinetDcp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// All of the EtherType: a station's answers go between the same two addresses as its cyclic data.
    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        Probe::when(be16(head, 0).and_then(kind).is_some())
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| {
            match be16(input.data, 0).map(kind) {
                Some(Some(Kind::Dcp)) => {
                    let whole = frame(input.data.get(2..).unwrap_or_default(), emit).is_ok();
                    if !whole && !input.cut {
                        emit.malformed();
                    }
                }
                Some(Some(Kind::Cyclic)) => emit.refine("profinet-rt"),
                Some(Some(Kind::Time)) => emit.refine("profinet-ptcp"),
                _ => {}
            }
            Progress::Took(input.data.len())
        }))
    }
}

/// What the frame id says (4.2.3).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Hello, get and set, identify request, identify response.
    Dcp,
    /// Real-time classes 1 to 3 and alarms.
    Cyclic,
    /// Precision transparent clock: sync, follow-up, delay.
    Time,
}

fn kind(frame_id: u16) -> Option<Kind> {
    match frame_id {
        0xfefc..=0xfeff => Some(Kind::Dcp),
        0x0100..=0xfbff | 0xfc01 | 0xfe01 => Some(Kind::Cyclic),
        0x0000..=0x00ff | 0xff00..=0xff43 => Some(Kind::Time),
        _ => None,
    }
}

/// Service, type, transaction, delay, length, blocks.
fn frame(data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(data);
    let (id, kind) = (r.u8()?, r.u8()?);
    emit.count(&SERVICE, crate::emit::Code::Pair(id.into(), kind.into()));
    let phase = match kind & 3 {
        0 => Phase::Request,
        _ if kind & 4 != 0 => Phase::Error,
        _ => Phase::Response,
    };
    emit.operation(&OPERATIONS, id.into(), phase);
    r.skip(6)?;
    let length = r.u16()?;
    let mut r = r.sub(usize::from(length).min(r.len()))?;
    if id == service::GET && phase == Phase::Request || phase == Phase::Error {
        return Ok(());
    }
    for _ in 0..BLOCKS_MAX {
        if r.len() < 4 {
            break;
        }
        let (option, suboption, len) = (r.u8()?, r.u8()?, r.u16()?);
        let block = r.take(len.into())?;
        if len & 1 != 0 && !r.is_empty() {
            r.skip(1)?;
        }
        // An information or qualifier word precedes the value, except in what an identify request asks for.
        let asked = id == service::IDENTIFY && phase == Phase::Request;
        let value = if asked { block } else { block.get(2..).unwrap_or_default() };
        match (id, phase) {
            (service::SET, Phase::Request) => set(option, suboption, value, emit),
            (service::SET, _) => {}
            (service::HELLO, _) | (_, Phase::Response) => told(option, suboption, value, emit),
            _ if (option, suboption) == (2, 2) => {
                let field = "pn_dcp.suboption_device_nameofstation";
                emit.text(Whom::Sender, Attribute::RequestedName, value, field);
            }
            _ => {}
        }
    }
    Ok(())
}

/// What a station says of itself (4.3.1.4).
fn told(option: u8, suboption: u8, value: &[u8], emit: &mut Emit<'_>) {
    match (option, suboption) {
        (1, 2 | 3) => {
            let address = value.get(..4).unwrap_or_default();
            if let Some(ip) = address.first_chunk::<4>().map(|b| IpAddr::V4(Ipv4Addr::from(*b))) {
                let host = Host { ip: Some(ip), ..emit.sender() };
                emit.binding(host, Binding::Declared, address, "pn_dcp.suboption_ip_ip");
            }
        }
        (2, 1) => {
            emit.text(Whom::Sender, Attribute::Product, value, "pn_dcp.suboption_device_devicevendorvalue");
        }
        (2, 2) => emit.text(Whom::Sender, Attribute::Name, value, "pn_dcp.suboption_device_nameofstation"),
        (2, 3) => device_id(value, emit),
        (2, 4) => role(value, emit),
        (2, 6) => emit.text(Whom::Sender, Attribute::Name, value, "pn_dcp.suboption_device_aliasname"),
        _ => {}
    }
}

/// Vendor and device number (4.3.1.4.3).
fn device_id(value: &[u8], emit: &mut Emit<'_>) {
    let (Some(vendor), Some(device)) = (be16(value, 0), be16(value, 2)) else { return };
    let witness = value.get(..4).unwrap_or_default();
    let text = Text::new(&vendor.to_string());
    emit.identity(Whom::Sender, Attribute::VendorId, text, witness, "pn_dcp.suboption_vendor_id");
    let text = Text::new(&device.to_string());
    emit.identity(Whom::Sender, Attribute::ProductCode, text, witness, "pn_dcp.suboption_device_id");
    // PROFIBUS & PROFINET International, table of manufacturer ids.
    let name = match vendor {
        0x002a => "Siemens",
        0x00b0 => "Phoenix Contact",
        0x010c => "HMS Industrial Networks",
        0x011d => "WAGO",
        0x011e => "Hilscher",
        0x0120 => "Beckhoff",
        0x014d => "Festo",
        _ => return,
    };
    emit.identity(Whom::Sender, Attribute::Vendor, Text::new(name), witness, "pn_dcp.suboption_vendor_id");
}

/// Roles of a station (4.3.1.4.4).
fn role(value: &[u8], emit: &mut Emit<'_>) {
    const NAMES: [&str; 4] = ["IO-Device", "IO-Controller", "IO-Multidevice", "PN-Supervisor"];
    let Some(&bits) = value.first() else { return };
    for (bit, name) in NAMES.iter().enumerate() {
        if bits >> bit & 1 != 0 {
            let field = "pn_dcp.suboption_device_role";
            emit.identity(Whom::Sender, Attribute::DeviceType, Text::new(name), value, field);
        }
    }
}

/// What someone tells a station to be called or to do.
fn set(option: u8, suboption: u8, value: &[u8], emit: &mut Emit<'_>) {
    match (option, suboption) {
        (2, 2) => {
            let field = "pn_dcp.suboption_device_nameofstation";
            emit.claim(
                Whom::Receiver,
                Attribute::Name,
                Text::from_wire(value),
                value,
                field,
                Confidence::LIKELY,
            );
        }
        (5, 3) => emit.operation(&OPERATIONS, 0x0503, Phase::Request),
        (5, 5 | 6) => emit.operation(&OPERATIONS, 0x0505, Phase::Request),
        _ => {}
    }
}

/// Services, and the control options of a set request (4.3.1.4.6).
static OPERATIONS: Operations = Operations {
    prefix: "service",
    list: &[
        Operation::new("get", 3, Class::Discovery),
        Operation::new("set", 4, Class::Configuration),
        Operation::new("identify", 5, Class::Discovery),
        Operation::new("hello", 6, Class::Discovery),
        Operation::new("signal", 0x0503, Class::Diagnostic),
        Operation::new("factory_reset", 0x0505, Class::Restart),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hear, hex, probe};
    use model::Transport;

    fn heard(frames: &[&str]) -> Vec<String> {
        let frames: Vec<_> = frames.iter().map(|f| hex(f)).collect();
        let messages: Vec<_> = frames.iter().map(|f| ('>', f.as_slice())).collect();
        hear(&ProfinetDcp, Transport::Ethernet, &messages)
    }

    #[test]
    fn a_station_answers() {
        let said = heard(&["feff 05 01 00000001 0000 003c \
            0201 0005 0000 494e4300 \
            0202 0006 0000 706c6331 \
            0203 0006 0000 002a0a01 \
            0204 0004 0000 0200 \
            0102 000e 0001 0a000005 ffffff00 0a000001"]);
        for line in [
            "02:00:00:00:00:01 product INC",
            "02:00:00:00:00:01 name plc1",
            "02:00:00:00:00:01 vendor Siemens",
            "02:00:00:00:00:01 vendor_id 42",
            "02:00:00:00:00:01 product_code 2561",
            "02:00:00:00:00:01 device_type IO-Controller",
            "10.0.0.5 = 02:00:00:00:00:01 Declared",
            "operation identify discovery 0 1 0",
            "profinet-dcp.service l2 5,1 1",
        ] {
            assert!(said.iter().any(|s| s == line), "{line} is not in {said:#?}");
        }
    }

    #[test]
    fn orders_and_questions() {
        for (frame, expected) in [
            ("fefd 04 00 00000001 0000 000a 0202 0006 0001 706c6332", "02:00:00:00:00:02 name plc2"),
            ("fefd 04 00 00000001 0000 0008 0505 0002 0000 0000", "operation factory_reset restart 1 0 0"),
            ("fefe 05 00 00000001 0000 0008 0202 0004 706c6331", "02:00:00:00:00:01 requested_name plc1"),
            ("fefd 03 00 00000001 0000 0002 0202", "operation get discovery 1 0 0"),
            ("fefd 03 05 00000001 0000 0002 0202", "operation get discovery 0 1 1"),
            ("feff 05 01 00000001 0000 00ff 0202 00ff", "malformed message"),
        ] {
            let said = heard(&[frame]);
            assert!(said.iter().any(|s| s == expected), "{expected} is not in {said:#?}");
        }
    }

    #[test]
    fn recognition() {
        for (frame, expected) in [
            ("8000 00", Probe::Yes),
            ("feff 05", Probe::Yes),
            ("ff00 00", Probe::Yes),
            ("fd00 00", Probe::No),
        ] {
            assert_eq!(probe(&ProfinetDcp, Transport::Ethernet, true, &hex(frame)), expected);
        }
    }
}
