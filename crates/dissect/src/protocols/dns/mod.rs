//! DNS, multicast DNS and LLMNR: names of addresses.
//! Sources: RFC 1035 §4 (messages), RFC 6762 (mDNS), RFC 4795 (LLMNR), RFC 3596 (IPv6), RFC 2782 (SRV).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, be16};
use model::{Attribute, Confidence, Host, Operation, OperationClass as Class, Text, Transport};
use name::skip_name;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

mod name;
mod services;

pub(super) use name::Name;

/// Unicast DNS.
pub(super) struct Dns;
/// Multicast DNS.
pub(super) struct Mdns;
/// Link-local multicast name resolution.
pub(super) struct Llmnr;

static DNS: ProtocolInfo = ProtocolInfo {
    name: "dns",
    title: "DNS",
    tcp: &[53],
    udp: &[53],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 1035; RFC 3596",
    operations: &[&OPERATIONS],
};

static MDNS: ProtocolInfo =
    ProtocolInfo { name: "mdns", title: "Multicast DNS", tcp: &[], udp: &[5353], sources: "RFC 6762", ..DNS };

static LLMNR: ProtocolInfo =
    ProtocolInfo { name: "llmnr", title: "LLMNR", tcp: &[], udp: &[5355], sources: "RFC 4795", ..DNS };

/// One counter for the three: they share their messages.
static RESPONSE: Counter = Counter { protocol: "dns", name: "response" };

/// RFC 1035 §4.1.1: identifier, flags, four counts.
const HEADER: usize = 12;
/// Records of one message that are looked at, and questions.
const RECORDS_MAX: u32 = 128;

/// Record types (RFC 1035 §3.2.2, RFC 3596 §2.1, RFC 2782).
mod kind {
    pub(super) const A: u16 = 1;
    pub(super) const PTR: u16 = 12;
    pub(super) const TXT: u16 = 16;
    pub(super) const SRV: u16 = 33;
    pub(super) const AAAA: u16 = 28;
    pub(super) const IXFR: u16 = 251;
    pub(super) const AXFR: u16 = 252;
}

impl Protocol for Dns {
    fn info(&self) -> &'static ProtocolInfo {
        &DNS
    }

    /// At its port, what has the shape of a header; elsewhere a whole message of which nothing is left over.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        if !hint.usual {
            return Probe::when(hint.transport == Transport::Udp && is_whole(head).unwrap_or(false));
        }
        let header = if hint.transport == Transport::Tcp { head.get(2..).unwrap_or_default() } else { head };
        if hint.transport == Transport::Tcp && header.len() < HEADER {
            return Probe::More;
        }
        Probe::when(is_header(header))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read))
    }
}

impl Protocol for Mdns {
    fn info(&self) -> &'static ProtocolInfo {
        &MDNS
    }

    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        Probe::when(hint.usual && is_header(head))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| datagram(input, Reach::Link, emit)))
    }
}

impl Protocol for Llmnr {
    fn info(&self) -> &'static ProtocolInfo {
        &LLMNR
    }

    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        Probe::when(hint.usual && is_header(head))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| datagram(input, Reach::Link, emit)))
    }
}

/// A known operation code, the reserved bit clear, counts that fit the length (RFC 1035 §4.1.1).
fn is_header(head: &[u8]) -> bool {
    let (Some(flags), Some(questions)) = (be16(head, 2), be16(head, 4)) else { return false };
    let records: usize = [6, 8, 10].iter().map(|&at| usize::from(be16(head, at).unwrap_or(u16::MAX))).sum();
    // The shortest question has 5 bytes and the shortest record 11; datagrams may be cut by the capture or by the sender.
    let most = head.len().max(512);
    let opcode = (flags >> 11) & 0xf;
    head.len() >= HEADER
        && opcode <= 6
        && flags & 0x40 == 0
        && usize::from(questions) * 5 + records * 11 <= most * 4
}

/// One question of class internet with a printable name, a plain query or its answer, and records up to the very end.
fn is_whole(head: &[u8]) -> Read<bool> {
    let mut r = Reader::new(head);
    r.skip(2)?;
    let (flags, questions) = (r.u16()?, r.u16()?);
    let records = [r.u16()?, r.u16()?, r.u16()?];
    let (answer, plain) = (flags >> 15 != 0, flags & 0x7840 == 0);
    let few = records.iter().all(|&n| n <= 64) && (answer || records.iter().all(|&n| n <= 1));
    if questions != 1 || !plain || !few {
        return Ok(false);
    }
    let mut name = Name::default();
    name.read(head, HEADER)?;
    let printable = !name.text().is_empty() && name.text().iter().all(u8::is_ascii_graphic);
    skip_name(&mut r)?;
    let (kind, class) = (r.u16()?, r.u16()?);
    for _ in 0..records.iter().map(|&n| u32::from(n)).sum::<u32>() {
        skip_name(&mut r)?;
        r.skip(8)?;
        let length = r.u16()?;
        r.skip(length.into())?;
    }
    Ok(printable && class == 1 && (1..=65).contains(&kind) && r.is_empty())
}

/// How far the names of a protocol are valid, and who says them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// A server says it of others.
    Unicast,
    /// A station says it of itself.
    Link,
}

/// Over TCP a length precedes each message (RFC 1035 §4.2.2).
fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    if input.datagram {
        return datagram(input, Reach::Unicast, emit);
    }
    let Some(length) = be16(input.data, 0) else { return Progress::Need(2) };
    let whole = usize::from(length) + 2;
    if usize::from(length) < HEADER {
        return Progress::Lost;
    }
    if input.data.len() < whole && !input.cut {
        return Progress::Need(whole);
    }
    let data = input.data.get(2..whole).or(input.data.get(2..)).unwrap_or_default();
    if message(data, Reach::Unicast, emit).is_err() && !input.cut {
        emit.malformed();
    }
    Progress::Took(whole)
}

fn datagram(input: Input<'_>, reach: Reach, emit: &mut Emit<'_>) -> Progress {
    if message(input.data, reach, emit).is_err() && !input.cut {
        emit.malformed();
    }
    Progress::Took(input.data.len())
}

/// Header, questions, answers, authorities, additional records.
fn message(data: &[u8], reach: Reach, emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(data);
    r.skip(2)?;
    let flags = r.u16()?;
    let questions = u32::from(r.u16()?);
    let records = u32::from(r.u16()?) + u32::from(r.u16()?) + u32::from(r.u16()?);
    let response = flags >> 15;
    if reach == Reach::Unicast {
        emit.client_is_sender(response == 0);
    }
    emit.count(&RESPONSE, response);
    let mut code = u32::from((flags >> 11) & 0xf);
    for _ in 0..questions.min(RECORDS_MAX) {
        skip_name(&mut r)?;
        let asked = r.u16()?;
        if matches!(asked, kind::AXFR | kind::IXFR) {
            code = asked.into();
        }
        r.skip(2)?;
    }
    let phase = match (response, flags & 0xf) {
        (0, _) => Phase::Request,
        (_, 0) => Phase::Response,
        _ => Phase::Error,
    };
    emit.operation(&OPERATIONS, code, phase);
    if response == 0 {
        return Ok(());
    }
    for _ in 0..records.min(RECORDS_MAX) {
        record(data, &mut r, reach, emit)?;
    }
    Ok(())
}

/// Name, type, class, time to live, length, data (RFC 1035 §4.1.3).
fn record(whole: &[u8], r: &mut Reader<'_>, reach: Reach, emit: &mut Emit<'_>) -> Read<()> {
    let at = r.position();
    skip_name(r)?;
    let (kind, class) = (r.u16()?, r.u16()?);
    r.skip(4)?;
    let length = usize::from(r.u16()?);
    let data_at = r.position();
    let data = r.take(length)?;
    // Class 1 is the internet; the highest bit tells mDNS caches to flush (RFC 6762 §10.2).
    if class & 0x7fff != 1 {
        return Ok(());
    }
    let mut name = Name::default();
    match (kind, data.len()) {
        (kind::A, 4) => {
            let Some(ip) = data.first_chunk::<4>().map(|b| IpAddr::V4(Ipv4Addr::from(*b))) else {
                return Ok(());
            };
            if is_told(ip, reach) && name.read(whole, at).is_ok() {
                name_of(ip, &name, data, reach, "dns.a", emit);
            }
        }
        (kind::AAAA, 16) => {
            let Some(ip) = data.first_chunk::<16>().map(|b| IpAddr::V6(Ipv6Addr::from(*b))) else {
                return Ok(());
            };
            if is_told(ip, reach) && name.read(whole, at).is_ok() {
                name_of(ip, &name, data, reach, "dns.aaaa", emit);
            }
        }
        (kind::PTR, _) => {
            if name.read(whole, at).is_ok()
                && let Some(ip) = reversed(name.text())
                && is_told(ip, reach)
                && name.read(whole, data_at).is_ok()
            {
                name_of(ip, &name, data, reach, "dns.ptr.domain_name", emit);
            }
        }
        (kind::SRV, _) if reach == Reach::Link && name.read(whole, at).is_ok() => {
            services::located(whole, &name, data_at, emit)?;
        }
        (kind::TXT, _) if reach == Reach::Link && name.read(whole, at).is_ok() => {
            services::described(&name, data, emit)?;
        }
        _ => {}
    }
    Ok(())
}

/// The internet's names say nothing of a plant; a link's names are all its own.
fn is_told(ip: IpAddr, reach: Reach) -> bool {
    let private = match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    private || (reach == Reach::Link && !ip.is_loopback())
}

fn name_of(ip: IpAddr, name: &Name, witness: &[u8], reach: Reach, field: &'static str, emit: &mut Emit<'_>) {
    let own = reach == Reach::Link && emit.sender().ip == Some(ip);
    let sure = if own { Confidence::CERTAIN } else { Confidence::LIKELY };
    let whom = Whom::Other(Host::ip(ip));
    emit.claim(whom, Attribute::Hostname, Text::from_wire(name.text()), witness, field, sure);
}

/// The address in `4.3.2.1.in-addr.arpa` (RFC 1035 §3.5).
fn reversed(name: &[u8]) -> Option<IpAddr> {
    let labels = name.strip_suffix(b".in-addr.arpa")?;
    let mut octets = [0u8; 4];
    let mut parts = labels.split(|&b| b == b'.');
    for octet in octets.iter_mut().rev() {
        *octet = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    }
    parts.next().is_none().then(|| IpAddr::V4(Ipv4Addr::from(octets)))
}

/// Operation codes (RFC 1035 §4.1.1, RFC 1996, RFC 2136), and transfers by the type that is asked for.
static OPERATIONS: Operations = Operations {
    prefix: "opcode",
    list: &[
        Operation::new("query", 0, Class::Discovery),
        Operation::new("status", 2, Class::Diagnostic),
        Operation::new("notify", 4, Class::Session),
        Operation::new("update", 5, Class::Configuration),
        Operation::new("zone_transfer_incremental", 251, Class::Discovery),
        Operation::new("zone_transfer", 252, Class::Discovery),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reverse_names() {
        assert_eq!(reversed(b"5.1.168.192.in-addr.arpa"), Some(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 5))));
        for bad in
            [&b"5.1.168.in-addr.arpa"[..], b"1.5.1.168.192.in-addr.arpa", b"300.1.168.192.in-addr.arpa", b"x"]
        {
            assert_eq!(reversed(bad), None);
        }
    }

    use crate::testing::{hear, hex, probe};

    /// An answer: `plc.mill` has 192.168.1.5, `www.example` has 93.184.216.34.
    fn answer() -> Vec<u8> {
        [
            hex("1234 8180 0001 0002 0000 0000"),
            b"\x03plc\x04mill\0".to_vec(),
            hex("0001 0001 c00c 0001 0001 00000e10 0004 c0a80105"),
            b"\x03www\x07example\0".to_vec(),
            hex("0001 0001 00000e10 0004 5db8d822"),
        ]
        .concat()
    }

    #[test]
    fn private_names_are_kept() {
        let query =
            [hex("1234 0100 0001 0000 0000 0000"), b"\x03plc\x04mill\0".to_vec(), hex("0001 0001")].concat();
        assert_eq!(
            hear(&Dns, Transport::Udp, &[('>', &query), ('<', &answer())]),
            [
                "operation query discovery 1 1 0",
                "192.168.1.5 hostname plc.mill",
                "dns.response c2s 0 1",
                "dns.response s2c 1 1"
            ]
        );
        let framed = [&u16::try_from(query.len()).unwrap().to_be_bytes()[..], &query].concat();
        assert_eq!(hear(&Dns, Transport::Tcp, &[('>', &framed)]).len(), 2);
        assert_eq!(hear(&Dns, Transport::Tcp, &[('>', &framed[..9])]), [format!("Need({})", framed.len())]);
        for (usual, head, expected) in [
            (true, &query[..], Probe::Yes),
            (false, &query, Probe::Yes),
            (false, &answer(), Probe::Yes),
            (false, &query[..query.len() - 1], Probe::No),
            (true, &query[..8], Probe::No),
            (false, &[0; 40], Probe::No),
        ] {
            assert_eq!(probe(&Dns, Transport::Udp, usual, head), expected, "{usual} {head:x?}");
        }
    }

    #[test]
    fn a_station_names_itself() {
        let own = [
            hex("0000 8400 0000 0001 0000 0000"),
            b"\x03hmi\x05local\0".to_vec(),
            hex("0001 8001 00000078 0004 0a000001"),
        ]
        .concat();
        assert_eq!(
            hear(&Mdns, Transport::Udp, &[('>', &own)]),
            ["operation query discovery 0 1 0", "10.0.0.1 hostname hmi.local", "dns.response c2s 1 1"]
        );
    }
}
