//! Kerberos 5 over UDP and TCP: who asks for tickets, in which realm, and whether it is granted. Source: RFC 4120.

use super::ber::{self, tag};
use crate::emit::{Counter, Emit, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Reader, be32, byte};
use model::observation::Mechanism;
use model::{Attribute, Confidence, Text, Transport};

/// The protocol.
pub(in super::super) struct Kerberos;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "kerberos",
    title: "Kerberos",
    tcp: &[88],
    udp: &[88],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 4120",
    operations: &[],
};

/// Messages by type.
static MESSAGE: Counter = Counter { protocol: "kerberos", name: "message" };

/// Message types, which are also the application tags (RFC 4120 §7.5.7, appendix A).
mod kind {
    pub(super) const AS_REQ: u8 = 10;
    pub(super) const AS_REP: u8 = 11;
    pub(super) const TGS_REQ: u8 = 12;
    pub(super) const TGS_REP: u8 = 13;
    pub(super) const ERROR: u8 = 30;
}

/// Longest message.
const MESSAGE_MAX: usize = 128 * 1024;
/// RFC 4120 §7.5.9: more is wanted before the ticket is granted.
const PREAUTHENTICATION_REQUIRED: u32 = 25;
/// RFC 4120 §7.5.3: a NetBIOS name as an address.
const NETBIOS: u32 = 20;

fn kind(message: &[u8]) -> Option<u8> {
    let first = byte(message, 0)?;
    let kind = first & 0x1f;
    (first & 0xe0 == 0x60 && matches!(kind, kind::AS_REQ..=kind::TGS_REP | kind::ERROR)).then_some(kind)
}

impl Protocol for Kerberos {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        if !hint.usual {
            return Probe::No;
        }
        // RFC 4120 §7.2.2: over TCP the length comes first.
        let at = if hint.transport == Transport::Tcp { 4 } else { 0 };
        match head.get(at..) {
            Some(message) if !message.is_empty() => Probe::when(kind(message).is_some()),
            _ => Probe::More,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<KerberosSession>::default()
    }
}

#[derive(Default)]
struct KerberosSession {
    asked: Option<Text>,
}

impl Session for KerberosSession {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if input.datagram {
            self.message(input.data, emit);
            return Progress::Took(input.data.len());
        }
        let Some(length) = be32(input.data, 0) else { return Progress::Need(5) };
        let whole = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(4);
        if whole > MESSAGE_MAX
            || byte(input.data, 4).is_some() && kind(input.data.get(4..).unwrap_or_default()).is_none()
        {
            return Progress::Lost;
        }
        if input.data.len() < whole && !input.cut {
            return Progress::Need(whole);
        }
        self.message(input.data.get(4..whole).or(input.data.get(4..)).unwrap_or_default(), emit);
        Progress::Took(whole)
    }
}

impl KerberosSession {
    fn message(&mut self, message: &[u8], emit: &mut Emit<'_>) {
        let Some(kind) = kind(message) else { return };
        emit.client_is_sender(matches!(kind, kind::AS_REQ | kind::TGS_REQ));
        emit.count(&MESSAGE, kind);
        let outer = ber::element(&mut Reader::new(message)).map(|e| e.value).unwrap_or_default();
        let body = ber::find(outer, tag::SEQUENCE).unwrap_or_default();
        match kind {
            kind::AS_REQ => self.request(body, emit),
            kind::AS_REP => {
                if let Some(name) = self.asked.take() {
                    emit.sign_in(name, Mechanism::Kerberos, true, Some(true), message);
                }
            }
            kind::ERROR => {
                // RFC 4120 §5.9.1.
                let code =
                    ber::find(body, 0xa6).and_then(|c| ber::find(c, tag::INTEGER)).and_then(ber::integer);
                if code != Some(PREAUTHENTICATION_REQUIRED)
                    && let Some(name) = self.asked.take()
                {
                    emit.sign_in(name, Mechanism::Kerberos, true, Some(false), message);
                }
            }
            _ => {}
        }
    }

    /// RFC 4120 §5.4.1: the body holds client name [1], realm [2] and addresses [9].
    fn request(&mut self, body: &[u8], emit: &mut Emit<'_>) {
        let Some(body) = ber::find(body, 0xa4).and_then(|b| ber::find(b, tag::SEQUENCE)) else { return };
        let realm = ber::find(body, 0xa2).and_then(|r| ber::find(r, tag::GENERAL_STRING)).unwrap_or_default();
        let name = ber::find(body, 0xa1).map(principal).unwrap_or_default();
        let (field, sure) = ("kerberos.realm", Confidence::LIKELY);
        emit.claim(Whom::Receiver, Attribute::Domain, Text::from_wire(realm), realm, field, sure);
        if let Some(addresses) = ber::find(body, 0xa9).and_then(|a| ber::find(a, tag::SEQUENCE)) {
            host_name(addresses, emit);
        }
        if name.is_empty() {
            return;
        }
        let account = Text::new(&format!("{name}@{}", Text::from_wire(realm)));
        emit.sign_in(account.clone(), Mechanism::Kerberos, true, None, realm);
        self.asked = Some(account);
    }
}

/// RFC 4120 §5.2.2: parts of a name, joined as people write them.
fn principal(name: &[u8]) -> String {
    let parts = ber::find(name, tag::SEQUENCE)
        .and_then(|n| ber::find(n, 0xa1))
        .and_then(|n| ber::find(n, tag::SEQUENCE))
        .unwrap_or_default();
    let mut r = Reader::new(parts);
    let mut joined = String::new();
    while let Some(part) = ber::tagged(&mut r, tag::GENERAL_STRING) {
        if !joined.is_empty() {
            joined.push('/');
        }
        joined.push_str(Text::from_wire(part).as_str());
        if joined.len() > Text::MAX_BYTES {
            break;
        }
    }
    joined
}

/// RFC 4120 §5.2.5: Windows clients give their NetBIOS name, padded with blanks.
fn host_name(addresses: &[u8], emit: &mut Emit<'_>) {
    let Some(address) = ber::find(addresses, tag::SEQUENCE) else { return };
    let kind = ber::find(address, 0xa0).and_then(|k| ber::find(k, tag::INTEGER)).and_then(ber::integer);
    let name = ber::find(address, 0xa1).and_then(|a| ber::find(a, 0x04));
    if let (Some(NETBIOS), Some(name)) = (kind, name) {
        let name = name.get(..15).unwrap_or(name);
        emit.text(Whom::Sender, Attribute::Hostname, name, "kerberos.addr_nb");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_recognised() {
        assert_eq!(kind(&[0x6a, 0x81]), Some(kind::AS_REQ));
        assert_eq!(kind(&[0x7e, 0x81]), Some(kind::ERROR));
        assert_eq!(kind(&[0x30, 0x81]), None);
    }

    #[test]
    fn parts_of_a_name_are_joined() {
        let name = [
            0x30, 0x13, 0xa0, 3, 2, 1, 1, 0xa1, 12, 0x30, 10, 0x1b, 4, b'h', b'o', b's', b't', 0x1b, 2, b'p',
            b'c',
        ];
        assert_eq!(principal(&name), "host/pc");
        assert_eq!(principal(b"\x30\xff"), "");
    }
}
