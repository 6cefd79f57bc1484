//! HART-IP: field devices through gateways and multiplexers; what they are called and what is set in them.
//! Sources: FieldComm Group HCF_SPEC-085 (network management: HART-IP header, 10.3), HCF_SPEC-081 (token-passing data link: frame, 5),
//! HCF_SPEC-127 (universal commands), HCF_SPEC-151 (common practice commands), HCF_SPEC-183 (tables: manufacturers).

mod identity;
mod operations;
#[cfg(test)]
mod tests;

use self::operations::{DEVICE_SPECIFIC, OPERATIONS, PUBLISHED, SESSION};
use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, be16, byte};
use model::{Part, Transport};

/// The protocol.
pub(super) struct HartIp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "hart-ip",
    title: "HART-IP",
    tcp: &[5094],
    udp: &[5094],
    ethertypes: &[],
    industrial: true,
    sources: "FieldComm Group HCF_SPEC-085, 081, 127, 151",
    operations: &[&OPERATIONS, &DEVICE_SPECIFIC],
};

static MESSAGE: Counter = Counter { protocol: "hart-ip", name: "message" };
static COMMAND: Counter = Counter { protocol: "hart-ip", name: "command" };

/// Version, type, id, status, sequence, length of the whole.
const HEADER: usize = 8;

/// Types of message.
mod kind {
    pub(super) const REQUEST: u8 = 0;
    pub(super) const RESPONSE: u8 = 1;
    pub(super) const PUBLISH: u8 = 2;
    pub(super) const NAK: u8 = 15;
}

/// Ids of message.
mod id {
    pub(super) const INITIATE: u8 = 0;
    pub(super) const CLOSE: u8 = 1;
    pub(super) const KEEP_ALIVE: u8 = 2;
    pub(super) const TOKEN_PASSING: u8 = 3;
    pub(super) const DIRECT: u8 = 4;
    pub(super) const READ_AUDIT_LOG: u8 = 5;
}

/// A header whose fields exist, and the length it gives.
fn header(head: &[u8]) -> Option<u16> {
    let &[version, kind, id, ..] = head.first_chunk::<HEADER>()?;
    let length = be16(head, 6)?;
    let known = matches!(version, 1 | 2)
        && (kind <= kind::PUBLISH || kind == kind::NAK)
        && id <= id::READ_AUDIT_LOG
        && usize::from(length) >= HEADER;
    let bare = matches!(id, id::CLOSE | id::KEEP_ALIVE) && usize::from(length) > HEADER + 4;
    (known && !bare).then_some(length)
}

impl Protocol for HartIp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A header that makes sense. Elsewhere than at the usual port (a gateway may answer at another one) the first message must be
    /// whole, and be an initiation of five octets or a HART frame with its check octet.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let Some(length) = header(head) else {
            let so_far =
                matches!(byte(head, 0), Some(1 | 2)) && byte(head, 1).is_none_or(|k| k <= 2 || k == 15);
            let more = so_far && head.len() < HEADER && hint.transport == Transport::Tcp;
            return if more { Probe::More } else { Probe::No };
        };
        let whole = usize::from(length);
        if hint.usual {
            return Probe::when(hint.transport == Transport::Tcp || whole == head.len());
        }
        let Some(body) = head.get(HEADER..whole) else { return Probe::No };
        Probe::when(match byte(head, 2) {
            Some(id::INITIATE) => {
                body.len() == 5 && matches!(byte(body, 0), Some(0 | 1)) && byte(head, 3) == Some(0)
            }
            Some(id::TOKEN_PASSING) => {
                body.len() >= 5
                    && body.iter().fold(0, |sum, b| sum ^ b) == 0
                    && matches!(body, [first, ..] if first & 7 != 0)
            }
            _ => false,
        })
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read))
    }
}

fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    if input.data.len() < HEADER {
        return if input.datagram { Progress::Took(input.data.len()) } else { Progress::Need(HEADER) };
    }
    let Some(length) = header(input.data) else { return Progress::Lost };
    let whole = usize::from(length);
    if input.data.len() < whole && !input.cut && !input.datagram {
        return Progress::Need(whole);
    }
    let message = input.data.get(..whole).unwrap_or(input.data);
    if self::message(message, emit).is_err() && !input.cut {
        emit.malformed();
    }
    Progress::Took(whole)
}

fn message(message: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(message);
    r.skip(1)?;
    let (kind, id, status) = (r.u8()?, r.u8()?, r.u8()?);
    r.skip(4)?;
    let phase = match kind & 0x0f {
        kind::REQUEST => Phase::Request,
        kind::NAK => Phase::Error,
        // The lower half of the status codes are errors, the upper half warnings.
        kind::RESPONSE if status != 0 && status < 8 => Phase::Error,
        _ => Phase::Response,
    };
    emit.client_is_sender(phase == Phase::Request);
    emit.count(&MESSAGE, id);
    match id {
        id::TOKEN_PASSING => token_passing(&mut r, phase, emit),
        id::DIRECT => direct(&mut r, kind & 0x0f, phase, emit),
        _ => {
            emit.operation(&OPERATIONS, SESSION | u32::from(id), phase);
            Ok(())
        }
    }
}

/// Commands without a frame around them (HCF_SPEC-085, 10.3.2.5): status and extended status of the device, then any number of commands,
/// each with its number in two octets and its length; from the device the response code is the first octet of the data.
fn direct(r: &mut Reader<'_>, kind: u8, phase: Phase, emit: &mut Emit<'_>) -> Read<()> {
    emit.operation(&OPERATIONS, SESSION | u32::from(id::DIRECT), phase);
    if kind == kind::NAK {
        return Ok(());
    }
    if kind == kind::PUBLISH {
        emit.operation(&OPERATIONS, PUBLISHED, Phase::Request);
    }
    r.skip(2)?;
    while !r.is_empty() {
        let (code, len) = (r.u16()?, r.u8()?);
        let mut data = r.sub(len.into())?;
        let refused = phase != Phase::Request && is_error(data.u8()?);
        let phase = if refused { Phase::Error } else { phase };
        command(code.into(), phase, &mut data, Whom::Sender, emit)?;
    }
    Ok(())
}

/// A frame as on the loop (HCF_SPEC-081, 5): delimiter, short or long address, expansion, command, length, data, check.
fn token_passing(r: &mut Reader<'_>, phase: Phase, emit: &mut Emit<'_>) -> Read<()> {
    let frame = Frame::read(r)?;
    emit.count(&COMMAND, frame.command);
    frame.tell(phase, emit)
}

/// The inside of a frame.
struct Frame<'a> {
    delimiter: u8,
    address: &'a [u8],
    command: u8,
    data: Reader<'a>,
}

impl<'a> Frame<'a> {
    fn read(r: &mut Reader<'a>) -> Read<Self> {
        const LONG: u8 = 0x80;
        let delimiter = r.u8()?;
        let address = r.take(if delimiter & LONG != 0 { 5 } else { 1 })?;
        r.skip(usize::from(delimiter >> 5 & 3))?;
        let command = r.u8()?;
        let len = r.u8()?;
        let data = r.sub(usize::from(len).min(r.len()))?;
        Ok(Self { delimiter, address, command, data })
    }

    fn tell(self, mut phase: Phase, emit: &mut Emit<'_>) -> Read<()> {
        let mut data = self.data;
        // The frame types: from the device are burst (1) and answer (6), from the master a request (2).
        if matches!(self.delimiter & 7, 1 | 6) {
            if is_error(data.u8()?) {
                phase = Phase::Error;
            }
            data.skip(1)?;
        }
        let extended = self.command == EXTENDED && data.len() >= 2;
        let code = if extended { data.u16()? } else { self.command.into() };
        command(code.into(), phase, &mut data, whom(self.address), emit)
    }
}

/// A response code that is an error, or a communication error, when the high bit is set.
fn is_error(response: u8) -> bool {
    response & 0x80 != 0 || matches!(response, 2..=7 | 9..=13 | 15..=29 | 32 | 64..=127)
}

/// One command, and what an answer to it tells.
fn command(code: u32, phase: Phase, data: &mut Reader<'_>, whom: Whom, emit: &mut Emit<'_>) -> Read<()> {
    let table: &'static Operations =
        if operations::is_device_specific(code) { &DEVICE_SPECIFIC } else { &OPERATIONS };
    emit.operation(table, code, phase);
    match phase {
        Phase::Error => Ok(()),
        _ if code == TO_SUB_DEVICE => to_sub_device(data, phase, emit),
        Phase::Response => identity::told(code, whom, data, emit),
        Phase::Request => Ok(()),
    }
}

/// The command for a device behind an I/O system (HCF_SPEC-151, command 77): card, channel, in requests the count of preambles, then the
/// frame. What is asked of that device is what counts; a command in it that is again passed on is not followed.
fn to_sub_device(r: &mut Reader<'_>, phase: Phase, emit: &mut Emit<'_>) -> Read<()> {
    r.skip(if phase == Phase::Request { 3 } else { 2 })?;
    let frame = Frame::read(r)?;
    if u32::from(frame.command) == TO_SUB_DEVICE { Ok(()) } else { frame.tell(phase, emit) }
}

/// Sends a command on to a device behind an I/O system.
const TO_SUB_DEVICE: u32 = 77;

/// The device a long address names is behind the gateway, a short one too; address 0 is what answers here.
fn whom(address: &[u8]) -> Whom {
    match *address {
        // Master, burst and the upper bits of the device type; then type and number.
        [_, kind, a, b, c] => Whom::SenderPart(Part::Unit(u32::from_be_bytes([kind, a, b, c]))),
        [short] if short & 0x3f != 0 => Whom::SenderPart(Part::Unit((short & 0x3f).into())),
        _ => Whom::Sender,
    }
}

/// Number of the command that carries a longer number in its data (HCF_SPEC-099).
const EXTENDED: u8 = 31;
