//! MQTT: clients, users, publications and subscriptions; Sparkplug B by its topics. Payloads are passed over unread.
//! Sources: OASIS MQTT 3.1.1 and 5.0 (section numbers of 5.0).

mod sparkplug;

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, be16, byte};
use model::observation::{Direction, Mechanism};
use model::{Attribute, Operation, OperationClass as Class, Text};

/// The protocol.
pub(super) struct Mqtt;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "mqtt",
    title: "MQTT and Sparkplug B",
    tcp: &[1883],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "OASIS MQTT 3.1.1; OASIS MQTT 5.0; Eclipse Sparkplug 3.0.0",
    operations: &[&OPERATIONS, &sparkplug::OPERATIONS],
};

/// Control packets by type.
static TYPE: Counter = Counter { protocol: "mqtt", name: "type" };

/// Control packet types (2.1.2).
mod kind {
    pub(super) const CONNECT: u8 = 1;
    pub(super) const CONNACK: u8 = 2;
    pub(super) const PUBLISH: u8 = 3;
    pub(super) const SUBSCRIBE: u8 = 8;
    pub(super) const SUBACK: u8 = 9;
    pub(super) const UNSUBSCRIBE: u8 = 10;
    pub(super) const DISCONNECT: u8 = 14;
}

/// Delivered publications are told from those that clients make.
const DELIVER: u32 = 103;
/// CONNECT packets longer than this are read only so far: the names come before a will's payload or after it.
const CONNECT_MAX: usize = 32 * 1024;

/// Type, length of the fixed header and remaining length (2.1). `None` when more bytes are needed.
fn header(data: &[u8]) -> Option<Result<(u8, usize, usize), ()>> {
    let kind = byte(data, 0)? >> 4;
    let mut length = 0usize;
    for at in 1..=4usize {
        let b = byte(data, at)?;
        length |= usize::from(b & 0x7f) << (7 * (at - 1));
        if b & 0x80 == 0 {
            return Some(if valid(data, length) { Ok((kind, at + 1, length)) } else { Err(()) });
        }
    }
    Some(Err(()))
}

/// Reserved flags (2.1.3) and lengths that the type asks for (3.2 to 3.14).
fn valid(data: &[u8], length: usize) -> bool {
    let Some(first) = byte(data, 0) else { return false };
    let flags = first & 0x0f;
    match first >> 4 {
        kind::CONNECT => flags == 0 && length >= 10,
        kind::CONNACK => flags == 0 && (2..1 << 16).contains(&length),
        kind::PUBLISH => flags & 0x06 != 0x06 && length >= 2,
        6 | kind::SUBSCRIBE | kind::UNSUBSCRIBE => flags & 0x0d == 0 && length >= 2,
        4 | 5 | 7 | kind::SUBACK | 11 => flags & 0x07 == 0 && length >= 2,
        12 | 13 => flags == 0 && length == 0,
        kind::DISCONNECT | 15 => flags == 0 && length < 1 << 16,
        _ => false,
    }
}

impl Protocol for Mqtt {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A CONNECT names the protocol (3.1.2.1); at its port any packet is taken.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        match header(head) {
            None if hint.usual || byte(head, 0).is_none_or(|b| b == kind::CONNECT << 4) => Probe::More,
            Some(Ok((kind::CONNECT, at, _))) => match head.get(at..) {
                Some(name) if name.len() >= 6 => {
                    Probe::when(name.starts_with(b"\0\x04MQTT") || name.starts_with(b"\0\x06MQIs"))
                }
                _ => Probe::More,
            },
            Some(Ok(_)) => Probe::when(hint.usual),
            _ => Probe::No,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<MqttSession>::default()
    }
}

#[derive(Default)]
struct MqttSession {
    asked: Option<(Text, Mechanism)>,
    version: Option<u8>,
}

impl Session for MqttSession {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let (kind, at, length) = match header(input.data) {
            Some(Ok(header)) => header,
            Some(Err(())) => return Progress::Lost,
            None => return Progress::Need(input.data.len() + 1),
        };
        let whole = at + length;
        let wanted = match kind {
            kind::CONNECT => whole.min(CONNECT_MAX),
            kind::CONNACK => at + 2,
            kind::PUBLISH => topic_end(input.data, at).min(whole),
            _ => at,
        };
        if input.data.len() < wanted && !input.cut {
            return Progress::Need(wanted);
        }
        emit.count(&TYPE, kind);
        let body = input.data.get(at..whole).or(input.data.get(at..)).unwrap_or_default();
        let read = match kind {
            kind::CONNECT => self.connect(body, emit),
            kind::CONNACK => self.answer(body, emit),
            _ => Ok(()),
        };
        if read.is_err() {
            emit.malformed();
        }
        if kind != kind::PUBLISH || !sparkplug::publication(topic(body), emit) {
            operation(kind, emit);
        }
        Progress::Took(whole)
    }
}

/// The topic of a publication comes first (3.3.2.1).
fn topic(body: &[u8]) -> &[u8] {
    string(&mut Reader::new(body)).unwrap_or_default()
}

/// Where the topic ends, or its length does when that is not there yet.
fn topic_end(data: &[u8], at: usize) -> usize {
    at + 2 + be16(data, at).map_or(0, usize::from)
}

fn operation(kind: u8, emit: &mut Emit<'_>) {
    let from_client = emit.direction() != Direction::ToClient;
    let (code, phase) = match kind {
        kind::CONNECT | kind::SUBSCRIBE | kind::UNSUBSCRIBE | kind::DISCONNECT => {
            (kind.into(), Phase::Request)
        }
        kind::PUBLISH if from_client => (kind.into(), Phase::Request),
        kind::PUBLISH => (DELIVER, Phase::Request),
        kind::CONNACK => (kind::CONNECT.into(), Phase::Response),
        4 if !from_client => (kind::PUBLISH.into(), Phase::Response),
        kind::SUBACK => (kind::SUBSCRIBE.into(), Phase::Response),
        _ => return,
    };
    emit.operation(&OPERATIONS, code, phase);
}

/// Connect flags (3.1.2.3).
mod flag {
    pub(super) const WILL: u8 = 0x04;
    pub(super) const PASSWORD: u8 = 0x40;
    pub(super) const USER_NAME: u8 = 0x80;
}

impl MqttSession {
    /// 3.1: protocol name, level, flags, keep alive, properties, then the payload in a fixed order.
    fn connect(&mut self, body: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        emit.client_is_sender(true);
        let mut r = Reader::new(body);
        string(&mut r)?;
        let level = r.u8()?;
        self.version = Some(level);
        let flags = r.u8()?;
        r.skip(2)?;
        if level >= 5 {
            properties(&mut r)?;
        }
        let client = string(&mut r)?;
        emit.text(Whom::Sender, Attribute::ClientId, client, "mqtt.clientid");
        if flags & flag::WILL != 0 {
            if level >= 5 {
                properties(&mut r)?;
            }
            string(&mut r)?;
            string(&mut r)?;
        }
        let (name, mechanism, witness) = match flags & (flag::USER_NAME | flag::PASSWORD) {
            0 => (Text::new(""), Mechanism::Anonymous, body),
            flag::PASSWORD => (Text::new(""), Mechanism::Password, body),
            _ => {
                let name = string(&mut r)?;
                (Text::from_wire(name), Mechanism::Username, name)
            }
        };
        emit.sign_in(name.clone(), mechanism, false, None, witness);
        if flags & flag::PASSWORD != 0 {
            let password = string(&mut r)?;
            emit.secret(name.clone(), mechanism, password, password);
        }
        self.asked = Some((name, mechanism));
        Ok(())
    }

    /// 3.2: flags and reason; 0 accepts.
    fn answer(&mut self, body: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        emit.client_is_sender(false);
        let reason = Reader::new(body.get(1..).unwrap_or_default()).u8()?;
        if let Some((name, mechanism)) = self.asked.take() {
            emit.sign_in(name, mechanism, false, Some(reason == 0), body.get(1..2).unwrap_or_default());
        }
        let version = match self.version {
            Some(3) => "MQTT 3.1",
            Some(4) => "MQTT 3.1.1",
            Some(5) => "MQTT 5.0",
            _ => return Ok(()),
        };
        if reason == 0 {
            emit.identity(Whom::Sender, Attribute::ProtocolVersion, Text::new(version), body, "mqtt.ver");
        }
        Ok(())
    }
}

/// A string or binary data (1.5.4, 1.5.6).
fn string<'a>(r: &mut Reader<'a>) -> Read<&'a [u8]> {
    let length = r.u16()?;
    r.take(length.into())
}

/// Passes over properties (2.2.2), whose length is a variable byte integer (1.5.5).
fn properties(r: &mut Reader<'_>) -> Read<()> {
    let mut length = 0usize;
    for shift in [0, 7, 14, 21] {
        let b = r.u8()?;
        length |= usize::from(b & 0x7f) << shift;
        if b & 0x80 == 0 {
            break;
        }
    }
    r.skip(length)
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// 2.1.2; 103 is the project's own code.
static OPERATIONS: Operations = Operations {
    prefix: "type",
    list: &[
        op("connect", 1, Class::Authentication),
        op("publish", 3, Class::Write),
        op("subscribe", 8, Class::Session),
        op("unsubscribe", 10, Class::Session),
        op("disconnect", 14, Class::Session),
        op("deliver", DELIVER, Class::Read),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_headers() {
        for (data, expected) in [
            (&[0x10, 12][..], Some(Ok((1, 2, 12)))),
            (&[0x30, 0x80, 0x01], Some(Ok((3, 3, 128)))),
            (&[0x30, 0x80], None),
            (&[0x30, 0xff, 0xff, 0xff, 0xff, 1], Some(Err(()))),
            (&[0xc0, 0], Some(Ok((12, 2, 0)))),
            (&[0xc0, 1], Some(Err(()))),
            (&[0x00, 0], Some(Err(()))),
            (&[0x80, 9], Some(Ok((8, 2, 9)))),
        ] {
            assert_eq!(header(data), expected, "{data:02x?}");
        }
    }

    #[test]
    fn only_a_connect_is_recognised_elsewhere() {
        let hint = |usual| Hint {
            transport: model::Transport::Tcp,
            from_port: 40_000,
            to_port: 9001,
            ethertype: 0,
            usual,
            from_start: true,
        };
        for (head, usual, expected) in [
            (&b"\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0"[..], false, Probe::Yes),
            (b"\x10\x0c\0\x04M", false, Probe::More),
            (b"\x10\x0c\0\x04HTTP", false, Probe::No),
            (b"\x30\x05\0\x01ab", false, Probe::No),
            (b"\x30\x05\0\x01abc", true, Probe::Yes),
            (b"GET / HTTP/1.1", true, Probe::No),
        ] {
            assert_eq!(Mqtt.probe(head, &hint(usual)), expected, "{}", head.escape_ascii());
        }
    }
}
