//! EtherNet/IP: the encapsulation that carries CIP over TCP and UDP.
//! Sources: The CIP Networks Library Volume 2, EtherNet/IP Adaptation of CIP (V2); Volume 1, Common Industrial Protocol (V1).

use crate::emit::{Counter, Emit, Operations, Phase};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, le16, le32};
use model::observation::Direction;
use model::{Operation, OperationClass as Class, Transport};

mod catalogue;
mod cip;
mod identity;
mod io;
mod operations;
mod path;
mod pccc;
mod requests;
mod secure;
mod security;
mod vendors;

#[cfg(test)]
mod tests;

pub(super) use io::CipIo;

/// The protocol.
pub(super) struct Enip;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "enip",
    title: "EtherNet/IP and CIP",
    // 2221 is EtherNet/IP in TLS and DTLS (volume 8, CIP Security).
    tcp: &[44818, 2221],
    udp: &[44818, 2221],
    ethertypes: &[],
    industrial: true,
    sources: "CIP Networks Library Volume 1 (Common Industrial Protocol) and Volume 2 (EtherNet/IP); Rockwell 1756-PM020 (Logix 5000 Data Access); Rockwell 1770-6.5.16 (DF1 and PCCC)",
    operations: &[&OPERATIONS, &operations::CIP],
};

static COMMAND: Counter = Counter { protocol: "enip", name: "command" };

/// V2 2-3.1: command, length, session, status, sender context, options.
const HEADER: usize = 24;
/// V2 2-3.3: at most 65511 bytes follow the header.
const LENGTH_MAX: u16 = 65_511;

/// Bytes of a body that show its shape.
const SHAPE: usize = 16;

/// Encapsulation commands (V2 table 2-3.2).
mod command {
    pub(super) const LIST_SERVICES: u16 = 0x0004;
    pub(super) const LIST_IDENTITY: u16 = 0x0063;
    pub(super) const LIST_INTERFACES: u16 = 0x0064;
    pub(super) const SEND_RR_DATA: u16 = 0x006f;
    pub(super) const SEND_UNIT_DATA: u16 = 0x0070;
}

/// Item types of the common packet format (V2 table 2-6.3).
pub(in crate::protocols) mod item {
    pub(in crate::protocols) const LIST_IDENTITY: u16 = 0x000c;
    pub(in crate::protocols) const CONNECTED_ADDRESS: u16 = 0x00a1;
    pub(in crate::protocols) const CONNECTED_DATA: u16 = 0x00b1;
    pub(in crate::protocols) const UNCONNECTED_DATA: u16 = 0x00b2;
    pub(in crate::protocols) const SEQUENCED_ADDRESS: u16 = 0x8002;
}

/// Items of one packet that are looked at; the formats in use have at most four.
const ITEMS_MAX: u16 = 8;

struct Header {
    command: u16,
    length: usize,
    status: u32,
    context: u64,
}

impl Header {
    fn read(data: &[u8]) -> Read<Self> {
        let mut r = Reader::new(data);
        let (command, length) = (r.u16_le()?, r.u16_le()?);
        r.skip(4)?;
        let status = r.u32_le()?;
        let context = r.u64_le()?;
        r.skip(4)?;
        Ok(Self { command, length: length.into(), status, context })
    }
}

/// V2 table 2-3.2; 0x0001 to 0x0003 were commands of drafts, which some stacks still send.
fn is_command(command: u16) -> bool {
    matches!(command, 0x00..=0x04 | 0x63..=0x66 | 0x6f | 0x70 | 0x72 | 0x73 | 0xc8)
}

impl Protocol for Enip {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A known command, a possible length, no options. At other ports the body must have the shape of its command as well.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        if hint.usual && secure::probe(head, hint) == Probe::Yes {
            return Probe::Yes;
        }
        let Some(command) = le16(head, 0) else { return Probe::More };
        if !is_command(command) {
            return Probe::No;
        }
        if head.len() < HEADER {
            return if hint.transport == Transport::Udp { Probe::No } else { Probe::More };
        }
        let Ok(header) = Header::read(head) else { return Probe::No };
        // V2 2-3.6: a receiver discards what has options.
        if header.length > LENGTH_MAX.into() || le32(head, 20) != Some(0) || header.status > 0xff {
            return Probe::No;
        }
        if hint.usual && hint.transport == Transport::Tcp {
            return Probe::Yes;
        }
        let whole = header.length.saturating_add(HEADER);
        let body = head.get(HEADER..whole).or(head.get(HEADER..)).unwrap_or_default();
        if hint.transport == Transport::Tcp && head.len() < whole.min(HEADER + SHAPE) {
            return Probe::More;
        }
        // A capture may cut a datagram; what is there must still have the shape.
        let cut = hint.usual && head.len() < whole && body.len() >= SHAPE;
        let fits = hint.transport == Transport::Tcp || whole == head.len() || cut;
        Probe::when(fits && has_shape(&header, body, hint))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Encapsulation::default())
    }
}

/// The body is one that the command can have (V2 2-4).
fn has_shape(header: &Header, body: &[u8], hint: &Hint) -> bool {
    let session_free = body.is_empty() && header.status == 0;
    match header.command {
        // One item, of the type of the list.
        command::LIST_IDENTITY => {
            session_free && hint.usual || (le16(body, 2) == Some(item::LIST_IDENTITY) && body.len() >= 33)
        }
        command::LIST_SERVICES => session_free && hint.usual || le16(body, 2) == Some(0x0100),
        command::LIST_INTERFACES => hint.usual && body.len() <= 64,
        // Protocol version 1, no options.
        0x65 => body == [1, 0, 0, 0],
        command::SEND_RR_DATA | command::SEND_UNIT_DATA => {
            le32(body, 0) == Some(0)
                && le16(body, 6).is_some_and(|n| (1..=4).contains(&n))
                && matches!(le16(body, 8), Some(0 | item::CONNECTED_ADDRESS))
        }
        0x66 => hint.usual && body.is_empty(),
        // The others prove nothing by themselves: 24 zeros would be a NOP.
        _ => false,
    }
}

#[derive(Default)]
struct Encapsulation {
    cip: cip::Cip,
    secure: secure::Secure,
}

impl Session for Encapsulation {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if let Some(progress) = self.secure.read(input, emit) {
            return progress;
        }
        let Ok(header) = Header::read(input.data) else {
            return if input.cut || input.datagram {
                Progress::Took(input.data.len())
            } else {
                Progress::Need(HEADER)
            };
        };
        if !is_command(header.command) || header.length > LENGTH_MAX.into() {
            return Progress::Lost;
        }
        let whole = HEADER + header.length;
        if input.data.len() < whole && !input.cut && !input.datagram {
            return Progress::Need(whole);
        }
        let body = input.data.get(HEADER..whole).or(input.data.get(HEADER..)).unwrap_or_default();
        if input.datagram && matches!(header.command, command::LIST_SERVICES..=command::LIST_INTERFACES) {
            // V2 2-4: the request of a list has no data.
            emit.client_is_sender(header.length == 0);
        }
        emit.count(&COMMAND, header.command);
        if self.message(&header, body, emit).is_err() && !input.cut {
            emit.malformed();
        }
        Progress::Took(whole)
    }

    fn held(&self) -> usize {
        self.secure.held()
    }
}

impl Encapsulation {
    fn message(&mut self, header: &Header, body: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        match header.command {
            command::SEND_RR_DATA | command::SEND_UNIT_DATA => self.data(header, body, emit),
            _ => {
                let phase = match emit.direction() {
                    _ if header.status != 0 => Phase::Error,
                    Direction::ToClient => Phase::Response,
                    _ => Phase::Request,
                };
                emit.operation(&OPERATIONS, header.command.into(), phase);
                if header.command == command::LIST_IDENTITY && !body.is_empty() {
                    list_identity(body, emit)?;
                }
                Ok(())
            }
        }
    }

    /// Interface handle, timeout, then address and data items (V2 2-4.7, 2-4.8).
    fn data(&mut self, header: &Header, body: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        if body.is_empty() {
            // V2 2-3.4: the answer of an encapsulation that could not pass the message on.
            if header.status != 0 {
                self.cip.refused(header.context, emit);
            }
            return Ok(());
        }
        let mut r = Reader::new(body);
        let interface = r.u32_le()?;
        r.skip(2)?;
        // V2 2-4.7: interface handle 0 is CIP.
        if interface != 0 {
            return Ok(());
        }
        let items = r.u16_le()?;
        let mut connection = 0;
        for _ in 0..items.min(ITEMS_MAX) {
            let (kind, len) = (r.u16_le()?, r.u16_le()?);
            let data = r.up_to(len.into());
            match kind {
                item::CONNECTED_ADDRESS => connection = le32(data, 0).unwrap_or(0),
                item::CONNECTED_DATA => self.cip.connected(connection, data, emit),
                item::UNCONNECTED_DATA => self.cip.unconnected(header.context, data, emit),
                _ => {}
            }
        }
        Ok(())
    }
}

/// List Identity reply: items of type 0x0C, one for each device (V2 2-4.2.3).
fn list_identity(body: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(body);
    let items = r.u16_le()?;
    for _ in 0..items.min(ITEMS_MAX) {
        let (kind, len) = (r.u16_le()?, r.u16_le()?);
        let item = r.up_to(len.into());
        if kind == item::LIST_IDENTITY {
            identity::list_item(item, emit)?;
        }
    }
    Ok(())
}

/// Encapsulation commands that are acts of their own (V2 table 2-3.2); the two that carry CIP count as what they carry.
static OPERATIONS: Operations = Operations {
    prefix: "encapsulation",
    list: &[
        Operation::new("nop", 0x0000, Class::Session),
        Operation::new("list_services", 0x0004, Class::Discovery),
        Operation::new("list_identity", 0x0063, Class::Discovery),
        Operation::new("list_interfaces", 0x0064, Class::Discovery),
        Operation::new("register_session", 0x0065, Class::Session),
        Operation::new("unregister_session", 0x0066, Class::Session),
        Operation::new("indicate_status", 0x0072, Class::Diagnostic),
        Operation::new("cancel", 0x0073, Class::Session),
        Operation::new("start_dtls", 0x00c8, Class::Session),
    ],
};
