//! TFTP: files that are read and written without any sign-in. The transfer itself goes on between other ports and is not followed.
//! Source: RFC 1350.

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::be16;
use model::{Attribute, Confidence, Operation, OperationClass as Class, Text};

/// The protocol.
pub(super) struct Tftp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "tftp",
    title: "TFTP",
    tcp: &[],
    udp: &[69],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 1350; RFC 2347",
    operations: &[&OPERATIONS],
};

static OPCODE: Counter = Counter { protocol: "tftp", name: "opcode" };

/// A request (RFC 1350 §5): the opcode and the file name of a read (1) or write (2) whose mode is a known one.
fn request(data: &[u8]) -> Option<(u16, &[u8])> {
    let opcode = be16(data, 0).filter(|o| matches!(o, 1 | 2))?;
    let mut parts = data.get(2..)?.split(|&b| b == 0);
    let (file, mode) = (parts.next()?, parts.next()?);
    let known = ["netascii", "octet", "mail"].iter().any(|m| mode.eq_ignore_ascii_case(m.as_bytes()));
    (known && !file.is_empty()).then_some((opcode, file))
}

impl Protocol for Tftp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        Probe::when(request(head).is_some())
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read))
    }
}

fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    if let Some((opcode, file)) = request(input.data) {
        emit.client_is_sender(true);
        emit.count(&OPCODE, opcode);
        emit.operation(&OPERATIONS, opcode.into(), Phase::Request);
        let (field, sure) = ("tftp.source_file", Confidence::LIKELY);
        emit.claim(Whom::Receiver, Attribute::Program, Text::from_wire(file), file, field, sure);
    } else if let Some(opcode @ 3..=6) = be16(input.data, 0) {
        emit.count(&OPCODE, opcode);
    }
    Progress::Took(input.data.len())
}

/// RFC 1350 §5.
static OPERATIONS: Operations = Operations {
    prefix: "opcode",
    list: &[Operation::new("read_request", 1, Class::File), Operation::new("write_request", 2, Class::File)],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_recognised() {
        assert_eq!(request(b"\0\x01boot.bin\0octet\0"), Some((1, &b"boot.bin"[..])));
        assert_eq!(request(b"\0\x02cfg\0NetASCII\0blksize\x001428\0"), Some((2, &b"cfg"[..])));
        for bytes in [&b"\0\x03\0\x01"[..], b"\0\x01\0octet\0", b"\0\x01file\0raw\0", b"\0"] {
            assert_eq!(request(bytes), None);
        }
    }
}
