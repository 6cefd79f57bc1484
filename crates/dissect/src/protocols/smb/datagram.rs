//! NetBIOS datagrams: what Windows hosts announce of themselves, over UDP and, by old systems, over IPX.
//! Sources: RFC 1002 §4.4 (datagrams); Novell IPX Router Specification; MS-BRWS (announcements).

use super::version1::{self, COMMAND, command};
use super::{Version, netbios_name, version};
use crate::emit::{Emit, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, be16, byte};
use model::{Attribute, Confidence, Text};

/// The protocol.
pub(in super::super) struct NetbiosDatagram;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "netbios-dgm",
    title: "NetBIOS datagram",
    tcp: &[],
    udp: &[138],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 1001; RFC 1002 §4.4; MS-BRWS",
    operations: &[],
};

/// NetBIOS datagrams over IPX.
pub(in super::super) struct NetbiosIpx;

static IPX: ProtocolInfo = ProtocolInfo {
    name: "ipx",
    title: "IPX",
    tcp: &[],
    udp: &[],
    ethertypes: &[0],
    industrial: false,
    sources: "Novell IPX Router Specification; MS-BRWS",
    operations: &[],
};

/// RFC 1002 §4.4.1: header of a datagram with names; the two names have 34 bytes each when they have no scope.
const NAMES: usize = 14;
const MESSAGE: usize = NAMES + 34 + 34;

/// MS-BRWS 2.2: announcements.
mod announcement {
    pub(super) const HOST: u8 = 0x01;
    pub(super) const DOMAIN: u8 = 0x0c;
    pub(super) const LOCAL_MASTER: u8 = 0x0f;
}

impl Protocol for NetbiosDatagram {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// RFC 1002 §4.4.1: type, flags, and for a direct or broadcast datagram an encoded name behind the header.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let name = head.get(NAMES..).and_then(netbios_name).is_some();
        Probe::when(hint.usual && matches!(byte(head, 0), Some(0x10..=0x12)) && name)
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read))
    }
}

impl Protocol for NetbiosIpx {
    fn info(&self) -> &'static ProtocolInfo {
        &IPX
    }

    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        // Packets with names are rare among others: the conversation is of IPX from its first one on.
        Probe::when(head.starts_with(&[0xff, 0xff]) && be16(head, 2).is_some_and(|n| (30..1500).contains(&n)))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read_packet))
    }
}

/// The sender's name, with the kind of service as its last byte, and the message of a packet to the mailslots' socket.
fn packet(data: &[u8]) -> Option<(&[u8], &[u8])> {
    const MAILSLOT_SOCKET: u16 = 0x0553;
    if !data.starts_with(&[0xff, 0xff]) || be16(data, 16) != Some(MAILSLOT_SOCKET) {
        return None;
    }
    // IPX header of 30 bytes, the networks a broadcast (type 20) came through, then opcode, name type, number, and two names.
    let networks = if byte(data, 5) == Some(20) { 32 } else { 0 };
    let name = 30 + networks + 4 + 16;
    Some((data.get(name..name + 16)?, data.get(name + 16..)?))
}

fn read_packet(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    if let Some((name, message)) = packet(input.data)
        && let Some((&(0x00 | 0x20), text)) = name.split_last()
    {
        let (field, sure) = ("netbios.nb_name", Confidence::LIKELY);
        emit.claim(Whom::Sender, Attribute::Hostname, Text::from_wire(text), text, field, sure);
        if version(message) == Some(Version::One) && mailslot(message, emit).is_err() && !input.cut {
            emit.malformed();
        }
    }
    Progress::Took(input.data.len())
}

fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    if datagram(input.data, emit).is_err() && !input.cut {
        emit.malformed();
    }
    Progress::Took(input.data.len())
}

fn datagram(data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(data);
    let kind = r.u8()?;
    if !(0x10..=0x12).contains(&kind) {
        return Ok(());
    }
    let source = data.get(NAMES..).and_then(netbios_name);
    if let Some((name, 0x00 | 0x20)) = source {
        let witness = data.get(NAMES + 1..NAMES + 33).unwrap_or_default();
        emit.claim(Whom::Sender, Attribute::Hostname, name, witness, "nbdgm.source_name", Confidence::LIKELY);
    }
    match data.get(MESSAGE..) {
        Some(message) if version(message) == Some(Version::One) => mailslot(message, emit),
        _ => Ok(()),
    }
}

/// A transaction whose name is that of a mailslot (MS-MAIL 2.2.1).
pub(in super::super) fn mailslot(message: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(message);
    r.skip(4)?;
    let code = r.u8()?;
    emit.count(&COMMAND, code);
    r.skip(27)?;
    let words = usize::from(r.u8()?) * 2;
    let words = r.take(words)?;
    r.skip(2)?;
    let browse = r.rest().get(..16).is_some_and(|n| n.eq_ignore_ascii_case(b"\\MAILSLOT\\BROWSE"));
    if code == command::TRANSACTION && browse {
        announcement(version1::transaction_data(message, words, false), emit)?;
    }
    Ok(())
}

/// MS-BRWS 2.2.1, 2.2.3, 2.2.5: the three have one form.
fn announcement(data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(data);
    let kind = r.u8()?;
    if !matches!(kind, announcement::HOST | announcement::DOMAIN | announcement::LOCAL_MASTER) {
        return Ok(());
    }
    r.skip(1 + 4)?;
    let name = r.take(16)?;
    let name = name.split(|&b| b == 0).next().unwrap_or_default();
    let attribute = if kind == announcement::DOMAIN { Attribute::Domain } else { Attribute::Hostname };
    emit.text(Whom::Sender, attribute, name, "browser.server");
    if kind == announcement::DOMAIN {
        return Ok(());
    }
    let version = r.take(2)?;
    if let &[major, minor] = version
        && major != 0
    {
        let os = Text::new(&format!("Windows {major}.{minor}"));
        emit.claim(Whom::Sender, Attribute::Os, os, version, "browser.os_major", Confidence::GUESS);
    }
    r.skip(4 + 4)?;
    let comment = r.rest().split(|&b| b == 0).next().unwrap_or_default();
    emit.text(Whom::Sender, Attribute::Description, comment, "browser.comment");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_hold_a_name_and_a_message() {
        let mut data = vec![0xff, 0xff, 0, 90, 0, 4];
        data.resize(16, 0);
        data.extend([0x05, 0x53]);
        data.resize(50, 0);
        data.extend(b"HOST1          \x00\xffSMB");
        assert_eq!(packet(&data), Some((&b"HOST1          \x00"[..], &b"\xffSMB"[..])));
        data[17] = 0;
        assert_eq!(packet(&data), None);
        assert_eq!(packet(&data[..20]), None);
    }
}
