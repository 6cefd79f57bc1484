//! Tunnels and remote access that hide what they carry: that they are there is what an engineer must know.
//! Sources: RFC 7296, 3.1 (IKEv2), RFC 2408, 3.1 (IKEv1), RFC 3948, 2.2 (non-ESP marker); WireGuard protocol, "Messages"; OpenVPN
//! "Protocol" (doc/doxygen/doc_protocol_overview.h); TeamViewer: observed first bytes, no public specification; AnyDesk: support.anydesk.com,
//! "Firewall" (ports and names), certificates as its servers and clients show them.

use crate::emit::{Counter, Emit, Operations, Phase};
use crate::protocol::{Hint, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{be16, be32, byte};
use model::{Operation, OperationClass as Class, Transport};

/// IKE and the ESP that it keys, inside UDP.
pub(super) struct Ike;
/// WireGuard.
pub(super) struct WireGuard;
/// OpenVPN.
pub(super) struct OpenVpn;
/// TeamViewer.
pub(super) struct TeamViewer;
/// AnyDesk, which hides in TLS.
pub(super) struct AnyDesk;

static IKE: ProtocolInfo = ProtocolInfo {
    name: "ike",
    title: "IPsec (IKE)",
    tcp: &[],
    udp: &[500, 4500],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 7296, 2408, 3948",
    operations: &[&OPERATIONS],
};
static WIREGUARD: ProtocolInfo = ProtocolInfo {
    name: "wireguard",
    title: "WireGuard",
    tcp: &[],
    udp: &[51820],
    ethertypes: &[],
    industrial: false,
    sources: "WireGuard protocol, Messages",
    operations: &[&OPERATIONS],
};
static OPENVPN: ProtocolInfo = ProtocolInfo {
    name: "openvpn",
    title: "OpenVPN",
    tcp: &[1194],
    udp: &[1194],
    ethertypes: &[],
    industrial: false,
    sources: "OpenVPN protocol overview",
    operations: &[&OPERATIONS],
};
static TEAMVIEWER: ProtocolInfo = ProtocolInfo {
    name: "teamviewer",
    title: "TeamViewer",
    tcp: &[5938],
    udp: &[5938],
    ethertypes: &[],
    industrial: false,
    sources: "observed first bytes; no public specification",
    operations: &[&OPERATIONS],
};

static ANYDESK: ProtocolInfo = ProtocolInfo {
    name: "anydesk",
    title: "AnyDesk",
    tcp: &[6568, 7070],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "AnyDesk support, Firewall; observed certificates; no public specification",
    operations: &[],
};

static IKE_EXCHANGE: Counter = Counter { protocol: "ike", name: "exchange" };
static WIREGUARD_TYPE: Counter = Counter { protocol: "wireguard", name: "type" };
static OPENVPN_OPCODE: Counter = Counter { protocol: "openvpn", name: "opcode" };
static TEAMVIEWER_COMMAND: Counter = Counter { protocol: "teamviewer", name: "command" };

/// The IKE message inside, behind four zeros at port 4500 (RFC 3948, 2.2).
fn ike(data: &[u8]) -> Option<&[u8]> {
    let message = data.strip_prefix(&[0; 4]).unwrap_or(data);
    // Initiator's SPI is never zero; version 1.0 or 2.x; the length is that of the datagram (RFC 7296, 3.1).
    let version = matches!(byte(message, 17)?, 0x10 | 0x20 | 0x21);
    let sound =
        message.first_chunk::<8>()? != &[0; 8] && usize::try_from(be32(message, 24)?).ok()? == message.len();
    (version && sound).then_some(message)
}

impl Protocol for Ike {
    fn info(&self) -> &'static ProtocolInfo {
        &IKE
    }

    fn probe(&self, data: &[u8], hint: &Hint) -> Probe {
        Probe::when(hint.usual && ike(data).is_some())
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| {
            if let Some(exchange) = ike(input.data).and_then(|m| byte(m, 18)) {
                emit.count(&IKE_EXCHANGE, exchange);
                opened(emit);
            }
            // Anything else at these ports is ESP or a keep-alive.
            Progress::Took(input.data.len())
        }))
    }
}

/// Message types with their lengths ("Messages"): initiation 148, response 92, cookie 64, data a multiple of 16 from 32 on.
fn wireguard(data: &[u8]) -> Option<u8> {
    let [kind, 0, 0, 0, ..] = *data else { return None };
    let sound = match kind {
        1 => data.len() == 148,
        2 => data.len() == 92,
        3 => data.len() == 64,
        4 => data.len() >= 32 && data.len().is_multiple_of(16),
        _ => false,
    };
    sound.then_some(kind)
}

impl Protocol for WireGuard {
    fn info(&self) -> &'static ProtocolInfo {
        &WIREGUARD
    }

    /// A handshake has its exact length and a first word that nothing else has; data alone tells enough at the usual port only.
    fn probe(&self, data: &[u8], hint: &Hint) -> Probe {
        Probe::when(matches!(wireguard(data), Some(1 | 2)) || hint.usual && wireguard(data).is_some())
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| {
            let Some(kind) = wireguard(input.data) else { return Progress::Lost };
            emit.count(&WIREGUARD_TYPE, kind);
            emit.client_is_sender(kind != 2);
            opened(emit);
            Progress::Took(input.data.len())
        }))
    }
}

/// Where the packet starts and its opcode: the high five bits; over TCP the length comes first.
fn openvpn(data: &[u8], tcp: bool) -> Option<(usize, u8)> {
    let start = if tcp { 2 } else { 0 };
    let opcode = byte(data, start)? >> 3;
    (1..=11).contains(&opcode).then_some((start, opcode))
}

/// Hard reset of client or server (versions 1 to 3): how every connection begins.
fn is_reset(opcode: u8) -> bool {
    matches!(opcode, 1 | 2 | 7 | 8 | 10)
}

impl Protocol for OpenVpn {
    fn info(&self) -> &'static ProtocolInfo {
        &OPENVPN
    }

    /// A hard reset with key id 0 of its usual length, at the usual port.
    fn probe(&self, data: &[u8], hint: &Hint) -> Probe {
        let tcp = hint.transport == Transport::Tcp;
        let whole = if tcp { be16(data, 0).map(|n| usize::from(n) + 2) } else { Some(data.len()) };
        let (Some(whole), Some((start, opcode))) = (whole, openvpn(data, tcp)) else {
            return if hint.usual && tcp && data.len() < 3 { Probe::More } else { Probe::No };
        };
        let reset = is_reset(opcode) && byte(data, start).is_some_and(|b| b & 7 == 0);
        match hint.usual && reset && (14..=120).contains(&whole) {
            true if data.len() < whole => Probe::More,
            told => Probe::when(told),
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| {
            let whole = if input.datagram {
                Some(input.data.len())
            } else {
                be16(input.data, 0).map(|n| usize::from(n) + 2)
            };
            let Some(whole) = whole else { return Progress::Need(2) };
            let Some((_, opcode)) = openvpn(input.data, !input.datagram) else {
                return if input.data.len() < 3 { Progress::Need(3) } else { Progress::Lost };
            };
            emit.count(&OPENVPN_OPCODE, opcode);
            emit.client_is_sender(!matches!(opcode, 2 | 8) && is_reset(opcode) || opcode == 7);
            opened(emit);
            Progress::Took(whole)
        }))
    }
}

/// The command after the two octets every message of TeamViewer starts with: `17 24` of older, `11 30` of newer versions.
fn teamviewer(data: &[u8]) -> Option<u8> {
    matches!(data, [0x17, 0x24, ..] | [0x11, 0x30, ..]).then(|| byte(data, 2)).flatten()
}

impl Protocol for TeamViewer {
    fn info(&self) -> &'static ProtocolInfo {
        &TEAMVIEWER
    }

    fn probe(&self, data: &[u8], hint: &Hint) -> Probe {
        match (hint.usual, data) {
            (false, _) => Probe::No,
            (true, [0x17] | [0x11] | [0x17, 0x24] | [0x11, 0x30]) => Probe::More,
            _ => Probe::when(teamviewer(data).is_some()),
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| {
            if let Some(command) = teamviewer(input.data) {
                emit.count(&TEAMVIEWER_COMMAND, command);
            }
            opened(emit);
            Progress::Took(input.data.len())
        }))
    }
}

impl Protocol for AnyDesk {
    fn info(&self) -> &'static ProtocolInfo {
        &ANYDESK
    }

    /// Its first bytes are those of any TLS, and others use its ports, too: what the handshake names decides.
    fn probe(&self, _: &[u8], _: &Hint) -> Probe {
        Probe::No
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, _| Progress::Took(input.data.len())))
    }
}

/// Called for a conversation of TLS whose handshake names a server. Relays and start servers of AnyDesk are in a domain of their own,
/// apart from the maker's web pages.
pub(super) fn server_is_named(name: &[u8], emit: &mut Emit<'_>) {
    const DOMAIN: &[u8] = b".net.anydesk.com";
    let end = name.len().checked_sub(DOMAIN.len()).and_then(|at| name.get(at..));
    if end.is_some_and(|end| end.eq_ignore_ascii_case(DOMAIN)) {
        emit.refine(ANYDESK.name);
    }
}

/// The same for the names in a certificate that is shown: of a relay, and of two stations that talk directly, each with one that it made
/// for itself.
pub(super) fn certificate_is_shown(subject: &str, issuer: &str, emit: &mut Emit<'_>) {
    const NAMES: [&str; 3] = ["CN=AnyNet Relay", "CN=AnyNet Root CA", "CN=AnyDesk Client"];
    let of = |whole: &str| NAMES.iter().any(|name| whole.split(", ").any(|part| part.starts_with(name)));
    if of(subject) || of(issuer) {
        emit.refine(ANYDESK.name);
    }
}

/// What goes through is not readable.
fn opened(emit: &mut Emit<'_>) {
    emit.encrypted();
    emit.operation(&OPERATIONS, TUNNEL, Phase::Request);
}

const TUNNEL: u32 = 1;

/// All that can be told (the project's own code).
static OPERATIONS: Operations =
    Operations { prefix: "packet", list: &[Operation::new("tunnel", TUNNEL, Class::Session)] };

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::testing::Bench;

    fn hint(transport: Transport, usual: bool) -> Hint {
        Hint { transport, from_port: 5, to_port: 6, ethertype: 0, usual, from_start: true }
    }

    #[test]
    fn ike_is_told_by_its_length() {
        let mut message = vec![7; 8];
        message.extend([0; 8]);
        message.extend([33, 0x20, 34, 8, 0, 0, 0, 0, 0, 0, 0, 28]);
        assert_eq!(Ike.probe(&message, &hint(Transport::Udp, true)), Probe::Yes);
        assert_eq!(Ike.probe(&[&[0; 4][..], &message].concat(), &hint(Transport::Udp, true)), Probe::Yes);
        assert_eq!(Ike.probe(&message, &hint(Transport::Udp, false)), Probe::No);
        message.push(0);
        assert_eq!(Ike.probe(&message, &hint(Transport::Udp, true)), Probe::No);
    }

    #[test]
    fn wireguard_is_told_by_kind_and_length() {
        let mut first = vec![1, 0, 0, 0];
        first.resize(148, 9);
        assert_eq!(WireGuard.probe(&first, &hint(Transport::Udp, false)), Probe::Yes);
        assert_eq!(WireGuard.probe(&first[..147], &hint(Transport::Udp, true)), Probe::No);
        let data = [&[4, 0, 0, 0][..], &[9; 28]].concat();
        assert_eq!(WireGuard.probe(&data, &hint(Transport::Udp, true)), Probe::Yes);
        assert_eq!(WireGuard.probe(&data, &hint(Transport::Udp, false)), Probe::No);
    }

    #[test]
    fn openvpn_begins_with_a_reset() {
        let reset = [&[0x38][..], &[9; 13]].concat();
        assert_eq!(OpenVpn.probe(&reset, &hint(Transport::Udp, true)), Probe::Yes);
        assert_eq!(OpenVpn.probe(&reset, &hint(Transport::Udp, false)), Probe::No);
        assert_eq!(OpenVpn.probe(&[&[0, 14][..], &reset].concat(), &hint(Transport::Tcp, true)), Probe::Yes);
        assert_eq!(OpenVpn.probe(b"GET / HTTP/1.1\r\n", &hint(Transport::Tcp, true)), Probe::No);
    }

    #[test]
    fn anydesk_is_told_by_what_tls_names() {
        let heard = |name: &[u8], subject: &str| {
            let name = name.to_vec();
            let subject = subject.to_owned();
            let mut bench = Bench::new(&AnyDesk);
            bench.tell(|emit| {
                server_is_named(&name, emit);
                certificate_is_shown(&subject, "", emit);
            });
            bench.protocol()
        };
        assert_eq!(heard(b"relay-5A2B3C4D.net.anydesk.com", ""), Some("anydesk"));
        assert_eq!(heard(b"www.anydesk.com", "CN=www.anydesk.com"), None);
        assert_eq!(heard(b"", "CN=AnyDesk Client"), Some("anydesk"));
        assert_eq!(heard(b"", "C=DE, O=philandro Software GmbH, CN=AnyNet Root CA 2"), Some("anydesk"));
        assert_eq!(heard(b"", "C=DE, O=CN=AnyDesk Client"), None);
    }

    #[test]
    fn teamviewer_at_its_port() {
        assert_eq!(TeamViewer.probe(&[0x17, 0x24, 0x0a, 0x20], &hint(Transport::Tcp, true)), Probe::Yes);
        assert_eq!(TeamViewer.probe(&[0x17], &hint(Transport::Tcp, true)), Probe::More);
        assert_eq!(TeamViewer.probe(&[0x17, 0x24, 0x0a], &hint(Transport::Tcp, false)), Probe::No);
    }
}
