//! Mitsubishi SLMP (the binary MC protocol 3E and 4E): devices, memory, files, run and stop, password; and MELSOFT, the framing that the
//! engineering tools use on the same ports.
//! Sources: Mitsubishi "SLMP Reference Manual" SH(NA)-080956ENG, 4 (message formats) and 5 (commands); "MELSEC Communication Protocol
//! Reference Manual" SH(NA)-080008. MELSOFT has no public specification: its header is as seen between GX Works and Q03UDE and FX5U.

mod melsoft;
mod operations;

use self::operations::OPERATIONS;
use crate::emit::{Counter, Emit, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, byte, le16};
use model::{Attribute, Text};

/// The protocol.
pub(super) struct Slmp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "slmp",
    title: "Mitsubishi SLMP and MELSOFT",
    tcp: &[5007, 5006, 5562, 5002, 1025, 1280],
    udp: &[5006, 5008, 5560, 5561, 5000],
    ethertypes: &[],
    industrial: true,
    sources: "Mitsubishi SH(NA)-080956ENG, SH(NA)-080008; observed MELSOFT messages",
    operations: &[&OPERATIONS, &melsoft::OPERATIONS],
};

static COMMAND: Counter = Counter { protocol: "slmp", name: "command" };

/// Longest content that is waited for: 960 words are the most that one request moves (080956ENG, 5.2).
const CONTENT_MAX: usize = 4096;

/// The longest header, that of MELSOFT.
const HEADER_MAX: usize = 21;

/// The frames, by their first octets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Request,
    Answer,
    MelsoftRequest,
    MelsoftAnswer,
}

/// Where the content of a frame begins, and how long it is.
#[derive(Clone, Copy, Debug)]
struct Frame {
    kind: Kind,
    /// 4E frames carry a number that pairs request and answer.
    serial: Option<u16>,
    start: usize,
    length: usize,
}

impl Frame {
    fn end(&self) -> usize {
        self.start + self.length
    }
}

/// Reads the header: subheader, route (network, station, module, multidrop station), length (080956ENG, 4.2).
fn frame(data: &[u8]) -> Option<Frame> {
    let melsoft = |kind| {
        // Fifteen octets of sequence and route, then the length.
        const LENGTH_AT: usize = 19;
        let length = usize::from(le16(data, LENGTH_AT)?);
        let sound = data.get(5..7) == Some(&[0x11, 0x11]) && (6..=CONTENT_MAX).contains(&length);
        sound.then_some(Frame { kind, serial: None, start: LENGTH_AT + 2, length })
    };
    let (kind, serial, route) = match (byte(data, 0)?, byte(data, 1)?) {
        (0x50, 0) => (Kind::Request, None, 2),
        (0xd0, 0) => (Kind::Answer, None, 2),
        (0x54, 0) if le16(data, 4)? == 0 => (Kind::Request, Some(le16(data, 2)?), 6),
        (0xd4, 0) if le16(data, 4)? == 0 => (Kind::Answer, Some(le16(data, 2)?), 6),
        (0x57, 0 | 1) => return melsoft(Kind::MelsoftRequest),
        (0xd7, 0 | 1) => return melsoft(Kind::MelsoftAnswer),
        _ => return None,
    };
    let (station, module) = (byte(data, route + 1)?, le16(data, route + 2)?);
    let length = usize::from(le16(data, route + 5)?);
    // Stations 1 to 120 or the special ones; modules are CPUs (080956ENG, 4.2, "Request destination module I/O No.").
    let sound = matches!(station, 1..=120 | 0x7d | 0x7e | 0xff)
        && (module == 0x03ff || (0x03d0..=0x03e3).contains(&module));
    let least = if kind == Kind::Request { 6 } else { 2 };
    (sound && (least..=CONTENT_MAX).contains(&length)).then_some(Frame {
        kind,
        serial,
        start: route + 7,
        length,
    })
}

fn is_known(command: u16) -> bool {
    OPERATIONS.list.binary_search_by_key(&command.into(), |o| o.code).is_ok()
}

impl Protocol for Slmp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A header that holds together and ends where the data ends; away from the usual ports a request with a known command.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let subheader = byte(head, 0).is_some_and(|b| matches!(b, 0x50 | 0xd0 | 0x54 | 0xd4 | 0x57 | 0xd7));
        let first = subheader && byte(head, 1).is_none_or(|b| b <= 1);
        let Some(frame) = frame(head) else {
            let unfinished = first && head.len() < HEADER_MAX && hint.usual;
            return if unfinished { Probe::More } else { Probe::No };
        };
        let content = head.get(frame.start..frame.end());
        match (frame.kind, content) {
            (_, None) => {
                if hint.usual {
                    Probe::More
                } else {
                    Probe::No
                }
            }
            (Kind::Request, Some(content)) => {
                let command = le16(content, 2).is_some_and(is_known);
                Probe::when(command && head.len() == frame.end())
            }
            (Kind::Answer, Some(_)) => Probe::when(hint.usual && head.len() == frame.end()),
            (_, Some(content)) => Probe::when(melsoft::command(content).is_some()),
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Conversation { asked: None, melsoft: melsoft::Talk::default() })
    }
}

/// What was asked last: an answer does not repeat it. A client asks one thing at a time with 3E frames.
struct Conversation {
    asked: Option<(Option<u16>, u16)>,
    melsoft: melsoft::Talk,
}

impl Session for Conversation {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let Some(frame) = frame(input.data) else {
            let wait = input.data.len() < HEADER_MAX && !input.datagram && !input.cut;
            return if wait { Progress::Need(input.data.len() + 1) } else { Progress::Lost };
        };
        let Some(content) = input.data.get(frame.start..frame.end()) else {
            let wait = !input.datagram && !input.cut;
            return if wait { Progress::Need(frame.end()) } else { Progress::Lost };
        };
        let read = match frame.kind {
            Kind::Request => self.request(frame, content, emit),
            Kind::Answer => self.answer(frame, content, emit),
            Kind::MelsoftRequest => self.melsoft.read(true, content, emit),
            Kind::MelsoftAnswer => self.melsoft.read(false, content, emit),
        };
        if read.is_err() {
            emit.malformed();
        }
        Progress::Took(frame.end())
    }
}

impl Conversation {
    /// Monitoring timer, command, subcommand (080956ENG, 4.2).
    fn request(&mut self, frame: Frame, content: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(content);
        r.skip(2)?;
        let command = r.u16_le()?;
        emit.client_is_sender(true);
        emit.count(&COMMAND, command);
        emit.operation(&OPERATIONS, command.into(), Phase::Request);
        self.asked = Some((frame.serial, command));
        Ok(())
    }

    /// End code, then the content (080956ENG, 4.2).
    fn answer(&mut self, frame: Frame, content: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(content);
        let ok = r.u16_le()? == 0;
        emit.client_is_sender(false);
        let Some((_, command)) = self.asked.take_if(|(serial, _)| *serial == frame.serial) else {
            return Ok(());
        };
        emit.count(&COMMAND, command);
        emit.operation(&OPERATIONS, command.into(), if ok { Phase::Response } else { Phase::Error });
        if ok && command == READ_TYPE_NAME { controller(&mut r, emit) } else { Ok(()) }
    }
}

/// Model name in sixteen characters, then the model code (080956ENG, 5.8 "Read Type Name").
fn controller(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    let (name, code) = (r.take(16)?, r.take(2)?);
    let name = name.split(|&b| b == 0).next().unwrap_or_default().trim_ascii();
    if !name.iter().all(u8::is_ascii_graphic) {
        return Ok(());
    }
    emit.text(Whom::Sender, Attribute::Product, name, "slmp.model_name");
    let number = le16(code, 0).unwrap_or_default();
    emit.identity(
        Whom::Sender,
        Attribute::ProductCode,
        Text::new(&number.to_string()),
        code,
        "slmp.model_code",
    );
    Ok(())
}

const READ_TYPE_NAME: u16 = 0x0101;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::testing::Bench;
    use model::Transport;

    fn hint(usual: bool) -> Hint {
        Hint {
            transport: Transport::Tcp,
            from_port: 50_000,
            to_port: 6000,
            ethertype: 0,
            usual,
            from_start: true,
        }
    }

    /// Read 960 words from D100 and the like (080956ENG, 4.2).
    fn request(command: u16, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len() + 6).unwrap();
        let mut m = vec![0x50, 0, 0, 0xff, 0xff, 0x03, 0];
        m.extend(length.to_le_bytes());
        m.extend([0x10, 0]);
        m.extend(command.to_le_bytes());
        m.extend([0, 0]);
        m.extend_from_slice(rest);
        m
    }

    #[test]
    fn recognition() {
        let read = request(0x0401, &[0x64, 0, 0, 0xa8, 0xc0, 0x03]);
        assert_eq!(Slmp.probe(&read, &hint(false)), Probe::Yes);
        assert_eq!(Slmp.probe(&read[..7], &hint(true)), Probe::More);
        assert_eq!(Slmp.probe(&read[..7], &hint(false)), Probe::No);
        assert_eq!(Slmp.probe(&request(0x7777, &[]), &hint(true)), Probe::No);
        assert_eq!(Slmp.probe(b"POST / HTTP/1.1\r\n\r\n", &hint(true)), Probe::No);
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }

    #[test]
    fn a_controller_names_itself() {
        let mut bench = Bench::new(&Slmp);
        bench.client(&request(0x0101, &[]));
        let mut answer = vec![0xd0, 0, 0, 0xff, 0xff, 0x03, 0, 20, 0, 0, 0];
        answer.extend(b"Q02UCPU         ");
        answer.extend([0x63, 0x02]);
        assert_eq!(bench.server(&answer), Progress::Took(answer.len()));
        assert_eq!(bench.facts(), ["server product Q02UCPU", "server product_code 611"]);
        bench.client(&request(0x1002, &[1, 0]));
        bench.server(&[0xd0, 0, 0, 0xff, 0xff, 0x03, 0, 2, 0, 0x59, 0xc0]);
        assert_eq!(bench.operations(), ["read_type_name 1/1/0", "remote_stop 1/1/1"]);
    }

    /// Every request of another class once, as 3E and as 4E frame.
    #[test]
    fn classes_of_commands() {
        for (command, expected) in [
            (0x0403, "device_read_random read"),
            (0x041a, "label_read_array read"),
            (0x041c, "label_read_random read"),
            (0x141b, "label_write_random write"),
            (0x1402, "device_write_random write"),
            (0x1001, "remote_run mode_change"),
            (0x1003, "remote_pause mode_change"),
            (0x1005, "remote_latch_clear command"),
            (0x1006, "remote_reset restart"),
            (0x1617, "clear_error diagnostic"),
            (0x1618, "global_signal command"),
            (0x1630, "password_unlock authentication"),
            (0x1829, "file_write file"),
            (0x0e30, "node_search discovery"),
            (0x0e31, "ip_address_set configuration"),
            (0x0e34, "parameter_set configuration"),
            (0x0e44, "status_read diagnostic"),
        ] {
            let short = request(command, &[1, 0]);
            let long = [&[0x54, 0, 7, 0, 0, 0][..], &short[2..]].concat();
            let lines = crate::testing::hear(&Slmp, Transport::Tcp, &[('>', &short), ('>', &long)]);
            let line = format!("operation {expected} 2 0 0");
            assert!(lines.contains(&line), "{line} is not in {lines:#?}");
        }
    }
}
