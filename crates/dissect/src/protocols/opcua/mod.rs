//! OPC UA binary: secure channels, sessions, services, and what servers and clients say of themselves.
//!
//! Sources: OPC 10000-6 (Mappings, release 1.05) §5.2 (binary encoding), §6.7 (secure conversation), §7.1 (connection protocol);
//! OPC 10000-4 (Services, release 1.05) for the services; numeric node ids from the OPC Foundation's `NodeIds.csv`.

mod build_info;
mod encoding;
mod parties;
mod pubsub;
mod services;

use crate::emit::{Code, Counter, Emit, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::protocols::certificate;
use crate::reader::{Read, Reader, byte, le32};
use encoding::{bytes, node_id};
use model::observation::Direction;
use model::{Attribute, Confidence, Text};
use services::Services;

pub(super) use pubsub::PubSub;

/// The protocol.
pub(super) struct OpcUa;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "opcua",
    title: "OPC UA (binary)",
    tcp: &[4840],
    udp: &[],
    ethertypes: &[],
    industrial: true,
    sources: "OPC 10000-6 and OPC 10000-4, release 1.05",
    operations: &[&services::OPERATIONS, &services::FAULTS],
};

static MESSAGE: Counter = Counter { protocol: "opcua", name: "message" };

/// OPC 10000-6 §7.1.2.2: type in three letters, kind of chunk, size.
const HEADER: usize = 8;
/// Larger chunks than this do not occur where limits are negotiated sensibly (§7.1.2.3); it keeps noise out.
const CHUNK_MAX: u32 = 0x100_0000;
/// Of a larger chunk only the head is read.
const READ_MAX: usize = 0x2_0000;
/// Bytes of a message that comes in several chunks.
const MESSAGE_MAX: usize = 0x4_0000;
/// Every security policy's address begins so (OPC 10000-7).
const POLICY_PREFIX: &[u8] = b"http://opcfoundation.org/UA/SecurityPolicy#";

/// Type of a chunk as its three letters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Hello,
    Acknowledge,
    Error,
    ReverseHello,
    Open,
    Message,
    Close,
}

impl Kind {
    fn of(head: &[u8]) -> Option<Self> {
        Some(match head.first_chunk::<3>()? {
            b"HEL" => Self::Hello,
            b"ACK" => Self::Acknowledge,
            b"ERR" => Self::Error,
            b"RHE" => Self::ReverseHello,
            b"OPN" => Self::Open,
            b"MSG" => Self::Message,
            b"CLO" => Self::Close,
            _ => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Self::Hello => "HEL",
            Self::Acknowledge => "ACK",
            Self::Error => "ERR",
            Self::ReverseHello => "RHE",
            Self::Open => "OPN",
            Self::Message => "MSG",
            Self::Close => "CLO",
        }
    }
}

impl Protocol for OpcUa {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A known type, kind of chunk and size. Elsewhere than at port 4840 the first fields must make sense as well.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let begun = head.get(..3).unwrap_or(head);
        if ![&b"HEL"[..], b"ACK", b"ERR", b"RHE", b"OPN", b"MSG", b"CLO"].iter().any(|w| w.starts_with(begun))
        {
            return Probe::No;
        }
        if byte(head, 3).is_some_and(|chunk| !matches!(chunk, b'F' | b'C' | b'A')) {
            return Probe::No;
        }
        let (Some(kind), Some(size)) = (Kind::of(head), le32(head, 4)) else { return Probe::More };
        if !(12..=CHUNK_MAX).contains(&size) {
            return Probe::No;
        }
        if hint.usual {
            return Probe::Yes;
        }
        let body = head.get(HEADER..).unwrap_or_default();
        match kind {
            Kind::Acknowledge => Probe::when(size == 28),
            Kind::Hello => text_at(body, 20, b"opc."),
            Kind::ReverseHello => Probe::when((20..=0x2100).contains(&size)),
            Kind::Open => text_at(body, 4, POLICY_PREFIX),
            Kind::Error => Probe::when(size <= 0x1010 && byte(body, 3).is_some_and(|b| b & 0xc0 == 0x80)),
            Kind::Message | Kind::Close if body.len() < 20 => Probe::More,
            Kind::Message | Kind::Close => {
                let id = node_id(&mut Reader::new(body.get(16..).unwrap_or_default()));
                Probe::when(id.is_ok_and(|id| id.service().is_some_and(services::is_known)))
            }
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<Channel>::default()
    }
}

/// A string at `at` (length, then text) that begins so.
fn text_at(body: &[u8], at: usize, start: &[u8]) -> Probe {
    match body.get(at + 4..) {
        Some(text) if text.len() >= start.len() => Probe::when(text.starts_with(start)),
        _ => Probe::More,
    }
}

/// One conversation.
#[derive(Default)]
struct Channel {
    /// Messages in several chunks, by direction: request id and bytes.
    chunks: [Option<(u32, Vec<u8>)>; 2],
    /// The security policy of the channel, as told by the server or the client; `None` while not seen.
    policy: Option<Text>,
    /// Said how the messages of a channel with that policy are protected.
    mode_told: bool,
    services: Services,
}

impl Session for Channel {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let Some(size) = le32(input.data, 4) else { return Progress::Need(HEADER) };
        let (Some(kind), Some(chunk)) = (Kind::of(input.data), byte(input.data, 3)) else {
            return Progress::Lost;
        };
        if !matches!(chunk, b'F' | b'C' | b'A') || !(12..=CHUNK_MAX).contains(&size) {
            return Progress::Lost;
        }
        let whole = usize::try_from(size).unwrap_or(usize::MAX);
        let wanted = whole.min(READ_MAX);
        if input.data.len() < wanted && !input.cut {
            return Progress::Need(wanted);
        }
        emit.count(&MESSAGE, Code::Word(kind.word()));
        let cut = input.data.len() < whole;
        let body = input.data.get(HEADER..whole).or(input.data.get(HEADER..)).unwrap_or_default();
        if self.chunk(kind, chunk, body, cut, emit).is_err() && !cut {
            emit.malformed();
        }
        Progress::Took(whole)
    }

    fn held(&self) -> usize {
        self.chunks.iter().flatten().map(|(_, bytes)| bytes.len()).sum()
    }
}

impl Channel {
    fn chunk(&mut self, kind: Kind, chunk: u8, body: &[u8], cut: bool, emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(body);
        match kind {
            Kind::Hello => {
                emit.client_is_sender(true);
                // §7.1.2.3: version, four limits, then the address the client asked for.
                r.skip(20)?;
                let url = bytes(&mut r)?;
                let text = Text::from_wire(url);
                emit.claim(
                    Whom::Receiver,
                    Attribute::Endpoint,
                    text,
                    url,
                    "opcua.transport.endpoint",
                    Confidence::LIKELY,
                );
                Ok(())
            }
            Kind::ReverseHello => {
                let uri = bytes(&mut r)?;
                emit.text(Whom::Sender, Attribute::ApplicationUri, uri, "opcua.transport.suri");
                let url = bytes(&mut r)?;
                emit.text(Whom::Sender, Attribute::Endpoint, url, "opcua.transport.rheurl");
                Ok(())
            }
            Kind::Acknowledge => {
                emit.client_is_sender(false);
                Ok(())
            }
            Kind::Error => Ok(()),
            Kind::Open => self.open_channel(&mut r, emit),
            Kind::Message | Kind::Close => {
                // §6.7.2: channel, token, sequence number, request.
                r.skip(12)?;
                let request = r.u32_le()?;
                self.piece(chunk, request, r.rest(), cut, emit)
            }
        }
    }

    /// §6.7.2.3: channel, policy, certificate of the sender, thumbprint of the receiver's; then sequence number, request, and the
    /// service, encrypted unless the policy is `None`.
    fn open_channel(&mut self, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
        r.skip(4)?;
        let address = bytes(r)?;
        let policy = policy_name(address);
        let shown = bytes(r)?;
        bytes(r)?;
        certificate::announce(shown, Whom::Sender, emit, "opcua.security.scert");
        let open = policy.as_str() == "None";
        if emit.direction() == Direction::ToClient {
            // The server takes part in a channel of that policy.
            emit.identity(
                Whom::Sender,
                Attribute::SecurityPolicy,
                policy.clone(),
                address,
                "opcua.security.spu",
            );
        }
        if self.policy.as_ref() != Some(&policy) {
            self.policy = Some(policy);
            self.mode_told = false;
        }
        r.skip(4)?;
        let request = r.u32_le()?;
        let way = usize::from(emit.direction() == Direction::ToClient);
        if let Some(kept) = self.chunks.get_mut(way) {
            *kept = None;
        }
        if open { self.services.read(request, r.rest(), true, false, emit).map(|_| ()) } else { Ok(()) }
    }

    /// One chunk of a service message.
    fn piece(&mut self, chunk: u8, request: u32, piece: &[u8], cut: bool, emit: &mut Emit<'_>) -> Read<()> {
        let [to_server, to_client] = &mut self.chunks;
        let kept = if emit.direction() == Direction::ToClient { to_client } else { to_server };
        match (chunk, kept.as_mut().filter(|(id, _)| *id == request)) {
            (b'A', _) => {
                *kept = None;
                Ok(())
            }
            (b'C', None) => {
                *kept = Some((request, piece.to_vec()));
                Ok(())
            }
            (b'C', Some((_, bytes))) => {
                // Of a message that is too long only the head is kept; it tells what it is.
                let room = MESSAGE_MAX.saturating_sub(bytes.len());
                bytes.extend_from_slice(piece.get(..room).unwrap_or(piece));
                Ok(())
            }
            (_, Some((_, bytes))) => {
                let room = MESSAGE_MAX.saturating_sub(bytes.len());
                let cut = cut || piece.len() > room;
                bytes.extend_from_slice(piece.get(..room).unwrap_or(piece));
                let whole = kept.take().map(|(_, bytes)| bytes).unwrap_or_default();
                self.message(request, &whole, cut, emit)
            }
            (_, None) => self.message(request, piece, cut, emit),
        }
    }

    /// A whole service message. Where the channel is not open, it may be encrypted or only signed.
    fn message(&mut self, request: u32, body: &[u8], cut: bool, emit: &mut Emit<'_>) -> Read<()> {
        let open = self.policy.as_ref().is_some_and(|p| p.as_str() == "None");
        let readable = self.services.read(request, body, open, self.policy.is_some() && !open, emit);
        let readable = match readable {
            Ok(readable) => readable,
            // A signature follows the service, so only a short one is wrong.
            Err(_) if cut => true,
            Err(short) => return Err(short),
        };
        if let (false, Some(policy)) = (self.mode_told || open, &self.policy) {
            self.mode_told = true;
            if !readable {
                emit.encrypted();
            }
            let mode = if readable { "Sign" } else { "SignAndEncrypt" };
            let whom = if emit.direction() == Direction::ToClient { Whom::Sender } else { Whom::Receiver };
            let text = Text::new(&format!("{policy}/{mode}"));
            emit.claim(whom, Attribute::SecurityPolicy, text, &[], "opcua.security.spu", Confidence::LIKELY);
        }
        Ok(())
    }
}

/// The last part of a policy's address: `None`, `Basic256Sha256`.
fn policy_name(address: &[u8]) -> Text {
    Text::from_wire(address.strip_prefix(POLICY_PREFIX).unwrap_or(address))
}

#[cfg(test)]
mod tests;
