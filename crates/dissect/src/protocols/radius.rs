//! RADIUS: network devices ask a server whether somebody may sign in.
//! Sources: RFC 2865 (authentication), RFC 2866 (accounting), RFC 5176 (changes).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, be16, byte};
use model::observation::Mechanism;
use model::{Attribute, Operation, OperationClass as Class, Text};

/// The protocol.
pub(super) struct Radius;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "radius",
    title: "RADIUS",
    tcp: &[],
    udp: &[1812, 1813, 1645, 1646, 3799],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 2865, 2866, 5176",
    operations: &[&OPERATIONS],
};

static CODE: Counter = Counter { protocol: "radius", name: "code" };

/// Code, identifier, length, authenticator (RFC 2865 §3).
const HEADER: usize = 20;
const LENGTH_MAX: usize = 4096;
const ACCESS_REQUEST: u8 = 1;
const ACCESS_ACCEPT: u8 = 2;
const ACCESS_REJECT: u8 = 3;

/// Attribute types (RFC 2865 §5; EAP-Message is RFC 3579 §3.1).
mod attribute {
    pub(super) const USER_NAME: u8 = 1;
    pub(super) const CHAP_PASSWORD: u8 = 3;
    pub(super) const NAS_IDENTIFIER: u8 = 32;
    pub(super) const EAP_MESSAGE: u8 = 79;
}

/// The attributes of a sound message: each has its length, and together they fill it.
fn attributes(data: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let length = usize::from(be16(data, 2)?);
    if !(HEADER..=LENGTH_MAX).contains(&length) {
        return None;
    }
    let mut rest = data.get(HEADER..length)?;
    let mut found = Vec::new();
    while let [kind, length, ..] = *rest {
        let value = rest.get(2..usize::from(length))?;
        found.push((kind, value));
        rest = rest.get(usize::from(length)..)?;
    }
    rest.is_empty().then_some(found)
}

impl Protocol for Radius {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A known code and attributes that fill the message, at the usual ports.
    fn probe(&self, data: &[u8], hint: &Hint) -> Probe {
        let known =
            byte(data, 0).is_some_and(|code| OPERATIONS.list.iter().any(|o| o.code == u32::from(code)));
        Probe::when(known && hint.usual && attributes(data).is_some())
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Conversation { asked: Vec::new() })
    }
}

/// Who asked under which identifier, until the answer.
struct Conversation {
    asked: Vec<(u8, Text, Mechanism)>,
}

/// Questions that may be open at a time.
const ASKED_MAX: usize = 64;

impl Session for Conversation {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if self.message(input.data, emit).is_err() && !input.cut {
            emit.malformed();
        }
        Progress::Took(input.data.len())
    }
}

impl Conversation {
    fn message(&mut self, data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(data);
        let (code, identifier) = (r.u8()?, r.u8()?);
        let asks = matches!(code, 1 | 4 | 12 | 40 | 43);
        let refuses = matches!(code, ACCESS_REJECT | 42 | 45);
        emit.client_is_sender(asks);
        emit.count(&CODE, code);
        let phase = match (asks, refuses) {
            (true, _) => Phase::Request,
            (_, true) => Phase::Error,
            _ => Phase::Response,
        };
        emit.operation(&OPERATIONS, code.into(), phase);
        match code {
            ACCESS_REQUEST => self.question(identifier, data, emit),
            ACCESS_ACCEPT => self.decided(identifier, true, data, emit),
            ACCESS_REJECT => self.decided(identifier, false, data, emit),
            _ => {}
        }
        Ok(())
    }

    fn question(&mut self, identifier: u8, data: &[u8], emit: &mut Emit<'_>) {
        let attributes = attributes(data).unwrap_or_default();
        let of = |wanted: u8| attributes.iter().find(|(kind, _)| *kind == wanted).map(|(_, value)| *value);
        if let Some(name) = of(attribute::NAS_IDENTIFIER) {
            emit.text(Whom::Sender, Attribute::Name, name, "radius.nas_identifier");
        }
        let mechanism = match (of(attribute::EAP_MESSAGE), of(attribute::CHAP_PASSWORD)) {
            (Some(_), _) => Mechanism::Key,
            _ => Mechanism::Password,
        };
        let Some(user) = of(attribute::USER_NAME) else { return };
        if self.asked.len() >= ASKED_MAX {
            self.asked.remove(0);
        }
        self.asked.push((identifier, Text::from_wire(user), mechanism));
    }

    /// The password is hidden with a shared secret and MD5 (RFC 2865 §5.2), which counts as protected on the wire.
    fn decided(&mut self, identifier: u8, accepted: bool, data: &[u8], emit: &mut Emit<'_>) {
        let Some(at) = self.asked.iter().position(|(asked, ..)| *asked == identifier) else { return };
        let (_, user, mechanism) = self.asked.remove(at);
        emit.sign_in(user, mechanism, true, Some(accepted), data.get(..HEADER).unwrap_or_default());
    }
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Packet type codes (IANA RADIUS Types; RFC 2865 §3, 2866 §3, 5176 §2).
static OPERATIONS: Operations = Operations {
    prefix: "code",
    list: &[
        op("access_request", 1, Class::Authentication),
        op("access_accept", 2, Class::Authentication),
        op("access_reject", 3, Class::Authentication),
        op("accounting_request", 4, Class::Session),
        op("accounting_response", 5, Class::Session),
        op("access_challenge", 11, Class::Authentication),
        op("status_server", 12, Class::Diagnostic),
        op("disconnect_request", 40, Class::Authentication),
        op("disconnect_ack", 41, Class::Authentication),
        op("disconnect_nak", 42, Class::Authentication),
        op("change_request", 43, Class::Authentication),
        op("change_ack", 44, Class::Authentication),
        op("change_nak", 45, Class::Authentication),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::testing::Bench;
    use model::Transport;

    fn message(code: u8, attributes: &[(u8, &[u8])]) -> Vec<u8> {
        let mut m = vec![code, 7, 0, 0];
        m.extend([0xaa; 16]);
        for (kind, value) in attributes {
            m.extend([*kind, u8::try_from(value.len() + 2).unwrap()]);
            m.extend_from_slice(value);
        }
        let length = u16::try_from(m.len()).unwrap().to_be_bytes();
        m[2..4].copy_from_slice(&length);
        m
    }

    #[test]
    fn recognition() {
        let hint = |usual| Hint {
            transport: Transport::Udp,
            from_port: 5,
            to_port: 6,
            ethertype: 0,
            usual,
            from_start: true,
        };
        let request = message(1, &[(1, b"steve")]);
        assert_eq!(Radius.probe(&request, &hint(true)), Probe::Yes);
        assert_eq!(Radius.probe(&request, &hint(false)), Probe::No);
        assert_eq!(Radius.probe(&request[..22], &hint(true)), Probe::No);
        assert_eq!(Radius.probe(&message(9, &[]), &hint(true)), Probe::No);
    }

    #[test]
    fn who_signed_in_and_whether_it_was_let_in() {
        let mut bench = Bench::new(&Radius);
        bench.client(&message(1, &[(1, b"steve"), (2, &[9; 16]), (32, b"switch-3")]));
        bench.server(&message(3, &[]));
        let sign_ins = bench.sign_ins();
        assert_eq!((sign_ins[0].name.as_str(), sign_ins[0].accepted), ("steve", Some(false)));
        assert_eq!(bench.facts(), ["client name switch-3"]);
    }
}
