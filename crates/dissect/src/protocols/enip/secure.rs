//! EtherNet/IP inside TLS and DTLS: what the handshake tells, and that the rest is encrypted.
//! Sources: CIP Networks Library Volume 8, CIP Security, chapter 3; RFC 6347 (DTLS 1.2) 4.1 and 4.2, RFC 8446 (TLS 1.3).

use crate::emit::{Emit, Whom};
use crate::protocol::{Input, Probe, Progress, Session};
use crate::protocols::tls::{self, TlsSession};
use crate::reader::{be16, byte};
use model::{Attribute, Text, Transport};

/// Record header of DTLS: type, version, epoch, sequence number, length (RFC 6347 4.1).
const RECORD: usize = 13;
/// Content types (RFC 8446 B.1).
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
/// ServerHello of DTLS: the version follows type, length, sequence number and fragment (RFC 6347 4.2.2).
const SERVER_HELLO: u8 = 2;
const HELLO_VERSION: usize = 12;

/// Whether the bytes begin with a record; a TLS record has three as its major version, a command of EtherNet/IP zero.
pub(super) fn probe(head: &[u8], transport: Transport) -> Probe {
    match transport {
        Transport::Tcp if byte(head, 1) == Some(3) => tls::probe(head, false),
        Transport::Udp => Probe::when(record(head).is_some()),
        _ => Probe::No,
    }
}

/// Type and whole length of a DTLS record.
fn record(data: &[u8]) -> Option<(u8, usize)> {
    let (kind, version) = (byte(data, 0)?, be16(data, 1)?);
    let whole = usize::from(be16(data, 11)?) + RECORD;
    let known = (20..=25).contains(&kind) && matches!(version, 0xfeff | 0xfefd | 0xfefc);
    (known && whole > RECORD && whole <= data.len()).then_some((kind, whole))
}

/// The security layer of a conversation, once it showed itself.
#[derive(Default)]
pub(super) struct Secure {
    tls: Option<Box<TlsSession>>,
}

impl Secure {
    /// Takes what belongs to the security layer; `None` when the conversation has none.
    pub(super) fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Option<Progress> {
        if input.datagram {
            return dtls(input.data, emit);
        }
        if self.tls.is_none() {
            if probe(input.data, Transport::Tcp) != Probe::Yes {
                return None;
            }
            self.tls = Some(Box::default());
        }
        self.tls.as_mut().map(|tls| tls.read(input, emit))
    }
}

fn dtls(data: &[u8], emit: &mut Emit<'_>) -> Option<Progress> {
    let (kind, whole) = record(data)?;
    let body = data.get(RECORD..whole).unwrap_or_default();
    match (kind, byte(body, 0)) {
        (HANDSHAKE, Some(SERVER_HELLO)) if data.get(3..5) == Some(&[0, 0]) => {
            emit.client_is_sender(false);
            let version = body.get(HELLO_VERSION..HELLO_VERSION + 2).unwrap_or_default();
            let name = match version {
                [0xfe, 0xff] => "DTLS 1.0",
                [0xfe, 0xfd] => "DTLS 1.2",
                _ => "",
            };
            let field = "dtls.handshake.version";
            emit.identity(Whom::Sender, Attribute::ProtocolVersion, Text::new(name), version, field);
        }
        (APPLICATION_DATA, _) => emit.encrypted(),
        _ => {}
    }
    Some(Progress::Took(whole))
}
