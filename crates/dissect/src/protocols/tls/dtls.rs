//! DTLS: the handshake of TLS in datagrams, with a cookie and with fragments of its own.
//! Sources: RFC 9147 (1.3), RFC 6347 (1.2), RFC 4347 (1.0).

use super::content;
use super::handshake::{self, Context};
use super::ja4::Carrier;
use super::{MESSAGE_MAX, RECORD_MAX};
use crate::emit::{Counter, Emit};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, Short, be32, byte};
use model::observation::Direction;

/// The protocol.
pub(in super::super) struct Dtls;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "dtls",
    title: "DTLS",
    tcp: &[],
    udp: &[853, 2083, 5349, 5684],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 9147; RFC 6347; RFC 4347",
    operations: &[],
};

/// Handshake messages by type; one that comes in fragments counts once.
static HANDSHAKE: Counter = Counter { protocol: "dtls", name: "handshake" };

/// Type, length, message number, offset and length of the fragment (RFC 6347 §4.2.2).
const FRAGMENT: usize = 12;
/// Versions in record headers: 1.0, and 1.2, which 1.3 shows too (RFC 6347 §4.1, RFC 9147 §4).
const VERSIONS: [u16; 2] = [0xfeff, 0xfefd];
/// Acknowledgements of DTLS 1.3 (RFC 9147 §7).
const ACK: u8 = 26;
/// First octet of the short header that encrypted records of 1.3 have (RFC 9147 §4).
const UNIFIED: std::ops::RangeInclusive<u8> = 0x20..=0x3f;
/// Records of one datagram that are looked at.
const RECORDS_MAX: usize = 64;

/// One record: type, version, epoch, sequence number, length and body (RFC 6347 §4.1).
struct Record<'a> {
    kind: u8,
    epoch: u16,
    body: &'a [u8],
}

fn record<'a>(r: &mut Reader<'a>) -> Read<Record<'a>> {
    let (kind, version, epoch) = (r.u8()?, r.u16()?, r.u16()?);
    r.skip(6)?;
    let length = usize::from(r.u16()?);
    let known = (content::CHANGE_CIPHER_SPEC..=content::HEARTBEAT).contains(&kind) || kind == ACK;
    if !known || !VERSIONS.contains(&version) || length > RECORD_MAX {
        return Err(Short);
    }
    Ok(Record { kind, epoch, body: r.take(length)? })
}

/// A fragment of a handshake message lies inside its message and its record.
fn is_fragment(body: &[u8]) -> bool {
    let three = |at: usize| be32(body, at).map(|n| n >> 8);
    let (Some(kind), Some(length), Some(offset), Some(part)) = (byte(body, 0), three(1), three(6), three(9))
    else {
        return false;
    };
    let inside = offset.checked_add(part).is_some_and(|end| end <= length);
    handshake::is_type(kind) && inside && usize::try_from(part).is_ok_and(|n| FRAGMENT + n <= body.len())
}

impl Protocol for Dtls {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// Records that fill the datagram exactly; a handshake in the clear begins with a sound fragment. Behind the first record, those of
    /// DTLS 1.3 are encrypted and have another header.
    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        let mut r = Reader::new(head);
        for at in 0..RECORDS_MAX {
            if r.is_empty() {
                return Probe::when(at > 0);
            }
            if at > 0 && byte(r.rest(), 0).is_some_and(|b| UNIFIED.contains(&b)) {
                return Probe::Yes;
            }
            match record(&mut r) {
                Ok(Record { kind: content::HANDSHAKE, epoch: 0, body }) if !is_fragment(body) => {
                    return Probe::No;
                }
                Ok(_) => {}
                Err(Short) => return Probe::No,
            }
        }
        Probe::Yes
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(DtlsSession { ways: Default::default(), context: Context::new(Carrier::Dtls) })
    }
}

struct DtlsSession {
    ways: [Way; 2],
    context: Context,
}

/// The message of one direction that is being put together.
#[derive(Default)]
struct Way {
    number: u16,
    begun: Vec<u8>,
}

impl Session for DtlsSession {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let mut r = Reader::new(input.data);
        for _ in 0..RECORDS_MAX {
            if byte(r.rest(), 0).is_some_and(|b| UNIFIED.contains(&b)) {
                emit.encrypted();
                break;
            }
            // What follows a key exchange in the same datagram (STUN, RTP of DTLS-SRTP) is not of this protocol.
            let Ok(record) = record(&mut r) else { break };
            match record.kind {
                content::APPLICATION_DATA => emit.encrypted(),
                content::HANDSHAKE if record.epoch == 0 => {
                    let whole = self.fragments(record.body, input.direction, emit);
                    if whole.is_err() {
                        emit.malformed();
                    }
                }
                _ => {}
            }
        }
        Progress::Took(input.data.len())
    }

    fn held(&self) -> usize {
        self.ways.iter().map(|way| way.begun.len()).sum()
    }
}

impl DtlsSession {
    /// A record may hold several messages, and a message several records (RFC 6347 §4.2.3).
    fn fragments(&mut self, body: &[u8], direction: Direction, emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(body);
        while !r.is_empty() {
            if !is_fragment(r.rest()) {
                return Err(Short);
            }
            let (kind, length) = (r.u8()?, three(&mut r)?);
            let number = r.u16()?;
            let (offset, part) = (three(&mut r)?, three(&mut r)?);
            let bytes = r.take(part)?;
            if offset == 0 {
                emit.count(&HANDSHAKE, kind);
            }
            if part == length {
                handshake::content(kind, bytes, &mut self.context, emit);
                continue;
            }
            let way = if direction == Direction::ToClient { 1 } else { 0 };
            let Some(way) = self.ways.get_mut(way) else { return Ok(()) };
            if let Some(whole) = way.fragment(number, length, offset, bytes) {
                handshake::content(kind, &whole, &mut self.context, emit);
            }
        }
        Ok(())
    }
}

impl Way {
    /// Adds a fragment that follows on what is there; answers the whole message with the last one. Others are passed over: what is lost
    /// or out of order is sent again (RFC 6347 §4.2.4).
    fn fragment(&mut self, number: u16, length: usize, offset: usize, bytes: &[u8]) -> Option<Vec<u8>> {
        if offset == 0 {
            (self.number, self.begun) = (number, Vec::new());
        }
        if self.number != number || self.begun.len() != offset || length > MESSAGE_MAX {
            return None;
        }
        self.begun.extend_from_slice(bytes);
        (self.begun.len() == length).then(|| std::mem::take(&mut self.begun))
    }
}

fn three(r: &mut Reader<'_>) -> Read<usize> {
    let (high, low) = (r.u8()?, r.u16()?);
    Ok((usize::from(high) << 16) | usize::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hear, hex, probe};
    use model::Transport;

    /// A ClientHello of DTLS 1.2 with a server name (Arkime's synthetic capture, frame 564).
    const HELLO: &str = "16fefd 0000 000000000000 006e 01 000062 0000 000000 000062 \
        fefd fe74baaa41969e1eea0f154bebcd7c44b8e42e4c95d9a52d43178fd518040143 00 00 0004 1301c02f 0100 \
        0034 0000 0015 0013 00 0010 746573742e6578616d706c652e636f6d 002b 0003 02fefd \
        000d 0006 0004 04010501 000a 0006 0004 00170018";
    /// RFC 6347 §4.2.1: a server's hello of DTLS 1.2.
    const SERVER: &str = "16fefd 0000 000000000001 0032 02 000026 0001 000000 000026 \
        fefd 0707070707070707070707070707070707070707070707070707070707070707 00 c02f 00";

    #[test]
    fn a_handshake() {
        let data = hex("17fefd 0001 000000000000 0004 01020304");
        assert_eq!(
            hear(&Dtls, Transport::Udp, &[('>', &hex(HELLO)), ('<', &hex(SERVER)), ('>', &data)]),
            [
                "10.0.0.2 requested_name test.example.com",
                "10.0.0.1 ja4 dd2d020400_c1929292aa6b_c91bed236abd",
                "10.0.0.2 protocol_version DTLS 1.2",
                "dtls.handshake c2s 1 1",
                "dtls.handshake s2c 2 1",
            ]
        );
    }

    #[test]
    fn a_message_in_fragments() {
        let whole = hex(HELLO);
        let body = &whole[13 + FRAGMENT..];
        let piece = |offset: usize, part: &[u8]| {
            let fragment =
                [&hex("01 000062 0000 0000")[..], &[offset as u8, 0, 0, part.len() as u8], part].concat();
            [&hex("16feff 0000 000000000000 00")[..], &[fragment.len() as u8], &fragment].concat()
        };
        let (first, last) = (piece(0, &body[..60]), piece(60, &body[60..]));
        assert_eq!(probe(&Dtls, Transport::Udp, false, &first), Probe::Yes);
        let said = hear(&Dtls, Transport::Udp, &[('>', &last), ('>', &first), ('>', &last)]);
        assert!(said.contains(&"10.0.0.2 requested_name test.example.com".into()), "{said:?}");
        assert!(said.contains(&"dtls.handshake c2s 1 1".into()), "{said:?}");
    }

    #[test]
    fn recognition() {
        let hello = hex(HELLO);
        assert_eq!(probe(&Dtls, Transport::Udp, false, &hello), Probe::Yes);
        assert_eq!(probe(&Dtls, Transport::Udp, true, &hello[..hello.len() - 1]), Probe::No);
        assert_eq!(probe(&Dtls, Transport::Udp, true, &[&hello[..], &[0]].concat()), Probe::No);
        let data = hex("17fefd 0001 000000000000 0004 01020304");
        assert_eq!(probe(&Dtls, Transport::Udp, false, &data), Probe::Yes);
        let mut other = data.clone();
        other[1] = 3;
        assert_eq!(probe(&Dtls, Transport::Udp, true, &other), Probe::No);
    }
}
