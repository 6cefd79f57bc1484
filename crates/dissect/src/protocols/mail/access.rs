//! POP3 and IMAP. Sources: RFC 1939, RFC 2595 (TLS), RFC 5034 (POP3 AUTH); RFC 9051 (IMAP).

use super::{Upgrade, Waiting};
use crate::emit::{Emit, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::protocols::lines;
use model::observation::Direction;
use model::{Attribute, Confidence, Text};

/// POP3.
pub(in super::super) struct Pop3;
/// IMAP.
pub(in super::super) struct Imap;

static POP3: ProtocolInfo = ProtocolInfo {
    name: "pop3",
    title: "POP3",
    tcp: &[110],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 1939; RFC 2595",
    operations: &[],
};

static IMAP: ProtocolInfo = ProtocolInfo {
    name: "imap",
    title: "IMAP",
    tcp: &[143],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 9051",
    operations: &[],
};

/// Bytes of a first line that are waited for.
const LINE_MAX: usize = 300;

/// At the usual port: a line of text that `fits`.
fn first_line(head: &[u8], hint: &Hint, fits: impl Fn(&[u8]) -> bool) -> Probe {
    let text = |bytes: &[u8]| bytes.iter().all(|b| matches!(b, b'\t' | b'\r' | b' '..=b'~' | 0x80..));
    match head.iter().position(|&b| b == b'\n') {
        _ if !hint.usual => Probe::No,
        Some(end) => {
            let line = head.get(..end).unwrap_or_default();
            Probe::when(text(line) && fits(line))
        }
        None if text(head) && head.len() < LINE_MAX => Probe::More,
        None => Probe::No,
    }
}

impl Protocol for Pop3 {
    fn info(&self) -> &'static ProtocolInfo {
        &POP3
    }

    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        const COMMANDS: [&str; 13] = [
            "USER", "PASS", "APOP", "STLS", "CAPA", "AUTH", "STAT", "LIST", "RETR", "DELE", "TOP", "UIDL",
            "QUIT",
        ];
        first_line(head, hint, |line| {
            let (word, _) = lines::command(line);
            let command = COMMANDS.iter().any(|c| c.as_bytes().eq_ignore_ascii_case(word));
            command || line.starts_with(b"+OK") || line.starts_with(b"-ERR")
        })
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<Pop3Session>::default()
    }
}

#[derive(Default)]
struct Pop3Session {
    waiting: Waiting,
    asked: Asked,
    upgrade: Upgrade,
}

/// The last command, where its answer matters.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Asked {
    /// Nothing: the greeting comes.
    #[default]
    Greeting,
    Secret,
    Tls,
    Other,
}

impl Session for Pop3Session {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if let Some(progress) = self.upgrade.read(input, emit) {
            return progress;
        }
        let (line, took) = match lines::first(&input) {
            Ok(line) => line,
            Err(progress) => return progress,
        };
        if input.direction == Direction::ToClient {
            self.reply(line, emit);
        } else {
            let (word, argument) = lines::command(line);
            let word = word.to_ascii_uppercase();
            let user = argument.split(|&b| b == b' ').next().unwrap_or_default();
            if matches!(word.as_slice(), b"USER" | b"APOP") {
                self.waiting.ask(Text::from_wire(user), user, emit);
            } else if word.as_slice() == b"PASS" {
                self.waiting.secret(argument, argument, emit);
            }
            self.asked = match word.as_slice() {
                b"PASS" | b"APOP" => Asked::Secret,
                b"STLS" => Asked::Tls,
                _ => Asked::Other,
            };
        }
        Progress::Took(took)
    }

    fn held(&self) -> usize {
        self.upgrade.held()
    }
}

impl Pop3Session {
    fn reply(&mut self, line: &[u8], emit: &mut Emit<'_>) {
        let ok = line.strip_prefix(b"+OK");
        if ok.is_none() && !line.starts_with(b"-ERR") {
            return;
        }
        match (self.asked, ok) {
            (Asked::Greeting, Some(text)) => greeting(text, "pop.response.description", emit),
            (Asked::Secret, ok) => self.waiting.answer(ok.is_some(), line, emit),
            (Asked::Tls, Some(_)) => self.upgrade.start(),
            _ => {}
        }
        self.asked = Asked::Other;
    }
}

fn greeting(text: &[u8], field: &'static str, emit: &mut Emit<'_>) {
    emit.claim(Whom::Sender, Attribute::Software, Text::from_wire(text), text, field, Confidence::LIKELY);
}

impl Protocol for Imap {
    fn info(&self) -> &'static ProtocolInfo {
        &IMAP
    }

    /// RFC 9051 §2.2: a tag or `*`, a blank, a word in letters.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        first_line(head, hint, |line| {
            let (tag, rest) = lines::command(line);
            let (word, _) = lines::command(rest);
            let tagged =
                tag == b"*" || tag == b"+" || tag.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'.');
            tagged && !word.is_empty() && word.iter().all(u8::is_ascii_alphanumeric)
        })
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<ImapSession>::default()
    }
}

#[derive(Default)]
struct ImapSession {
    waiting: Waiting,
    /// Tag of the command whose answer matters, and whether it starts TLS.
    tag: Option<(Text, bool)>,
    greeted: bool,
    /// The client is in the middle of an exchange of secrets.
    plain: bool,
    upgrade: Upgrade,
}

impl Session for ImapSession {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if let Some(progress) = self.upgrade.read(input, emit) {
            return progress;
        }
        let (line, took) = match lines::first(&input) {
            Ok(line) => line,
            Err(progress) => return progress,
        };
        if input.direction == Direction::ToClient {
            self.reply(line, emit);
        } else {
            self.command(line, emit);
        }
        // A line that ends with the length of a literal is followed by so many bytes (RFC 9051 §4.3).
        Progress::Took(took.saturating_add(literal(line)))
    }

    fn held(&self) -> usize {
        self.upgrade.held()
    }
}

fn literal(line: &[u8]) -> usize {
    let length = |line: &[u8]| {
        let inside = line.strip_suffix(b"}")?.rsplit(|&b| b == b'{').next()?;
        std::str::from_utf8(inside.strip_suffix(b"+").unwrap_or(inside)).ok()?.parse().ok()
    };
    length(line).unwrap_or(0)
}

impl ImapSession {
    fn command(&mut self, line: &[u8], emit: &mut Emit<'_>) {
        if std::mem::take(&mut self.plain) {
            if let Some(user) = super::plain_user(line, emit) {
                self.waiting.ask(user, line, emit);
            }
            return;
        }
        let (tag, rest) = lines::command(line);
        let (word, argument) = lines::command(rest);
        match word.to_ascii_uppercase().as_slice() {
            b"LOGIN" => {
                let user = lines::command(argument).0;
                let user = user.strip_prefix(b"\"").and_then(|u| u.strip_suffix(b"\"")).unwrap_or(user);
                self.waiting.ask(Text::from_wire(user), user, emit);
                self.tag = Some((Text::from_wire(tag), false));
            }
            b"AUTHENTICATE" => {
                let (mechanism, token) = lines::command(argument);
                let plain = mechanism.eq_ignore_ascii_case(b"PLAIN");
                self.plain = plain && token.is_empty();
                if plain && let Some(user) = super::plain_user(token, emit) {
                    self.waiting.ask(user, token, emit);
                }
                self.tag = Some((Text::from_wire(tag), false));
            }
            b"STARTTLS" => self.tag = Some((Text::from_wire(tag), true)),
            _ => {}
        }
    }

    fn reply(&mut self, line: &[u8], emit: &mut Emit<'_>) {
        if !std::mem::replace(&mut self.greeted, true)
            && let Some(text) = line.strip_prefix(b"* OK")
        {
            return greeting(text, "imap.response", emit);
        }
        let (tag, rest) = lines::command(line);
        if let Some((own, tls)) = &self.tag
            && own.as_str().as_bytes() == tag
        {
            let ok = rest.get(..2).is_some_and(|w| w.eq_ignore_ascii_case(b"OK"));
            if *tls && ok {
                self.upgrade.start();
            }
            self.waiting.answer(ok, line, emit);
            self.tag = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_measured() {
        for (line, expected) in [
            (&b"a1 APPEND x {310}"[..], 310),
            (b"* 1 FETCH {12+}", 12),
            (b"a1 NOOP", 0),
            (b"{-1}", 0),
            (b"}", 0),
        ] {
            assert_eq!(literal(line), expected);
        }
    }
}
