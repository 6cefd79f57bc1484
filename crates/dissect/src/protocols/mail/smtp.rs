//! SMTP. Sources: RFC 5321, RFC 4954 (AUTH), RFC 3207 (STARTTLS), RFC 3030 (BDAT).

use super::{Upgrade, Waiting, decoded, plain_user};
use crate::emit::{Code, Counter, Emit, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::protocols::lines;
use model::observation::Direction;
use model::{Attribute, Confidence, Text};

/// The protocol.
pub(in super::super) struct Smtp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "smtp",
    title: "SMTP",
    tcp: &[25, 587, 2525],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 5321; RFC 4954; RFC 3207",
    operations: &[],
};

/// Commands, as words.
static COMMAND: Counter = Counter { protocol: "smtp", name: "command" };

/// Commands in use (RFC 5321 §4.1.1 and extensions).
const COMMANDS: &[&str] = &[
    "EHLO", "HELO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "VRFY", "EXPN", "HELP", "NOOP", "QUIT", "AUTH",
    "STARTTLS",
];

fn command(word: &[u8]) -> Option<&'static str> {
    COMMANDS.iter().find(|c| c.as_bytes().eq_ignore_ascii_case(word)).copied()
}

impl Protocol for Smtp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A greeting that names SMTP; at its port any reply or command.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let Some(end) = head.iter().position(|&b| b == b'\n') else {
            let text = head.iter().all(|b| matches!(b, b'\t' | b'\r' | b' '..=b'~'));
            return if text && (hint.usual || head.starts_with(b"220")) { Probe::More } else { Probe::No };
        };
        let line = head.get(..end).unwrap_or_default().trim_ascii_end();
        match lines::reply(line) {
            Some((code, _, text)) => Probe::when(
                hint.usual || code == 220 && text.windows(4).any(|w| w.eq_ignore_ascii_case(b"smtp")),
            ),
            None => {
                let (word, argument) = lines::command(line);
                let opens = matches!(command(word), Some("EHLO" | "HELO")) && !argument.is_empty();
                Probe::when(opens || hint.usual && command(word).is_some())
            }
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<SmtpSession>::default()
    }
}

/// What the client sends next.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Next {
    #[default]
    Commands,
    /// A message, up to a line with a dot.
    Message,
    /// Credentials of AUTH PLAIN.
    Plain,
    /// The user name of AUTH LOGIN.
    User,
    /// The rest of a sign-in: secrets.
    Secret,
}

#[derive(Default)]
struct SmtpSession {
    next: Next,
    waiting: Waiting,
    greeted: bool,
    starts_tls: bool,
    sends: bool,
    upgrade: Upgrade,
}

impl Session for SmtpSession {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if let Some(progress) = self.upgrade.read(input, emit) {
            return progress;
        }
        match lines::first(&input) {
            Ok((line, took)) if input.direction == Direction::ToClient => {
                if let Some((code, last, text)) = lines::reply(line) {
                    self.reply(code, last, text, emit);
                }
                Progress::Took(took)
            }
            Ok((line, took)) => Progress::Took(took.saturating_add(self.line(line, emit))),
            Err(progress) => progress,
        }
    }

    fn held(&self) -> usize {
        self.upgrade.held()
    }
}

impl SmtpSession {
    /// A line of the client; answers how many bytes behind it are contents.
    fn line(&mut self, line: &[u8], emit: &mut Emit<'_>) -> usize {
        match self.next {
            Next::Message if line == b"." => self.next = Next::Commands,
            Next::Plain => {
                if let Some(user) = plain_user(line, emit) {
                    self.waiting.ask(user, line, emit);
                }
                self.next = Next::Commands;
            }
            Next::User => {
                if let Some(user) = decoded(line) {
                    self.waiting.ask(Text::from_wire(&user), line, emit);
                }
                self.next = Next::Secret;
            }
            Next::Secret => {
                if let Some(secret) = decoded(line) {
                    self.waiting.secret(&secret, line, emit);
                }
                self.next = Next::Commands;
            }
            Next::Message => {}
            Next::Commands => return self.command(line, emit),
        }
        0
    }

    fn command(&mut self, line: &[u8], emit: &mut Emit<'_>) -> usize {
        let (word, argument) = lines::command(line);
        let Some(word) = command(word) else { return 0 };
        emit.count(&COMMAND, Code::Word(word));
        match word {
            "EHLO" | "HELO" => {
                let (field, sure) = ("smtp.req.parameter", Confidence::LIKELY);
                let name = if argument.starts_with(b"[") { &[] } else { argument };
                emit.claim(Whom::Sender, Attribute::Hostname, Text::from_wire(name), name, field, sure);
            }
            "STARTTLS" => self.starts_tls = true,
            "DATA" => self.sends = true,
            "BDAT" => {
                let size = argument
                    .split(|&b| b == b' ')
                    .next()
                    .and_then(|n| std::str::from_utf8(n).ok()?.parse().ok());
                return size.unwrap_or(0);
            }
            "AUTH" => {
                let (mechanism, token) = lines::command(argument);
                self.next = match (mechanism.to_ascii_uppercase().as_slice(), token.is_empty()) {
                    (b"PLAIN", true) => Next::Plain,
                    (b"PLAIN", false) => {
                        if let Some(user) = plain_user(token, emit) {
                            self.waiting.ask(user, token, emit);
                        }
                        Next::Commands
                    }
                    (b"LOGIN", true) => Next::User,
                    (b"LOGIN", false) => {
                        if let Some(user) = decoded(token) {
                            self.waiting.ask(Text::from_wire(&user), token, emit);
                        }
                        Next::Secret
                    }
                    _ => Next::Secret,
                };
            }
            _ => {}
        }
        0
    }

    fn reply(&mut self, code: u16, last: bool, text: &[u8], emit: &mut Emit<'_>) {
        if code == 220 && !self.greeted {
            self.greeted = true;
            let (field, sure) = ("smtp.rsp.parameter", Confidence::LIKELY);
            emit.claim(Whom::Sender, Attribute::Software, Text::from_wire(text), text, field, sure);
        } else if last {
            match code {
                220 if self.starts_tls => self.upgrade.start(),
                354 if self.sends => self.next = Next::Message,
                235 => self.waiting.answer(true, text, emit),
                500..=599 => {
                    self.waiting.answer(false, text, emit);
                    self.next = Next::Commands;
                }
                _ => {}
            }
            if code != 334 {
                self.starts_tls = false;
                self.sends = false;
            }
        }
    }
}
