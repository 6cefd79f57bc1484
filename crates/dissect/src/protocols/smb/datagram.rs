//! NetBIOS datagrams: what Windows hosts announce of themselves, over UDP and, by old systems, without IP.
//! Sources: RFC 1002 §4.4 (datagrams); IBM LAN Technical Reference, NetBIOS frames; MS-BRWS (announcements).

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
};

/// NetBIOS datagrams without IP.
pub(in super::super) struct NetbiosFrames;

static FRAMES: ProtocolInfo = ProtocolInfo {
    name: "netbios-frames",
    title: "NetBIOS frames",
    tcp: &[],
    udp: &[],
    ethertypes: &[0],
    industrial: false,
    sources: "IBM LAN Technical Reference (SC30-3587); MS-BRWS",
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

impl Protocol for NetbiosFrames {
    fn info(&self) -> &'static ProtocolInfo {
        &FRAMES
    }

    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        // Among other packets of IPX those with names are rare: the conversation is theirs from the first one on.
        let ipx = head.starts_with(&[0xff, 0xff]) && be16(head, 2).is_some_and(|n| (30..1500).contains(&n));
        Probe::when(ipx || frame(head).is_some())
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read_frame))
    }
}

/// The sender's name, with the kind of service as its last byte, and the message of a frame.
fn frame(data: &[u8]) -> Option<(&[u8], &[u8])> {
    /// LLC of NetBIOS, header length 44, delimiter.
    const NETBIOS: &[u8] = &[0xf0, 0xf0, 3, 44, 0, 0xff, 0xef];
    /// Destination socket of mailslots over IPX, behind the unused checksum.
    const MAILSLOT_SOCKET: u16 = 0x0553;
    let name = if data.starts_with(NETBIOS) && matches!(byte(data, 7), Some(8 | 9)) {
        3 + 44 - 16
    } else if data.starts_with(&[0xff, 0xff]) && be16(data, 16) == Some(MAILSLOT_SOCKET) {
        // IPX header of 30 bytes, the networks a broadcast (type 20) came through, then opcode, name type, number, and two names.
        let networks = if byte(data, 5) == Some(20) { 32 } else { 0 };
        30 + networks + 4 + 16
    } else {
        return None;
    };
    Some((data.get(name..name + 16)?, data.get(name + 16..)?))
}

fn read_frame(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    if let Some((name, message)) = frame(input.data)
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
fn mailslot(message: &[u8], emit: &mut Emit<'_>) -> Read<()> {
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
    fn frames_hold_a_name_and_a_message() {
        let mut data = vec![0xf0, 0xf0, 3, 44, 0, 0xff, 0xef, 8];
        data.resize(31, 0);
        data.extend(b"HOST1          \x00\xffSMB");
        assert_eq!(frame(&data), Some((&b"HOST1          \x00"[..], &b"\xffSMB"[..])));
        data[5] = 0;
        assert_eq!(frame(&data), None);
        assert_eq!(frame(&data[..20]), None);
    }
}
