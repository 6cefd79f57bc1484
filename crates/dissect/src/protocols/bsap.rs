//! BSAP over IP of Emerson's (Bristol's) ControlWave and Network 3000 controllers: signals read and written by name or address.
//! Sources: Emerson D4052 "Network 3000 Communications Application Programmer's Reference", 4 (remote database access: function codes);
//! the header over IP is not in it and is as seen between OpenBSI and a ControlWave.

use crate::emit::{Counter, Emit, Operations, Phase};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, byte, le16, le32};
use model::{Operation, OperationClass as Class};

/// The protocol.
pub(super) struct Bsap;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "bsap",
    title: "Emerson BSAP/IP",
    tcp: &[],
    udp: &[1234],
    ethertypes: &[],
    industrial: true,
    sources: "Emerson D4052; observed headers",
    operations: &[&OPERATIONS],
};

static MESSAGE: Counter = Counter { protocol: "bsap", name: "message" };
static FUNCTION: Counter = Counter { protocol: "bsap", name: "function" };

const IDENTIFIER: u16 = 0x000e;
/// Identifier, number of messages, message function, two sequence numbers.
const HEADER: usize = 14;
/// Requests whose answer is waited for; older ones are given up.
const ASKED_MAX: usize = 16;

/// Message functions.
mod message {
    pub(super) const ACKNOWLEDGE: u16 = 0;
    pub(super) const ANSWER_SHORT: u16 = 1;
    pub(super) const ANSWER: u16 = 5;
    pub(super) const REQUEST: u16 = 6;
}
/// Remote database access, and its extension (D4052, 4).
const DATABASE: std::ops::RangeInclusive<u8> = 0xa0..=0xa1;

/// The message function of a sound datagram.
fn function(data: &[u8]) -> Option<u16> {
    let (count, function) = (le16(data, 2)?, le16(data, 4)?);
    let sound = match function {
        message::ACKNOWLEDGE => data.len() == HEADER && count == 0,
        message::ANSWER_SHORT | message::ANSWER | message::REQUEST => {
            let length = usize::try_from(le32(data, HEADER)?).ok()?;
            (1..=64).contains(&count) && length.checked_add(HEADER)? <= data.len() && length > 8
        }
        _ => false,
    };
    (sound && le16(data, 0)? == IDENTIFIER).then_some(function)
}

impl Protocol for Bsap {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A header that holds together. An acknowledgement is too bare, and other ports see too many protocols that begin like this.
    fn probe(&self, data: &[u8], hint: &Hint) -> Probe {
        Probe::when(hint.usual && function(data).is_some())
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Conversation { asked: Vec::new() })
    }
}

/// Requests without an answer: sequence number and function.
struct Conversation {
    asked: Vec<(u16, u8)>,
}

impl Session for Conversation {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let Some(function) = function(input.data) else { return Progress::Lost };
        emit.count(&MESSAGE, function);
        // Both ends use the same port and acknowledge: only what is asked tells who asks.
        let read = match function {
            message::REQUEST => self.request(input.data, emit),
            message::ANSWER | message::ANSWER_SHORT => self.answer(input.data, emit),
            _ => {
                emit.operation(&OPERATIONS, ACKNOWLEDGE, Phase::Request);
                Ok(())
            }
        };
        if read.is_err() && !input.cut {
            emit.malformed();
        }
        Progress::Took(input.data.len())
    }
}

impl Conversation {
    /// Length, an octet of its own, sequence, two octets, then destination and function.
    fn request(&mut self, data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(data);
        r.skip(HEADER + 5)?;
        let sequence = r.u16_le()?;
        r.skip(2)?;
        let destination = r.u8()?;
        emit.client_is_sender(true);
        if !DATABASE.contains(&destination) {
            emit.operation(&OPERATIONS, OTHER, Phase::Request);
            return Ok(());
        }
        r.skip(1)?;
        let function = r.u8()?;
        emit.count(&FUNCTION, function);
        emit.operation(&OPERATIONS, function.into(), Phase::Request);
        if self.asked.len() >= ASKED_MAX {
            self.asked.remove(0);
        }
        self.asked.push((sequence, function));
        Ok(())
    }

    /// The error octet has its highest bit set when nothing was done (D4052, 4, "RER").
    fn answer(&mut self, data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(data);
        r.skip(HEADER + 5)?;
        let sequence = r.u16_le()?;
        r.skip(2)?;
        let failed = byte(r.rest(), 0).is_some_and(|error| error & 0x80 != 0);
        emit.client_is_sender(false);
        let Some(at) = self.asked.iter().position(|(asked, _)| *asked == sequence) else { return Ok(()) };
        let (_, function) = self.asked.remove(at);
        emit.count(&FUNCTION, function);
        emit.operation(&OPERATIONS, function.into(), if failed { Phase::Error } else { Phase::Response });
        Ok(())
    }
}

/// Not of the database (the project's own codes).
const ACKNOWLEDGE: u32 = 0x100;
const OTHER: u32 = 0x101;

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Functions of remote database access (D4052, 4).
static OPERATIONS: Operations = Operations {
    prefix: "function",
    list: &[
        op("read_by_address", 0x00, Class::Read),
        op("read_by_name", 0x04, Class::Read),
        op("read_list_first", 0x0c, Class::Read),
        op("read_list_next", 0x0d, Class::Read),
        op("write_by_address", 0x80, Class::Write),
        op("write_by_name", 0x84, Class::Write),
        op("acknowledge", ACKNOWLEDGE, Class::Session),
        op("other_destination", OTHER, Class::Other),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::testing::Bench;
    use model::Transport;

    fn message(function: u8, sequence: u8, rest: &[u8]) -> Vec<u8> {
        let mut m = vec![0x0e, 0, 1, 0, function, 0, 1, 0, 0, 0, 1, 0, 0, 0];
        m.extend([u8::try_from(rest.len() + 9).unwrap(), 0, 0, 0, 0x0c, sequence, 0, 0, 0]);
        m.extend_from_slice(rest);
        m
    }

    #[test]
    fn recognition() {
        let hint = |usual| Hint {
            transport: Transport::Udp,
            from_port: 5,
            to_port: 6,
            ethertype: 0,
            usual,
            from_start: true,
        };
        let read = message(6, 7, b"\xa0\x00\x04\x03\xd0\x01\x0f\x01@GV.LEVEL\0");
        assert_eq!(Bsap.probe(&read, &hint(true)), Probe::Yes);
        assert_eq!(Bsap.probe(&read, &hint(false)), Probe::No);
        assert_eq!(Bsap.probe(&[0x0e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0], &hint(true)), Probe::Yes);
        assert_eq!(Bsap.probe(&[0x0e, 0, 0, 0, 9, 0, 0, 0, 0, 0, 1, 0, 0, 0], &hint(true)), Probe::No);
    }

    #[test]
    fn answers_belong_to_requests() {
        let mut bench = Bench::new(&Bsap);
        bench.client(&message(6, 7, b"\xa0\x00\x04\x03\xd0\x01\x0f\x01@GV.LEVEL\0"));
        bench.client(&message(6, 8, b"\xa0\x00\x84\x03\xd0\x01\x0f\x01@GV.LEVEL\0"));
        bench.server(&message(5, 8, b"\x80\x00"));
        bench.server(&message(5, 7, b"\x00\x01\x00\x00"));
        assert_eq!(bench.operations(), ["read_by_name 1/1/0", "write_by_name 1/1/1"]);
    }
}
