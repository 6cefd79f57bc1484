//! PostgreSQL. Source: PostgreSQL manual, "Frontend/Backend Protocol" (55.2 flow, 55.7 message formats).

use crate::emit::{Emit, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::protocols::tls::TlsSession;
use crate::reader::{be32, byte};
use model::observation::{Direction, Mechanism};
use model::{Attribute, Confidence, Text};

/// The protocol.
pub(in super::super) struct Postgres;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "postgresql",
    title: "PostgreSQL",
    tcp: &[5432],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "PostgreSQL Frontend/Backend Protocol 3.0",
    operations: &[],
};

/// StartupMessage, SSLRequest, GSSENCRequest, CancelRequest (55.7).
mod start {
    pub(super) const VERSION_3: u32 = 0x0003_0000;
    pub(super) const SSL: u32 = 80_877_103;
    pub(super) const GSS: u32 = 80_877_104;
    pub(super) const CANCEL: u32 = 80_877_102;
}

/// Longest message of the sign-in.
const MESSAGE_MAX: usize = 10_000;

/// Length and code of a first message.
fn first(data: &[u8]) -> Option<(usize, u32)> {
    let (length, code) = (usize::try_from(be32(data, 0)?).ok()?, be32(data, 4)?);
    let known = match code {
        start::VERSION_3 => (9..MESSAGE_MAX).contains(&length),
        start::SSL | start::GSS => length == 8,
        start::CANCEL => length == 16,
        _ => false,
    };
    known.then_some((length, code))
}

impl Protocol for Postgres {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        match first(head) {
            Some(_) => Probe::Yes,
            None if head.len() < 8
                && byte(head, 0).is_none_or(|b| b == 0)
                && hint.from_start
                && hint.usual =>
            {
                Probe::More
            }
            None => Probe::No,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<PostgresSession>::default()
    }
}

#[derive(Default)]
struct PostgresSession {
    user: Option<Text>,
    /// The server's answer to a request for encryption is one letter.
    asked_ssl: bool,
    /// The secret is sent as it is or scrambled.
    scrambled: bool,
    done: bool,
    tls: Option<Box<TlsSession>>,
}

impl Session for PostgresSession {
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
        if input.direction == Direction::ToClient {
            self.server(&input, emit)
        } else {
            self.client(&input, emit)
        }
    }

    fn held(&self) -> usize {
        self.tls.as_ref().map_or(0, |tls| tls.held())
    }
}

impl PostgresSession {
    fn client(&mut self, input: &Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if self.user.is_some() {
            // Passwords and queries: a letter and a length.
            return match be32(input.data.get(1..).unwrap_or_default(), 0)
                .and_then(|n| usize::try_from(n).ok())
            {
                Some(length) => Progress::Took(length.saturating_add(1)),
                None => Progress::Need(5),
            };
        }
        let Some((length, code)) = first(input.data) else {
            return if input.data.len() < 8 && !input.cut { Progress::Need(8) } else { Progress::Lost };
        };
        if input.data.len() < length && !input.cut {
            return Progress::Need(length);
        }
        self.asked_ssl = matches!(code, start::SSL | start::GSS);
        if code == start::VERSION_3 {
            self.startup(input.data.get(8..length).or(input.data.get(8..)).unwrap_or_default(), emit);
        }
        Progress::Took(length)
    }

    /// Names and values, each ended by a zero.
    fn startup(&mut self, parameters: &[u8], emit: &mut Emit<'_>) {
        let mut parts = parameters.split(|&b| b == 0);
        while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
            match name {
                b"user" => self.user = Some(Text::from_wire(value)),
                b"application_name" => {
                    let (field, sure) = ("pgsql.parameter_value", Confidence::LIKELY);
                    emit.claim(Whom::Sender, Attribute::Software, Text::from_wire(value), value, field, sure);
                }
                b"" => break,
                _ => {}
            }
        }
    }

    fn server(&mut self, input: &Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if std::mem::take(&mut self.asked_ssl) {
            if matches!(byte(input.data, 0), Some(b'S' | b'G')) {
                self.tls = Some(Box::default());
            }
            return Progress::Took(1);
        }
        let (Some(kind), Some(length)) = (byte(input.data, 0), input.data.get(1..).and_then(|d| be32(d, 0)))
        else {
            return Progress::Need(5);
        };
        let whole = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(1);
        if !kind.is_ascii_alphabetic() || !(5..=MESSAGE_MAX).contains(&whole) {
            self.done = true;
            return Progress::Took(usize::MAX);
        }
        if input.data.len() < whole && !input.cut {
            return Progress::Need(whole);
        }
        let body = input.data.get(5..whole).or(input.data.get(5..)).unwrap_or_default();
        match kind {
            b'R' => match be32(body, 0) {
                Some(0) => self.verdict(true, body, emit),
                // Cleartext password (3); others prove that they know it.
                Some(code) => self.scrambled = code != 3,
                None => {}
            },
            b'E' => self.verdict(false, body, emit),
            b'S' => {
                let mut parts = body.split(|&b| b == 0);
                if let (Some(b"server_version"), Some(version)) = (parts.next(), parts.next()) {
                    let text = Text::new(&format!("PostgreSQL {}", Text::from_wire(version)));
                    emit.identity(Whom::Sender, Attribute::Software, text, version, "pgsql.parameter_value");
                }
            }
            b'Z' => self.done = true,
            _ => {}
        }
        Progress::Took(whole)
    }

    fn verdict(&mut self, accepted: bool, witness: &[u8], emit: &mut Emit<'_>) {
        if let Some(user) = self.user.clone() {
            emit.sign_in(user, Mechanism::Username, self.scrambled, Some(accepted), witness);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_messages() {
        assert_eq!(first(b"\0\0\0\x08\x04\xd2\x16\x2f"), Some((8, start::SSL)));
        assert_eq!(first(b"\0\0\0\x10\0\x03\0\0user\0x\0\0"), Some((16, start::VERSION_3)));
        assert_eq!(first(b"\0\0\0\x09\x04\xd2\x16\x2f"), None);
        assert_eq!(first(b"GET / HT"), None);
    }
}
