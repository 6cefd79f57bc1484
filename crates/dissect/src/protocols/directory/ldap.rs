//! LDAP over TCP and UDP: who signs in, what a directory says of itself. Results of searches are passed over.
//! Sources: RFC 4511; RFC 4513 (sign-in); RFC 4512 §5.1 (the root entry); MS-ADTS 3.1.1.3.2.

use super::ber::{self, tag};
use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::protocols::ntlm::{self, Login};
use crate::protocols::tls::TlsSession;
use crate::reader::{Read, Reader, be16, be32, byte};
use model::observation::Mechanism;
use model::{Attribute, Operation, OperationClass as Class, Text, Transport};

/// The protocol.
pub(in super::super) struct Ldap;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "ldap",
    title: "LDAP",
    tcp: &[389, 3268],
    udp: &[389],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 4511; RFC 4512; RFC 4513; MS-ADTS",
    operations: &[&OPERATIONS],
};

/// Messages by the number of their operation.
static OPERATION: Counter = Counter { protocol: "ldap", name: "operation" };

/// Operations: class application, number in the low five bits (RFC 4511 §4.1.1).
mod operation {
    pub(super) const BIND_REQUEST: u8 = 0;
    pub(super) const BIND_RESPONSE: u8 = 1;
    pub(super) const SEARCH_ENTRY: u8 = 4;
    pub(super) const EXTENDED_REQUEST: u8 = 23;
    pub(super) const EXTENDED_RESPONSE: u8 = 24;
}

/// Longest message that is read whole; longer ones are search results.
const WHOLE_MAX: usize = 32 * 1024;
/// Longest message at all.
const MESSAGE_MAX: usize = 64 * 1024 * 1024;
/// RFC 4511 §4.14.1.
const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";

/// A message's head: length of the whole, offset of the operation's value, number of the operation.
struct Head {
    whole: usize,
    at: usize,
    number: u8,
}

/// RFC 4511 §4.1.1: a sequence of message number and operation.
fn head(data: &[u8]) -> Read<Head> {
    let mut r = Reader::new(data);
    let (sequence, length) = ber::header(&mut r)?;
    let whole = r.position().saturating_add(length);
    let (integer, width) = ber::header(&mut r)?;
    if sequence != tag::SEQUENCE
        || integer != tag::INTEGER
        || !(1..=4).contains(&width)
        || whole > MESSAGE_MAX
    {
        return Err(crate::reader::Short);
    }
    r.skip(width)?;
    // Unbind, delete and abandon are of a simple type, the others are constructed.
    let number = byte(r.rest(), 0).map(|t| (t, t & 0x1f)).filter(|&(t, n)| match n {
        2 | 10 | 16 => t & 0xe0 == 0x40,
        0..=25 => t & 0xe0 == 0x60,
        _ => false,
    });
    let (_, number) = number.ok_or(crate::reader::Short)?;
    Ok(Head { whole, at: r.position(), number })
}

/// The head may still come: what is there fits.
fn may_begin(data: &[u8]) -> bool {
    data.len() < 16 && byte(data, 0).is_none_or(|b| b == tag::SEQUENCE)
}

/// Length of a wrapped message and the head of a Kerberos token (RFC 4422 §3.7, RFC 4121 §4.2.6.2).
const WRAPPED: usize = 4 + 16;

/// A length and a Kerberos wrap token: `05 04`, flags, filler.
fn wrapped(data: &[u8]) -> Probe {
    let so_far = byte(data, 0).is_none_or(|b| b == 0)
        && byte(data, 4).is_none_or(|b| b == 5)
        && byte(data, 5).is_none_or(|b| b == 4)
        && byte(data, 6).is_none_or(|b| b <= 7)
        && byte(data, 7).is_none_or(|b| b == 0xff);
    match so_far {
        true if data.len() < 8 => Probe::More,
        so_far => Probe::when(so_far),
    }
}

/// How far the checksum of a token that is signed only was rotated to the front; `None` when it is sealed or no such token.
fn signed(data: &[u8]) -> Option<u16> {
    const SEALED: u8 = 2;
    (wrapped(data) == Probe::Yes && byte(data, 6)? & SEALED == 0).then(|| be16(data, 10)).flatten()
}

impl Protocol for Ldap {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, data: &[u8], hint: &Hint) -> Probe {
        match head(data) {
            // SNMP, too, begins with a sequence and a number; its next element is a string.
            Ok(head) => {
                Probe::when(hint.usual || head.number == operation::BIND_REQUEST && head.whole < 4096)
            }
            Err(_) if may_begin(data) && hint.usual => Probe::More,
            Err(_) if hint.usual && hint.transport == Transport::Tcp => wrapped(data),
            Err(_) => Probe::No,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<LdapSession>::default()
    }
}

#[derive(Default)]
struct LdapSession {
    login: Option<(Login, bool)>,
    /// Signed in with a mechanism that may wrap what follows (RFC 4513 §5.2.1.4).
    wraps: bool,
    starts_tls: bool,
    tls: Option<Box<TlsSession>>,
}

impl Session for LdapSession {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if let Some(tls) = &mut self.tls {
            return match tls.read(input, emit) {
                Progress::Lost => Progress::Took(usize::MAX),
                progress => progress,
            };
        }
        let Ok(head) = head(input.data) else {
            return self.no_message(&input, emit);
        };
        let wanted = if head.whole > WHOLE_MAX { head.at } else { head.whole };
        if input.data.len() < wanted && !input.cut && !input.datagram {
            return Progress::Need(wanted);
        }
        emit.count(&OPERATION, head.number);
        let message = input.data.get(head.at..wanted).or(input.data.get(head.at..)).unwrap_or_default();
        self.message(head.number, message, emit);
        Progress::Took(head.whole)
    }

    fn held(&self) -> usize {
        self.tls.as_ref().map_or(0, |tls| tls.held())
    }
}

impl LdapSession {
    fn no_message(&mut self, input: &Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if may_begin(input.data) && !input.cut && !input.datagram {
            return Progress::Need(input.data.len() + 1);
        }
        if input.data.len() < WRAPPED && (self.wraps || wrapped(input.data) != Probe::No) && !input.cut {
            return Progress::Need(WRAPPED);
        }
        let length = be32(input.data, 0).and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= MESSAGE_MAX);
        let known = self.wraps || wrapped(input.data) == Probe::Yes;
        let Some(length) = length.filter(|_| known) else { return Progress::Lost };
        let whole = length + 4;
        let Some(rotation) = signed(input.data) else {
            emit.encrypted();
            return Progress::Took(whole);
        };
        let wanted = if whole > WHOLE_MAX { WRAPPED } else { whole };
        if input.data.len() < wanted && !input.cut {
            return Progress::Need(wanted);
        }
        let body = input.data.get(..wanted).unwrap_or(input.data);
        let body = body.get(WRAPPED + usize::from(rotation)..).unwrap_or_default();
        if let Ok(head) = head(body) {
            emit.count(&OPERATION, head.number);
            self.message(head.number, body.get(head.at..).unwrap_or_default(), emit);
        }
        Progress::Took(whole)
    }

    fn message(&mut self, number: u8, message: &[u8], emit: &mut Emit<'_>) {
        let body = ber::element(&mut Reader::new(message)).map(|e| e.value).unwrap_or_default();
        let (code, phase) = match number {
            1 | 7 | 9 | 11 | 13 | 15 | 24 | 5 => {
                let answer = Reader::new(body);
                let refused =
                    ber::find(answer.rest(), 0x0a).and_then(ber::integer).is_some_and(|c| c != 0 && c != 14);
                // An answer's number is one more than its request's (search: two for the last).
                let request = if number == 5 { 3 } else { number - 1 };
                (request, if refused { Phase::Error } else { Phase::Response })
            }
            4 | 19 | 25 => (u8::MAX, Phase::Response),
            _ => (number, Phase::Request),
        };
        if code != u8::MAX {
            emit.client_is_sender(phase == Phase::Request);
            emit.operation(&OPERATIONS, code.into(), phase);
        }
        match number {
            operation::BIND_REQUEST => self.bind(body, emit),
            operation::BIND_RESPONSE => self.bound(body, emit),
            operation::SEARCH_ENTRY => root_entry(body, emit).unwrap_or(()),
            operation::EXTENDED_REQUEST => {
                self.starts_tls = ber::find(body, 0x80) == Some(START_TLS);
            }
            operation::EXTENDED_RESPONSE if self.starts_tls && phase == Phase::Response => {
                self.tls = Some(Box::default());
            }
            _ => {}
        }
    }

    /// RFC 4511 §4.2: version, name, and a simple password, SASL credentials or (MS-ADTS 5.1.1.1.3) NTLM.
    fn bind(&mut self, body: &[u8], emit: &mut Emit<'_>) {
        let mut r = Reader::new(body);
        let (Ok(_), Ok(name), Ok(choice)) =
            (ber::element(&mut r), ber::element(&mut r), ber::element(&mut r))
        else {
            return;
        };
        let named = |mechanism| Login { name: Text::from_wire(name.value), mechanism };
        let (login, protected) = match choice.tag {
            0x80 if name.value.is_empty() => (Some(named(Mechanism::Anonymous)), false),
            0x80 => (Some(named(Mechanism::Username)), false),
            0xa3 => self.sasl(choice.value, emit),
            _ => (ntlm::read(choice.value, emit), true),
        };
        let Some(login) = login else { return };
        emit.sign_in(login.name.clone(), login.mechanism, protected, None, name.value);
        if choice.tag == 0x80 {
            emit.secret(login.name.clone(), login.mechanism, choice.value, choice.value);
        }
        self.login = Some((login, protected));
    }

    fn sasl(&mut self, credentials: &[u8], emit: &mut Emit<'_>) -> (Option<Login>, bool) {
        let mut r = Reader::new(credentials);
        let (Ok(mechanism), token) = (ber::element(&mut r), ber::element(&mut r)) else {
            return (None, true);
        };
        let token = token.map(|t| t.value).unwrap_or_default();
        let login = |name: &[u8], mechanism| Some(Login { name: Text::from_wire(name), mechanism });
        match mechanism.value {
            b"PLAIN" => {
                let mut parts = token.splitn(3, |&b| b == 0).skip(1);
                let login = login(parts.next().unwrap_or_default(), Mechanism::Username);
                if let (Some(login), Some(secret)) = (&login, parts.next()) {
                    emit.secret(login.name.clone(), login.mechanism, secret, secret);
                }
                (login, false)
            }
            b"EXTERNAL" => (login(b"", Mechanism::Certificate), true),
            b"GSSAPI" | b"GSS-SPNEGO" => {
                self.wraps = true;
                let ntlm = ntlm::find(token).is_some();
                (if ntlm { ntlm::read(token, emit) } else { login(b"", Mechanism::Kerberos) }, true)
            }
            _ => (None, true),
        }
    }

    /// RFC 4511 §4.2.2: 0 is success, 14 asks for another step.
    fn bound(&mut self, body: &[u8], emit: &mut Emit<'_>) {
        if let Some(token) = ber::find(body, 0x87) {
            ntlm::read(token, emit);
        }
        // NTLM without SASL brings its challenge in the place of the matched name (MS-ADTS 5.1.1.1.3).
        if let Some(name) = ber::find(body, 0x04) {
            ntlm::read(name, emit);
        }
        let Some(result @ (0..=13 | 15..)) = ber::find(body, 0x0a).and_then(ber::integer) else { return };
        if let Some((login, protected)) = self.login.take() {
            emit.sign_in(login.name, login.mechanism, protected, Some(result == 0), body);
        }
    }
}

/// RFC 4511 §4.5.2: an entry without a name is the root entry (RFC 4512 §5.1), in which the directory describes itself.
fn root_entry(body: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(body);
    if !ber::element(&mut r)?.value.is_empty() {
        return Ok(());
    }
    let mut attributes = Reader::new(ber::element(&mut r)?.value);
    while !attributes.is_empty() {
        let mut one = Reader::new(ber::element(&mut attributes)?.value);
        let (name, values) = (ber::element(&mut one)?, ber::element(&mut one)?);
        let attribute = match name.value.to_ascii_lowercase().as_slice() {
            b"dnshostname" => Attribute::Hostname,
            b"defaultnamingcontext" => Attribute::Domain,
            b"vendorname" => Attribute::Vendor,
            b"vendorversion" => Attribute::Software,
            _ => continue,
        };
        if let Ok(value) = ber::element(&mut Reader::new(values.value)) {
            emit.text(Whom::Sender, attribute, value.value, "ldap.AttributeValue");
        }
    }
    Ok(())
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// RFC 4511 §4.2 to §4.12.
static OPERATIONS: Operations = Operations {
    prefix: "operation",
    list: &[
        op("bind", 0, Class::Authentication),
        op("unbind", 2, Class::Session),
        op("search", 3, Class::Read),
        op("modify", 6, Class::Configuration),
        op("add", 8, Class::Configuration),
        op("delete", 10, Class::Configuration),
        op("modify_name", 12, Class::Configuration),
        op("compare", 14, Class::Read),
        op("abandon", 16, Class::Session),
        op("extended", 23, Class::Other),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_from_other_sequences() {
        // RFC 4511 §4.2: a simple bind of "cn=a" with an empty password.
        let bind = [0x30, 16, 2, 1, 1, 0x60, 11, 2, 1, 3, 4, 4, b'c', b'n', b'=', b'a', 0x80, 0];
        let parsed = head(&bind).ok().map(|h| (h.whole, h.at, h.number));
        assert_eq!(parsed, Some((18, 5, 0)));
        // RFC 1157 §4: an SNMP message has a string there.
        assert!(head(&[0x30, 10, 2, 1, 0, 4, 6, b'p', b'u', b'b', b'l', b'i']).is_err());
        let token = [0, 0, 0, 0xf9, 5, 4, 4, 0xff, 0, 12, 0, 12];
        assert_eq!((wrapped(&token), signed(&token)), (Probe::Yes, Some(12)));
        assert!(head(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 2, 1, 1, 0x60]).is_err());
    }
}
