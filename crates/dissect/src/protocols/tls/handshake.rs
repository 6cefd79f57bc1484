//! Handshake messages (RFC 8446 §4, RFC 5246 §7.4; RFC 6347 §4.2 and RFC 9147 §5 for DTLS).

use super::ja4::{Carrier, EXTENSIONS_MAX, Offer};
use super::{HANDSHAKE, MESSAGE_MAX};
use crate::emit::{Code, Counter, Emit, Whom};
use crate::protocols::{certificate, vpn};
use crate::reader::{Read, Reader, be16, be32, byte};
use model::observation::{Direction, Mechanism};
use model::{Attribute, Confidence, Text};

/// Message types (RFC 8446 §4; IANA "TLS HandshakeType").
pub(super) mod kind {
    pub(in super::super) const CLIENT_HELLO: u8 = 1;
    pub(super) const SERVER_HELLO: u8 = 2;
    pub(super) const CERTIFICATE: u8 = 11;
}

/// The application protocol that clients name first.
static ALPN: Counter = Counter { protocol: "tls", name: "alpn" };
static DTLS_ALPN: Counter = Counter { protocol: "dtls", name: "alpn" };
static QUIC_ALPN: Counter = Counter { protocol: "quic", name: "alpn" };

/// Extensions (RFC 6066 §3, RFC 7301 §3.1, RFC 8446 §4.2.1 and §4.2.3).
mod extension {
    pub(super) const SERVER_NAME: u16 = 0;
    pub(super) const SIGNATURE_ALGORITHMS: u16 = 13;
    pub(super) const ALPN: u16 = 16;
    pub(super) const SUPPORTED_VERSIONS: u16 = 43;
}

/// What a connection remembers of its handshake.
pub(in super::super) struct Context {
    /// What carries the messages.
    carrier: Carrier,
    /// The server showed a certificate already: more than one per connection is a renegotiation.
    shown: bool,
}

impl Context {
    /// At the start of a connection.
    pub(in super::super) fn new(carrier: Carrier) -> Self {
        Self { carrier, shown: false }
    }
}

/// What became of the bytes.
pub(in super::super) enum Stage {
    /// A message of this many bytes.
    Took(usize),
    /// The message goes on in the next record.
    More,
    /// No handshake message: encrypted.
    Unreadable,
}

/// Whether it is the type of a message that is sent in the clear (IANA "TLS HandshakeType").
pub(super) fn is_type(kind: u8) -> bool {
    matches!(kind, 0..=6 | 8 | 11..=16 | 20..=25 | 67 | 254)
}

/// The bytes are exactly one ClientHello or ServerHello.
pub(super) fn is_whole_hello(body: &[u8]) -> bool {
    let (Some(kind), Some(length)) = (byte(body, 0), length(body)) else { return false };
    let version = be16(body, 4).is_some_and(|v| (0x0300..=0x0304).contains(&v));
    matches!(kind, kind::CLIENT_HELLO | kind::SERVER_HELLO) && length + 4 == body.len() && version
}

fn length(message: &[u8]) -> Option<usize> {
    usize::try_from(be32(message, 0)? & 0x00ff_ffff).ok()
}

/// Reads the first message of `data`.
pub(in super::super) fn message(data: &[u8], context: &mut Context, emit: &mut Emit<'_>) -> Stage {
    let (Some(kind), Some(length)) = (byte(data, 0), length(data)) else {
        return if data.is_empty() { Stage::Unreadable } else { Stage::More };
    };
    if !is_type(kind) || length > MESSAGE_MAX {
        return Stage::Unreadable;
    }
    let Some(body) = data.get(4..4 + length) else { return Stage::More };
    emit.count(&HANDSHAKE, kind);
    content(kind, body, context, emit);
    Stage::Took(4 + length)
}

/// Reads what stands behind the header of a message.
pub(super) fn content(kind: u8, body: &[u8], context: &mut Context, emit: &mut Emit<'_>) {
    let read = match kind {
        kind::CLIENT_HELLO => client_hello(body, context.carrier, emit),
        kind::SERVER_HELLO => server_hello(body, emit),
        kind::CERTIFICATE => certificates(body, context, emit),
        _ => Ok(()),
    };
    if read.is_err() {
        emit.malformed();
    }
}

/// RFC 8446 §4.1.2; that of DTLS has a cookie behind the session id (RFC 6347 §4.2.1).
fn client_hello(body: &[u8], carrier: Carrier, emit: &mut Emit<'_>) -> Read<()> {
    emit.client_is_sender(true);
    let mut r = Reader::new(body);
    let mut offer = Offer { version: r.u16()?, ..Offer::default() };
    r.skip(32)?;
    let session = r.u8()?;
    r.skip(session.into())?;
    if carrier == Carrier::Dtls {
        let cookie = r.u8()?;
        r.skip(cookie.into())?;
    }
    let ciphers = r.u16()?;
    offer.ciphers = r.take(ciphers.into())?;
    let compressions = r.u8()?;
    r.skip(compressions.into())?;
    extensions(&mut r, |kind, value| {
        if offer.extensions.len() <= EXTENSIONS_MAX {
            offer.extensions.push(kind);
        }
        match kind {
            extension::SERVER_NAME => server_name(value, emit)?,
            // Lists with a length in front: of two octets, of one for the versions.
            extension::SIGNATURE_ALGORITHMS => offer.signatures = value.get(2..).unwrap_or_default(),
            extension::SUPPORTED_VERSIONS => offer.versions = value.get(1..).unwrap_or_default(),
            extension::ALPN => offer.alpn = first_protocol(value)?,
            _ => {}
        }
        Ok(())
    })?;
    offered(&offer, carrier, body, emit);
    Ok(())
}

/// RFC 6066 §3.
fn server_name(value: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(value);
    r.skip(2)?;
    if r.u8()? == 0 {
        let length = r.u16()?;
        let name = r.take(length.into())?;
        let field = "tls.handshake.extensions_server_name";
        let text = Text::from_wire(name);
        emit.claim(Whom::Receiver, Attribute::RequestedName, text, name, field, Confidence::LIKELY);
        vpn::server_is_named(name, emit);
    }
    Ok(())
}

/// RFC 7301 §3.1: a list of names with their lengths.
fn first_protocol(value: &[u8]) -> Read<&[u8]> {
    let mut r = Reader::new(value);
    r.skip(2)?;
    let length = r.u8()?;
    r.take(length.into())
}

/// What the client's software can be told by.
fn offered(offer: &Offer<'_>, carrier: Carrier, body: &[u8], emit: &mut Emit<'_>) {
    let counter = match carrier {
        Carrier::Tls => &ALPN,
        Carrier::Dtls => &DTLS_ALPN,
        Carrier::Quic => &QUIC_ALPN,
    };
    if let Ok(name) = std::str::from_utf8(offer.alpn)
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_graphic())
    {
        emit.count(counter, Code::Word(name));
    }
    if let Some(ja4) = offer.ja4(carrier) {
        emit.identity(Whom::Sender, Attribute::Ja4, Text::new(&ja4), body, "tls.handshake.ja4");
    }
}

/// RFC 8446 §4.1.3; a HelloRetryRequest has the same form.
fn server_hello(body: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    emit.client_is_sender(false);
    let mut r = Reader::new(body);
    let mut witness = body.get(..2).unwrap_or_default();
    let mut version = r.u16()?;
    r.skip(32)?;
    let session = r.u8()?;
    r.skip(session.into())?;
    r.skip(2 + 1)?;
    extensions(&mut r, |kind, body| {
        if kind == extension::SUPPORTED_VERSIONS {
            (version, witness) = (Reader::new(body).u16()?, body);
        }
        Ok(())
    })?;
    let name = version_name(version);
    emit.identity(Whom::Sender, Attribute::ProtocolVersion, name, witness, "tls.handshake.version");
    Ok(())
}

fn extensions<'a>(r: &mut Reader<'a>, mut each: impl FnMut(u16, &'a [u8]) -> Read<()>) -> Read<()> {
    if r.is_empty() {
        return Ok(());
    }
    let length = r.u16()?;
    let mut r = r.sub(length.into())?;
    while !r.is_empty() {
        let (kind, length) = (r.u16()?, r.u16()?);
        each(kind, r.take(length.into())?)?;
    }
    Ok(())
}

/// RFC 8446 §4.2.1; 0x7f is the first byte of the drafts of TLS 1.3.
fn version_name(version: u16) -> Text {
    Text::new(match version {
        0x0002 => "SSL 2.0",
        0x0300 => "SSL 3.0",
        0x0301 => "TLS 1.0",
        0x0302 => "TLS 1.1",
        0x0303 => "TLS 1.2",
        0x0304 => "TLS 1.3",
        0xfeff => "DTLS 1.0",
        0xfefd => "DTLS 1.2",
        0xfefc => "DTLS 1.3",
        _ if version >> 8 == 0x7f => "TLS 1.3",
        _ => return Text::new(&format!("TLS 0x{version:04x}")),
    })
}

/// RFC 5246 §7.4.2: the sender's own certificate comes first. (That of TLS 1.3 is always encrypted.)
fn certificates(body: &[u8], context: &mut Context, emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(body);
    r.skip(3)?;
    if r.is_empty() {
        return Ok(());
    }
    let (high, low) = (r.u8()?, r.u16()?);
    let der = r.take((usize::from(high) << 16) | usize::from(low))?;
    let field = "tls.handshake.certificate";
    if emit.direction() == Direction::ToClient {
        if std::mem::replace(&mut context.shown, true) {
            return Ok(());
        }
        match certificate::announce(der, Whom::Sender, emit, field) {
            Some(shown) => vpn::certificate_is_shown(shown.subject.as_str(), shown.issuer.as_str(), emit),
            None => emit.malformed(),
        }
    } else if let Some(own) = certificate::summary(der) {
        let name = if own.common_name.is_empty() { &own.subject } else { &own.common_name };
        emit.sign_in(name.clone(), Mechanism::Certificate, true, None, der);
    }
    Ok(())
}
