//! NetBIOS name service: names that stations register and ask for.
//! Sources: RFC 1001 §14 (name encoding), RFC 1002 §4.2 (name service).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, Short, be16, byte};
use model::observation::Binding;
use model::{Attribute, Confidence, Host, Mac, Operation, OperationClass as Class, Text};
use std::net::{IpAddr, Ipv4Addr};

mod nbf;

pub(super) use nbf::Nbf;

/// Name service.
pub(super) struct Nbns;

static NBNS: ProtocolInfo = ProtocolInfo {
    name: "nbns",
    title: "NetBIOS name service",
    tcp: &[],
    udp: &[137],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 1001; RFC 1002",
    operations: &[&OPERATIONS],
};

static RESPONSE: Counter = Counter { protocol: "nbns", name: "response" };

/// Records and names of one message that are looked at.
const RECORDS_MAX: u32 = 64;
/// Record types (RFC 1002 §4.2.1.3).
const NB: u16 = 0x20;
const NBSTAT: u16 = 0x21;
/// The name belongs to a group (RFC 1002 §4.2.1.3, §4.2.18).
const GROUP: u16 = 0x8000;

impl Protocol for Nbns {
    fn info(&self) -> &'static ProtocolInfo {
        &NBNS
    }

    /// An operation of the name service, few records, and a name of 32 letters in the first (RFC 1002 §4.2.1).
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let opcode = be16(head, 2).map_or(0xff, |f| (f >> 11) & 0xf);
        let few = [4, 6, 8, 10].iter().all(|&at| be16(head, at).is_some_and(|n| n <= 8));
        let name = byte(head, 12) == Some(0x20);
        Probe::when(
            few && matches!(opcode, 0 | 5..=9 | 15) && name && (hint.usual || encoded(head, 12).is_ok()),
        )
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| {
            let _ = name_message(input.data, emit);
            Progress::Took(input.data.len())
        }))
    }
}

/// A name of 16 bytes, each as two letters from `A` on (RFC 1001 §14.1): fifteen of name and one of purpose.
fn encoded(data: &[u8], at: usize) -> Read<[u8; 16]> {
    let letters = data.get(at..).and_then(|d| d.get(1..33)).ok_or(Short)?;
    let mut name = [0; 16];
    for (to, pair) in name.iter_mut().zip(letters.chunks_exact(2)) {
        let [high, low] = pair else { return Err(Short) };
        let (high, low) = (high.wrapping_sub(b'A'), low.wrapping_sub(b'A'));
        if high > 15 || low > 15 {
            return Err(Short);
        }
        *to = (high << 4) | low;
    }
    Ok(name)
}

/// Passes over labels or a pointer.
fn skip_name(r: &mut Reader<'_>) -> Read<()> {
    for _ in 0..32 {
        match r.u8()? {
            0 => return Ok(()),
            len @ 1..=0x3f => r.skip(len.into())?,
            _ => return r.skip(1),
        }
    }
    Err(Short)
}

/// Header and records as in DNS (RFC 1002 §4.2.1).
fn name_message(data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(data);
    r.skip(2)?;
    let flags = r.u16()?;
    let questions = u32::from(r.u16()?);
    let records = u32::from(r.u16()?) + u32::from(r.u16()?) + u32::from(r.u16()?);
    let response = flags >> 15;
    emit.client_is_sender(response == 0);
    emit.count(&RESPONSE, response);
    let opcode = (flags >> 11) & 0xf;
    let phase = match (response, flags & 0xf) {
        (0, _) => Phase::Request,
        (_, 0) => Phase::Response,
        _ => Phase::Error,
    };
    emit.operation(&OPERATIONS, opcode.into(), phase);
    let asked = encoded(data, r.position());
    for _ in 0..questions.min(RECORDS_MAX) {
        skip_name(&mut r)?;
        r.skip(4)?;
    }
    // Registrations and refreshes say the sender's name; positive answers to queries the answerer's.
    let says = phase == Phase::Response && opcode == 0 || response == 0 && opcode >= 5 && opcode != 6;
    for _ in 0..records.min(RECORDS_MAX) {
        let at = r.position();
        skip_name(&mut r)?;
        let kind = r.u16()?;
        r.skip(6)?;
        let length = r.u16()?;
        let content = r.take(length.into())?;
        match kind {
            NB if says => {
                let name = encoded(data, at).or(asked)?;
                addresses(&name, content, emit)?;
            }
            NBSTAT if response == 1 => status(content, emit)?,
            _ => {}
        }
    }
    Ok(())
}

/// Flags and address, for each address of the name (RFC 1002 §4.2.2, §4.2.13).
fn addresses(name: &[u8; 16], content: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(content);
    while r.len() >= 6 {
        let flags = r.u16()?;
        let ip = IpAddr::V4(Ipv4Addr::from(r.u32()?));
        let own = emit.sender().ip == Some(ip);
        let sure = if own { Confidence::CERTAIN } else { Confidence::LIKELY };
        say(Whom::Other(Host::ip(ip)), name, flags, content, sure, "nbns.name", emit);
    }
    Ok(())
}

/// Names by their purpose (RFC 1001 §14; Microsoft's suffixes): 0x00 and 0x20 unique are the machine, 0x00, 0x1C and 0x1E of a
/// group its domain.
fn say(
    whom: Whom,
    name: &[u8; 16],
    flags: u16,
    witness: &[u8],
    sure: Confidence,
    field: &'static str,
    emit: &mut Emit<'_>,
) {
    let [text @ .., purpose] = name;
    let attribute = match (flags & GROUP != 0, purpose) {
        (false, 0x00 | 0x20) => Attribute::Hostname,
        (true, 0x00 | 0x1c | 0x1e) => Attribute::Domain,
        _ => return,
    };
    if text.iter().all(|b| (0x20..0x7f).contains(b) || *b >= 0x80) {
        emit.claim(whom, attribute, Text::from_wire(text), witness, field, sure);
    }
}

/// Node status: count, names with flags, MAC (RFC 1002 §4.2.18).
fn status(content: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(content);
    let count = r.u8()?;
    for _ in 0..count {
        let witness = r.take(16)?;
        let flags = r.u16()?;
        if let Some(name) = witness.first_chunk::<16>() {
            say(Whom::Sender, name, flags, witness, Confidence::CERTAIN, "nbns.netbios_name", emit);
        }
    }
    let witness = r.take(6)?;
    let Some(mac) = witness.first_chunk::<6>().map(|b| Mac(*b)).filter(|m| m.is_station()) else {
        return Ok(());
    };
    let host = Host { mac: Some(mac), ..emit.sender() };
    emit.binding(host, Binding::Declared, witness, "nbns.unit_id");
    Ok(())
}

/// RFC 1002 §4.2.1.1.
static OPERATIONS: Operations = Operations {
    prefix: "opcode",
    list: &[
        Operation::new("query", 0, Class::Discovery),
        Operation::new("registration", 5, Class::Session),
        Operation::new("release", 6, Class::Session),
        Operation::new("wait", 7, Class::Session),
        Operation::new("refresh", 8, Class::Session),
        Operation::new("multihomed_registration", 15, Class::Session),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_letters() {
        // RFC 1001 §14.1: "The NetBIOS name" in the example, upper half then lower half of each byte.
        let mut data = vec![0x20];
        for b in *b"PLC1           \x20" {
            data.extend([b'A' + (b >> 4), b'A' + (b & 15)]);
        }
        assert_eq!(encoded(&data, 0), Ok(*b"PLC1           \x20"));
        assert_eq!(encoded(&data[..20], 0), Err(Short));
        data[5] = b'Z';
        assert_eq!(encoded(&data, 0), Err(Short));
    }

    use crate::testing::{hear, hex, probe};
    use model::Transport;

    fn letters(name: &[u8; 16]) -> Vec<u8> {
        let mut out = vec![0x20];
        out.extend(name.iter().flat_map(|b| [b'A' + (b >> 4), b'A' + (b & 15)]));
        out.push(0);
        out
    }

    #[test]
    fn a_station_registers_its_name() {
        let message = [
            hex("0001 2910 0001 0000 0000 0001"),
            letters(b"HMI-1          \0"),
            hex("0020 0001 c00c 0020 0001 000493e0 0006 0000 0a000001"),
        ]
        .concat();
        assert_eq!(probe(&Nbns, Transport::Udp, false, &message), Probe::Yes);
        assert_eq!(probe(&Nbns, Transport::Udp, true, &[0; 60]), Probe::No);
        assert_eq!(
            hear(&Nbns, Transport::Udp, &[('>', &message)]),
            ["operation registration session 1 0 0", "10.0.0.1 hostname HMI-1", "nbns.response c2s 0 1"]
        );
    }

    #[test]
    fn node_status() {
        let message = [
            hex("0001 8400 0000 0001 0000 0000"),
            letters(b"*\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
            hex("0021 0001 00000000 003f 03"),
            b"PLC-PC         \0\x04\0PLANT          \0\x84\0PLC-PC         \x20\x04\0".to_vec(),
            hex("020000000009 0000"),
        ]
        .concat();
        let said = hear(&Nbns, Transport::Udp, &[('<', &message)]);
        for line in
            ["10.0.0.2 hostname PLC-PC", "10.0.0.2 domain PLANT", "10.0.0.2 = 02:00:00:00:00:09 Declared"]
        {
            assert!(said.iter().any(|s| s == line), "{line} is not in {said:#?}");
        }
    }
}
