//! Mitsubishi MC protocol with 1E frames: MELSEC-A and FX3 controllers; devices, run and stop, model.
//! Sources: Mitsubishi "FX3U-ENET User's Manual" JY997D18101, 9.1 (message format), 9.2 (commands), 9.3 and 9.4 (examples);
//! "MELSEC Communication Protocol Reference Manual" SH(NA)-080008, 18 (1E frame, with the monitoring commands of A series).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, byte};
use model::{Attribute, Operation, OperationClass as Class, Text};

/// The protocol.
pub(super) struct Mc1e;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "mc-1e",
    title: "Mitsubishi MC protocol 1E",
    tcp: &[5551],
    udp: &[5551],
    ethertypes: &[],
    industrial: true,
    sources: "Mitsubishi JY997D18101, SH(NA)-080008",
    operations: &[&OPERATIONS],
};

static COMMAND: Counter = Counter { protocol: "mc-1e", name: "command" };

/// Subheaders (JY997D18101, 9.2). That of an answer has its highest bit set.
mod command {
    pub(super) const READ_BITS: u8 = 0x00;
    pub(super) const READ_WORDS: u8 = 0x01;
    pub(super) const WRITE_BITS: u8 = 0x02;
    pub(super) const WRITE_WORDS: u8 = 0x03;
    pub(super) const TEST_BITS: u8 = 0x04;
    pub(super) const TEST_WORDS: u8 = 0x05;
    pub(super) const REGISTER_BITS: u8 = 0x06;
    pub(super) const REGISTER_WORDS: u8 = 0x07;
    pub(super) const MONITOR_BITS: u8 = 0x08;
    pub(super) const MONITOR_WORDS: u8 = 0x09;
    pub(super) const RUN: u8 = 0x13;
    pub(super) const STOP: u8 = 0x14;
    pub(super) const MODEL: u8 = 0x15;
    pub(super) const LOOP_BACK: u8 = 0x16;
}

const ANSWER: u8 = 0x80;
/// Subheader, number of the controller, monitoring timer.
const HEADER: usize = 4;
/// The controller that is connected itself.
const LOCAL: u8 = 0xff;
/// Head device, name, number of points, zero.
const BATCH: usize = HEADER + 8;

/// The name of a device: a letter, or two for timers and counters (contact, coil, value); the wire has the last first.
fn is_device(name: [u8; 2]) -> bool {
    matches!(
        name,
        [b' ', b'X' | b'Y' | b'M' | b'S' | b'L' | b'B' | b'F' | b'D' | b'R' | b'W']
            | [b'N' | b'S' | b'C', b'T' | b'C']
    )
}

/// How long a request is that begins so; nothing when it is none, or its beginning is too short to tell.
fn request_len(head: &[u8]) -> Option<usize> {
    let &[command, _, _, _, ..] = head.first_chunk::<HEADER>()?;
    // No points are 256.
    let points = |at| byte(head, at).map(|n: u8| if n == 0 { 256 } else { usize::from(n) });
    Some(match command {
        command::READ_BITS | command::READ_WORDS => BATCH,
        command::WRITE_BITS => BATCH + points(10)?.div_ceil(2),
        command::WRITE_WORDS => BATCH + 2 * points(10)?,
        command::TEST_BITS => HEADER + 2 + 7 * points(4)?,
        command::TEST_WORDS => HEADER + 2 + 8 * points(4)?,
        command::REGISTER_BITS | command::REGISTER_WORDS => HEADER + 2 + 6 * points(4)?,
        command::MONITOR_BITS | command::MONITOR_WORDS => HEADER,
        command::RUN | command::STOP | command::MODEL => HEADER,
        command::LOOP_BACK => HEADER + 1 + points(4)?,
        _ => return None,
    })
}

/// Whether the first device of a request has a name that exists, and the zero stands where it must.
fn names_a_device(message: &[u8]) -> bool {
    let (name, zero) = match byte(message, 0) {
        Some(command::READ_BITS..=command::WRITE_WORDS) => (8, 11),
        Some(command::TEST_BITS..=command::REGISTER_WORDS) => (10, 5),
        _ => return false,
    };
    let name = message.get(name..).and_then(|rest| rest.first_chunk::<2>());
    name.is_some_and(|name| is_device(*name)) && byte(message, zero) == Some(0)
}

impl Protocol for Mc1e {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A whole request to the controller itself that names a device; what names none only at the usual port.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let begins =
            byte(head, 0).is_none_or(|b| b <= command::LOOP_BACK) && byte(head, 1).is_none_or(|b| b == LOCAL);
        if !begins {
            return Probe::No;
        }
        match request_len(head) {
            None if head.len() <= HEADER && hint.usual => Probe::More,
            Some(len) if len > head.len() && hint.usual => Probe::More,
            Some(len) => Probe::when(len == head.len() && (hint.usual || names_a_device(head))),
            None => Probe::No,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Conversation { asked: None })
    }
}

/// What was asked last, and how much its answer holds when it is done, where that is known: an answer does not tell.
struct Conversation {
    asked: Option<(u8, Option<usize>)>,
}

impl Session for Conversation {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let Some(&first) = input.data.first() else { return Progress::Need(1) };
        if first & ANSWER != 0 {
            self.answer(first & !ANSWER, input, emit)
        } else {
            self.request(first, input, emit)
        }
    }
}

impl Conversation {
    fn request(&mut self, command: u8, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let wait = !input.datagram && !input.cut;
        let Some(len) = request_len(input.data) else {
            let short = input.data.len() < BATCH && OPERATIONS.list.iter().any(|o| o.code == command.into());
            return if short && wait { Progress::Need(input.data.len() + 1) } else { Progress::Lost };
        };
        if input.data.len() < len {
            return if wait { Progress::Need(len) } else { Progress::Lost };
        }
        emit.client_is_sender(true);
        emit.count(&COMMAND, command);
        emit.operation(&OPERATIONS, command.into(), Phase::Request);
        self.asked = Some((command, answer_len(command, input.data)));
        Progress::Took(len)
    }

    /// Subheader and end code; then what was read. Code 0x5B is followed by a code of the controller and a zero.
    fn answer(&mut self, command: u8, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        const DETAILED: u8 = 0x5b;
        let Some(code) = byte(input.data, 1) else {
            return if input.datagram || input.cut { Progress::Lost } else { Progress::Need(2) };
        };
        let asked = self.asked.take_if(|(asked, _)| *asked == command);
        let content = match (code, asked) {
            (0, Some((_, Some(len)))) => len,
            (0, _) => input.data.len() - 2,
            (DETAILED, _) => 2,
            _ => 0,
        };
        let whole = 2 + content;
        if input.data.len() < whole && !input.datagram && !input.cut {
            self.asked = asked;
            return Progress::Need(whole);
        }
        if !OPERATIONS.list.iter().any(|o| o.code == command.into()) {
            return Progress::Lost;
        }
        emit.client_is_sender(false);
        emit.count(&COMMAND, command);
        emit.operation(&OPERATIONS, command.into(), if code == 0 { Phase::Response } else { Phase::Error });
        if command == command::MODEL && code == 0 && model(&mut Reader::new(input.data), emit).is_err() {
            emit.malformed();
        }
        Progress::Took(whole)
    }
}

/// What an answer holds after its end code.
fn answer_len(command: u8, request: &[u8]) -> Option<usize> {
    let points = byte(request, 10).map(|n| if n == 0 { 256 } else { usize::from(n) });
    match command {
        command::READ_BITS => points.map(|n| n.div_ceil(2)),
        command::READ_WORDS => points.map(|n| 2 * n),
        command::MONITOR_BITS | command::MONITOR_WORDS => None,
        command::MODEL => Some(2),
        command::LOOP_BACK => byte(request, 4).map(|n| 1 + usize::from(n)),
        _ => Some(0),
    }
}

/// The code of the model, and a zero (JY997D18101, 9.4.3).
fn model(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    const FX3U: u8 = 0xf3;
    r.skip(2)?;
    let witness = r.take(1)?;
    let Some(&code) = witness.first() else { return Ok(()) };
    emit.identity(Whom::Sender, Attribute::ProductCode, Text::new(&code.to_string()), witness, "mc_1e.model");
    if code == FX3U {
        emit.identity(Whom::Sender, Attribute::Product, Text::new("FX3U"), witness, "mc_1e.model");
    }
    Ok(())
}

const fn op(name: &'static str, code: u8, class: Class) -> Operation {
    Operation::new(name, code as u32, class)
}

/// Commands by class (JY997D18101, 9.2; 080008, 18.3 for monitoring).
static OPERATIONS: Operations = Operations {
    prefix: "command",
    list: &[
        op("device_read_bits", command::READ_BITS, Class::Read),
        op("device_read_words", command::READ_WORDS, Class::Read),
        op("device_write_bits", command::WRITE_BITS, Class::Write),
        op("device_write_words", command::WRITE_WORDS, Class::Write),
        op("device_write_random_bits", command::TEST_BITS, Class::Write),
        op("device_write_random_words", command::TEST_WORDS, Class::Write),
        op("entry_monitor_bits", command::REGISTER_BITS, Class::Read),
        op("entry_monitor_words", command::REGISTER_WORDS, Class::Read),
        op("execute_monitor_bits", command::MONITOR_BITS, Class::Read),
        op("execute_monitor_words", command::MONITOR_WORDS, Class::Read),
        op("remote_run", command::RUN, Class::ModeChange),
        op("remote_stop", command::STOP, Class::ModeChange),
        op("read_type_name", command::MODEL, Class::Discovery),
        op("self_test", command::LOOP_BACK, Class::Diagnostic),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::testing::Bench;
    use crate::testing::hex;
    use model::Transport;

    /// M100 to M107 (JY997D18101, 9.1.2), Y40 to Y47 written, D100 and D101, a loop of five characters, and so on.
    const READ_BITS: &str = "00 ff 0a00 64000000 204d 08 00";

    fn hint(usual: bool) -> Hint {
        let transport = Transport::Tcp;
        Hint { transport, from_port: 50_000, to_port: 8000, ethertype: 0, usual, from_start: true }
    }

    #[test]
    fn recognition() {
        for (head, usual, expected) in [
            (READ_BITS, false, Probe::Yes),
            ("01 ff 0a00 64000000 2044 02 00", false, Probe::Yes),
            ("05 ff 0a00 02 00 64000000 2044 3412 1a000000 4e43 0100", false, Probe::Yes),
            // No such device, another controller, something after it, no zero at the end.
            ("01 ff 0a00 64000000 2051 02 00", false, Probe::No),
            ("01 01 0a00 64000000 2044 02 00", false, Probe::No),
            ("01 ff 0a00 64000000 2044 02 00 00", false, Probe::No),
            ("01 ff 0a00 64000000 2044 02 01", false, Probe::No),
            ("14 ff 0a00", false, Probe::No),
            ("14 ff 0a00", true, Probe::Yes),
            ("14 ff 0a", true, Probe::More),
            ("03 ff 0a00 64000000 2044 02", true, Probe::More),
            ("03 ff 0a00 64000000 2044 02", false, Probe::No),
            ("17 ff 0a00", true, Probe::No),
            ("47 45 54 20", true, Probe::No),
        ] {
            assert_eq!(Mc1e.probe(&hex(head), &hint(usual)), expected, "{head} {usual}");
        }
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }

    #[test]
    fn answers_are_as_long_as_was_asked() {
        let mut b = Bench::new(&Mc1e);
        for (request, answer) in [
            (READ_BITS, "80 00 10 10 01 01"),
            ("01 ff 0a00 64000000 2044 02 00", "81 00 3412 0200"),
            ("03 ff 0a00 64000000 2044 02 00 3412 7698", "83 00"),
            ("04 ff 0a00 01 00 25000000 2059 01", "84 00"),
            ("13 ff 0a00", "93 00"),
            ("14 ff 0a00", "94 5b 10 00"),
            ("15 ff 0a00", "95 00 f3 00"),
            ("16 ff 0a00 05 4142434445", "96 00 05 4142434445"),
            ("09 ff 0a00", "89 57"),
        ] {
            let (request, answer) = (hex(request), hex(answer));
            // Cut anywhere, the message is waited for.
            for end in 1..request.len() {
                assert!(matches!(b.client(&request[..end]), Progress::Need(_)), "{request:x?} {end}");
            }
            assert_eq!(b.client(&request), Progress::Took(request.len()));
            for end in 1..answer.len() {
                assert!(matches!(b.server(&answer[..end]), Progress::Need(_)), "{answer:x?} {end}");
            }
            assert_eq!(b.server(&answer), Progress::Took(answer.len()));
        }
        let operations = b.operations();
        for expected in [
            "device_read_bits 1/1/0",
            "device_write_words 1/1/0",
            "device_write_random_bits 1/1/0",
            "remote_run 1/1/0",
            "remote_stop 1/1/1",
            "read_type_name 1/1/0",
            "execute_monitor_words 1/1/1",
        ] {
            assert!(operations.iter().any(|o| o == expected), "{expected} is not in {operations:?}");
        }
        assert_eq!(b.facts(), ["server product_code 243", "server product FX3U"]);
    }
}
