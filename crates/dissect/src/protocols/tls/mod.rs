//! TLS and SSL over TCP, and DTLS, on any port: versions, server names, certificates; what follows the handshake is passed over unread.
//! Sources: RFC 8446 (TLS 1.3), RFC 5246 (TLS 1.2), RFC 6066 (server name), RFC 6101 (SSL 3.0 and the hello of SSL 2.0).

mod dtls;
mod handshake;
mod ja4;

use crate::emit::{Counter, Emit};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{be16, byte};
pub(super) use dtls::Dtls;
pub(super) use handshake::{Context, Stage, message};
pub(super) use ja4::Carrier;
use model::observation::Direction;

/// The protocol.
pub(super) struct Tls;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "tls",
    title: "TLS",
    tcp: &[443, 465, 636, 802, 853, 989, 990, 992, 993, 995, 4911, 5061, 5671, 5986, 8443, 8883, 9443, 19999],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 8446; RFC 5246; RFC 6066; RFC 6101",
    operations: &[],
};

/// Handshake messages by type.
static HANDSHAKE: Counter = Counter { protocol: "tls", name: "handshake" };

/// Content types (RFC 8446 §5.1, RFC 6520 §3).
mod content {
    pub(super) const CHANGE_CIPHER_SPEC: u8 = 20;
    pub(super) const ALERT: u8 = 21;
    pub(super) const HANDSHAKE: u8 = 22;
    pub(super) const APPLICATION_DATA: u8 = 23;
    pub(super) const HEARTBEAT: u8 = 24;
}

/// Record header: type, version, length (RFC 8446 §5.1).
const HEADER: usize = 5;
/// Longest record: 2^14 bytes and 2048 of expansion (RFC 5246 §6.2.3).
const RECORD_MAX: usize = 16_384 + 2048;
/// Longest handshake message that is put together from several records.
const MESSAGE_MAX: usize = 64 * 1024;

/// A record's type and length, if these bytes can be the header of one.
fn record(data: &[u8]) -> Option<(u8, usize)> {
    let (kind, major, minor) = (byte(data, 0)?, byte(data, 1)?, byte(data, 2)?);
    let length = usize::from(be16(data, 3)?);
    let known =
        (content::CHANGE_CIPHER_SPEC..=content::HEARTBEAT).contains(&kind) && major == 3 && minor <= 4;
    let fits = match kind {
        content::CHANGE_CIPHER_SPEC => length == 1,
        content::APPLICATION_DATA => length <= RECORD_MAX,
        _ => (1..=RECORD_MAX).contains(&length),
    };
    (known && fits).then_some((kind, length))
}

/// The hello of SSL 2.0, which may also offer SSL 3.0 and TLS (RFC 5246 appendix E.2): its length.
fn old_hello(data: &[u8]) -> Option<usize> {
    let head = be16(data, 0)?;
    let length = usize::from(head & 0x7fff);
    let (kind, version) = (byte(data, 2)?, be16(data, 3)?);
    let (ciphers, session, challenge) = (be16(data, 5)?, be16(data, 7)?, be16(data, 9)?);
    let version_known = version == 0x0002 || (0x0300..=0x0304).contains(&version);
    let sum = 9 + usize::from(ciphers) + usize::from(session) + usize::from(challenge);
    let fits = head & 0x8000 != 0 && sum == length && ciphers % 3 == 0 && (16..=32).contains(&challenge);
    (kind == 1 && version_known && fits).then_some(length + 2)
}

/// Whether a stretch of bytes begins with TLS.
pub(super) fn probe(head: &[u8], usual: bool) -> Probe {
    if old_hello(head).is_some() {
        return Probe::Yes;
    }
    if head.len() < HEADER + 1 {
        let so_far =
            [byte(head, 0).is_none_or(|k| (20..=24).contains(&k)), byte(head, 1).is_none_or(|v| v == 3)];
        return if so_far.iter().all(|&ok| ok) { Probe::More } else { Probe::No };
    }
    let Some((kind, length)) = record(head) else { return Probe::No };
    match kind {
        content::HANDSHAKE => Probe::when(usual || byte(head, HEADER).is_some_and(handshake::is_type)),
        content::CHANGE_CIPHER_SPEC => Probe::when(byte(head, HEADER) == Some(1)),
        content::ALERT => Probe::when(usual || length == 2 && matches!(byte(head, HEADER), Some(1 | 2))),
        // In the middle of a session: elsewhere than at its ports another record must follow where this one ends, or nothing.
        _ => match head.get(HEADER + length..) {
            Some(next) if next.len() >= HEADER => Probe::when(record(next).is_some()),
            _ => Probe::when(usual || length > 16),
        },
    }
}

impl Protocol for Tls {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        probe(head, hint.usual)
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<TlsSession>::default()
    }
}

/// One connection. Others (RDP, HTTP proxies, mail) hand their stream over to one when they start TLS.
pub(super) struct TlsSession {
    ways: [Way; 2],
    context: Context,
}

impl Default for TlsSession {
    fn default() -> Self {
        Self { ways: Default::default(), context: Context::new(Carrier::Tls) }
    }
}

/// One direction.
#[derive(Default)]
struct Way {
    /// After ChangeCipherSpec.
    ciphered: bool,
    /// The beginning of a message that goes on in the next record.
    begun: Vec<u8>,
}

impl Session for TlsSession {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let Some((kind, length)) = record(input.data) else {
            return self.no_record(&input, emit);
        };
        let way = if input.direction == Direction::ToClient { 1 } else { 0 };
        let Some(way) = self.ways.get_mut(way) else { return Progress::Lost };
        let whole = HEADER + length;
        match kind {
            content::APPLICATION_DATA => {
                way.begun = Vec::new();
                emit.encrypted();
            }
            content::CHANGE_CIPHER_SPEC => way.ciphered = true,
            content::HANDSHAKE => {
                if input.data.len() < whole && !input.cut {
                    return Progress::Need(whole);
                }
                let body = input.data.get(HEADER..whole).or(input.data.get(HEADER..)).unwrap_or_default();
                way.handshake(body, &mut self.context, emit);
            }
            _ => {}
        }
        Progress::Took(whole)
    }

    fn held(&self) -> usize {
        self.ways.iter().map(|way| way.begun.len()).sum()
    }
}

impl TlsSession {
    fn no_record(&mut self, input: &Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if let Some(length) = old_hello(input.data) {
            emit.client_is_sender(true);
            emit.count(&HANDSHAKE, handshake::kind::CLIENT_HELLO);
            return Progress::Took(length);
        }
        if input.data.len() < HEADER && probe(input.data, true) == Probe::More {
            return Progress::Need(HEADER);
        }
        Progress::Lost
    }
}

impl Way {
    /// The body of a handshake record: messages, the last of which may go on in the next record (RFC 8446 §5.1).
    fn handshake(&mut self, body: &[u8], context: &mut Context, emit: &mut Emit<'_>) {
        // After ChangeCipherSpec only a second hello after HelloRetryRequest is still readable (RFC 8446 appendix D.4).
        if self.ciphered && !handshake::is_whole_hello(body) {
            return;
        }
        let joined;
        let mut rest = body;
        if !self.begun.is_empty() {
            if self.begun.len() + body.len() > MESSAGE_MAX {
                self.begun = Vec::new();
                return emit.malformed();
            }
            self.begun.extend_from_slice(body);
            joined = std::mem::take(&mut self.begun);
            rest = &joined;
        }
        loop {
            match message(rest, context, emit) {
                Stage::Took(n) => rest = rest.get(n..).unwrap_or_default(),
                Stage::More => return self.begun.extend_from_slice(rest),
                Stage::Unreadable => return,
            }
            if rest.is_empty() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
