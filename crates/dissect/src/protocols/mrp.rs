//! MRP, the ring of industrial switches: a manager sends test frames both ways round, its clients report links that go down or up.
//! Source: IEC 62439-2, clause 8 (frame formats), with the type codes of its table "MRP_TLVHeader.Type".

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, be16, byte};
use model::{Attribute, Mac, Operation, OperationClass as Class, Text};

/// The protocol.
pub(super) struct Mrp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "mrp",
    title: "MRP (media redundancy)",
    tcp: &[],
    udp: &[],
    ethertypes: &[0x88e3],
    industrial: true,
    sources: "IEC 62439-2",
    operations: &[&OPERATIONS],
};

static TYPE: Counter = Counter { protocol: "mrp", name: "type" };

/// The only version.
const VERSION: u16 = 1;
/// Elements of one frame that are read.
const ELEMENTS_MAX: usize = 16;

/// Element types.
mod element {
    pub(super) const END: u8 = 0x00;
    pub(super) const COMMON: u8 = 0x01;
    pub(super) const TEST: u8 = 0x02;
    pub(super) const TOPOLOGY_CHANGE: u8 = 0x03;
    pub(super) const LINK_DOWN: u8 = 0x04;
    pub(super) const LINK_UP: u8 = 0x05;
    pub(super) const IN_TEST: u8 = 0x06;
    pub(super) const IN_TOPOLOGY_CHANGE: u8 = 0x07;
    pub(super) const IN_LINK_DOWN: u8 = 0x08;
    pub(super) const IN_LINK_UP: u8 = 0x09;
    pub(super) const IN_LINK_STATUS_POLL: u8 = 0x0a;
    pub(super) const OPTION: u8 = 0x7f;
}

/// A domain that nobody set (MRP_DomainUUID with all bits one) tells nothing.
const DEFAULT_DOMAIN: [u8; 16] = [0xff; 16];

impl Protocol for Mrp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// The version, and an element that can come first.
    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        let first =
            byte(head, 2).is_some_and(|kind| (element::TEST..=element::IN_LINK_STATUS_POLL).contains(&kind));
        Probe::when(be16(head, 0) == Some(VERSION) && first)
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| {
            if frame(input, emit).is_err() && !input.cut {
                emit.malformed();
            }
            Progress::Took(input.data.len())
        }))
    }
}

/// Version, then elements with type and length. Zeros that fill an element up to a multiple of four, and the frame to its least length,
/// look like the end element; what is behind them is read all the same.
fn frame(input: Input<'_>, emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(input.data);
    r.skip(2)?;
    for _ in 0..ELEMENTS_MAX {
        if r.len() < 2 {
            break;
        }
        let (kind, length) = (r.u8()?, r.u8()?);
        let value = r.take(length.into())?;
        match kind {
            element::END => {}
            element::COMMON => domain(value, emit)?,
            element::OPTION => maker(value, emit),
            _ => message(kind, value, emit)?,
        }
    }
    Ok(())
}

/// What is counted, and who sends such a message: a manager tests and tells of changes, a client reports its links.
fn message(kind: u8, value: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    emit.count(&TYPE, kind);
    emit.operation(&OPERATIONS, kind.into(), Phase::Request);
    let mut r = Reader::new(value);
    let role = match kind {
        element::TEST | element::TOPOLOGY_CHANGE => "mrp manager",
        element::LINK_DOWN | element::LINK_UP => "mrp client",
        element::IN_TEST | element::IN_TOPOLOGY_CHANGE | element::IN_LINK_STATUS_POLL => {
            "mrp interconnection manager"
        }
        element::IN_LINK_DOWN | element::IN_LINK_UP => "mrp interconnection client",
        _ => return Ok(()),
    };
    emit.identity(Whom::Sender, Attribute::Capability, Text::new(role), value, "pn_mrp.type");
    // MRP_Prio or MRP_InID stand before the address.
    if matches!(kind, element::TEST | element::TOPOLOGY_CHANGE | element::IN_TEST) {
        r.skip(2)?;
    }
    if kind != element::IN_LINK_STATUS_POLL {
        let address = r.take(6)?;
        own_address(address, emit);
    }
    Ok(())
}

/// MRP_SA: the switch's own address. The frame itself comes from that of a port.
fn own_address(address: &[u8], emit: &mut Emit<'_>) {
    let Some(mac) = address.first_chunk::<6>().map(|b| Mac(*b)) else { return };
    if mac.is_station() && emit.sender().mac != Some(mac) {
        let text = Text::new(&mac.to_string());
        emit.identity(Whom::Sender, Attribute::OtherMac, text, address, "pn_mrp.sa");
    }
}

/// MRP_SequenceID and MRP_DomainUUID: the ring that the sender belongs to.
fn domain(value: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(value);
    r.skip(2)?;
    let uuid = r.take(16)?;
    if *uuid != DEFAULT_DOMAIN {
        emit.identity(Whom::Sender, Attribute::Domain, Text::new(&dashed(uuid)), uuid, "pn_mrp.domain_uuid");
    }
    Ok(())
}

/// A UUID as it is usually written, in the order of the wire.
fn dashed(uuid: &[u8]) -> String {
    let mut out = String::with_capacity(36);
    for (at, octet) in uuid.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out.push_str(&format!("{octet:02x}"));
    }
    out
}

/// MRP_ManufacturerOUI of an option: who made the sender's redundancy software.
fn maker(value: &[u8], emit: &mut Emit<'_>) {
    let Some(oui) = value.first_chunk::<3>() else { return };
    let [a, b, c] = *oui;
    let text = Text::new(&format!("{a:02x}-{b:02x}-{c:02x}"));
    emit.identity(Whom::Sender, Attribute::VendorId, text, oui, "pn_mrp.oui");
}

const fn op(name: &'static str, code: u8, class: Class) -> Operation {
    Operation::new(name, code as u32, class)
}

/// Element types that are messages.
static OPERATIONS: Operations = Operations {
    prefix: "type",
    list: &[
        op("test", element::TEST, Class::Session),
        op("topology_change", element::TOPOLOGY_CHANGE, Class::Session),
        op("link_down", element::LINK_DOWN, Class::Session),
        op("link_up", element::LINK_UP, Class::Session),
        op("in_test", element::IN_TEST, Class::Session),
        op("in_topology_change", element::IN_TOPOLOGY_CHANGE, Class::Session),
        op("in_link_down", element::IN_LINK_DOWN, Class::Session),
        op("in_link_up", element::IN_LINK_UP, Class::Session),
        op("in_link_status_poll", element::IN_LINK_STATUS_POLL, Class::Session),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hear, hex, probe};
    use model::Transport;

    /// IEC 62439-2: a test frame of a manager at its default priority, ring closed, with the maker's option and a domain.
    const TEST: &str = "0001 0212 8000 020000000009 0000 0001 0001 0000abcd 0112 0005 \
        00112233445566778899aabbccddeeff 7f06 080006 00 0000 0000 0000000000000000";

    #[test]
    fn a_ring() {
        // A client reports a link; two octets fill the element up to a multiple of four.
        let down =
            hex("0001 040c 020000000001 0001 0014 0001 0000 0112 0006 ffffffffffffffffffffffffffffffff 0000");
        assert_eq!(
            hear(&Mrp, Transport::Ethernet, &[('>', &hex(TEST)), ('<', &down)]),
            [
                "operation link_down session 1 0 0",
                "operation test session 1 0 0",
                "02:00:00:00:00:01 capability mrp manager",
                "02:00:00:00:00:01 other_mac 02:00:00:00:00:09",
                "02:00:00:00:00:01 domain 00112233-4455-6677-8899-aabbccddeeff",
                "02:00:00:00:00:01 vendor_id 08-00-06",
                "02:00:00:00:00:01 capability mrp client",
                "mrp.type l2 2 1",
                "mrp.type l2 4 1",
            ]
        );
    }

    #[test]
    fn recognition_and_damage() {
        assert_eq!(probe(&Mrp, Transport::Ethernet, true, &hex(TEST)), Probe::Yes);
        assert_eq!(probe(&Mrp, Transport::Ethernet, true, &hex("0002 0212")), Probe::No);
        assert_eq!(probe(&Mrp, Transport::Ethernet, true, &hex("0001 7f06")), Probe::No);
        let cut = &hex(TEST)[..12];
        assert_eq!(hear(&Mrp, Transport::Ethernet, &[('>', cut)]), ["malformed message"]);
    }
}
