//! FTP control connections: commands, users and the answer to them, and what the server says it is. Source: RFC 959, RFC 4217 (TLS).

use super::lines;
use super::tls::TlsSession;
use crate::emit::{Code, Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use model::observation::{Direction, Mechanism};
use model::{Attribute, Confidence, Operation, OperationClass as Class, Text};

/// The protocol.
pub(super) struct Ftp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "ftp",
    title: "FTP",
    tcp: &[21, 2121],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 959; RFC 2228; RFC 2389; RFC 4217",
    operations: &[&OPERATIONS],
};

/// Commands, as words.
static COMMAND: Counter = Counter { protocol: "ftp", name: "command" };

/// Longest command (RFC 959 §4.1 has 3 or 4 letters; sites add their own).
const COMMAND_MAX: usize = 16;

/// Reply codes (RFC 959 §4.2.2, RFC 4217 §4).
mod code {
    pub(super) const SYSTEM_TYPE: u16 = 215;
    pub(super) const READY: u16 = 220;
    pub(super) const LOGGED_IN: u16 = 230;
    pub(super) const SECURITY_ACCEPTED: u16 = 234;
    pub(super) const NOT_LOGGED_IN: u16 = 530;
}

impl Protocol for Ftp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// At its port a reply or a command; elsewhere a greeting that names FTP.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let Some(end) = head.iter().position(|&b| b == b'\n') else {
            let text = head.iter().all(|b| matches!(b, b'\t' | b'\r' | b' '..=b'~' | 0x80..));
            return if text && (hint.usual || head.starts_with(b"220")) { Probe::More } else { Probe::No };
        };
        let line = head.get(..end).unwrap_or_default().trim_ascii_end();
        match lines::reply(line) {
            Some((code, _, text)) => {
                let named = text.windows(3).any(|w| w.eq_ignore_ascii_case(b"ftp"));
                Probe::when(hint.usual || code == code::READY && named)
            }
            None => Probe::when(hint.usual && known(lines::command(line).0).is_some()),
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::<FtpSession>::default()
    }
}

#[derive(Default)]
struct FtpSession {
    user: Option<Text>,
    /// Code in [`OPERATIONS`] of the last command.
    asked: Option<u32>,
    greeted: bool,
    tls: Option<Box<TlsSession>>,
}

impl Session for FtpSession {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if let Some(tls) = &mut self.tls {
            return match tls.read(input, emit) {
                Progress::Lost => Progress::Took(usize::MAX),
                progress => progress,
            };
        }
        match lines::first(&input) {
            Ok((line, took)) => {
                match (lines::reply(line), input.direction) {
                    (Some((code, last, text)), Direction::ToClient) => self.reply(code, last, text, emit),
                    (_, Direction::ToClient) => {}
                    _ => self.command(line, emit),
                }
                Progress::Took(took)
            }
            Err(progress) => progress,
        }
    }

    fn held(&self) -> usize {
        self.tls.as_ref().map_or(0, |tls| tls.held())
    }
}

impl FtpSession {
    fn command(&mut self, line: &[u8], emit: &mut Emit<'_>) {
        // ABOR may come behind Telnet's interrupt (RFC 959 §4.1.3).
        let line = line.trim_ascii_start();
        let start = line.iter().position(|&b| b < 0xf0).unwrap_or(0);
        let (word, argument) = lines::command(line.get(start..).unwrap_or_default());
        let Some(word) = std::str::from_utf8(word).ok().filter(|w| (1..=COMMAND_MAX).contains(&w.len()))
        else {
            return;
        };
        emit.count(&COMMAND, Code::Word(word));
        let operation = known(word.as_bytes());
        self.asked = operation;
        if let Some(operation) = operation {
            emit.operation(&OPERATIONS, operation, Phase::Request);
        }
        if word.eq_ignore_ascii_case("user") {
            let user = Text::from_wire(argument);
            sign_in(&user, None, argument, emit);
            self.user = Some(user);
        } else if word.eq_ignore_ascii_case("pass")
            && let Some(user) = self.user.as_ref().filter(|user| !is_anonymous(user))
        {
            emit.secret(user.clone(), Mechanism::Username, argument, argument);
        }
    }

    fn reply(&mut self, code: u16, last: bool, text: &[u8], emit: &mut Emit<'_>) {
        match code {
            code::READY if !self.greeted => {
                self.greeted = true;
                let (field, sure) = ("ftp.response.arg", Confidence::LIKELY);
                emit.claim(Whom::Sender, Attribute::Software, Text::from_wire(text), text, field, sure);
            }
            code::SYSTEM_TYPE => emit.text(Whom::Sender, Attribute::Os, text, "ftp.response.arg"),
            code::SECURITY_ACCEPTED => self.tls = Some(Box::default()),
            code::LOGGED_IN | code::NOT_LOGGED_IN => {
                if let Some(user) = self.user.take() {
                    sign_in(&user, Some(code == code::LOGGED_IN), text, emit);
                }
            }
            _ => {}
        }
        // 1xx is followed by the final reply (RFC 959 §4.2).
        if last
            && code >= 200
            && let Some(operation) = self.asked.take()
        {
            emit.operation(&OPERATIONS, operation, if code >= 400 { Phase::Error } else { Phase::Response });
        }
    }
}

/// Anonymous users are named so by convention (RFC 1635).
fn is_anonymous(user: &Text) -> bool {
    ["anonymous", "ftp"].iter().any(|n| user.as_str().eq_ignore_ascii_case(n))
}

fn sign_in(user: &Text, accepted: Option<bool>, witness: &[u8], emit: &mut Emit<'_>) {
    let mechanism = if is_anonymous(user) { Mechanism::Anonymous } else { Mechanism::Username };
    emit.sign_in(user.clone(), mechanism, false, accepted, witness);
}

/// The code of a command in [`OPERATIONS`], if it is one.
fn known(word: &[u8]) -> Option<u32> {
    let word = std::str::from_utf8(word).ok()?;
    OPERATIONS.list.iter().find(|o| o.name.as_str().eq_ignore_ascii_case(word)).map(|o| o.code)
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// RFC 959 §4.1, RFC 2228, RFC 2389, RFC 2428, RFC 3659; the codes are the project's own, FTP has words.
static OPERATIONS: Operations = Operations {
    prefix: "command",
    list: &[
        op("user", 1, Class::Authentication),
        op("pass", 2, Class::Authentication),
        op("acct", 3, Class::Authentication),
        op("auth", 4, Class::Authentication),
        op("quit", 5, Class::Session),
        op("rein", 6, Class::Session),
        op("retr", 10, Class::File),
        op("stor", 11, Class::File),
        op("stou", 12, Class::File),
        op("appe", 13, Class::File),
        op("dele", 14, Class::File),
        op("rnfr", 15, Class::File),
        op("rnto", 16, Class::File),
        op("mkd", 17, Class::File),
        op("xmkd", 18, Class::File),
        op("rmd", 19, Class::File),
        op("xrmd", 20, Class::File),
        op("list", 21, Class::File),
        op("nlst", 22, Class::File),
        op("mlsd", 23, Class::File),
        op("mlst", 24, Class::File),
        op("size", 25, Class::File),
        op("mdtm", 26, Class::File),
        op("cwd", 27, Class::File),
        op("cdup", 28, Class::File),
        op("pwd", 29, Class::File),
        op("xpwd", 30, Class::File),
        op("site", 40, Class::Configuration),
        op("syst", 41, Class::Discovery),
        op("feat", 42, Class::Discovery),
        op("help", 43, Class::Discovery),
        op("stat", 44, Class::Diagnostic),
        op("noop", 45, Class::Session),
        op("type", 46, Class::Session),
        op("mode", 47, Class::Session),
        op("stru", 48, Class::Session),
        op("port", 49, Class::Session),
        op("pasv", 50, Class::Session),
        op("eprt", 51, Class::Session),
        op("epsv", 52, Class::Session),
        op("rest", 53, Class::Session),
        op("abor", 54, Class::Session),
        op("allo", 55, Class::Session),
        op("opts", 56, Class::Session),
        op("pbsz", 57, Class::Session),
        op("prot", 58, Class::Session),
        op("clnt", 59, Class::Session),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(to_port: u16, usual: bool) -> Hint {
        let transport = model::Transport::Tcp;
        Hint { transport, from_port: 40_000, to_port, ethertype: 0, usual, from_start: true }
    }

    #[test]
    fn greetings_and_commands_are_recognised() {
        for (head, usual, expected) in [
            (&b"220 FTP server ready.\r\n"[..], false, Probe::Yes),
            (b"220 mail.example ESMTP\r\n", false, Probe::No),
            (b"220-", false, Probe::More),
            (b"USER anna\r\n", true, Probe::Yes),
            (b"USER anna\r\n", false, Probe::No),
            (b"331 Password required\r\n", true, Probe::Yes),
            (b"\x16\x03\x01\x00\xff", true, Probe::No),
        ] {
            assert_eq!(Ftp.probe(head, &hint(21, usual)), expected, "{}", head.escape_ascii());
        }
    }

    #[test]
    fn codes_are_sorted() {
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
        assert_eq!(known(b"StOr"), Some(11));
        assert_eq!(known(b"XYZZY"), None);
    }
}
