//! Handshake messages (RFC 8446 §4, RFC 5246 §7.4).

use super::{HANDSHAKE, MESSAGE_MAX};
use crate::emit::{Emit, Whom};
use crate::protocols::certificate;
use crate::reader::{Read, Reader, be16, be32, byte};
use model::observation::{Direction, Mechanism};
use model::{Attribute, Confidence, Text};

/// Message types (RFC 8446 §4; IANA "TLS HandshakeType").
pub(super) mod kind {
    pub(in super::super) const CLIENT_HELLO: u8 = 1;
    pub(super) const SERVER_HELLO: u8 = 2;
    pub(super) const CERTIFICATE: u8 = 11;
}

/// Extensions (RFC 6066 §3, RFC 8446 §4.2.1).
mod extension {
    pub(super) const SERVER_NAME: u16 = 0;
    pub(super) const SUPPORTED_VERSIONS: u16 = 43;
}

/// What a connection remembers of its handshake.
#[derive(Default)]
pub(super) struct Context {
    /// The server showed a certificate already: more than one per connection is a renegotiation.
    shown: bool,
}

/// What became of the bytes.
pub(super) enum Stage {
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
pub(super) fn message(data: &[u8], context: &mut Context, emit: &mut Emit<'_>) -> Stage {
    let (Some(kind), Some(length)) = (byte(data, 0), length(data)) else {
        return if data.is_empty() { Stage::Unreadable } else { Stage::More };
    };
    if !is_type(kind) || length > MESSAGE_MAX {
        return Stage::Unreadable;
    }
    let Some(body) = data.get(4..4 + length) else { return Stage::More };
    emit.count(&HANDSHAKE, kind);
    let read = match kind {
        kind::CLIENT_HELLO => client_hello(body, emit),
        kind::SERVER_HELLO => server_hello(body, emit),
        kind::CERTIFICATE => certificates(body, context, emit),
        _ => Ok(()),
    };
    if read.is_err() {
        emit.malformed();
    }
    Stage::Took(4 + length)
}

/// RFC 8446 §4.1.2.
fn client_hello(body: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    emit.client_is_sender(true);
    let mut r = Reader::new(body);
    r.skip(2 + 32)?;
    let session = r.u8()?;
    r.skip(session.into())?;
    let ciphers = r.u16()?;
    r.skip(ciphers.into())?;
    let compressions = r.u8()?;
    r.skip(compressions.into())?;
    extensions(&mut r, |kind, body| {
        if kind == extension::SERVER_NAME {
            let mut r = Reader::new(body);
            r.skip(2)?;
            if r.u8()? == 0 {
                let length = r.u16()?;
                let name = r.take(length.into())?;
                let field = "tls.handshake.extensions_server_name";
                emit.claim(
                    Whom::Receiver,
                    Attribute::RequestedName,
                    Text::from_wire(name),
                    name,
                    field,
                    Confidence::LIKELY,
                );
            }
        }
        Ok(())
    })
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
        if !std::mem::replace(&mut context.shown, true)
            && certificate::announce(der, Whom::Sender, emit, field).is_none()
        {
            emit.malformed();
        }
    } else if let Some(own) = certificate::summary(der) {
        let name = if own.common_name.is_empty() { &own.subject } else { &own.common_name };
        emit.sign_in(name.clone(), Mechanism::Certificate, true, None, der);
    }
    Ok(())
}
