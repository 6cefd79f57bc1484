//! Genisys, the telemetry of railway signalling: an office polls field stations for indications and sends controls.
//! Source: Union Switch & Signal SM-6900 "Genisys" service manual, code line protocol (header octets, escape, check word).

use super::checksum::crc16_modbus;
use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::byte;
use model::{Attribute, Operation, OperationClass as Class, Part, Text};

/// The protocol.
pub(super) struct Genisys;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "genisys",
    title: "Genisys (railway telemetry)",
    tcp: &[10001],
    udp: &[10001],
    ethertypes: &[],
    industrial: true,
    sources: "Union Switch & Signal SM-6900",
    operations: &[&OPERATIONS],
};

static HEADER: Counter = Counter { protocol: "genisys", name: "header" };

const TERMINATOR: u8 = 0xf6;
/// The octet after it counts with its high half set: so no content looks like a header.
const ESCAPE: u8 = 0xf0;
/// Longest message that is waited for: 256 bytes of address and value, all escaped, and the frame.
const LENGTH_MAX: usize = 1100;

/// From the field station: acknowledge, indications, the controls read back.
const FROM_STATION: std::ops::RangeInclusive<u8> = 0xf1..=0xf3;
/// From the office: common controls, polls, controls, recall, execute.
const FROM_OFFICE: std::ops::RangeInclusive<u8> = 0xf9..=0xfe;

/// Takes the escapes out of what stands between header and terminator, header included.
fn plain(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len());
    let mut bytes = message.iter();
    while let Some(&b) = bytes.next() {
        match b {
            ESCAPE => out.extend(bytes.next().map(|next| ESCAPE | next)),
            _ => out.push(b),
        }
    }
    out
}

/// Header, station, and a right check word. Some stations leave the escape octet itself as it is inside the check word, so that form
/// counts, too.
fn is_checked(message: &[u8]) -> bool {
    let right =
        |head: &[u8], check: &[u8; 2]| head.len() >= 2 && crc16_modbus(head) == u16::from_le_bytes(*check);
    plain(message).split_last_chunk().is_some_and(|(head, check)| right(head, check))
        || message.split_last_chunk().is_some_and(|(head, check)| right(&plain(head), check))
}

/// An acknowledgement and a poll without security have no check word.
fn is_message(message: &[u8]) -> bool {
    let short = matches!(message, [0xf1 | 0xfb, station] if *station < ESCAPE);
    let header = byte(message, 0).is_some_and(|h| FROM_STATION.contains(&h) || FROM_OFFICE.contains(&h));
    short || header && is_checked(message)
}

fn end(data: &[u8]) -> Option<usize> {
    data.iter().take(LENGTH_MAX).position(|&b| b == TERMINATOR)
}

impl Protocol for Genisys {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A header, a terminator, and between them a right check word; the short forms count at the usual port only.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let header = byte(head, 0).is_some_and(|h| FROM_STATION.contains(&h) || FROM_OFFICE.contains(&h));
        match end(head) {
            _ if !header => Probe::No,
            Some(at) => {
                let message = head.get(..at).unwrap_or_default();
                Probe::when(if hint.usual { is_message(message) } else { is_checked(message) })
            }
            None if head.len() < LENGTH_MAX => Probe::More,
            None => Probe::No,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read))
    }
}

fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    let Some(at) = end(input.data) else {
        let wait = !input.cut && !input.datagram && input.data.len() < LENGTH_MAX;
        return if wait { Progress::Need(input.data.len() + 1) } else { Progress::Lost };
    };
    let message = input.data.get(..at).unwrap_or_default();
    let (true, Some(header), Some(station)) = (is_message(message), byte(message, 0), input.data.get(1..2))
    else {
        return Progress::Lost;
    };
    let from_station = FROM_STATION.contains(&header);
    emit.client_is_sender(!from_station);
    emit.count(&HEADER, header);
    emit.operation(&OPERATIONS, header.into(), if from_station { Phase::Response } else { Phase::Request });
    if let (true, [address]) = (from_station, station) {
        let whom = Whom::SenderPart(Part::Unit((*address).into()));
        emit.identity(
            whom,
            Attribute::StationAddress,
            Text::new(&address.to_string()),
            station,
            "genisys.station",
        );
    }
    Progress::Took(at + 1)
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Header octets.
static OPERATIONS: Operations = Operations {
    prefix: "header",
    list: &[
        op("acknowledge", 0xf1, Class::Session),
        op("indications", 0xf2, Class::Read),
        op("control_checkback", 0xf3, Class::Command),
        op("common_control", 0xf9, Class::Command),
        op("acknowledge_and_poll", 0xfa, Class::Read),
        op("poll", 0xfb, Class::Read),
        op("control", 0xfc, Class::Command),
        op("recall", 0xfd, Class::Read),
        op("execute_controls", 0xfe, Class::Command),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::testing::Bench;
    use model::Transport;

    #[test]
    fn recognition() {
        let hint = |usual| Hint {
            transport: Transport::Tcp,
            from_port: 5,
            to_port: 6,
            ethertype: 0,
            usual,
            from_start: true,
        };
        let poll = [0xfb, 0x01, 0x83, 0x40, 0xf6];
        assert_eq!(Genisys.probe(&poll, &hint(false)), Probe::Yes);
        assert_eq!(Genisys.probe(&poll[..3], &hint(true)), Probe::More);
        assert_eq!(Genisys.probe(&[0xf1, 0x01, 0xf6], &hint(false)), Probe::No);
        assert_eq!(Genisys.probe(&[0xf1, 0x01, 0xf6], &hint(true)), Probe::Yes);
        assert_eq!(Genisys.probe(&[0xfb, 0x01, 0x83, 0x41, 0xf6], &hint(true)), Probe::No);
    }

    #[test]
    fn an_escape_octet_in_the_check_word_may_stand_as_it_is() {
        let indications = [0xf2, 0x01, 0x08, 0x06, 0x0a, 0x04, 0x0c, 0x04, 0x0f, 0x04, 0x09, 0xf0];
        assert!(is_message(&indications));
    }

    #[test]
    fn an_escaped_octet_is_read() {
        let mut head = vec![0xfc, 0x01, 0x05, 0xf4];
        let check = crc16_modbus(&head).to_le_bytes();
        head.truncate(3);
        head.extend([0xf0, 0x04]);
        head.extend(check.iter().flat_map(|&c| if c >= 0xf0 { vec![0xf0, c & 0x0f] } else { vec![c] }));
        head.push(0xf6);
        let mut bench = Bench::new(&Genisys);
        assert_eq!(bench.client(&head), Progress::Took(head.len()));
        assert_eq!(bench.server(&[0xf1, 0x01, 0xf6]), Progress::Took(3));
        assert_eq!(bench.operations(), ["acknowledge 0/1/0", "control 1/0/0"]);
        assert_eq!(bench.facts(), ["server Unit(1) station_address 1"]);
    }
}
