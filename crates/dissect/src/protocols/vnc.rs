//! VNC (RFB): versions, how a viewer may sign in and whether it did, and the name of the desktop. Source: RFC 6143.

use crate::emit::{Emit, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{be32, byte};
use model::observation::{Direction, Mechanism};
use model::{Attribute, Text};

/// The protocol.
pub(super) struct Vnc;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "vnc",
    title: "VNC",
    tcp: &[5900, 5901, 5902, 5903, 5800],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 6143",
    operations: &[],
};

/// `RFB xxx.yyy\n` (§7.1.1).
const VERSION: usize = 12;
/// Challenge and response of VNC authentication (§7.2.2).
const CHALLENGE: usize = 16;
/// ServerInit before the name (§7.3.2).
const SERVER_INIT: usize = 24;
/// Longest desktop name that is waited for.
const NAME_MAX: usize = 4096;

/// Security types (§7.1.2 and IANA "Remote Framebuffer Security Types").
mod security {
    pub(super) const INVALID: u8 = 0;
    pub(super) const NONE: u8 = 1;
    pub(super) const VNC: u8 = 2;
    pub(super) const TLS: u8 = 18;
    pub(super) const VENCRYPT: u8 = 19;
}

/// The minor version of a banner.
fn banner(data: &[u8]) -> Option<u8> {
    let [b'R', b'F', b'B', b' ', a, b, c, b'.', d, e, f, b'\n'] = data.first_chunk::<VERSION>()? else {
        return None;
    };
    let digits = [a, b, c, d, e, f].iter().all(|b| b.is_ascii_digit());
    digits.then(|| f - b'0')
}

impl Protocol for Vnc {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        const START: &[u8] = b"RFB ";
        let n = head.len().min(START.len());
        if head.get(..n) != START.get(..n) {
            Probe::No
        } else if head.len() < VERSION {
            Probe::More
        } else {
            Probe::when(banner(head).is_some())
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<VncSession>::default()
    }
}

/// What a side sends next.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Next {
    #[default]
    Version,
    Security,
    /// Challenge, or the response to it.
    Challenge,
    Result,
    Init,
    Desktop,
}

#[derive(Default)]
struct VncSession {
    server: Next,
    client: Next,
    minor: u8,
    chosen: u8,
}

impl Session for VncSession {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if self.server == Next::Version && self.client == Next::Version {
            // The server speaks first (§7.1.1).
            emit.client_is_sender(false);
        }
        let from_server = emit.direction() == Direction::ToClient;
        let read = if from_server { self.server(input.data, emit) } else { self.client(input.data, emit) };
        match read {
            Err(_) if input.cut => Progress::Took(input.data.len()),
            Ok(progress) | Err(progress) => progress,
        }
    }
}

/// The bytes, or how many are needed.
fn whole(data: &[u8], n: usize) -> Result<&[u8], Progress> {
    data.get(..n).ok_or(Progress::Need(n))
}

impl VncSession {
    fn server(&mut self, data: &[u8], emit: &mut Emit<'_>) -> Result<Progress, Progress> {
        match self.server {
            Next::Version => {
                let line = whole(data, VERSION)?;
                self.minor = banner(line).ok_or(Progress::Lost)?;
                emit.text(Whom::Sender, Attribute::ProtocolVersion, line, "vnc.server_proto_ver");
                self.server = Next::Security;
                Ok(Progress::Took(VERSION))
            }
            Next::Security => self.security(data, emit),
            Next::Challenge => {
                whole(data, CHALLENGE)?;
                self.server = Next::Result;
                Ok(Progress::Took(CHALLENGE))
            }
            Next::Result => {
                let result = be32(whole(data, 4)?, 0).unwrap_or(1);
                self.signed_in(result == 0, data.get(..4).unwrap_or_default(), emit);
                self.server = if result == 0 { Next::Init } else { Next::Desktop };
                Ok(Progress::Took(4))
            }
            Next::Init => self.init(data, emit),
            Next::Desktop => Ok(Progress::Took(usize::MAX)),
        }
    }

    /// §7.1.2: a list of types; up to version 3.3 one type of four bytes that the server chose.
    fn security(&mut self, data: &[u8], emit: &mut Emit<'_>) -> Result<Progress, Progress> {
        if self.minor < 7 {
            let word = whole(data, 4)?;
            let chosen = byte(word, 3).unwrap_or(0);
            offered(chosen, word, emit);
            self.choose(chosen, emit);
            return Ok(Progress::Took(4));
        }
        let count = usize::from(byte(data, 0).unwrap_or(0));
        let list = whole(data, 1 + count)?.get(1..).unwrap_or_default();
        for (at, &one) in list.iter().enumerate() {
            offered(one, list.get(at..=at).unwrap_or_default(), emit);
        }
        // Which one, the viewer says next.
        self.server = if count == 0 { Next::Desktop } else { Next::Challenge };
        Ok(Progress::Took(1 + count))
    }

    /// A security type was chosen.
    fn choose(&mut self, chosen: u8, emit: &mut Emit<'_>) {
        self.chosen = chosen;
        (self.server, self.client) = match chosen {
            // §7.1.3: before version 3.8 nothing is said of a sign-in that asks for nothing.
            security::NONE if self.minor < 8 => (Next::Init, Next::Init),
            security::NONE => (Next::Result, Next::Init),
            security::VNC => (Next::Challenge, Next::Challenge),
            _ => (Next::Desktop, Next::Desktop),
        };
        if matches!(chosen, security::TLS | security::VENCRYPT | 5 | 13) {
            emit.encrypted();
        }
    }

    fn signed_in(&self, accepted: bool, witness: &[u8], emit: &mut Emit<'_>) {
        let mechanism =
            if self.chosen == security::NONE { Mechanism::Anonymous } else { Mechanism::Password };
        // The password is the key of the response to a challenge (§7.2.2).
        emit.sign_in(Text::new(""), mechanism, self.chosen == security::VNC, Some(accepted), witness);
    }

    /// §7.3.2: size, pixel format, name.
    fn init(&mut self, data: &[u8], emit: &mut Emit<'_>) -> Result<Progress, Progress> {
        let length = usize::try_from(be32(whole(data, SERVER_INIT)?, 20).unwrap_or(0)).unwrap_or(usize::MAX);
        if length > NAME_MAX {
            return Err(Progress::Lost);
        }
        let message = whole(data, SERVER_INIT + length)?;
        if self.chosen == security::NONE && self.minor < 8 {
            self.signed_in(true, message.get(..4).unwrap_or_default(), emit);
        }
        let name = message.get(SERVER_INIT..).unwrap_or_default();
        emit.text(Whom::Sender, Attribute::Name, name, "vnc.desktop_name");
        self.server = Next::Desktop;
        Ok(Progress::Took(SERVER_INIT + length))
    }

    fn client(&mut self, data: &[u8], emit: &mut Emit<'_>) -> Result<Progress, Progress> {
        match self.client {
            Next::Version => {
                let minor = banner(whole(data, VERSION)?).ok_or(Progress::Lost)?;
                self.minor = minor.min(if self.minor == 0 { minor } else { self.minor });
                if self.client == Next::Version {
                    self.client = if self.minor < 7 { Next::Challenge } else { Next::Security };
                }
                Ok(Progress::Took(VERSION))
            }
            Next::Security => {
                let chosen = byte(data, 0).unwrap_or(security::INVALID);
                self.choose(chosen, emit);
                Ok(Progress::Took(1))
            }
            Next::Challenge => {
                whole(data, CHALLENGE)?;
                self.client = Next::Init;
                Ok(Progress::Took(CHALLENGE))
            }
            _ => Ok(Progress::Took(usize::MAX)),
        }
    }
}

fn offered(kind: u8, witness: &[u8], emit: &mut Emit<'_>) {
    let name = match kind {
        security::INVALID => return,
        security::NONE => "None",
        security::VNC => "VNC authentication",
        5 | 13 => "RA2",
        6 => "RA2ne",
        16 => "Tight",
        17 => "Ultra",
        security::TLS => "TLS",
        security::VENCRYPT => "VeNCrypt",
        20 => "SASL",
        30..=36 => "Apple Remote Desktop",
        _ => "",
    };
    let text =
        if name.is_empty() { Text::new(&format!("VNC security type {kind}")) } else { Text::new(name) };
    emit.identity(Whom::Sender, Attribute::SignInOffered, text, witness, "vnc.security_type");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banners() {
        assert_eq!(banner(b"RFB 003.008\n"), Some(8));
        assert_eq!(banner(b"RFB 003.889\nmore"), Some(9));
        for wrong in [&b"RFB 003.008"[..], b"RFB 003,008\n", b"RFB abc.def\n"] {
            assert_eq!(banner(wrong), None);
        }
    }
}
