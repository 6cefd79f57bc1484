//! MySQL and MariaDB. Source: MySQL Internals, "Client/Server Protocol" (connection phase).

use crate::emit::{Emit, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::protocols::tls::TlsSession;
use crate::reader::{byte, le32};
use model::observation::{Direction, Mechanism};
use model::{Attribute, Text};

/// The protocol.
pub(in super::super) struct MySql;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "mysql",
    title: "MySQL",
    tcp: &[3306],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "MySQL Client/Server Protocol, connection phase",
    operations: &[],
};

/// Length in three bytes, number (Protocol::Packet).
const HEADER: usize = 4;
/// Longest packet of the connection phase that is read.
const PACKET_MAX: usize = 64 * 1024;
/// Capability: TLS follows (CLIENT_SSL).
const CLIENT_SSL: u32 = 0x800;

/// Length of the payload and number of the packet.
fn header(data: &[u8]) -> Option<(usize, u8)> {
    let word = le32(data, 0)?;
    Some((usize::try_from(word & 0x00ff_ffff).ok()?, byte(data, 3)?))
}

/// Version in a greeting (Protocol::HandshakeV10): text up to a zero.
fn greeting(payload: &[u8]) -> Option<&[u8]> {
    let version = payload.strip_prefix(&[10])?.split(|&b| b == 0).next()?;
    let text = version.first()?.is_ascii_digit()
        && version.contains(&b'.')
        && version.iter().all(|b| matches!(b, b' '..=b'~'));
    (text && version.len() < 80).then_some(version)
}

impl Protocol for MySql {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// The greeting, which the server sends first.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        match header(head) {
            Some((length, 0)) if (30..500).contains(&length) => match head.get(HEADER..) {
                Some(payload) if payload.len() >= 12 => Probe::when(greeting(payload).is_some()),
                _ if byte(head, HEADER).is_none_or(|v| v == 10) => Probe::More,
                _ => Probe::No,
            },
            Some((1..PACKET_MAX, 1)) => Probe::when(hint.usual),
            None if head.len() < HEADER && hint.usual => Probe::More,
            _ => Probe::No,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<MySqlSession>::default()
    }
}

#[derive(Default)]
struct MySqlSession {
    user: Option<Text>,
    done: bool,
    tls: Option<Box<TlsSession>>,
}

impl Session for MySqlSession {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if let Some(tls) = &mut self.tls {
            return match tls.read(input, emit) {
                Progress::Lost => Progress::Took(usize::MAX),
                progress => progress,
            };
        }
        if self.done {
            return Progress::Took(usize::MAX);
        }
        let Some((length, number)) = header(input.data) else { return Progress::Need(HEADER) };
        let whole = HEADER + length;
        if length == 0 || whole > PACKET_MAX {
            self.done = true;
            return Progress::Took(usize::MAX);
        }
        if input.data.len() < whole && !input.cut {
            return Progress::Need(whole);
        }
        let payload = input.data.get(HEADER..whole).or(input.data.get(HEADER..)).unwrap_or_default();
        match (number, input.direction) {
            (0, Direction::ToClient) => {
                if let Some(version) = greeting(payload) {
                    let text = Text::new(&format!("MySQL {}", Text::from_wire(version)));
                    emit.identity(Whom::Sender, Attribute::Software, text, version, "mysql.version");
                }
            }
            (1 | 2, Direction::ToServer) if self.user.is_none() => self.answer(payload, emit),
            (2.., Direction::ToClient) => self.verdict(payload, emit),
            (0, _) => self.done = true,
            _ => {}
        }
        Progress::Took(whole)
    }

    fn held(&self) -> usize {
        self.tls.as_ref().map_or(0, |tls| tls.held())
    }
}

impl MySqlSession {
    /// Protocol::HandshakeResponse41: capabilities, packet size, character set, 23 zeros, user. Cut short it asks for TLS.
    fn answer(&mut self, payload: &[u8], emit: &mut Emit<'_>) {
        let capabilities = le32(payload, 0).unwrap_or(0);
        if capabilities & CLIENT_SSL != 0 && payload.len() == 32 {
            self.tls = Some(Box::default());
            return;
        }
        let Some(user) = payload.get(32..).and_then(|r| r.split(|&b| b == 0).next()) else { return };
        let name = Text::from_wire(user);
        // The password is scrambled with the server's random numbers.
        emit.sign_in(name.clone(), Mechanism::Username, true, None, user);
        self.user = Some(name);
    }

    /// OK or ERR; others go on with the sign-in.
    fn verdict(&mut self, payload: &[u8], emit: &mut Emit<'_>) {
        let accepted = match payload.first() {
            Some(0x00) => true,
            Some(0xff) => false,
            _ => return,
        };
        if let Some(user) = self.user.clone() {
            emit.sign_in(
                user,
                Mechanism::Username,
                true,
                Some(accepted),
                payload.get(..1).unwrap_or_default(),
            );
        }
        self.done = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings() {
        assert_eq!(greeting(b"\x0a8.0.26\0\x01\0\0\0"), Some(&b"8.0.26"[..]));
        for wrong in [&b"\x098.0\0"[..], b"\x0aabc\0", b"", b"\x0a"] {
            assert_eq!(greeting(wrong), None);
        }
    }
}
