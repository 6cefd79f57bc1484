//! DCE/RPC over TCP and in SMB pipes: which interfaces are used (OPC Classic, Windows administration), and who signs in.
//! Sources: The Open Group C706 (DCE 1.1: RPC) chapter 12; MS-RPCE; OPC Foundation interface definitions (DA 2.05a/3.0, HDA 1.2, AE 1.1).

mod answers;
mod interfaces;

use super::ntlm::{self, Login};
use crate::emit::{Counter, Emit, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, byte};
use interfaces::{CALLS, Interface};
use model::{Attribute, Confidence, Text};

/// The protocol.
pub(super) struct DceRpc;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "dcerpc",
    title: "DCE/RPC",
    tcp: &[135, 593],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "C706; MS-RPCE; MS-DCOM; OPC DA 3.0; OPC HDA 1.2; OPC AE 1.1",
    operations: &[&CALLS],
};

/// Packets by type.
static PACKET: Counter = Counter { protocol: "dcerpc", name: "packet" };

/// Packet types of connections (C706 12.6.4, MS-RPCE 2.2.2).
mod kind {
    pub(super) const REQUEST: u8 = 0;
    pub(super) const RESPONSE: u8 = 2;
    pub(super) const FAULT: u8 = 3;
    pub(super) const BIND: u8 = 11;
    pub(super) const BIND_ACK: u8 = 12;
    pub(super) const ALTER_CONTEXT: u8 = 14;
    pub(super) const ALTER_CONTEXT_RESPONSE: u8 = 15;
    pub(super) const AUTH3: u8 = 16;
    pub(super) const LAST: u8 = 20;
}

/// Common header (C706 12.6.3.1).
const HEADER: usize = 16;
/// With what a call or an answer to one begins: hint of its size, context, operation or count of cancels (C706 12.6.4.9 and .10).
const CALL: usize = HEADER + 8;
/// Contexts that are remembered per connection.
const CONTEXTS_MAX: usize = 32;
/// Authentication services (MS-RPCE 2.2.1.1.7): SPNEGO and NTLM carry NTLM messages.
const NEGOTIATE: u8 = 9;
const NTLM: u8 = 10;
/// The first fragment of a call (C706 12.6.3.1, `pfc_flags`).
const FIRST_FRAGMENT: u8 = 1;

/// The common header.
#[derive(Clone, Copy)]
struct Packet {
    kind: u8,
    flags: u8,
    little: bool,
    length: usize,
    auth: usize,
}

fn header(data: &[u8]) -> Option<Packet> {
    let mut r = Reader::new(data.get(..HEADER)?);
    let (version, minor, kind, flags) = (r.u8().ok()?, r.u8().ok()?, r.u8().ok()?, r.u8().ok()?);
    let little = r.u8().ok()? & 0x10 != 0;
    r.skip(3).ok()?;
    let read = |r: &mut Reader<'_>| if little { r.u16_le() } else { r.u16() };
    let length = usize::from(read(&mut r).ok()?);
    let auth = usize::from(read(&mut r).ok()?);
    let known = version == 5 && minor <= 1 && kind <= kind::LAST;
    (known && length >= HEADER && auth + HEADER <= length).then_some(Packet {
        kind,
        flags,
        little,
        length,
        auth,
    })
}

/// Whether a stretch of bytes begins with a packet.
pub(super) fn probe(head: &[u8]) -> Probe {
    let so_far = byte(head, 0).is_none_or(|v| v == 5)
        && byte(head, 1).is_none_or(|m| m <= 1)
        && byte(head, 2).is_none_or(|k| k <= kind::LAST && !matches!(k, 1 | 4..=10));
    match header(head) {
        // Data representation: integers in the high, characters in the low half, floats, two zero bytes (C706 14.1).
        Some(_) if so_far => {
            Probe::when(byte(head, 4).is_some_and(|d| d & 0xee == 0) && head.get(6..8) == Some(&[0, 0]))
        }
        None if so_far && head.len() < HEADER => Probe::More,
        _ => Probe::No,
    }
}

impl Protocol for DceRpc {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        probe(head)
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<RpcSession>::default()
    }
}

/// A connection, or a pipe in SMB.
#[derive(Default)]
pub(super) struct RpcSession {
    /// Presentation contexts with an interface that is known.
    contexts: Vec<(u16, &'static Interface)>,
    /// The context and operation of the last request.
    called: Option<u32>,
    login: Option<Login>,
}

impl Session for RpcSession {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let Some(packet) = header(input.data) else {
            return if input.data.len() < HEADER && !input.cut && probe(input.data) == Probe::More {
                Progress::Need(HEADER)
            } else {
                Progress::Lost
            };
        };
        // Of most calls only the head is of interest, whatever follows it.
        let needed = match packet.kind {
            kind::RESPONSE if self.called.is_some_and(answers::is_wanted) => {
                packet.length.min(answers::READ_MAX)
            }
            kind::REQUEST | kind::RESPONSE | kind::FAULT => packet.length.min(CALL),
            _ => packet.length,
        };
        if input.data.len() < needed && !input.cut {
            return Progress::Need(needed);
        }
        self.packet(packet, input.data.get(..needed).unwrap_or(input.data), emit);
        Progress::Took(packet.length)
    }
}

impl RpcSession {
    /// Reads the packets of a piece of a pipe's stream. What is incomplete at its end is read as far as it goes.
    pub(super) fn piece(&mut self, data: &[u8], emit: &mut Emit<'_>) {
        let mut rest = data;
        while let Some(packet) = header(rest).filter(|_| probe(rest) == Probe::Yes) {
            self.packet(packet, rest.get(..packet.length).unwrap_or(rest), emit);
            rest = rest.get(packet.length..).unwrap_or_default();
        }
    }

    fn packet(&mut self, packet: Packet, data: &[u8], emit: &mut Emit<'_>) {
        emit.count(&PACKET, packet.kind);
        let mut r = Reader::new(data);
        let read = r.skip(HEADER).and_then(|()| match packet.kind {
            kind::REQUEST => {
                emit.client_is_sender(true);
                self.request(packet, &mut r, emit)
            }
            kind::RESPONSE | kind::FAULT => {
                emit.client_is_sender(false);
                self.answer(packet, data.get(CALL..).unwrap_or_default(), emit);
                Ok(())
            }
            kind::BIND | kind::ALTER_CONTEXT => {
                emit.client_is_sender(true);
                self.bind(packet, &mut r, emit)
            }
            kind::BIND_ACK | kind::ALTER_CONTEXT_RESPONSE => {
                emit.client_is_sender(false);
                Ok(())
            }
            _ => Ok(()),
        });
        if read.is_err() {
            emit.malformed();
        }
        let negotiates = matches!(packet.kind, kind::BIND..=kind::AUTH3);
        if negotiates && packet.auth > 0 {
            self.verifier(packet, data, emit);
        }
    }

    /// C706 12.6.4.9: allocation hint, context, operation number.
    fn request(&mut self, packet: Packet, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
        r.skip(4)?;
        let (context, operation) = match packet.little {
            true => (r.u16_le()?, r.u16_le()?),
            false => (r.u16()?, r.u16()?),
        };
        let interface = self.contexts.iter().find(|(id, _)| *id == context).map(|(_, i)| *i);
        if packet.flags & FIRST_FRAGMENT != 0 {
            let code = interface.map_or(0, |i| i.call(operation));
            self.called = (code != 0).then_some(code);
            if code != 0 {
                emit.operation(&CALLS, code, Phase::Request);
            }
        }
        Ok(())
    }

    fn answer(&mut self, packet: Packet, stub: &[u8], emit: &mut Emit<'_>) {
        let fault = packet.kind == kind::FAULT;
        if let Some(code) = self.called.take() {
            if !fault && packet.little {
                answers::read(code, stub, emit);
            }
            emit.operation(&CALLS, code, if fault { Phase::Error } else { Phase::Response });
        }
        // A call that is answered shows that the sign-in before it was good; a fault does not show the contrary.
        if let Some(login) = self.login.take()
            && !fault
        {
            login.tell(Some(true), &[], emit);
        }
    }

    /// C706 12.6.4.3: the contexts that a client offers, each with an interface and its transfer syntaxes.
    fn bind(&mut self, packet: Packet, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
        r.skip(2 + 2 + 4)?;
        let contexts = r.u8()?;
        r.skip(3)?;
        for _ in 0..contexts {
            let id = if packet.little { r.u16_le()? } else { r.u16()? };
            let syntaxes = r.u8()?;
            r.skip(1)?;
            let uuid = r.take(16)?;
            r.skip(4 + usize::from(syntaxes) * 20)?;
            if let Some(interface) = interfaces::find(uuid, packet.little) {
                self.interface(id, interface, uuid, emit);
            }
        }
        Ok(())
    }

    fn interface(&mut self, id: u16, interface: &'static Interface, uuid: &[u8], emit: &mut Emit<'_>) {
        emit.operation(&CALLS, interface.bind, Phase::Request);
        if let Some(known) = self.contexts.iter_mut().find(|(known, _)| *known == id) {
            known.1 = interface;
        } else if self.contexts.len() < CONTEXTS_MAX {
            self.contexts.push((id, interface));
        }
        if let Some(service) = interface.service {
            let (field, sure) = ("dcerpc.cn_bind_to_uuid", Confidence::LIKELY);
            emit.claim(Whom::Receiver, Attribute::Capability, Text::new(service), uuid, field, sure);
        }
    }

    /// The security trailer (MS-RPCE 2.2.2.11) and the token behind it.
    fn verifier(&mut self, packet: Packet, data: &[u8], emit: &mut Emit<'_>) {
        let Some(token) = data.len().checked_sub(packet.auth) else { return };
        let service = token.checked_sub(8).and_then(|at| byte(data, at));
        if packet.length != data.len() || !matches!(service, Some(NEGOTIATE | NTLM)) {
            return;
        }
        let token = data.get(token..).unwrap_or_default();
        if let Some(login) = ntlm::read(token, emit) {
            login.tell(None, token, emit);
            self.login = Some(login);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C706 12.6.4.3: a bind of one context to the end point mapper.
    const BIND: &[u8] = &[
        5, 0, 11, 3, 0x10, 0, 0, 0, 72, 0, 0, 0, 1, 0, 0, 0, // header
        0xd0, 0x16, 0xd0, 0x16, 0, 0, 0, 0, 1, 0, 0, 0, // fragment sizes, group, one context
        0, 0, 1, 0, // context 0, one transfer syntax
        0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa, 3, 0,
        0, 0, 0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60,
        2, 0, 0, 0,
    ];

    #[test]
    fn headers_are_recognised_and_bounded() {
        let packet = header(BIND).unwrap();
        assert_eq!((packet.kind, packet.length, packet.little), (kind::BIND, BIND.len(), true));
        assert_eq!(probe(BIND), Probe::Yes);
        assert_eq!(probe(&BIND[..5]), Probe::More);
        for (at, value) in [(0, 4), (1, 7), (2, 99), (6, 1), (8, 3), (10, 200)] {
            let mut wrong = BIND.to_vec();
            wrong[at] = value;
            assert_eq!(probe(&wrong), Probe::No, "byte {at}");
        }
    }

    #[test]
    fn interfaces_are_known_in_both_byte_orders() {
        let little = &BIND[32..48];
        let big = [0xe1, 0xaf, 0x83, 0x08, 0x5d, 0x1f, 0x11, 0xc9, 0x91, 0xa4, 8, 0, 0x2b, 0x14, 0xa0, 0xfa];
        assert!(interfaces::find(little, true).is_some());
        assert!(interfaces::find(&big, false).is_some());
        assert!(interfaces::find(&[0; 16], true).is_none());
    }
}
