//! GOOSE and sampled values: what protection devices and merging units publish in Ethernet frames.
//! Sources: IEC 61850-8-1:2011, annexes A (GOOSE APDU) and C (frame header); IEC 61850-9-2:2011, 5.3 and 8 (sampled values).

use super::ber;
use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, be16, byte};
use model::{Attribute, Operation, OperationClass as Class};

/// Events: EtherType 0x88b8.
pub(super) struct Goose;
/// Samples: EtherType 0x88ba.
pub(super) struct SampledValues;

static GOOSE: ProtocolInfo = ProtocolInfo {
    name: "goose",
    title: "IEC 61850 GOOSE",
    tcp: &[],
    udp: &[],
    ethertypes: &[0x88b8],
    industrial: true,
    sources: "IEC 61850-8-1:2011",
    operations: &[&OPERATIONS],
};
static SV: ProtocolInfo = ProtocolInfo {
    name: "sv",
    title: "IEC 61850 sampled values",
    tcp: &[],
    udp: &[],
    ethertypes: &[0x88ba],
    industrial: true,
    sources: "IEC 61850-9-2:2011",
    operations: &[&OPERATIONS],
};

static MESSAGE: Counter = Counter { protocol: "goose", name: "message" };
static ASDU: Counter = Counter { protocol: "sv", name: "asdu" };

/// Application, length, two reserved words (8-1, C.2).
const HEADER: usize = 8;
/// A GOOSE PDU (8-1, annex A) and an SV PDU (9-2, 8.5.2).
const GOOSE_PDU: u8 = 0x61;
const SV_PDU: u8 = 0x60;
/// Names of one publisher that are kept to be told once.
const NAMES_MAX: usize = 64;
/// ASDUs of one frame that are read (9-2, 8.5.2 allows up to 8 in the profile of the light edition).
const ASDUS_MAX: usize = 64;

/// The header, and that a PDU of the kind follows.
fn is_frame(head: &[u8], pdu: u8) -> bool {
    be16(head, 2).is_some_and(|length| usize::from(length) >= HEADER) && byte(head, HEADER) == Some(pdu)
}

impl Protocol for Goose {
    fn info(&self) -> &'static ProtocolInfo {
        &GOOSE
    }

    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        Probe::when(is_frame(head, GOOSE_PDU))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Publisher { read: goose, names: Names::default() })
    }
}

impl Protocol for SampledValues {
    fn info(&self) -> &'static ProtocolInfo {
        &SV
    }

    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        Probe::when(is_frame(head, SV_PDU))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Publisher { read: samples, names: Names::default() })
    }
}

/// Names that were told.
#[derive(Default)]
struct Names {
    told: Vec<Box<[u8]>>,
    last: usize,
}

impl Names {
    /// Tells the name of a stream, once. Frames of one stream follow each other: the next name is looked for first.
    fn tell(&mut self, name: &[u8], field: &'static str, emit: &mut Emit<'_>) {
        const NAME_MAX: usize = 256;
        let Some(name) = name.get(..name.len().min(NAME_MAX)).filter(|n| !n.is_empty()) else { return };
        let next = if self.last + 1 < self.told.len() { self.last + 1 } else { 0 };
        for at in [self.last, next] {
            if self.told.get(at).is_some_and(|told| **told == *name) {
                self.last = at;
                return;
            }
        }
        if let Some(at) = self.told.iter().position(|told| **told == *name) {
            self.last = at;
            return;
        }
        if self.told.len() < NAMES_MAX {
            self.last = self.told.len();
            self.told.push(name.into());
            emit.text(Whom::Sender, Attribute::Stream, name, field);
        }
    }
}

/// The frames between two addresses.
struct Publisher {
    read: fn(&mut Reader<'_>, &mut Names, &mut Emit<'_>) -> Read<()>,
    names: Names,
}

impl Session for Publisher {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let whole = input.data.len();
        let Some(length) = be16(input.data, 2) else { return Progress::Took(whole) };
        let end = usize::from(length).clamp(HEADER, whole.max(HEADER));
        let body = input.data.get(HEADER..end).or(input.data.get(HEADER..)).unwrap_or_default();
        if !body.is_empty()
            && (self.read)(&mut Reader::new(body), &mut self.names, emit).is_err()
            && !input.cut
        {
            emit.malformed();
        }
        Progress::Took(whole)
    }
}

/// A GOOSE PDU: control block, time to live, data set, identifier and more, then the data (8-1, annex A).
fn goose(r: &mut Reader<'_>, names: &mut Names, emit: &mut Emit<'_>) -> Read<()> {
    const CONTROL_BLOCK: u8 = 0x80;
    const IDENTIFIER: u8 = 0x83;
    const DATA: u8 = 0xab;
    let pdu = ber::up_to(r)?;
    if pdu.id != GOOSE_PDU {
        return Ok(());
    }
    let mut fields = pdu.inside();
    while !fields.is_empty() {
        let field = ber::up_to(&mut fields)?;
        match field.id {
            CONTROL_BLOCK => {
                emit.count(&MESSAGE, 1u32);
                emit.operation(&OPERATIONS, u32::from(GOOSE_PDU), Phase::Request);
                names.tell(field.content, "goose.gocbRef", emit);
            }
            IDENTIFIER => names.tell(field.content, "goose.goID", emit),
            DATA => break,
            _ => {}
        }
    }
    Ok(())
}

/// An SV PDU: number of ASDUs, security, then a sequence of them, each with its identifier first (9-2, 8.5.2).
fn samples(r: &mut Reader<'_>, names: &mut Names, emit: &mut Emit<'_>) -> Read<()> {
    const SEQUENCE: u8 = 0xa2;
    const IDENTIFIER: u8 = 0x80;
    let pdu = ber::up_to(r)?;
    if pdu.id != SV_PDU {
        return Ok(());
    }
    let mut fields = pdu.inside();
    while !fields.is_empty() {
        let field = ber::up_to(&mut fields)?;
        if field.id != SEQUENCE {
            continue;
        }
        emit.operation(&OPERATIONS, u32::from(SV_PDU), Phase::Request);
        let mut asdus = field.inside();
        for _ in 0..ASDUS_MAX {
            if asdus.is_empty() {
                break;
            }
            let asdu = ber::up_to(&mut asdus)?;
            let first = ber::up_to(&mut asdu.inside())?;
            if first.id == IDENTIFIER {
                emit.count(&ASDU, 1u32);
                names.tell(first.content, "sv.svID", emit);
            }
        }
    }
    Ok(())
}

/// What is published, by the tag of the PDU.
static OPERATIONS: Operations = Operations {
    prefix: "publish",
    list: &[
        Operation::new("publish_samples", SV_PDU as u32, Class::Read),
        Operation::new("publish_event", GOOSE_PDU as u32, Class::Read),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use model::Transport;

    #[test]
    fn recognition() {
        let hint = Hint {
            transport: Transport::Ethernet,
            from_port: 0,
            to_port: 0,
            ethertype: 0x88b8,
            usual: true,
            from_start: true,
        };
        let head = b"\x00\x01\x00\x10\x00\x00\x00\x00\x61\x06\x80\x04GCB1";
        assert_eq!(Goose.probe(head, &hint), Probe::Yes);
        assert_eq!(SampledValues.probe(head, &hint), Probe::No);
        assert_eq!(Goose.probe(&head[..6], &hint), Probe::No);
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }
}
