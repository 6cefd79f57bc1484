//! Synchrophasors: phasor measurement units and data concentrators tell voltages, currents and frequency with exact time.
//! Source: IEEE C37.118.2-2011, 6.2 (common words) and 6.3 to 6.6 (data, configuration, header, command frames).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, be16, byte};
use model::{Attribute, Operation, OperationClass as Class, Part, Text};

/// The protocol.
pub(super) struct Synchrophasor;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "synchrophasor",
    title: "IEEE C37.118 synchrophasors",
    // Annex E.
    tcp: &[4712],
    udp: &[4713],
    ethertypes: &[],
    industrial: true,
    sources: "IEEE C37.118.2-2011",
    operations: &[&OPERATIONS],
};

static FRAME: Counter = Counter { protocol: "synchrophasor", name: "frame" };

/// First octet of every frame (6.2, SYNC).
const SYNC: u8 = 0xaa;
/// Sync, size, identification, second, fraction, check (6.2).
const SIZE_MIN: u16 = 16;
/// Units of one configuration that are told.
const UNITS_MAX: u16 = 256;

/// Kinds of frame (6.2, table 2).
mod kind {
    pub(super) const DATA: u8 = 0;
    pub(super) const HEADER: u8 = 1;
    pub(super) const CONFIGURATION_1: u8 = 2;
    pub(super) const CONFIGURATION_2: u8 = 3;
    pub(super) const COMMAND: u8 = 4;
    pub(super) const CONFIGURATION_3: u8 = 5;
}

/// Kind and size, when the common words make sense: version 1 (2005) or 2 (2011), 3 is what some stacks write for drafts.
fn common(head: &[u8]) -> Option<(u8, u16)> {
    let second = byte(head, 1)?;
    let kind = second >> 4;
    let size = be16(head, 2)?;
    let known = byte(head, 0) == Some(SYNC) && kind <= kind::CONFIGURATION_3 && matches!(second & 15, 1..=3);
    (known && size >= SIZE_MIN).then_some((kind, size))
}

/// CRC-CCITT over all that stands before it (annex B).
fn check(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |crc, &b| {
        let mut crc = crc ^ u16::from(b) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 };
        }
        crc
    })
}

impl Protocol for Synchrophasor {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// The common words; elsewhere than at the usual ports the whole frame with its check word.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let Some((_, size)) = common(head) else {
            let so_far = byte(head, 0).is_none_or(|b| b == SYNC) && byte(head, 1).is_none_or(|b| b < 0x60);
            return if so_far && head.len() < 4 { Probe::More } else { Probe::No };
        };
        if hint.usual {
            return Probe::Yes;
        }
        let Some((frame, sum)) = head.get(..size.into()).and_then(<[u8]>::split_last_chunk::<2>) else {
            return Probe::More;
        };
        Probe::when(check(frame) == u16::from_be_bytes(*sum))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<Talk>::default()
    }
}

/// One stream: the size of the last configuration, which comes again and again.
#[derive(Default)]
struct Talk {
    configured: u16,
}

impl Session for Talk {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if input.data.len() < 4 && !input.cut && !input.datagram {
            return Progress::Need(4);
        }
        let Some((kind, size)) = common(input.data) else { return Progress::Lost };
        let whole = usize::from(size);
        if input.data.len() < whole && !input.cut && !input.datagram {
            return Progress::Need(whole);
        }
        let frame = input.data.get(..whole).unwrap_or(input.data);
        emit.client_is_sender(kind == kind::COMMAND);
        emit.count(&FRAME, kind);
        if self.frame(kind, size, frame, emit).is_err() && frame.len() == whole {
            emit.malformed();
        }
        Progress::Took(whole)
    }
}

impl Talk {
    fn frame(&mut self, kind: u8, size: u16, frame: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(frame);
        r.skip(4)?;
        let identification = r.take(2)?;
        r.skip(8)?;
        if kind == kind::COMMAND {
            let code = r.u16()?;
            emit.operation(&OPERATIONS, COMMAND | u32::from(code), Phase::Request);
            return Ok(());
        }
        emit.operation(&OPERATIONS, kind.into(), Phase::Response);
        match kind {
            kind::CONFIGURATION_1 | kind::CONFIGURATION_2 if self.configured != size => {
                self.configured = size;
                station(Whom::Sender, identification, emit);
                configuration(&mut r, emit)
            }
            kind::CONFIGURATION_3 if self.configured != size => {
                self.configured = size;
                station(Whom::Sender, identification, emit);
                Ok(())
            }
            kind::HEADER => {
                // 6.4: text as its owner likes.
                let text = r.up_to(r.len().saturating_sub(2));
                emit.text(Whom::Sender, Attribute::Description, text, "synphasor.data");
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// The number of a stream or unit.
fn station(whom: Whom, identification: &[u8], emit: &mut Emit<'_>) {
    if let Some(id) = be16(identification, 0).filter(|&id| id != 0) {
        let text = Text::new(&id.to_string());
        emit.identity(
            whom,
            Attribute::StationAddress,
            text,
            identification,
            "synphasor.idcode_stream_source",
        );
    }
}

/// Configuration 1 and 2 (6.4, table 8): time base, number of units, then each unit with its name, number, format and channels.
fn configuration(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    const NAME: usize = 16;
    r.skip(4)?;
    let units = r.u16()?;
    for _ in 0..units.min(UNITS_MAX) {
        let name = r.take(NAME)?;
        let identification = r.take(2)?;
        r.skip(2)?;
        let (phasors, analogs, digitals) =
            (usize::from(r.u16()?), usize::from(r.u16()?), usize::from(r.u16()?));
        // Names of channels (a digital word has sixteen), then a word of four octets for each; nominal frequency and change count.
        r.skip(NAME * (phasors + analogs + 16 * digitals) + 4 * (phasors + analogs + digitals) + 4)?;
        let whom = match be16(identification, 0) {
            Some(id) if units > 1 => Whom::SenderPart(Part::Unit(id.into())),
            _ => Whom::Sender,
        };
        if units > 1 {
            station(whom, identification, emit);
        }
        emit.text(whom, Attribute::Name, name, "synphasor.conf.chnam");
    }
    Ok(())
}

/// Added to the codes of commands (6.6, table 15).
const COMMAND: u32 = 0x100;

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Frames by kind, commands by code.
static OPERATIONS: Operations = Operations {
    prefix: "command",
    list: &[
        op("data", kind::DATA as u32, Class::Read),
        op("header", kind::HEADER as u32, Class::Discovery),
        op("configuration_1", kind::CONFIGURATION_1 as u32, Class::Discovery),
        op("configuration_2", kind::CONFIGURATION_2 as u32, Class::Discovery),
        op("configuration_3", kind::CONFIGURATION_3 as u32, Class::Discovery),
        op("data_off", COMMAND | 1, Class::Session),
        op("data_on", COMMAND | 2, Class::Session),
        op("send_header", COMMAND | 3, Class::Discovery),
        op("send_configuration_1", COMMAND | 4, Class::Discovery),
        op("send_configuration_2", COMMAND | 5, Class::Discovery),
        op("send_configuration_3", COMMAND | 6, Class::Discovery),
        op("extended_frame", COMMAND | 8, Class::Command),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use model::Transport;

    /// A command to switch data on, with its check word.
    fn frame() -> Vec<u8> {
        let mut frame = b"\xaa\x41\x00\x12\x00\x3c\x48\x99\x50\x93\x00\x0b\xd5\xd4\x00\x02".to_vec();
        frame.extend_from_slice(&check(&frame).to_be_bytes());
        frame
    }

    #[test]
    fn recognition() {
        let hint = |usual| Hint {
            transport: Transport::Tcp,
            from_port: 50_000,
            to_port: 5000,
            ethertype: 0,
            usual,
            from_start: true,
        };
        let (good, mut bad) = (frame(), frame());
        bad[17] ^= 1;
        assert_eq!(Synchrophasor.probe(&good, &hint(false)), Probe::Yes);
        assert_eq!(Synchrophasor.probe(&bad, &hint(false)), Probe::No);
        assert_eq!(Synchrophasor.probe(&bad, &hint(true)), Probe::Yes);
        assert_eq!(Synchrophasor.probe(&good[..9], &hint(false)), Probe::More);
        assert_eq!(Synchrophasor.probe(b"\xaa\x91\x00\x12", &hint(true)), Probe::No);
        assert_eq!(Synchrophasor.probe(b"GET / HTTP", &hint(true)), Probe::No);
    }

    #[test]
    fn check_word() {
        // The usual test string of CRC-CCITT with all ones at the start.
        assert_eq!(check(b"123456789"), 0x29b1);
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }
}
