//! MMS, as IEC 61850 and ICCP use it on ISO transport: reads, writes and commands, names, files, programs, identification.
//! Sources: ISO 9506-2:2003 clause 7 and 8 (PDUs and services); ITU-T X.225 §8.3 (session), X.226 §8.4 (presentation), X.227 §9
//! (association); IEC 61850-8-1:2011 (control objects, 20; names, 7.3).

mod names;
mod operations;

use super::ber::{self, Value};
use crate::emit::{Counter, Emit, Phase, Whom};
use crate::protocol::{Hint, Probe, Protocol, ProtocolInfo, Session};
use crate::protocols::cotp::IsoTransport;
use crate::reader::{Read, Reader, Short};
use model::{Attribute, Text};
use operations::{OPERATIONS, PDU, UNCONFIRMED};

/// The protocol. It rides on ISO transport, whose session recognises it.
pub(super) struct Mms;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "mms",
    title: "MMS (IEC 61850, ICCP)",
    tcp: &[102],
    udp: &[],
    ethertypes: &[],
    industrial: true,
    sources: "ISO 9506-2:2003; IEC 61850-8-1:2011; ITU-T X.225, X.226, X.227",
    operations: &[&OPERATIONS],
};

static REQUEST: Counter = Counter { protocol: "mms", name: "request" };
static RESPONSE: Counter = Counter { protocol: "mms", name: "response" };

/// The abstract syntax 1.0.9506.2.1 (ISO 9506-2, 24) without its last arc, as the presentation layer names it.
const ABSTRACT_SYNTAX: [u8; 4] = [0x28, 0xca, 0x22, 0x02];
/// How far into a session CONNECT or ACCEPT it is looked for.
const SYNTAX_WITHIN: usize = 512;
/// X.226 §8.4.2: fully encoded user data; X.690: a list of values, one value.
const USER_DATA: u8 = 0x61;
const PDV_LIST: u8 = 0x30;
const INTEGER: u8 = 0x02;
const SINGLE_VALUE: u8 = 0xa0;
/// Values of one presentation message that are read.
const VALUES_MAX: usize = 16;

/// PDUs by the number of their tag (ISO 9506-2, 7.2).
mod pdu {
    pub(super) const CONFIRMED_REQUEST: u32 = 0;
    pub(super) const CONFIRMED_RESPONSE: u32 = 1;
    pub(super) const CONFIRMED_ERROR: u32 = 2;
    pub(super) const UNCONFIRMED: u32 = 3;
    pub(super) const REJECT: u32 = 4;
    pub(super) const INITIATE_REQUEST: u32 = 8;
    pub(super) const INITIATE_RESPONSE: u32 = 9;
    pub(super) const INITIATE_ERROR: u32 = 10;
    pub(super) const CONCLUDE_REQUEST: u32 = 11;
    pub(super) const CONCLUDE_RESPONSE: u32 = 12;
    pub(super) const CONCLUDE_ERROR: u32 = 13;
}

/// Identifier octets that a PDU can begin with: request, answer, error and unconfirmed are lists, conclude is empty.
fn is_pdu(id: u8) -> bool {
    matches!(id, 0xa0..=0xa4 | 0x85 | 0x86 | 0xa7..=0xaa | 0x8b | 0x8c | 0xad)
}

/// The presentation data of a session data transfer (X.225 §8.3.11 after a GIVE TOKENS, §8.3.4), or nothing.
fn transferred(user: &[u8]) -> Option<&[u8]> {
    match user {
        [1, 0, 1, 0, rest @ ..] if rest.first() == Some(&USER_DATA) => Some(rest),
        _ => None,
    }
}

/// A session CONNECT (13) or ACCEPT (14) that names MMS, or a data transfer that holds an MMS PDU.
pub(super) fn is_message(user: &[u8]) -> bool {
    match user {
        [0x0d | 0x0e, ..] => {
            user.get(..SYNTAX_WITHIN).unwrap_or(user).windows(4).any(|w| w == ABSTRACT_SYNTAX)
        }
        _ => is_bare(user) || transferred(user).is_some_and(|data| data_value(data).is_ok()),
    }
}

/// An MMS PDU right on the transport, as reduced stacks send it: it fills the message, and begins as its kind must: an invocation,
/// the size of messages or the outstanding calls, a service.
fn is_bare(user: &[u8]) -> bool {
    let mut r = Reader::new(user);
    let Ok(pdu) = ber::value(&mut r) else { return false };
    let first = pdu.content.first().copied();
    let begins = match pdu.id {
        0xa0 | 0xa1 => first == Some(INTEGER),
        0xa8 | 0xa9 => matches!(first, Some(0x80 | 0x81)),
        _ => false,
    };
    begins && r.is_empty() && pdu.content.get(1).is_some_and(|len| (1..=5).contains(len))
}

/// The first presentation data value, if it can be an MMS PDU: context 3 or what else was agreed, one value.
fn data_value(data: &[u8]) -> Read<()> {
    let mut list = ber::up_to(&mut Reader::new(data))?.inside();
    let mut item = ber::up_to(&mut list)?.inside();
    let context = ber::expect(&mut item, INTEGER)?;
    let single = ber::up_to(&mut item)?;
    let pdu = single.content.first().copied().ok_or(Short)?;
    // Context 1 is the association's own (X.227); an MMS PDU there would be a release.
    let fits =
        context.content.len() == 1 && context.content != [1] && single.id == SINGLE_VALUE && is_pdu(pdu);
    if fits { Ok(()) } else { Err(Short) }
}

impl Protocol for Mms {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// Never on its own: the transport below is recognised and tells them apart.
    fn probe(&self, _: &[u8], _: &Hint) -> Probe {
        Probe::No
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<IsoTransport>::default()
    }
}

/// What one association remembers.
#[derive(Default)]
pub(super) struct Talk {
    named: bool,
    reads: names::Reads,
}

impl Talk {
    /// Reads one session message.
    pub(super) fn read(&mut self, user: &[u8], emit: &mut Emit<'_>) {
        emit.info = &INFO;
        if !self.named {
            self.named = true;
            emit.refine(INFO.name);
        }
        let done = match user {
            [0x0d | 0x0e, ..] => self.association(user, emit),
            _ if is_bare(user) => ber::value(&mut Reader::new(user)).and_then(|pdu| self.pdu(pdu, emit)),
            _ => transferred(user).map_or(Ok(()), |data| self.presentation(data, emit)),
        };
        if done.is_err() {
            emit.malformed();
        }
    }

    /// Session CONNECT or ACCEPT: parameters, of which user data (X.225 §8.3.1.18) holds the presentation's, and so down to the
    /// initiation of MMS.
    fn association(&mut self, user: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        const USER: u8 = 0xc1;
        const EXTENDED_USER: u8 = 0xc2;
        let mut r = Reader::new(user);
        r.skip(1)?;
        session_len(&mut r)?;
        while !r.is_empty() {
            let code = r.u8()?;
            let len = session_len(&mut r)?;
            let value = r.up_to(len);
            if matches!(code, USER | EXTENDED_USER) {
                return self.connect(value, emit);
            }
        }
        Ok(())
    }

    /// CP or CPA (X.226 §8.4): a set with the parameters of the normal mode, of which the last is user data with the association
    /// request or response (X.227 §9), and its user information at last.
    fn connect(&mut self, data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        const NORMAL_MODE: u8 = 0xa2;
        const USER_INFORMATION: u8 = 0xbe;
        const EXTERNAL: u8 = 0x28;
        let set = ber::up_to(&mut Reader::new(data))?;
        let Some(normal) = find(set, NORMAL_MODE)? else { return Ok(()) };
        let Some(user_data) = find(normal, USER_DATA)? else { return Ok(()) };
        let Some(list) = find(user_data, PDV_LIST)? else { return Ok(()) };
        let Some(single) = find(list, SINGLE_VALUE)? else { return Ok(()) };
        let association = ber::up_to(&mut single.inside())?;
        let Some(information) = find(association, USER_INFORMATION)? else { return Ok(()) };
        let Some(external) = find(information, EXTERNAL)? else { return Ok(()) };
        let Some(single) = find(external, SINGLE_VALUE)? else { return Ok(()) };
        self.pdu(ber::up_to(&mut single.inside())?, emit)
    }

    /// Presentation data values, each with an MMS PDU.
    fn presentation(&mut self, data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        let mut lists = ber::up_to(&mut Reader::new(data))?.inside();
        for _ in 0..VALUES_MAX {
            if lists.is_empty() {
                break;
            }
            let mut item = ber::up_to(&mut lists)?.inside();
            let mut value = ber::up_to(&mut item)?;
            // The transfer syntax may stand first, then the context.
            if value.id != INTEGER {
                value = ber::up_to(&mut item)?;
            }
            let context = value.content;
            let single = ber::up_to(&mut item)?;
            if context != [1] && single.id == SINGLE_VALUE {
                self.pdu(ber::up_to(&mut single.inside())?, emit)?;
            }
        }
        Ok(())
    }

    fn pdu(&mut self, pdu: Value<'_>, emit: &mut Emit<'_>) -> Read<()> {
        let mut r = pdu.inside();
        let mut of_pdu = |phase| {
            emit.client_is_sender(phase == Phase::Request);
            // Answers are counted with what they answer.
            let asked = match pdu.number {
                pdu::INITIATE_RESPONSE | pdu::INITIATE_ERROR => pdu::INITIATE_REQUEST,
                pdu::CONCLUDE_RESPONSE | pdu::CONCLUDE_ERROR => pdu::CONCLUDE_REQUEST,
                other => other,
            };
            emit.operation(&OPERATIONS, PDU | asked, phase);
        };
        match pdu.number {
            pdu::CONFIRMED_REQUEST => self.request(&mut r, emit),
            pdu::CONFIRMED_RESPONSE => self.response(&mut r, emit),
            pdu::CONFIRMED_ERROR => {
                // Its invocation, perhaps which modifier, and the error (ISO 9506-2, 7.4).
                let invoke = invocation(ber::up_to(&mut r)?.content);
                if let Some(code) = self.reads.asked(invoke) {
                    emit.operation(&OPERATIONS, code, Phase::Error);
                }
                Ok(())
            }
            pdu::UNCONFIRMED => {
                let service = ber::up_to(&mut r)?;
                emit.operation(&OPERATIONS, UNCONFIRMED | service.number, Phase::Request);
                Ok(())
            }
            pdu::INITIATE_REQUEST | pdu::CONCLUDE_REQUEST => {
                of_pdu(Phase::Request);
                Ok(())
            }
            pdu::INITIATE_RESPONSE | pdu::CONCLUDE_RESPONSE => {
                of_pdu(Phase::Response);
                Ok(())
            }
            pdu::INITIATE_ERROR | pdu::CONCLUDE_ERROR => {
                of_pdu(Phase::Error);
                Ok(())
            }
            pdu::REJECT | 5..=7 => {
                emit.operation(&OPERATIONS, PDU | pdu.number, Phase::Request);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Invocation, perhaps modifiers, service (ISO 9506-2, 7.3).
    fn request(&mut self, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
        let invoke = invocation(ber::expect(r, INTEGER)?.content);
        let mut service = ber::up_to(r)?;
        if service.id == PDV_LIST {
            service = ber::up_to(r)?;
        }
        emit.count(&REQUEST, service.number);
        let code = names::code(&service);
        emit.operation(&OPERATIONS, code, Phase::Request);
        self.reads.ask(invoke, code, &service);
        Ok(())
    }

    fn response(&mut self, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
        let invoke = invocation(ber::expect(r, INTEGER)?.content);
        let service = ber::up_to(r)?;
        emit.count(&RESPONSE, service.number);
        let code = self.reads.asked(invoke).filter(|code| code & 0xff == service.number);
        let code = code.unwrap_or(service.number);
        let failed = matches!(service.number, operations::WRITE) && names::refused(&service);
        emit.operation(&OPERATIONS, code, if failed { Phase::Error } else { Phase::Response });
        match service.number {
            operations::IDENTIFY => identify(&service, emit),
            operations::READ => self.reads.answer(&service, emit),
            _ => Ok(()),
        }
    }
}

/// Vendor, model, revision (ISO 9506-2, 10.3).
fn identify(service: &Value<'_>, emit: &mut Emit<'_>) -> Read<()> {
    let mut r = service.inside();
    while !r.is_empty() {
        let value = ber::up_to(&mut r)?;
        let (attribute, field) = match value.id {
            0x80 => (Attribute::Vendor, "mms.vendorName"),
            0x81 => (Attribute::Product, "mms.modelName"),
            0x82 => (Attribute::Firmware, "mms.revision"),
            _ => continue,
        };
        emit.identity(Whom::Sender, attribute, Text::from_wire(value.content), value.content, field);
    }
    Ok(())
}

/// The number of an invocation: up to 32 bits, which only needs to be told from others.
fn invocation(content: &[u8]) -> u32 {
    content.iter().fold(0, |n, &b| n << 8 | u32::from(b))
}

/// The first value with that identifier octet in a list.
fn find<'a>(list: Value<'a>, id: u8) -> Read<Option<Value<'a>>> {
    let mut r = list.inside();
    while !r.is_empty() {
        let value = ber::up_to(&mut r)?;
        if value.id == id {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// A length indicator of the session layer (X.225 §8.2.2): 255 means that two octets follow.
fn session_len(r: &mut Reader<'_>) -> Read<usize> {
    Ok(match r.u8()? {
        255 => r.u16()?.into(),
        n => n.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognition() {
        for (user, expected) in [
            (&b"\x01\x00\x01\x00\x61\x0b\x30\x09\x02\x01\x03\xa0\x04\xa0\x02\x02\x00"[..], true),
            (b"\x01\x00\x01\x00\x61\x0b\x30\x09\x02\x01\x01\xa0\x04\xa0\x02\x02\x00", false),
            (b"\x01\x00\x01\x00\x61\x0b\x30\x09\x02\x01\x03\xa0\x04\x30\x02\x02\x00", false),
            (b"\x0d\x20\x01\x00\x06\x05\x28\xca\x22\x02\x01", true),
            (b"\x0d\x20\x01\x00\x06\x05\x28\xca\x22\x03\x01", false),
            (b"\xa0\x05\x02\x01\x01\xb0\x00", true),
            (b"\xa0\x05\x02\x01\x01\xb0\x00\x00", false),
            (b"\x32\x01\x00\x00", false),
            (b"", false),
        ] {
            assert_eq!(is_message(user), expected, "{user:?}");
        }
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }
}
