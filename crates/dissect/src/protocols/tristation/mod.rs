//! TriStation: how the engineering station of a Triconex safety system loads, runs and watches its controllers.
//! Sources: FireEye, "A Totally Tubular Treatise on TRITON and TriStation" (2018), message structure and functions; Nozomi Networks,
//! TriStation protocol plug-in for Wireshark (2018), message types, status and module fields, and its recorded traffic. The maker publishes
//! no specification. All numbers are little endian.

mod modules;
mod operations;

use super::checksum::crc16_arc;
use crate::emit::{Counter, Emit, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, byte, le16};
use model::{Attribute, Confidence, Part, Text};
use operations::{OPERATIONS, answered};

/// The protocol.
pub(super) struct TriStation;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "tristation",
    title: "TriStation (Triconex safety systems)",
    tcp: &[],
    udp: &[1502],
    ethertypes: &[],
    industrial: true,
    sources: "FireEye 2018, TRITON and TriStation; Nozomi Networks 2018, TriStation plug-in",
    operations: &[&OPERATIONS],
};

static MESSAGE: Counter = Counter { protocol: "tristation", name: "message" };
static FUNCTION: Counter = Counter { protocol: "tristation", name: "function" };

/// Type, channel, length of what follows without the check word.
const HEADER: usize = 4;
/// Direction, connection, function, sequence, two unknown octets, sum, length.
const FUNCTION_HEADER: usize = 10;
const CHECK: usize = 2;

/// Message types.
mod message {
    pub(super) const CONNECT: u8 = 1;
    pub(super) const CONNECT_ANSWER: u8 = 2;
    pub(super) const DISCONNECT_ANSWER: u8 = 3;
    pub(super) const DISCONNECT: u8 = 4;
    pub(super) const FUNCTION: u8 = 5;
    pub(super) const PING: u8 = 6;
    /// From here on refusals: connection limit, not connected, processors dead, access denied, connection failed.
    pub(super) const REFUSED: u8 = 7;
    pub(super) const LAST: u8 = 11;
}

/// Functions of the controller whose data is read.
mod function {
    pub(super) const REJECTED: u8 = 100;
    pub(super) const ATTACHED: u8 = 106;
    pub(super) const PROGRAM_STATUS: u8 = 108;
    pub(super) const CHASSIS_STATUS: u8 = 119;
    pub(super) const MODULE_VERSIONS: u8 = 151;
}

/// The part between header and check word, when both lengths and the check word are right.
fn content(data: &[u8]) -> Option<&[u8]> {
    let (head, check) = data.split_last_chunk::<CHECK>()?;
    let content = head.get(HEADER..)?;
    let (kind, length) = (byte(data, 0)?, usize::from(le16(data, 2)?));
    let known = (message::CONNECT..=message::LAST).contains(&kind) && length == content.len();
    let function = match content {
        [] => true,
        [direction, ..] => *direction <= 1 && le16(content, 8).map(usize::from) == Some(length),
    };
    (known && function && crc16_arc(head) == u16::from_le_bytes(*check)).then_some(content)
}

impl Protocol for TriStation {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A whole datagram with the right lengths and check word, at any port.
    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        Probe::when(content(head).is_some())
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<Talk>::default()
    }
}

/// One engineering station and one controller.
#[derive(Default)]
struct Talk {
    /// Sequence and function of the last request: a rejection names only the sequence.
    asked: Option<(u8, u8)>,
}

impl Session for Talk {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let (Some(content), Some(kind)) = (content(input.data), byte(input.data, 0)) else {
            return Progress::Lost;
        };
        emit.count(&MESSAGE, kind);
        if kind == message::FUNCTION {
            if self.function(content, emit).is_err() {
                emit.malformed();
            }
        } else {
            connection(kind, emit);
        }
        Progress::Took(input.data.len())
    }
}

fn connection(kind: u8, emit: &mut Emit<'_>) {
    let (asked, phase) = match kind {
        message::CONNECT | message::DISCONNECT | message::PING => (kind, Phase::Request),
        message::CONNECT_ANSWER => (message::CONNECT, Phase::Response),
        message::DISCONNECT_ANSWER => (message::DISCONNECT, Phase::Response),
        message::REFUSED..=message::LAST => (message::CONNECT, Phase::Error),
        _ => return,
    };
    // Both ends may ping.
    if kind != message::PING {
        emit.client_is_sender(phase == Phase::Request);
    }
    emit.operation(&OPERATIONS, 0x100 | u32::from(asked), phase);
}

impl Talk {
    fn function(&mut self, content: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(content);
        let (direction, _, function, sequence) = (r.u8()?, r.u8()?, r.u8()?, r.u8()?);
        r.skip(FUNCTION_HEADER - 4)?;
        emit.client_is_sender(direction == 0);
        emit.count(&FUNCTION, function);
        if direction == 0 {
            self.asked = Some((sequence, function));
            emit.operation(&OPERATIONS, function.into(), Phase::Request);
            return Ok(());
        }
        let asked = self.asked.filter(|(number, _)| *number == sequence).map(|(_, function)| function);
        let phase = if function == function::REJECTED { Phase::Error } else { Phase::Response };
        let known = if phase == Phase::Error { asked } else { answered(function).or(asked) };
        if let Some(known) = known {
            emit.operation(&OPERATIONS, known.into(), phase);
        }
        match function {
            function::ATTACHED => attached(r.rest(), emit),
            function::PROGRAM_STATUS => program_status(r.rest(), emit),
            function::CHASSIS_STATUS => chassis_status(r.rest(), emit),
            function::MODULE_VERSIONS => module_versions(r.rest(), emit),
            _ => {}
        }
        Ok(())
    }
}

/// Version of the Tricon behind three octets that are not understood: 10 and 4 is 10.4.
fn attached(data: &[u8], emit: &mut Emit<'_>) {
    product(data, emit);
    if let Some(version @ [major @ 9..=12, minor]) = data.get(3..5) {
        let text = Text::new(&format!("{major}.{minor}"));
        emit.claim(Whom::Sender, Attribute::Firmware, text, version, "ts.mp_type", Confidence::LIKELY);
    }
}

fn product(witness: &[u8], emit: &mut Emit<'_>) {
    emit.identity(Whom::Sender, Attribute::Vendor, Text::new("Triconex"), witness, "ts.ts_function");
    emit.identity(Whom::Sender, Attribute::Product, Text::new("Tricon"), witness, "ts.ts_function");
}

/// Key switch at 7, state at 8, name of the project from 66 on.
fn program_status(data: &[u8], emit: &mut Emit<'_>) {
    product(data, emit);
    state(data.get(7..8), data.get(8..9), emit);
    project(data.get(66..76), emit);
}

/// State at 3, key switch at 4, name of the project from 32 on, then from 166 on 16 slots of 32 octets, the first three of them
/// the main processors.
fn chassis_status(data: &[u8], emit: &mut Emit<'_>) {
    const SLOT: usize = 32;
    product(data, emit);
    state(data.get(4..5), data.get(3..4), emit);
    project(data.get(32..42), emit);
    for (number, slot) in (0..16).zip(data.get(166..).unwrap_or_default().chunks_exact(SLOT)) {
        if let (3.., Some(code)) = (number, slot.get(2..3)) {
            module(number, code, emit);
        }
    }
}

fn module(number: u16, code: &[u8], emit: &mut Emit<'_>) {
    let Some((model, kind)) = byte(code, 0).and_then(modules::module) else { return };
    let (whom, field) = (Whom::SenderPart(Part::Slot(number)), "ts.ts_module");
    let product = [model, kind].join(" ");
    emit.claim(whom, Attribute::Product, Text::new(product.trim()), code, field, Confidence::LIKELY);
    emit.claim(whom, Attribute::OrderNumber, Text::new(model), code, field, Confidence::LIKELY);
}

/// Chassis, a mark that modules follow, then 16 slots: type and three firmware numbers of two octets each.
fn module_versions(data: &[u8], emit: &mut Emit<'_>) {
    product(data, emit);
    let Some([chassis, 0xff]) = data.get(..2) else { return };
    let slots = data.get(2..).unwrap_or_default().chunks_exact(8).take(16);
    // Slots count on from chassis to chassis, so that no two modules are one.
    for (number, slot) in (u16::from(*chassis) * 16..).zip(slots) {
        let (Some(code), Some(firmware @ [low, high])) = (slot.get(..1), slot.get(2..4)) else { continue };
        if slot.get(1) == Some(&0) && byte(code, 0).and_then(modules::module).is_some() {
            module(number, code, emit);
            let text = Text::new(&u16::from_le_bytes([*low, *high]).to_string());
            let (whom, field) = (Whom::SenderPart(Part::Slot(number)), "ts.firmware");
            emit.claim(whom, Attribute::Firmware, text, firmware, field, Confidence::LIKELY);
        }
    }
}

fn state(key: Option<&[u8]>, run: Option<&[u8]>, emit: &mut Emit<'_>) {
    let word = |value: Option<&[u8]>, words: &'static [&'static str]| {
        value.and_then(|v| words.get(usize::from(*v.first()?))).copied().unwrap_or_default()
    };
    let switch = word(key, &["stop", "program", "run", "remote"]);
    let mode = word(run, &["running", "stopped", "paused"]);
    let (key, run) = (key.unwrap_or_default(), run.unwrap_or_default());
    emit.identity(Whom::Sender, Attribute::Protection, Text::new(switch), key, "ts.ts_cp_keyState");
    emit.identity(Whom::Sender, Attribute::Mode, Text::new(mode), run, "ts.ts_cp_runState");
}

fn project(name: Option<&[u8]>, emit: &mut Emit<'_>) {
    let name = name.and_then(|n| n.split(|&b| b == 0).next()).unwrap_or_default();
    if name.iter().all(|b| b.is_ascii_graphic() || *b == b' ') {
        emit.text(Whom::Sender, Attribute::Program, name, "ts.project");
    }
}

#[cfg(test)]
mod tests;
