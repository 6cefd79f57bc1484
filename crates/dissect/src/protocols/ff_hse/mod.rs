//! FOUNDATION Fieldbus High Speed Ethernet: sessions, device management, the object services of Fieldbus Message Specification, and the
//! redundancy of two networks.
//! Source: Fieldbus Foundation FF-588 "HSE Field Device Access Agent": message header (6.3), services (6.5.1 to 6.5.4), as Wireshark's
//! dissector for it names them; ports of the IANA registry (ff-annunc, ff-fms, ff-sm, ff-lr-port).

mod operations;

use crate::emit::{Counter, Emit, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, be32, byte};
use model::{Attribute, Host, Text, Transport};
use operations::OPERATIONS;
use std::net::{IpAddr, Ipv6Addr};

/// The protocol.
pub(super) struct FfHse;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "ff-hse",
    title: "FOUNDATION Fieldbus HSE",
    tcp: &[1089, 1090, 1091, 3622],
    udp: &[1089, 1090, 1091, 3622],
    ethertypes: &[],
    industrial: true,
    sources: "FF-588 HSE Field Device Access Agent",
    operations: &[&OPERATIONS],
};

/// Services of the four protocols (6.3.1.3), each with its confirmed flag in the high bit.
static FDA: Counter = Counter { protocol: "ff-hse", name: "fda" };
static SM: Counter = Counter { protocol: "ff-hse", name: "sm" };
static FMS: Counter = Counter { protocol: "ff-hse", name: "fms" };
static LAN: Counter = Counter { protocol: "ff-hse", name: "lan_redundancy" };

/// Message header (6.3).
const HEADER: usize = 12;
/// Longest message that is waited for; sessions agree on a few thousand octets.
const LENGTH_MAX: usize = 0xffff;
/// Highest version that is known of: those before use 0 and 1.
const VERSION_MAX: u8 = 3;

/// Protocols (6.3.1.3).
mod protocol {
    pub(super) const FDA: u8 = 1;
    pub(super) const SM: u8 = 2;
    pub(super) const FMS: u8 = 3;
    pub(super) const LAN: u8 = 4;
}

/// Services whose content is read; the high bit is the confirmed flag.
mod service {
    pub(super) const FIND_TAG_REPLY: u8 = 0x02;
    pub(super) const ANNUNCIATION: u8 = 0x10;
    pub(super) const SM_IDENTIFY: u8 = 0x83;
    pub(super) const FMS_IDENTIFY: u8 = 0x81;
}

/// The header of a message.
#[derive(Clone, Copy)]
struct Header {
    protocol: u8,
    kind: u8,
    service: u8,
    length: usize,
}

fn header(data: &[u8]) -> Option<Header> {
    let (version, kind, service) = (byte(data, 0)?, byte(data, 2)?, byte(data, 3)?);
    let header = Header {
        protocol: kind >> 2,
        kind: kind & 3,
        service,
        length: usize::try_from(be32(data, 8)?).ok()?,
    };
    let fits = version <= VERSION_MAX && (HEADER..=LENGTH_MAX).contains(&header.length);
    (fits && is_service(header)).then_some(header)
}

/// A service of the specification; only a confirmed one has responses and errors.
fn is_service(h: Header) -> bool {
    let confirmed = h.service & 0x80 != 0;
    h.kind <= if confirmed { 2 } else { 0 } && OPERATIONS.list.iter().any(|o| o.code == code(h))
}

fn code(h: Header) -> u32 {
    u32::from(h.protocol) << 8 | u32::from(h.service)
}

impl Protocol for FfHse {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A header with a service that exists. Away from the usual ports only a datagram counts, and only when its length is right.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let datagram = hint.transport == Transport::Udp;
        match header(head) {
            Some(h) if hint.usual => Probe::when(!datagram || h.length <= head.len()),
            Some(h) => Probe::when(datagram && h.length == head.len()),
            None if hint.usual && !datagram && head.len() < HEADER && begins(head) => Probe::More,
            None => Probe::No,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read))
    }
}

fn begins(head: &[u8]) -> bool {
    byte(head, 0).is_none_or(|version| version <= VERSION_MAX)
        && byte(head, 2).is_none_or(|k| (protocol::FDA..=protocol::LAN).contains(&(k >> 2)) && k & 3 <= 2)
}

/// A sender may put several messages into one datagram.
fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    let Some(h) = header(input.data) else {
        let wait = !input.datagram && !input.cut && input.data.len() < HEADER && begins(input.data);
        return if wait { Progress::Need(HEADER) } else { Progress::Lost };
    };
    let message = input.data.get(..h.length);
    if message.is_none() && !input.cut {
        return if input.datagram { Progress::Lost } else { Progress::Need(h.length) };
    }
    emit.count(counter(h.protocol), h.service);
    emit.operation(&OPERATIONS, code(h), phase(h.kind));
    let body = message.unwrap_or(input.data).get(HEADER..).unwrap_or_default();
    if identity(h, body, emit).is_err() && !input.cut {
        emit.malformed();
    }
    Progress::Took(h.length)
}

fn counter(protocol: u8) -> &'static Counter {
    match protocol {
        protocol::FDA => &FDA,
        protocol::SM => &SM,
        protocol::FMS => &FMS,
        _ => &LAN,
    }
}

fn phase(kind: u8) -> Phase {
    match kind {
        0 => Phase::Request,
        1 => Phase::Response,
        _ => Phase::Error,
    }
}

fn identity(h: Header, body: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(body);
    match (h.protocol, h.service, h.kind) {
        (protocol::SM, service::SM_IDENTIFY, 1) | (protocol::SM, service::ANNUNCIATION, _) => {
            device(&mut r, emit)
        }
        (protocol::SM, service::FIND_TAG_REPLY, _) => found(&mut r, emit),
        (protocol::FMS, service::FMS_IDENTIFY, 1) => maker(&mut r, emit),
        _ => Ok(()),
    }
}

/// SM Identify response and Device Annunciation (6.5.2.3, 6.5.2.7): state, type, redundancy, duplicate detection, index, highest index,
/// operational IP address, device id, tag.
fn device(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    r.skip(1)?;
    let kind = r.take(1)?;
    r.skip(1 + 1 + 2 + 2 + 16)?;
    let (id, tag) = (r.take(32)?, r.take(32)?);
    let field = "ff.sm.dev_type";
    emit.identity(Whom::Sender, Attribute::DeviceType, device_type(kind), kind, field);
    device_id(Whom::Sender, id, emit);
    text(Whom::Sender, Attribute::Name, tag, "ff.sm.pd_tag", emit);
    Ok(())
}

/// The highest of the four kinds in the device type octet (6.5.2.3).
fn device_type(octet: &[u8]) -> Text {
    const KINDS: [(u8, &str); 4] =
        [(0x80, "linking device"), (0x40, "I/O gateway"), (0x20, "HSE field device"), (0x10, "H1 device")];
    let bits = byte(octet, 0).unwrap_or(0);
    Text::new(KINDS.iter().find(|(bit, _)| bits & bit != 0).map_or("", |(_, name)| name))
}

/// A device id is the maker's number (six characters), the device type (four) and what the maker numbers its devices by.
fn device_id(whom: Whom, id: &[u8], emit: &mut Emit<'_>) {
    let id = trimmed(id);
    emit.text(whom, Attribute::Serial, id, "ff.sm.dev_id");
    let is_number = |n: &[u8]| n.iter().all(u8::is_ascii_hexdigit);
    if let (Some(maker), Some(kind)) = (id.get(..6), id.get(6..10))
        && is_number(maker)
        && is_number(kind)
    {
        emit.text(whom, Attribute::VendorId, maker, "ff.sm.dev_id");
        emit.text(whom, Attribute::ProductCode, kind, "ff.sm.dev_id");
    }
}

/// Find Tag Reply to a query for a device (6.5.2.2): whoever answers says who has the tag.
fn found(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    const DEVICE_QUERY: u8 = 0;
    let query = r.u8()?;
    r.skip(1 + 2 + 4 + 4)?;
    let address = r.take(16)?;
    r.skip(4)?;
    let (id, tag) = (r.take(32)?, r.take(32)?);
    if let (DEVICE_QUERY, Some(ip)) = (query, ipv4(address)) {
        let whom = Whom::Other(Host::ip(ip));
        device_id(whom, id, emit);
        text(whom, Attribute::Name, tag, "ff.sm.pd_tag", emit);
    }
    Ok(())
}

/// An IPv4 address in the sixteen octets for an address.
fn ipv4(address: &[u8]) -> Option<IpAddr> {
    let octets: [u8; 16] = address.try_into().ok()?;
    Ipv6Addr::from(octets).to_ipv4().filter(|ip| !ip.is_unspecified() && !ip.is_loopback()).map(IpAddr::V4)
}

/// FMS Identify response (6.5.3.6).
fn maker(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    for (attribute, field) in [
        (Attribute::Vendor, "ff.fms.id.rsp.vendor_name"),
        (Attribute::Product, "ff.fms.id.rsp.model_name"),
        (Attribute::Firmware, "ff.fms.id.rsp.revision"),
    ] {
        text(Whom::Sender, attribute, r.take(32)?, field, emit);
    }
    Ok(())
}

/// Visible strings fill their field with spaces or zeros; anything else in it is no text.
fn text(whom: Whom, attribute: Attribute, field_bytes: &[u8], field: &'static str, emit: &mut Emit<'_>) {
    emit.text(whom, attribute, trimmed(field_bytes), field);
}

fn trimmed(field: &[u8]) -> &[u8] {
    let text = field.split(|&b| b == 0).next().unwrap_or_default().trim_ascii();
    if text.iter().all(|b| b.is_ascii_graphic() || *b == b' ') { text } else { &[] }
}

#[cfg(test)]
mod tests;
