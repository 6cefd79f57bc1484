//! TFTP: who fetches or stores which file.
//! Source: RFC 1350 §4 and §5.

use crate::emit::{Counter, Emit, Operations, Phase};
use crate::protocol::{Hint, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, be16};
use model::{Operation, OperationClass as Class};

/// The protocol.
pub(super) struct Tftp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "tftp",
    title: "TFTP",
    tcp: &[],
    udp: &[69],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 1350",
};

static OPCODE: Counter = Counter { protocol: "tftp", name: "opcode" };

/// Transfer modes (RFC 1350 §5), in lower case.
const MODES: [&[u8]; 3] = [b"octet", b"netascii", b"mail"];

impl Protocol for Tftp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A request with a file name and a mode. Data follows between other ports, where nothing in it tells what it is.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        Probe::when(hint.usual && (request(head).is_ok() || matches!(be16(head, 0), Some(3..=6))))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| {
            let _ = packet(input.data, emit);
            Progress::Took(input.data.len())
        }))
    }
}

/// Operation, file name, zero, mode, zero.
fn request(data: &[u8]) -> Read<()> {
    let mut r = Reader::new(data);
    let kind = r.u16()?;
    let mut words = r.rest().split(|&b| b == 0);
    let name = words.next().unwrap_or_default();
    let mode = words.next().unwrap_or_default();
    let known = MODES.iter().any(|m| m.eq_ignore_ascii_case(mode));
    let fits = matches!(kind, 1 | 2) && known && !name.is_empty();
    if fits { Ok(()) } else { Err(crate::reader::Short) }
}

fn packet(data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let kind = Reader::new(data).u16()?;
    emit.count(&OPCODE, kind);
    let phase = if kind == 5 { Phase::Error } else { Phase::Request };
    emit.operation(&OPERATIONS, kind.into(), phase);
    Ok(())
}

/// RFC 1350 §5; RFC 2347 for 6.
static OPERATIONS: Operations = Operations {
    prefix: "opcode",
    list: &[
        Operation::new("read_file", 1, Class::File),
        Operation::new("write_file", 2, Class::File),
        Operation::new("data", 3, Class::File),
        Operation::new("acknowledge", 4, Class::File),
        Operation::new("error", 5, Class::File),
        Operation::new("options", 6, Class::File),
    ],
};
