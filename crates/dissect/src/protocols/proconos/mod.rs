//! ProConOS: how the engineering tool of a Phoenix Contact controller watches, starts and stops its program. Older controllers have
//! messages of their own at port 20547, newer ones a remoting of services at 41100.
//! Sources: Tijl Deneut, control scripts for ILC 150 and ILC 390 (2015), and the same in Metasploit; Digital Bond, Redpoint proconos-info
//! (2015); traffic of ILC 131 ETH and ILC 191 ETH. There is no public specification.

mod remoting;

use super::checksum::crc16_kermit;
use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{byte, le16};
use model::observation::Direction;
use model::{Attribute, Operation, OperationClass as Class, Text};

/// The protocol.
pub(super) struct ProConOs;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "proconos",
    title: "ProConOS (Phoenix Contact)",
    tcp: &[20547, 41100],
    udp: &[],
    ethertypes: &[],
    industrial: true,
    sources: "observed messages; Deneut 2015; Digital Bond 2015, Redpoint",
    operations: &[&OPERATIONS, &remoting::OPERATIONS],
};

static FUNCTION: Counter = Counter { protocol: "proconos", name: "function" };

const MAGIC: u8 = 0xcc;
/// Magic, one, zero, function, flags, sequence, length of the data (little endian).
const HEADER: usize = 8;
const CHECK: usize = 2;
const LENGTH_MAX: usize = 0x1000;

const IDENTIFY: u8 = 0x0b;
const GET_STATE: u8 = 0x0f;

/// Length of the whole message at the front, check word included.
fn length(data: &[u8]) -> Option<usize> {
    let length = usize::from(le16(data, 6)?) + HEADER + CHECK;
    (byte(data, 0) == Some(MAGIC) && length <= LENGTH_MAX).then_some(length)
}

/// The message at the front, when its check word is right.
fn checked(data: &[u8]) -> Option<&[u8]> {
    let message = data.get(..length(data)?)?;
    let (head, check) = message.split_last_chunk::<CHECK>()?;
    (crc16_kermit(head) == u16::from_le_bytes(*check)).then_some(message)
}

impl Protocol for ProConOs {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A right check word at any port, or a call of a service by its name; at the usual ports a header that fits.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        match byte(head, 0) {
            Some(MAGIC) => match length(head) {
                Some(_) if checked(head).is_some() => Probe::Yes,
                // Answers were seen without a check word.
                Some(_) if hint.usual && byte(head, 2) == Some(b'0') => Probe::Yes,
                Some(length) if hint.usual && byte(head, 1) == Some(1) && head.len() < length => Probe::More,
                None if hint.usual && head.len() < HEADER => Probe::More,
                _ => Probe::No,
            },
            _ => remoting::probe(head, hint.usual),
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<Talk>::default()
    }
}

/// One connection.
#[derive(Default)]
struct Talk {
    /// The function that was asked last: only requests name it.
    asked: Option<u8>,
    remoting: remoting::Remoting,
}

impl Session for Talk {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if byte(input.data, 0) != Some(MAGIC) {
            return self.remoting.read(input, emit);
        }
        if emit.direction() == Direction::ToClient {
            return self.answer(input, emit);
        }
        match (checked(input.data), length(input.data)) {
            (Some(message), _) => {
                self.request(message, emit);
                Progress::Took(message.len())
            }
            (None, Some(length)) if input.data.len() < length && !input.cut => Progress::Need(length),
            (None, None) if input.data.len() < HEADER && !input.cut => Progress::Need(HEADER),
            _ => Progress::Lost,
        }
    }
}

impl Talk {
    fn request(&mut self, message: &[u8], emit: &mut Emit<'_>) {
        let function = byte(message, 3).unwrap_or(0);
        emit.count(&FUNCTION, function);
        emit.operation(&OPERATIONS, function.into(), Phase::Request);
        self.asked = Some(function);
    }

    /// Where an answer ends is known only when it has a right check word; else it is what came in one piece.
    fn answer(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let answer = checked(input.data).unwrap_or(input.data);
        if let Some(function) = self.asked.take() {
            emit.operation(&OPERATIONS, function.into(), Phase::Response);
            match function {
                IDENTIFY => identity(answer, emit),
                GET_STATE => state(answer.get(HEADER..HEADER + 1), emit),
                _ => {}
            }
        }
        Progress::Took(answer.len())
    }
}

/// Runtime at 12 and type of the controller at 44, each in a field of 32 and 33 octets, then from 77 on the project, the boot project
/// and whether the source is there, each ended by NUL.
fn identity(answer: &[u8], emit: &mut Emit<'_>) {
    let text = |at: usize| {
        let text = answer.get(at..)?.split(|&b| b == 0).next()?.trim_ascii();
        text.iter().all(|b| b.is_ascii_graphic() || *b == b' ').then_some(text)
    };
    let say = |attribute, value: Option<&[u8]>, field, emit: &mut Emit<'_>| {
        emit.text(Whom::Sender, attribute, value.unwrap_or_default(), field);
    };
    say(Attribute::Software, text(12), "proconos.runtime", emit);
    // Some runtimes put their version there in place of a type.
    let kind = text(44).filter(|t| !matches!(t, [b'V', b' ' | b'0'..=b'9', ..]));
    say(Attribute::Product, kind, "proconos.plc_type", emit);
    say(Attribute::Program, text(77), "proconos.project", emit);
}

fn state(octet: Option<&[u8]>, emit: &mut Emit<'_>) {
    let word = match octet {
        Some([2]) => "running",
        Some([4]) => "stopped",
        _ => return,
    };
    emit.identity(
        Whom::Sender,
        Attribute::Mode,
        Text::new(word),
        octet.unwrap_or_default(),
        "proconos.state",
    );
}

const fn op(name: &'static str, code: u8, class: Class) -> Operation {
    Operation::new(name, code as u32, class)
}

/// Functions that the sources know; others keep their number.
static OPERATIONS: Operations = Operations {
    prefix: "function",
    list: &[
        op("stop", 0x01, Class::ModeChange),
        op("cold_start", 0x04, Class::ModeChange),
        op("identify", IDENTIFY, Class::Discovery),
        op("connect", 0x0d, Class::Session),
        op("get_state", GET_STATE, Class::Diagnostic),
    ],
};

#[cfg(test)]
mod tests;
