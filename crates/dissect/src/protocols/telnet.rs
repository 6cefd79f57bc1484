//! Telnet: who signs in, and what the host says first. Never what is typed after a password prompt.
//! Sources: RFC 854 (protocol), RFC 855 (options); the prompts are those of common systems.

use crate::emit::{Counter, Emit, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::byte;
use model::observation::{Direction, Mechanism};
use model::{Attribute, Confidence, Text};

/// The protocol.
pub(super) struct Telnet;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "telnet",
    title: "Telnet",
    tcp: &[23, 2323],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 854; RFC 855",
    operations: &[],
};

/// Commands by code.
static COMMAND: Counter = Counter { protocol: "telnet", name: "command" };

/// RFC 854, "Telnet command structure".
mod command {
    pub(super) const SE: u8 = 240;
    pub(super) const SB: u8 = 250;
    pub(super) const WILL: u8 = 251;
    pub(super) const DONT: u8 = 254;
    pub(super) const IAC: u8 = 255;
}

/// Text of one line that is kept.
const LINE_MAX: usize = 200;
/// Longest user name.
const NAME_MAX: usize = 64;
/// Text after a password that is searched for the answer.
const ANSWER_MAX: usize = 400;

impl Protocol for Telnet {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// At its port anything; elsewhere a negotiation: IAC, WILL to DONT, an option in use (IANA "Telnet Options").
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        if hint.usual {
            return Probe::when(!head.starts_with(b"SSH-") && !head.starts_with(b"\x16\x03"));
        }
        let negotiation = |at: usize| {
            byte(head, at).is_none_or(|b| b == command::IAC)
                && byte(head, at + 1).is_none_or(|b| (command::WILL..=command::DONT).contains(&b))
                && byte(head, at + 2).is_none_or(|b| b <= 49)
        };
        if !negotiation(0) {
            Probe::No
        } else if head.len() < 6 {
            Probe::More
        } else {
            Probe::when(negotiation(3))
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<TelnetSession>::default()
    }
}

/// What the client is about to type.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Typing {
    #[default]
    Anything,
    Name,
    Secret,
    /// The secret was sent; the server's next lines are the answer.
    Done,
}

#[derive(Default)]
struct TelnetSession {
    typing: Typing,
    /// The server's current line.
    line: Vec<u8>,
    name: Vec<u8>,
    secret: Vec<u8>,
    /// Text since the password.
    answer: Vec<u8>,
    greeted: bool,
    /// Options in progress, by direction.
    places: [Place; 2],
}

/// Where in a command a direction is.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Place {
    #[default]
    Text,
    Command,
    Choice,
    Sub,
    SubCommand,
}

impl Session for TelnetSession {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let client = input.direction != Direction::ToClient;
        for (at, &b) in input.data.iter().enumerate() {
            if let Some(b) = self.text(b, usize::from(!client), emit) {
                if client {
                    self.typed(b, input.data.get(..at).unwrap_or_default(), emit)
                } else {
                    self.shown(b, emit)
                }
            }
        }
        Progress::Took(input.data.len())
    }
}

impl TelnetSession {
    /// The byte, when it is text and no part of a command.
    fn text(&mut self, b: u8, way: usize, emit: &mut Emit<'_>) -> Option<u8> {
        let place = self.places.get_mut(way)?;
        let (next, text) = match (*place, b) {
            (Place::Text, command::IAC) => (Place::Command, None),
            (Place::Text, b) => (Place::Text, Some(b)),
            (Place::Command, command::IAC) => (Place::Text, Some(b)),
            (Place::Command, code) => {
                emit.count(&COMMAND, code);
                match code {
                    command::SB => (Place::Sub, None),
                    command::WILL..=command::DONT => (Place::Choice, None),
                    _ => (Place::Text, None),
                }
            }
            (Place::Choice, _) => (Place::Text, None),
            (Place::Sub, command::IAC) => (Place::SubCommand, None),
            (Place::Sub, _) => (Place::Sub, None),
            (Place::SubCommand, command::SE) => {
                emit.count(&COMMAND, command::SE);
                (Place::Text, None)
            }
            (Place::SubCommand, _) => (Place::Sub, None),
        };
        *place = next;
        text
    }

    /// A byte of the client, and what came with it before.
    fn typed(&mut self, b: u8, before: &[u8], emit: &mut Emit<'_>) {
        match (self.typing, b) {
            (Typing::Name, b'\r' | b'\n') if !self.name.is_empty() => {
                self.tell(None, emit);
                self.typing = Typing::Anything;
            }
            (Typing::Name, 0x08 | 0x7f) => {
                self.name.pop();
            }
            (Typing::Name, b' '..) if self.name.len() < NAME_MAX => self.name.push(b),
            (Typing::Secret, b'\r' | b'\n') => {
                self.typing = Typing::Done;
                self.answer.clear();
                let secret = std::mem::take(&mut self.secret);
                // Typed in one piece, it lies in this frame; key by key, it lies in none.
                let witness =
                    before.get(before.len().saturating_sub(secret.len())..).filter(|w| *w == secret);
                emit.secret(
                    Text::from_wire(&self.name),
                    self.mechanism(),
                    &secret,
                    witness.unwrap_or_default(),
                );
            }
            (Typing::Secret, 0x08 | 0x7f) => {
                self.secret.pop();
            }
            (Typing::Secret, b' '..) if self.secret.len() < NAME_MAX => self.secret.push(b),
            _ => {}
        }
    }

    /// A byte of the server.
    fn shown(&mut self, b: u8, emit: &mut Emit<'_>) {
        if self.typing == Typing::Done {
            if self.answer.len() < ANSWER_MAX {
                self.answer.push(b);
            }
            self.judge(emit);
        }
        if matches!(b, b'\r' | b'\n') {
            let line = std::mem::take(&mut self.line);
            if !self.greeted && line.iter().filter(|b| b.is_ascii_alphanumeric()).count() > 2 {
                self.greeted = true;
                let (field, sure) = ("telnet.data", Confidence::LIKELY);
                emit.claim(Whom::Sender, Attribute::Description, Text::from_wire(&line), &line, field, sure);
            }
            return;
        }
        if self.line.len() < LINE_MAX {
            self.line.push(b);
        }
        if b == b':' {
            self.prompt();
        } else if self.typing == Typing::Name && self.name.is_empty() && b > b' ' {
            // The line goes on ("Last login: Mon"): it was no prompt. The echo comes after what is typed.
            self.typing = Typing::Anything;
        }
    }

    /// Looks whether the server's line asks for something.
    fn prompt(&mut self) {
        let line = self.line.trim_ascii_end().to_ascii_lowercase();
        let asks = |words: &[&str]| words.iter().any(|w| line.ends_with(w.as_bytes()));
        if asks(&["password:", "passwd:", "pass:", "passcode:", "kennwort:", "pin:"]) {
            self.typing = Typing::Secret;
            self.secret.clear();
        } else if asks(&["login:", "username:", "user name:", "user:", "login as:", "account:", "benutzer:"])
            && self.typing != Typing::Done
        {
            self.typing = Typing::Name;
            self.name.clear();
        }
    }

    /// Looks whether the text after a password says yes or no.
    fn judge(&mut self, emit: &mut Emit<'_>) {
        let text = self.answer.to_ascii_lowercase();
        let has = |word: &str| text.windows(word.len()).any(|w| w == word.as_bytes());
        let no = [
            "incorrect",
            "failed",
            "invalid",
            "denied",
            "failure",
            "bad password",
            "wrong",
            "login:",
            "username:",
        ];
        let accepted = if no.iter().any(|w| has(w)) {
            Some(false)
        } else if matches!(text.trim_ascii_end().last(), Some(b'$' | b'#' | b'>' | b'%')) || has("last login")
        {
            Some(true)
        } else if text.len() >= ANSWER_MAX {
            None
        } else {
            return;
        };
        self.typing = Typing::Anything;
        if accepted.is_some() {
            self.tell(accepted, emit);
        }
    }

    fn mechanism(&self) -> Mechanism {
        if self.name.is_empty() { Mechanism::Password } else { Mechanism::Username }
    }

    fn tell(&self, accepted: Option<bool>, emit: &mut Emit<'_>) {
        emit.sign_in(Text::from_wire(&self.name), self.mechanism(), false, accepted, &[]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negotiations_are_recognised_elsewhere() {
        let hint = |usual| Hint {
            transport: model::Transport::Tcp,
            from_port: 40_000,
            to_port: 2000,
            ethertype: 0,
            usual,
            from_start: true,
        };
        for (head, usual, expected) in [
            (&[255, 253, 24, 255, 253, 32][..], false, Probe::Yes),
            (&[255, 253, 24], false, Probe::More),
            (&[255, 216, 255, 224, 0, 16], false, Probe::No),
            (b"login: ", true, Probe::Yes),
            (b"SSH-2.0-x", true, Probe::No),
        ] {
            assert_eq!(Telnet.probe(head, &hint(usual)), expected, "{head:?}");
        }
    }

    #[test]
    fn prompts_decide_what_is_typed() {
        for (line, expected) in
            [("plc login: ", true), ("Username:", true), ("last login: today", false), ("Password: ", false)]
        {
            let mut session = TelnetSession { line: line.into(), ..TelnetSession::default() };
            session.prompt();
            assert_eq!(session.typing == Typing::Name, expected, "{line}");
        }
    }
}
