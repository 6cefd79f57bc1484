//! ROC and ROC Plus of Emerson's flow computers and remote controllers (ROC800, FloBoss): points, history, files, clock, sign-in.
//! Sources: Emerson "ROC Plus Protocol Specification Manual" (D301180X012), "ROC Protocol User Manual" (A4199): message format, opcodes.

use super::checksum::crc16_modbus;
use crate::emit::{Counter, Emit, Operations, Phase};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::byte;
use model::observation::{Direction, Mechanism};
use model::{Operation, OperationClass as Class, Text};

/// The protocol.
pub(super) struct RocPlus;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "roc-plus",
    title: "Emerson ROC Plus",
    tcp: &[4000],
    udp: &[4000],
    ethertypes: &[],
    industrial: true,
    sources: "Emerson D301180X012, A4199",
    operations: &[&OPERATIONS],
};

static OPCODE: Counter = Counter { protocol: "roc-plus", name: "opcode" };

/// Unit and group of destination and source, opcode, length (message format).
const HEADER: usize = 6;
/// Behind the data: the check word, low octet first, over all before it.
const CHECK: usize = 2;
const LOGIN: u8 = 17;
/// The answer to what was not understood: error code, opcode, offset.
const ERROR: u8 = 255;

/// Length of the message at the front, from its header.
fn length(data: &[u8]) -> Option<usize> {
    byte(data, 5).map(|n| HEADER + usize::from(n) + CHECK)
}

fn is_sound(message: &[u8]) -> bool {
    message
        .split_last_chunk::<CHECK>()
        .is_some_and(|(head, check)| crc16_modbus(head) == u16::from_le_bytes(*check))
}

fn is_known(opcode: u8) -> bool {
    OPERATIONS.list.binary_search_by_key(&opcode.into(), |o| o.code).is_ok()
}

impl Protocol for RocPlus {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A known opcode and a right check word: enough at any port.
    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        let (Some(whole), Some(opcode)) = (length(head), byte(head, 4)) else { return Probe::More };
        match head.get(..whole) {
            _ if !is_known(opcode) => Probe::No,
            Some(message) => Probe::when(is_sound(message)),
            None => Probe::More,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read))
    }
}

fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    let Some(whole) = length(input.data) else { return Progress::Need(HEADER) };
    let Some(message) = input.data.get(..whole) else {
        return if input.cut || input.datagram { Progress::Lost } else { Progress::Need(whole) };
    };
    if !is_sound(message) {
        return Progress::Lost;
    }
    let (Some(opcode), Some(data)) = (byte(message, 4), message.get(HEADER..whole - CHECK)) else {
        return Progress::Lost;
    };
    emit.count(&OPCODE, opcode);
    let answers = emit.direction == Direction::ToClient;
    match opcode {
        ERROR => emit.operation(&OPERATIONS, byte(data, 1).unwrap_or(ERROR).into(), Phase::Error),
        _ if answers => emit.operation(&OPERATIONS, opcode.into(), Phase::Response),
        _ => emit.operation(&OPERATIONS, opcode.into(), Phase::Request),
    }
    if opcode == LOGIN && !answers {
        sign_in(data, emit);
    }
    Progress::Took(whole)
}

/// Three characters of the operator and a number as password; with enhanced security `G`, then 30 characters each.
fn sign_in(data: &[u8], emit: &mut Emit<'_>) {
    const LONG: usize = 31;
    let (name, number, witness) = match data {
        [b'G', rest @ ..] if data.len() > 2 * LONG => {
            (rest.get(..LONG - 1), None, rest.get(LONG - 1..2 * (LONG - 1)))
        }
        [_, _, _, low, high] | [_, _, _, low, high, _] => {
            (data.get(..3), Some(u16::from_le_bytes([*low, *high]).to_string()), data.get(3..5))
        }
        _ => (None, None, None),
    };
    let (Some(name), Some(witness)) = (name, witness) else { return };
    emit.sign_in(Text::from_wire(name), Mechanism::Password, false, None, name);
    let padded = |b: &u8| matches!(b, 0 | b' ');
    let written = witness.get(..witness.iter().rposition(|b| !padded(b)).map_or(0, |last| last + 1));
    let secret = number.as_ref().map_or(written.unwrap_or_default(), |n| n.as_bytes());
    emit.secret(Text::from_wire(name), Mechanism::Password, secret, witness);
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Opcodes (D301180X012, opcode table; those of the older protocol from A4199).
static OPERATIONS: Operations = Operations {
    prefix: "opcode",
    list: &[
        op("system_configuration", 6, Class::Discovery),
        op("read_clock", 7, Class::Time),
        op("set_clock", 8, Class::Time),
        op("read_configurable_points", 10, Class::Read),
        op("write_configurable_points", 11, Class::Write),
        op("login", 17, Class::Authentication),
        op("store_and_forward", 24, Class::Other),
        op("read_io_position", 50, Class::Read),
        op("access_user_defined_information", 100, Class::Read),
        op("set_system_variables", 102, Class::Configuration),
        op("system_information", 103, Class::Discovery),
        op("read_minimum_and_maximum", 105, Class::Read),
        op("read_history", 107, Class::Read),
        op("read_history_tags", 108, Class::Read),
        op("read_alarms", 118, Class::Diagnostic),
        op("read_events", 119, Class::Diagnostic),
        op("read_event_pointers", 120, Class::Diagnostic),
        op("read_alarm_log", 121, Class::Diagnostic),
        op("read_event_log", 122, Class::Diagnostic),
        op("read_single_history", 135, Class::Read),
        op("read_multiple_history", 136, Class::Read),
        op("read_history_index", 137, Class::Read),
        op("read_daily_and_periodic_history", 138, Class::Read),
        op("read_history_information", 139, Class::Read),
        op("set_contiguous_parameters", 166, Class::Write),
        op("read_contiguous_parameters", 167, Class::Read),
        op("read_parameters", 180, Class::Read),
        op("set_parameters", 181, Class::Write),
        op("file_transfer", 203, Class::File),
        op("peer_to_peer", 205, Class::Other),
        op("read_transaction_history", 206, Class::Read),
        op("report_by_exception", 224, Class::Session),
        op("acknowledge_report", 225, Class::Session),
        op("error", 255, Class::Other),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::testing::Bench;
    use model::Transport;

    fn message(opcode: u8, data: &[u8]) -> Vec<u8> {
        let mut m = vec![1, 2, 3, 4, opcode, u8::try_from(data.len()).unwrap()];
        m.extend_from_slice(data);
        m.extend_from_slice(&crc16_modbus(&m).to_le_bytes());
        m
    }

    #[test]
    fn recognition_by_check_word() {
        let hint = |usual| Hint {
            transport: Transport::Tcp,
            from_port: 5,
            to_port: 6,
            ethertype: 0,
            usual,
            from_start: true,
        };
        // The request of the clock as a controller got it.
        let clock = [1, 2, 3, 4, 7, 0, 0x3b, 0xbf];
        assert_eq!(RocPlus.probe(&clock, &hint(false)), Probe::Yes);
        assert_eq!(RocPlus.probe(&clock[..5], &hint(true)), Probe::More);
        assert_eq!(RocPlus.probe(&[1, 2, 3, 4, 7, 0, 0x3b, 0xbe], &hint(true)), Probe::No);
        assert_eq!(RocPlus.probe(b"GET / HTTP/1.1", &hint(true)), Probe::No);
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }

    #[test]
    fn a_sign_in_is_named_and_its_password_is_fingerprinted() {
        let mut bench = Bench::new(&RocPlus);
        bench.client(&message(17, b"OP1\x12\x34\x01"));
        bench.server(&message(255, &[30, 17, 0]));
        let sign_ins = bench.sign_ins();
        assert_eq!(sign_ins.len(), 1);
        assert_eq!(sign_ins[0].name.to_string(), "OP1");
        assert_eq!(bench.operations(), ["login 1/1/1"]);
        let mut bench = Bench::new(&RocPlus).keyed();
        let sent = message(17, b"LOI\xe8\x03");
        bench.client(&sent);
        assert_eq!(bench.secrets(&sent), ["LOI Password \\xe8\\x03"]);
        assert_eq!(bench.mark().1.as_deref(), Some("Emerson ROC800"));
    }

    #[test]
    fn a_message_in_two_pieces_waits() {
        let mut bench = Bench::new(&RocPlus);
        let whole = message(10, &[0; 9]);
        assert_eq!(bench.client(&whole[..8]), Progress::Need(whole.len()));
        assert_eq!(bench.client(&whole), Progress::Took(whole.len()));
    }
}
