//! IEC 60870-5-104: telecontrol over TCP. Interrogation, monitored data, commands, set points, clock, reset, parameters, files.
//! Sources: IEC 60870-5-104:2006 (104), clauses 5 to 8; IEC 60870-5-101:2003 (101), 7.2 (fields) and 7.3 (ASDUs).

mod types;

use crate::emit::{Counter, Emit, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, byte};
use model::{Attribute, Text};
use types::{OPERATIONS, control};

/// The protocol.
pub(super) struct Iec104;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "iec104",
    title: "IEC 60870-5-104",
    tcp: &[2404],
    udp: &[],
    ethertypes: &[],
    industrial: true,
    sources: "IEC 60870-5-104:2006; IEC 60870-5-101:2003",
    operations: &[&OPERATIONS],
};

static APCI: Counter = Counter { protocol: "iec104", name: "apci" };
static TYPE_ID: Counter = Counter { protocol: "iec104", name: "type_id" };

/// 104, 5.1: start octet, then the length of control fields and ASDU.
const START: u8 = 0x68;
const HEADER: usize = 2;
/// 104, 5.1: an APDU has at most 255 octets with these two.
const LENGTH: std::ops::RangeInclusive<u8> = 4..=253;
/// The four control octets.
const CONTROL: usize = 4;
/// Stations behind one connection that are told.
const STATIONS_MAX: usize = 64;

/// Formats of an APCI by the low bits of the first control octet (104, 5.1), with their number in the message counter.
mod format {
    pub(super) const INFORMATION: u8 = 0;
    pub(super) const SUPERVISORY: u8 = 1;
    pub(super) const UNNUMBERED: u8 = 3;
}

/// Causes of transmission (101, 7.2.3).
mod cause {
    pub(super) const REQUEST: u8 = 5;
    pub(super) const ACTIVATION: u8 = 6;
    pub(super) const DEACTIVATION: u8 = 8;
    /// Answers to an interrogation of the station, a group or counters.
    pub(super) const INTERROGATED: std::ops::RangeInclusive<u8> = 20..=41;
    /// Unknown type, cause, common address or object address.
    pub(super) const UNKNOWN: std::ops::RangeInclusive<u8> = 44..=47;
    /// Highest cause with a meaning.
    pub(super) const LAST: u8 = 47;
}

/// The format that valid control octets have.
fn format(control: [u8; CONTROL], length: u8) -> Option<u8> {
    let alone = length == 4;
    match control {
        [first, _, third, _] if first & 1 == 0 => {
            (third & 1 == 0 && length > 4).then_some(format::INFORMATION)
        }
        [1, 0, third, _] => (third & 1 == 0 && alone).then_some(format::SUPERVISORY),
        // Start, stop and test, activation or confirmation: one of them at a time.
        [0x07 | 0x0b | 0x13 | 0x23 | 0x43 | 0x83, 0, 0, 0] => alone.then_some(format::UNNUMBERED),
        _ => None,
    }
}

/// An information message whose ASDU makes sense: known type, cause and station, objects that fill it exactly.
fn plausible(asdu: &[u8]) -> bool {
    let &[kind, qualifier, cause, _, low, high, ..] = asdu else { return false };
    let objects = usize::from(qualifier & 0x7f);
    let known = (1..=cause::LAST).contains(&(cause & 0x3f)) && (low, high) != (0, 0) && objects > 0;
    known && types::objects_len(kind, objects, qualifier & 0x80 != 0).is_some_and(|len| len + 6 == asdu.len())
}

impl Protocol for Iec104 {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// Start octet, length, control octets that are allowed. Elsewhere than at port 2404 the ASDU must fit too, and what follows the
    /// message must be the start of another.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let start = byte(head, 0) == Some(START) && byte(head, 1).is_none_or(|l| LENGTH.contains(&l));
        let Some([_, length, control @ ..]) = head.first_chunk::<6>().filter(|_| start) else {
            return if start && head.len() < 6 { Probe::More } else { Probe::No };
        };
        let Some(format) = format(*control, *length) else { return Probe::No };
        if hint.usual {
            return Probe::Yes;
        }
        let whole = HEADER + usize::from(*length);
        let Some(asdu) = head.get(HEADER + CONTROL..whole) else { return Probe::More };
        let next = byte(head, whole).is_none_or(|b| b == START);
        Probe::when(next && (format != format::INFORMATION || plausible(asdu)))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<Talk>::default()
    }
}

/// One connection: which stations were told.
#[derive(Default)]
struct Talk {
    stations: Vec<u16>,
}

impl Session for Talk {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let Some([start, length]) = input.data.first_chunk::<HEADER>() else {
            return Progress::Need(HEADER + CONTROL);
        };
        if *start != START || !LENGTH.contains(length) {
            return Progress::Lost;
        }
        let whole = HEADER + usize::from(*length);
        if input.data.len() < whole && !input.cut {
            return Progress::Need(whole);
        }
        let body = input.data.get(HEADER..whole).or(input.data.get(HEADER..)).unwrap_or_default();
        let Some((control, asdu)) = body.split_first_chunk::<CONTROL>() else {
            return Progress::Took(whole);
        };
        match format(*control, *length) {
            Some(format) => emit.count(&APCI, format),
            None => return Progress::Lost,
        }
        let [first, ..] = *control;
        if first & 1 == 0 {
            if self.asdu(asdu, emit).is_err() && !input.cut {
                emit.malformed();
            }
        } else if first & 3 == format::UNNUMBERED {
            unnumbered(first, emit);
        }
        Progress::Took(whole)
    }
}

/// Start and stop of data transfer come from the controlling station (104, 5.3); either side may test.
fn unnumbered(control: u8, emit: &mut Emit<'_>) {
    let (code, phase) = match control {
        0x07 => (types::START_DATA, Phase::Request),
        0x0b => (types::START_DATA, Phase::Response),
        0x13 => (types::STOP_DATA, Phase::Request),
        0x23 => (types::STOP_DATA, Phase::Response),
        0x43 => (types::TEST, Phase::Request),
        _ => (types::TEST, Phase::Response),
    };
    if code != types::TEST {
        emit.client_is_sender(phase == Phase::Request);
    }
    emit.operation(&OPERATIONS, code, phase);
}

impl Talk {
    /// Type, number of objects, cause with originator, common address (101, 7.2; the sizes are those of 104, 7).
    fn asdu(&mut self, asdu: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(asdu);
        let kind = r.u8()?;
        emit.count(&TYPE_ID, kind);
        r.skip(1)?;
        let cause = r.u8()?;
        r.skip(1)?;
        let witness = r.rest().get(..2).unwrap_or_default();
        let station = r.u16_le()?;
        let negative = cause & 0x40 != 0;
        let cause = cause & 0x3f;
        let asks = control(kind) && matches!(cause, cause::REQUEST | cause::ACTIVATION | cause::DEACTIVATION);
        let phase = if asks {
            Phase::Request
        } else if negative || cause::UNKNOWN.contains(&cause) {
            Phase::Error
        } else if control(kind) || cause == cause::REQUEST || cause::INTERROGATED.contains(&cause) {
            Phase::Response
        } else {
            Phase::Request
        };
        if !types::FILES.contains(&kind) && !types::SECURITY.contains(&kind) {
            emit.client_is_sender(asks);
            self.station(station, asks, witness, emit);
        }
        emit.operation(&OPERATIONS, kind.into(), phase);
        Ok(())
    }

    /// The address of a controlled station, told once. 0 is not used and 65535 is everyone (101, 7.2.4).
    fn station(&mut self, station: u16, asked: bool, witness: &[u8], emit: &mut Emit<'_>) {
        let known = self.stations.last() == Some(&station) || self.stations.contains(&station);
        if known || matches!(station, 0 | u16::MAX) || self.stations.len() >= STATIONS_MAX {
            return;
        }
        // That someone asks for a station does not show that it is there.
        if !asked {
            self.stations.push(station);
            let text = Text::new(&station.to_string());
            emit.identity(Whom::Sender, Attribute::StationAddress, text, witness, "iec60870_asdu.addr");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Transport;

    fn hint(usual: bool) -> Hint {
        let transport = Transport::Tcp;
        Hint { transport, from_port: 50_000, to_port: 5000, ethertype: 0, usual, from_start: true }
    }

    #[test]
    fn recognition() {
        const INTERROGATION: &[u8] = b"\x68\x0e\x00\x00\x00\x00\x64\x01\x06\x00\x01\x00\x00\x00\x00\x14";
        for (head, usual, expected) in [
            (&b"\x68\x04\x07\x00\x00\x00"[..], false, Probe::Yes),
            (b"\x68\x04\x07\x00\x00\x00", true, Probe::Yes),
            (b"\x68\x04\x0f\x00\x00\x00", true, Probe::No),
            (b"\x68\x04\x01\x00\x02\x00", false, Probe::Yes),
            (b"\x68\x04\x01\x00\x02\x00\x68", false, Probe::Yes),
            (b"\x68\x04\x01\x00\x02\x00x", false, Probe::No),
            (b"\x68\x04\x01", false, Probe::More),
            (INTERROGATION, false, Probe::Yes),
            (&INTERROGATION[..10], false, Probe::More),
            (&INTERROGATION[..10], true, Probe::Yes),
            (b"\x68\x0e\x00\x00\x00\x00\x64\x02\x06\x00\x01\x00\x00\x00\x00\x14", false, Probe::No),
            (b"hello\r\n", true, Probe::No),
            (b"GET / HTTP/1.1", true, Probe::No),
        ] {
            assert_eq!(Iec104.probe(head, &hint(usual)), expected, "{head:?} {usual}");
        }
    }

    /// One object of every class, from a controlling station (cause 6, in authentication 14), with the least header.
    #[test]
    fn classes_of_types() {
        for (kind, cause, expected) in [
            (45, 6, "single_command command"),
            (50, 6, "set_point_float command"),
            (103, 6, "clock_synchronization time"),
            (105, 6, "reset_process restart"),
            (112, 6, "parameter_float configuration"),
            (122, 13, "call_file file"),
            (82, 14, "authentication_reply authentication"),
            (86, 15, "session_key_change authentication"),
            (90, 16, "user_status_change configuration"),
        ] {
            let message = [0x68, 14, 0, 0, 0, 0, kind, 1, cause, 0, 1, 0, 0, 0, 0, 1];
            let lines = crate::testing::hear(&Iec104, Transport::Tcp, &[('>', &message)]);
            let line = format!("operation {expected} 1 0 0");
            assert!(lines.contains(&line), "{line} is not in {lines:#?}");
        }
    }

    #[test]
    fn lengths_of_objects() {
        assert_eq!(types::objects_len(1, 3, false), Some(12));
        assert_eq!(types::objects_len(1, 3, true), Some(6));
        assert_eq!(types::objects_len(36, 2, false), Some(30));
        assert_eq!(types::objects_len(99, 1, false), None);
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }
}
