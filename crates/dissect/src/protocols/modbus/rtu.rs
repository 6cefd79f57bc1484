//! Modbus RTU frames in TCP or UDP, as serial device servers pass them on: no header, a check word at the end.
//! Sources: MODBUS over Serial Line V1.02, 2.5.1 (frame and its longest form) and 6.2.2 (CRC); MODBUS Application Protocol V1.1b3
//! (APP), 6, for the length that each function gives its frame.

use super::Talk;
use crate::emit::{Counter, Emit};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::protocols::checksum::crc16_modbus;
use crate::reader::{be16, byte, le16};
use model::Transport;
use model::observation::Direction;

/// The protocol.
pub(in crate::protocols) struct ModbusRtu;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "modbus-rtu",
    title: "Modbus RTU over TCP or UDP",
    tcp: &[502],
    udp: &[502],
    ethertypes: &[],
    industrial: true,
    sources: "MODBUS over Serial Line V1.02; MODBUS Application Protocol V1.1b3",
    operations: super::TABLES,
};

static FUNCTION: Counter = Counter { protocol: "modbus-rtu", name: "function" };

/// Unit and function before, check word after the data.
const FRAME: usize = 4;
/// Serial Line 2.5.1: a frame has at most 256 bytes.
const FRAME_MAX: usize = 256;
/// Serial Line 2.2: addresses of servers; 0 is broadcast, 248 to 255 are reserved.
const UNIT_MAX: u8 = 247;

/// What a frame is by its length and content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Request,
    Answer,
    /// An echo of the request or an exception: the content does not tell more than its direction.
    Either,
}

/// What is known of the first frame in some bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Found {
    /// Whole, its check word right: so many bytes.
    Frame(usize, Kind),
    /// It may be one of so many bytes.
    Need(usize),
    Nothing,
}

/// The first frame. The shortest length that the content allows is tried first, so that the answer does not depend on how many bytes
/// are there.
fn find(data: &[u8]) -> Found {
    if byte(data, 0).is_some_and(|unit| unit > UNIT_MAX) {
        return Found::Nothing;
    }
    let Some(function) = byte(data, 1) else { return Found::Need(FRAME) };
    let mut lengths = candidates(function, data);
    lengths.sort_unstable_by_key(|(length, _)| length.unwrap_or(FRAME_MAX));
    for (length, kind) in lengths {
        let Some(length) = length.filter(|l| *l <= FRAME_MAX) else { continue };
        let Some(frame) = data.get(..length) else { return Found::Need(length) };
        let (content, check) = frame.split_at(length.saturating_sub(2));
        if le16(check, 0) == Some(crc16_modbus(content)) && is_sound(content, kind) {
            return Found::Frame(length, kind);
        }
    }
    Found::Nothing
}

/// How long the frame may be, as a request and as an answer (APP 6 and 7).
fn candidates(function: u8, data: &[u8]) -> [(Option<usize>, Kind); 2] {
    // A count that is not there yet needs the bytes up to it, and then more than that: the next look knows better.
    let counted = |at: usize| Some(at + 3 + usize::from(byte(data, at).unwrap_or(0)));
    let counted_long = |at: usize| Some(at + 4 + usize::from(be16(data, at).unwrap_or(0)));
    let (request, answer) = match function {
        1..=4 => (Some(8), counted(2)),
        5 | 6 | 8 => return [(Some(8), Kind::Either), (None, Kind::Either)],
        7 => (Some(FRAME), Some(5)),
        11 => (Some(FRAME), Some(8)),
        12 | 17 => (Some(FRAME), counted(2)),
        15 | 16 => (counted(6), Some(8)),
        20 => (counted(2), counted(2)),
        21 => return [(counted(2), Kind::Either), (None, Kind::Either)],
        22 => return [(Some(10), Kind::Either), (None, Kind::Either)],
        23 => (counted(10), counted(2)),
        24 => (Some(6), counted_long(2)),
        43 => (Some(7), identification(data)),
        0x81..=0x98 | 0xab => return [(Some(5), Kind::Either), (None, Kind::Either)],
        _ => (None, None),
    };
    [(request, Kind::Request), (answer, Kind::Answer)]
}

/// An answer with device identification: a head of eight bytes, then objects with their lengths (APP 6.21).
fn identification(data: &[u8]) -> Option<usize> {
    const HEAD: usize = 8;
    let mut end = HEAD;
    for _ in 0..byte(data, HEAD - 1).unwrap_or(0) {
        end = end + 2 + usize::from(byte(data, end + 1).unwrap_or(0));
        if end > FRAME_MAX {
            return None;
        }
    }
    Some(end + 2)
}

/// The values are such as the function allows (APP 6): sixteen bits of check word alone meet by chance too often.
fn is_sound(content: &[u8], kind: Kind) -> bool {
    let (Some(function), second) = (byte(content, 1), be16(content, 4)) else { return false };
    let quantity = |max: u16| second.is_some_and(|n| (1..=max).contains(&n));
    match (function, kind) {
        (1 | 2, Kind::Request) => quantity(2000),
        (3 | 4, Kind::Request) => quantity(125),
        (1..=4 | 12 | 17 | 23, Kind::Answer) => byte(content, 2).is_some_and(|n| n > 0),
        (5, _) => matches!(second, Some(0 | 0xff00)),
        (15, _) => quantity(1968),
        (16, _) => quantity(123),
        (43, _) => byte(content, 2) == Some(14) && matches!(byte(content, 3), Some(1..=4)),
        // APP 7: exception codes.
        (0x80.., _) => matches!(byte(content, 2), Some(1..=6 | 8 | 10 | 11)),
        _ => true,
    }
}

/// Functions that a conversation may be recognised by: those whose frames are more than a check word.
fn tells(function: u8) -> bool {
    matches!(function & 0x7f, 1..=6 | 15 | 16 | 22 | 23 | 43)
}

impl Protocol for ModbusRtu {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A whole frame with the right check word, everywhere: there is no header to go by. A datagram holds exactly one.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        if byte(head, 1).is_some_and(|function| !tells(function)) {
            return Probe::No;
        }
        let datagram = hint.transport == Transport::Udp;
        match find(head) {
            Found::Frame(length, _) => Probe::when(!datagram || length == head.len()),
            Found::Need(_) if !datagram => Probe::More,
            _ => Probe::No,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Rtu(Talk::new(&FUNCTION)))
    }
}

/// One conversation. There is one request at a time on a serial line, so that it needs no number.
struct Rtu(Talk);

impl Session for Rtu {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        match find(input.data) {
            Found::Need(length) if !input.cut && !input.datagram => Progress::Need(length),
            Found::Frame(length, kind) => {
                match kind {
                    Kind::Request => emit.client_is_sender(true),
                    Kind::Answer => emit.client_is_sender(false),
                    Kind::Either => {}
                }
                let direction = match kind {
                    Kind::Request => Direction::ToServer,
                    Kind::Answer => Direction::ToClient,
                    Kind::Either => emit.direction(),
                };
                let adu = input.data.get(..length.saturating_sub(2)).unwrap_or_default();
                if self.0.message(0, adu, direction, emit).is_err() {
                    emit.malformed();
                }
                Progress::Took(length)
            }
            _ => Progress::Lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::testing::Bench;

    fn hint(transport: Transport) -> Hint {
        Hint { transport, from_port: 50_000, to_port: 4001, ethertype: 0, usual: false, from_start: true }
    }

    fn framed(content: &[u8]) -> Vec<u8> {
        [content, &crc16_modbus(content).to_le_bytes()].concat()
    }

    /// MODBUS over Serial Line has no example with its check word; this one is of the catalogue of CRCs: `01 04 02 ff ff` gives `b8 80`.
    #[test]
    fn recognition() {
        let answer = b"\x01\x04\x02\xff\xff\xb8\x80";
        assert_eq!(framed(b"\x01\x04\x02\xff\xff"), answer);
        for end in 0..answer.len() {
            assert_eq!(ModbusRtu.probe(&answer[..end], &hint(Transport::Tcp)), Probe::More, "{end}");
            assert_eq!(ModbusRtu.probe(&answer[..end], &hint(Transport::Udp)), Probe::No, "{end}");
        }
        assert_eq!(ModbusRtu.probe(answer, &hint(Transport::Tcp)), Probe::Yes);
        assert_eq!(ModbusRtu.probe(answer, &hint(Transport::Udp)), Probe::Yes);
        let two = [&answer[..], answer].concat();
        assert_eq!(ModbusRtu.probe(&two, &hint(Transport::Tcp)), Probe::Yes);
        assert_eq!(ModbusRtu.probe(&two, &hint(Transport::Udp)), Probe::No, "one frame in a datagram");
        assert_eq!(ModbusRtu.probe(b"\x01\x04\x02\xff\xff\xb8\x81\0", &hint(Transport::Tcp)), Probe::No);
        assert_eq!(ModbusRtu.probe(&framed(b"\x01\x03\0\0\0\0"), &hint(Transport::Tcp)), Probe::No);
        assert_eq!(ModbusRtu.probe(&framed(b"\xf8\x03\0\0\0\x01"), &hint(Transport::Tcp)), Probe::No);
        assert_eq!(ModbusRtu.probe(b"GET / HTTP/1.1\r\n", &hint(Transport::Tcp)), Probe::No);
    }

    #[test]
    fn every_cut_gives_the_same_frame() {
        for frame in [
            framed(b"\x01\x10\0\x01\0\x02\x04\0\x0a\x01\x02"),
            framed(b"\x11\x2b\x0e\x01\x01\0\0\x02\0\x05Maker\x01\x04X-12"),
            framed(b"\x11\x17\x04\0\x01\0\x02"),
            framed(b"\x11\x18\0\x04\0\x01\0\x02"),
            framed(b"\x11\x83\x02"),
        ] {
            for end in 0..frame.len() {
                assert!(matches!(find(&frame[..end]), Found::Need(n) if n > end), "{frame:?} {end}");
            }
            assert!(matches!(find(&frame), Found::Frame(n, _) if n == frame.len()), "{frame:?}");
        }
    }

    #[test]
    fn operations_and_units() {
        let mut b = Bench::new(&ModbusRtu);
        for (request, answer) in [
            (&b"\x01\x03\0\0\0\x01"[..], &b"\x01\x03\x02\0\x07"[..]),
            (b"\x02\x06\0\x01\0\x05", b"\x02\x06\0\x01\0\x05"),
            (b"\x02\x03\0\0\0\x01", b"\x02\x83\x02"),
            (b"\x02\x08\0\x01\0\0", b"\x02\x08\0\x01\0\0"),
            (b"\x01\x2b\x0e\x01\0", b"\x01\x2b\x0e\x01\x01\0\0\x01\0\x05Maker"),
        ] {
            assert_eq!(b.client(&framed(request)), Progress::Took(request.len() + 2));
            assert_eq!(b.server(&framed(answer)), Progress::Took(answer.len() + 2));
        }
        assert_eq!(
            b.operations(),
            [
                "read_device_identification 1/1/0",
                "read_holding_registers 2/2/1",
                "restart_communications 1/1/0",
                "write_single_register 1/1/0",
            ]
        );
        assert_eq!(
            b.facts(),
            [
                "server Unit(2) station_address 2",
                "server Unit(1) station_address 1",
                "server Unit(1) vendor Maker"
            ]
        );
        assert_eq!(b.malformed(), 0);
    }
}
