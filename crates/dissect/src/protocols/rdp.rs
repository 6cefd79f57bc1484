//! RDP: who asks, which security is agreed on, names of clients; then TLS or the old encryption.
//! Sources: MS-RDPBCGR; RFC 1006 (TPKT), X.224, T.125 (MCS), T.124 (GCC).

use super::tls::{self, TlsSession};
use crate::emit::{Counter, Emit, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, be16, byte, le16, le32};
use model::observation::Mechanism;
use model::{Attribute, Text};

/// The protocol.
pub(super) struct Rdp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "rdp",
    title: "RDP",
    tcp: &[3389],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "MS-RDPBCGR; RFC 1006; X.224; T.124; T.125",
    operations: &[],
};

/// X.224 packets by type.
static PACKET: Counter = Counter { protocol: "rdp", name: "packet" };

/// X.224 13.1: type in the high half.
mod tpdu {
    pub(super) const CONNECTION_REQUEST: u8 = 0xe0;
    pub(super) const CONNECTION_CONFIRM: u8 = 0xd0;
    pub(super) const DATA: u8 = 0xf0;
}

/// Negotiation (MS-RDPBCGR 2.2.1.1.1, 2.2.1.2.1, 2.2.1.2.2): types; each is 8 bytes long.
mod negotiation {
    pub(super) const REQUEST: u8 = 1;
    pub(super) const RESPONSE: u8 = 2;
    pub(super) const FAILURE: u8 = 3;
}

/// TPKT header (RFC 1006 §6) and fixed part of the connection packets (X.224 13.3).
const TPKT: usize = 4;
const FIXED: usize = TPKT + 7;
/// MS-RDPBCGR 2.2.1.1: what a cookie begins with.
const COOKIE: &[u8] = b"Cookie: mstshash=";
/// Port of ISO-TSAP (RFC 1006 §4), where other protocols use the same packets.
const ISO_TSAP: u16 = 102;

/// Length of the TPKT packet and type of the TPDU in it.
fn packet(data: &[u8]) -> Option<(usize, u8)> {
    let length = usize::from(be16(data, 2)?);
    let (indicator, kind) = (usize::from(byte(data, 4)?), byte(data, 5)?);
    let fits = data.starts_with(&[3, 0]) && length >= 7 && indicator >= 2 && indicator + 5 <= length;
    fits.then_some((length, kind))
}

/// The negotiation structure behind a cookie or at once.
fn negotiation(packet: &[u8]) -> Option<(u8, u32)> {
    let rest = packet.get(FIXED..)?;
    let at = rest.windows(2).position(|w| w == b"\r\n").map_or(0, |at| at + 2);
    let found = rest.get(at..)?;
    let kind = byte(found, 0).filter(|k| (negotiation::REQUEST..=negotiation::FAILURE).contains(k))?;
    (le16(found, 2) == Some(8)).then_some((kind, le32(found, 4)?))
}

impl Protocol for Rdp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A connection request with the cookie or the negotiation that only RDP has; at its port also without.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        if hint.from_port == ISO_TSAP || hint.to_port == ISO_TSAP {
            return Probe::No;
        }
        if head.len() < 6 {
            let begins = head.iter().zip([3, 0]).all(|(a, b)| *a == b);
            return if begins {
                Probe::More
            } else {
                Probe::when(hint.usual && tls::probe(head, false) == Probe::Yes)
            };
        }
        let Some((length, kind)) = packet(head) else {
            return if hint.usual { tls::probe(head, false) } else { Probe::No };
        };
        let connects = matches!(kind, tpdu::CONNECTION_REQUEST | tpdu::CONNECTION_CONFIRM);
        if connects && head.len() < length.min(300) {
            return Probe::More;
        }
        let own = head.get(FIXED..).is_some_and(|r| r.starts_with(COOKIE)) || negotiation(head).is_some();
        Probe::when(connects && own || hint.usual && (connects || kind == tpdu::DATA))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<RdpSession>::default()
    }
}

#[derive(Default)]
struct RdpSession {
    tls: Option<Box<TlsSession>>,
    opaque: bool,
}

impl Session for RdpSession {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if let Some(tls) = &mut self.tls {
            return match tls.read(input, emit) {
                Progress::Lost => Progress::Took(usize::MAX),
                progress => progress,
            };
        }
        if self.opaque {
            return Progress::Took(usize::MAX);
        }
        let Some((length, kind)) = packet(input.data) else {
            return if input.data.len() < 6 && !input.cut && tls::probe(input.data, true) != Probe::Yes {
                Progress::Need(6)
            } else {
                self.no_packet(input, emit)
            };
        };
        if input.data.len() < length && !input.cut {
            return Progress::Need(length);
        }
        let body = input.data.get(..length).unwrap_or(input.data);
        emit.count(&PACKET, kind);
        match kind {
            tpdu::CONNECTION_REQUEST => request(body, emit),
            tpdu::CONNECTION_CONFIRM => self.confirm(body, emit),
            tpdu::DATA => self.data(body, emit),
            _ => {}
        }
        Progress::Took(length)
    }

    fn held(&self) -> usize {
        self.tls.as_ref().map_or(0, |tls| tls.held())
    }
}

impl RdpSession {
    /// TLS from the start or in the middle, or a fast-path packet (MS-RDPBCGR 2.2.9.1.2).
    fn no_packet(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if tls::probe(input.data, true) == Probe::Yes {
            return self.tls.get_or_insert_default().read(input, emit);
        }
        self.opaque = true;
        Progress::Took(usize::MAX)
    }

    /// MS-RDPBCGR 2.2.1.2: what the server chose. An answer without negotiation means the old security.
    fn confirm(&mut self, packet: &[u8], emit: &mut Emit<'_>) {
        emit.client_is_sender(false);
        let (kind, value) = negotiation(packet).unwrap_or((negotiation::RESPONSE, 0));
        let policy = match (kind, value) {
            (negotiation::RESPONSE, 0) => "RDP",
            (negotiation::RESPONSE, 1) => "TLS",
            (negotiation::RESPONSE, 2 | 8) => "CredSSP",
            (negotiation::RESPONSE, 4) => "RDSTLS",
            (negotiation::RESPONSE, 16) => "RDSAAD",
            // Failures name what the server insists on (2.2.1.2.2).
            (negotiation::FAILURE, 1) => "TLS",
            (negotiation::FAILURE, 5) => "CredSSP",
            _ => "",
        };
        let witness = packet.get(FIXED..).filter(|w| !w.is_empty()).unwrap_or(packet);
        emit.identity(
            Whom::Sender,
            Attribute::SecurityPolicy,
            Text::new(policy),
            witness,
            "rdp.negReq.selectedProtocol",
        );
        if kind == negotiation::RESPONSE && value != 0 {
            self.tls = Some(Box::default());
        }
    }

    /// MCS connect packets carry the conference's settings (T.125 §7, MS-RDPBCGR 2.2.1.3 and 2.2.1.4).
    fn data(&mut self, packet: &[u8], emit: &mut Emit<'_>) {
        /// Keys of the two sides (MS-RDPBCGR 2.2.1.3, 2.2.1.4).
        const CLIENT: &[u8] = b"Duca";
        const SERVER: &[u8] = b"McDn";
        let behind = |key: &[u8]| {
            packet.windows(key.len()).position(|w| w == key).and_then(|at| packet.get(at + key.len()..))
        };
        if let Some(settings) = behind(CLIENT) {
            emit.client_is_sender(true);
            client_settings(settings, emit).ok();
        } else if let Some(settings) = behind(SERVER) {
            emit.client_is_sender(false);
            if server_settings(settings) != Ok(false) {
                emit.encrypted();
            }
            self.opaque = true;
        }
    }
}

/// MS-RDPBCGR 2.2.1.1.
fn request(packet: &[u8], emit: &mut Emit<'_>) {
    emit.client_is_sender(true);
    let Some(cookie) = packet.get(FIXED..).and_then(|r| r.strip_prefix(COOKIE)) else { return };
    let name = cookie.split(|&b| b == b'\r').next().unwrap_or_default();
    // The password travels later, inside TLS or the old encryption.
    emit.sign_in(Text::from_wire(name), Mechanism::Username, true, None, name);
}

/// The user data behind the key: a length in PER (X.691 10.9), then blocks.
fn blocks<'a>(settings: &'a [u8], mut each: impl FnMut(u16, &'a [u8]) -> Read<()>) -> Read<()> {
    let mut r = Reader::new(settings);
    if r.u8()? & 0x80 != 0 {
        r.skip(1)?;
    }
    while !r.is_empty() {
        let (kind, length) = (r.u16_le()?, usize::from(r.u16_le()?));
        each(kind, r.take(length.checked_sub(4).ok_or(crate::reader::Short)?)?)?;
    }
    Ok(())
}

/// MS-RDPBCGR 2.2.1.3.2: the client's core data holds its name and build.
fn client_settings(settings: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    const CORE: u16 = 0xc001;
    blocks(settings, |kind, body| {
        if kind != CORE {
            return Ok(());
        }
        let mut r = Reader::new(body);
        r.skip(4 + 2 + 2 + 2 + 2 + 4)?;
        let build = r.take(4)?;
        let name = r.take(32)?;
        let end = name.chunks_exact(2).position(|c| c == [0, 0]).map_or(32, |n| n * 2);
        let name = name.get(..end).unwrap_or_default();
        emit.identity(Whom::Sender, Attribute::Hostname, Text::from_utf16le(name), name, "rdp.client.name");
        if let Some(number @ 1..) = le32(build, 0) {
            let software = Text::new(&format!("RDP client build {number}"));
            emit.identity(Whom::Sender, Attribute::Software, software, build, "rdp.client.build");
        }
        Ok(())
    })
}

/// MS-RDPBCGR 2.2.1.4.3: whether the server encrypts.
fn server_settings(settings: &[u8]) -> Read<bool> {
    const SECURITY: u16 = 0x0c02;
    let mut encrypts = true;
    blocks(settings, |kind, body| {
        if kind == SECURITY {
            let mut r = Reader::new(body);
            let (method, level) = (r.u32_le()?, r.u32_le()?);
            encrypts = method != 0 || level != 0;
        }
        Ok(())
    })?;
    Ok(encrypts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MS-RDPBCGR 4.1.1: a connection request.
    const REQUEST: &[u8] = b"\x03\0\0\x2c\x27\xe0\0\0\0\0\0Cookie: mstshash=eltons\r\n\x01\0\x08\0\0\0\0\0";

    fn hint(to_port: u16, usual: bool) -> Hint {
        let transport = model::Transport::Tcp;
        Hint { transport, from_port: 40_000, to_port, ethertype: 0, usual, from_start: true }
    }

    #[test]
    fn requests_are_recognised_but_never_at_iso_tsap() {
        assert_eq!(Rdp.probe(REQUEST, &hint(3390, false)), Probe::Yes);
        assert_eq!(Rdp.probe(&REQUEST[..20], &hint(3390, false)), Probe::More);
        assert_eq!(Rdp.probe(REQUEST, &hint(102, false)), Probe::No);
        let cotp = b"\x03\0\0\x16\x11\xe0\0\0\0\x01\0\xc1\x02\x01\0\xc2\x02\x01\x02\xc0\x01\x0a";
        assert_eq!(Rdp.probe(cotp, &hint(3390, false)), Probe::No);
    }

    #[test]
    fn negotiations_stand_behind_the_cookie() {
        assert_eq!(negotiation(REQUEST), Some((1, 0)));
        let confirm = b"\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\0\x08\0\x02\0\0\0";
        assert_eq!(negotiation(confirm), Some((2, 2)));
    }

    #[test]
    fn the_server_says_whether_it_encrypts() {
        let block = |method: u8| [&[12, 2, 12, 12, 0][..], &[method, 0, 0, 0, method, 0, 0, 0]].concat();
        assert_eq!(server_settings(&block(0)), Ok(false));
        assert_eq!(server_settings(&block(2)), Ok(true));
        assert!(server_settings(&[4, 1, 2, 3, 0]).is_err());
    }
}
