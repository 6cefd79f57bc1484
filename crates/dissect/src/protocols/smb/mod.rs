//! SMB 1, 2 and 3 over TCP, directly or in a NetBIOS session: commands, dialects, hosts and who signs in. File contents are passed over.
//! Sources: MS-SMB2; MS-CIFS and MS-SMB (version 1); RFC 1001 and RFC 1002 (NetBIOS); MS-BRWS (announcements).

mod datagram;
mod version1;
mod version2;

pub(super) use datagram::{NetbiosDatagram, NetbiosIpx, mailslot};

use super::dcerpc::RpcSession;
use super::ntlm::{self, Login};
use crate::emit::{Emit, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Reader, be32, byte};
use model::observation::Mechanism;
use model::{Attribute, Text};

/// The protocol.
pub(super) struct Smb;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "smb",
    title: "SMB",
    tcp: &[445, 139],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "MS-SMB2; MS-CIFS; MS-SMB; RFC 1001; RFC 1002",
    operations: &[&version1::OPERATIONS, &version2::OPERATIONS],
};

/// Session service packets (RFC 1002 §4.3.1).
mod packet {
    pub(super) const MESSAGE: u8 = 0x00;
    pub(super) const REQUEST: u8 = 0x81;
    pub(super) const POSITIVE_RESPONSE: u8 = 0x82;
    pub(super) const NEGATIVE_RESPONSE: u8 = 0x83;
    pub(super) const RETARGET_RESPONSE: u8 = 0x84;
    pub(super) const KEEP_ALIVE: u8 = 0x85;
}

/// Type and length (RFC 1002 §4.3.1, MS-SMB2 2.1).
const HEADER: usize = 4;
/// Messages up to here are read whole: more than any that tells names, and all of a pipe's.
const WHOLE_MAX: usize = 68 * 1024;
/// Of file contents only so much of the message is looked at: its header, its parameters and the beginning of the data.
const HEAD: usize = HEADER + 160;

/// What a message begins with (MS-CIFS 2.2.3.1, MS-SMB2 2.2.1, 2.2.41, 2.2.42).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Version {
    One,
    Two,
    Encrypted,
    Compressed,
}

fn version(message: &[u8]) -> Option<Version> {
    match message.first_chunk::<4>()? {
        [0xff, b'S', b'M', b'B'] => Some(Version::One),
        [0xfe, b'S', b'M', b'B'] => Some(Version::Two),
        [0xfd, b'S', b'M', b'B'] => Some(Version::Encrypted),
        [0xfc, b'S', b'M', b'B'] => Some(Version::Compressed),
        _ => None,
    }
}

/// Type and length of a session packet.
fn session_packet(data: &[u8]) -> Option<(u8, usize)> {
    let word = be32(data, 0)?;
    let kind = byte(data, 0)?;
    let length = usize::try_from(word & 0x00ff_ffff).ok()?;
    let fits = match kind {
        packet::MESSAGE => true,
        packet::REQUEST => length <= 1024,
        packet::POSITIVE_RESPONSE | packet::KEEP_ALIVE => length == 0,
        packet::NEGATIVE_RESPONSE => length == 1,
        packet::RETARGET_RESPONSE => length == 6,
        _ => false,
    };
    fits.then_some((kind, length))
}

impl Protocol for Smb {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let Some((kind, length)) = session_packet(head) else {
            return if head.len() < HEADER && matches!(head.first(), Some(0 | 0x81..=0x85)) {
                Probe::More
            } else {
                Probe::No
            };
        };
        match (kind, head.get(HEADER..HEADER + 4)) {
            (packet::MESSAGE, Some(magic)) => Probe::when(length >= 32 && version(magic).is_some()),
            (packet::MESSAGE, None) if length >= 32 => Probe::More,
            (packet::MESSAGE, None) => Probe::No,
            (packet::REQUEST, _) => Probe::when(length == 68),
            _ => Probe::when(hint.usual),
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<SmbSession>::default()
    }
}

#[derive(Default)]
struct SmbSession {
    memory: Memory,
}

/// What a connection remembers.
#[derive(Default)]
struct Memory {
    /// Who asked to sign in and was not answered yet.
    login: Option<Login>,
    pipes: RpcSession,
}

impl Session for SmbSession {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let Some((kind, length)) = session_packet(input.data) else {
            let begun = input.data.len() < HEADER && !input.cut;
            return if begun { Progress::Need(HEADER) } else { Progress::Lost };
        };
        let whole = HEADER + length;
        let wanted = match kind {
            packet::MESSAGE => match self.wanted(whole, &input) {
                Ok(wanted) => wanted,
                Err(progress) => return progress,
            },
            _ => whole,
        };
        if input.data.len() < wanted && !input.cut {
            return Progress::Need(wanted);
        }
        let body = input.data.get(HEADER..wanted).or(input.data.get(HEADER..)).unwrap_or_default();
        match kind {
            packet::MESSAGE => self.memory.message(body, emit),
            packet::REQUEST => session_request(body, emit),
            _ => {}
        }
        Progress::Took(whole)
    }
}

impl SmbSession {
    /// How many bytes of a message are worth having.
    fn wanted(&self, whole: usize, input: &Input<'_>) -> Result<usize, Progress> {
        let head = whole.min(HEAD);
        if input.data.len() < head && !input.cut {
            return Err(Progress::Need(head));
        }
        let message = input.data.get(HEADER..head).or(input.data.get(HEADER..)).unwrap_or_default();
        let Some(version) = version(message) else { return Err(Progress::Lost) };
        let contents = match version {
            Version::One => version1::is_contents(message),
            Version::Two => version2::is_contents(message),
            Version::Encrypted | Version::Compressed => true,
        };
        Ok(if contents || whole > WHOLE_MAX { head } else { whole })
    }
}

impl Memory {
    fn message(&mut self, message: &[u8], emit: &mut Emit<'_>) {
        let read = match version(message) {
            Some(Version::One) => version1::message(message, self, emit),
            Some(Version::Two) => version2::messages(message, self, emit),
            Some(Version::Encrypted) => {
                emit.encrypted();
                Ok(())
            }
            _ => Ok(()),
        };
        if read.is_err() {
            emit.malformed();
        }
    }

    /// The security blob of a client.
    fn asks(&mut self, blob: &[u8], emit: &mut Emit<'_>) {
        let login = ntlm::read(blob, emit).or_else(|| {
            is_kerberos(blob).then(|| Login { name: Text::new(""), mechanism: Mechanism::Kerberos })
        });
        if let Some(login) = login {
            login.tell(None, blob, emit);
            self.login = Some(login);
        }
    }

    /// The answer to the one who asked.
    fn answered(&mut self, accepted: bool, witness: &[u8], emit: &mut Emit<'_>) {
        if let Some(login) = self.login.take() {
            login.tell(Some(accepted), witness, emit);
        }
    }
}

/// A Kerberos ticket in SPNEGO: the mechanism's identifier, Microsoft's spelling or the right one (RFC 4178 §4, MS-KILE 3.1.1.2), and no
/// NTLM message.
fn is_kerberos(blob: &[u8]) -> bool {
    const SUFFIXES: [&[u8]; 2] = [
        &[0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 1, 2, 2, 1, 0],
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2, 1, 0],
    ];
    let window = blob.get(..512).unwrap_or(blob);
    ntlm::find(blob).is_none() && SUFFIXES.iter().any(|s| window.windows(s.len()).any(|w| w == *s))
}

/// Called and calling name (RFC 1002 §4.3.2).
fn session_request(body: &[u8], emit: &mut Emit<'_>) {
    emit.client_is_sender(true);
    let names = (netbios_name(body), body.get(34..).and_then(netbios_name));
    if let (_, Some((name, 0x00 | 0x20))) = names {
        emit.identity(
            Whom::Sender,
            Attribute::Hostname,
            name,
            body.get(35..67).unwrap_or_default(),
            "nbss.calling_name",
        );
    }
    if let (Some((name, 0x20)), _) = names
        && !name.as_str().starts_with('*')
    {
        emit.identity(
            Whom::Receiver,
            Attribute::Hostname,
            name,
            body.get(1..33).unwrap_or_default(),
            "nbss.called_name",
        );
    }
}

/// A name in first-level encoding, without scope (RFC 1001 §14.1), and its last byte, the kind of service (RFC 1001 §16).
fn netbios_name(data: &[u8]) -> Option<(Text, u8)> {
    let mut r = Reader::new(data);
    if r.u8().ok()? != 32 {
        return None;
    }
    let mut name = [0; 16];
    for byte in &mut name {
        let (high, low) = (r.u8().ok()?.checked_sub(b'A')?, r.u8().ok()?.checked_sub(b'A')?);
        if high > 15 || low > 15 {
            return None;
        }
        *byte = (high << 4) | low;
    }
    let [text @ .., kind] = name;
    Some((Text::from_wire(&text), kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_packets_are_recognised() {
        let hint = Hint {
            transport: model::Transport::Tcp,
            from_port: 40_000,
            to_port: 4450,
            ethertype: 0,
            usual: false,
            from_start: true,
        };
        for (head, expected) in [
            (&b"\0\0\0\x40\xfeSMB\x40\0"[..], Probe::Yes),
            (b"\0\0\0\x40\xffSMBr", Probe::Yes),
            (b"\0\0\0\x40\xfe", Probe::More),
            (b"\0\0\0\x04abcd", Probe::No),
            (b"\x81\0\0\x44 CKFD", Probe::Yes),
            (b"\x85\0\0\0", Probe::No),
        ] {
            assert_eq!(Smb.probe(head, &hint), expected, "{}", head.escape_ascii());
        }
    }

    #[test]
    fn netbios_names_are_decoded() {
        // RFC 1001 §14.1, its example "FRED" with the service byte of a server.
        let (name, kind) = netbios_name(b"\x20EGFCEFEECACACACACACACACACACACACA").unwrap();
        assert_eq!((name.as_str(), kind), ("FRED", 0x20));
        assert!(netbios_name(b"\x20EGFC").is_none());
        assert!(netbios_name(b"\x20egfcefeecacacacacacacacacacacaca").is_none());
    }
}
