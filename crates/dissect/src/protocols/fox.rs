//! Niagara Fox of Tridium's building controllers (JACE) and their supervisors: who they are, how they sign in.
//! Source: the messages themselves, which are text: `fox a 1 -1 fox hello`, a block of `key=type:value` lines, `};;`. Seen in public
//! captures of Niagara AX 3.5 to 3.7; there is no public specification.

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use model::{Attribute, Operation, OperationClass as Class, Text};

/// The protocol.
pub(super) struct Fox;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "fox",
    title: "Niagara Fox",
    tcp: &[1911, 3011],
    udp: &[],
    ethertypes: &[],
    industrial: true,
    sources: "observed messages of Niagara AX; no public specification",
    operations: &[&OPERATIONS],
};

static COMMAND: Counter = Counter { protocol: "fox", name: "command" };

const START: &[u8] = b"fox ";
const END: &[u8] = b"};;\n";
/// Longest message that is waited for.
const MESSAGE_MAX: usize = 64 * 1024;
/// Longest head line: kind, two sequence numbers, channel and command.
const HEAD_MAX: usize = 200;

/// The head line of a message.
struct Head<'a> {
    /// `-1` where the message answers nothing.
    reply_to: &'a [u8],
    channel: &'a [u8],
    command: &'a [u8],
}

fn head(data: &[u8]) -> Option<(Head<'_>, &[u8])> {
    let at = data.iter().take(HEAD_MAX).position(|&b| b == b'\n')?;
    let (line, rest) = data.split_at_checked(at)?;
    let mut words = line.strip_prefix(START)?.split(|&b| b == b' ');
    let (kind, sequence) = (words.next()?, words.next()?);
    let head = Head { reply_to: words.next()?, channel: words.next()?, command: words.next()? };
    let sound = kind.len() == 1 && is_number(sequence) && is_number(head.reply_to);
    (sound && words.next().is_none() && rest.starts_with(b"\n{\n")).then_some((head, rest.get(3..)?))
}

fn is_number(word: &[u8]) -> bool {
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

impl Protocol for Fox {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// The head line and the brace after it: enough at any port.
    fn probe(&self, data: &[u8], _: &Hint) -> Probe {
        if !data.iter().zip(START).all(|(a, b)| a == b) {
            return Probe::No;
        }
        let unfinished = || data.len() < HEAD_MAX && !data.windows(3).any(|w| w == b"\n{\n");
        match head(data) {
            Some(_) => Probe::Yes,
            None if unfinished() => Probe::More,
            None => Probe::No,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read))
    }
}

fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    let data = input.data.get(..MESSAGE_MAX).unwrap_or(input.data);
    let end = data.windows(END.len()).position(|w| w == END);
    if end.is_none() && !input.cut {
        return if data.len() < MESSAGE_MAX { Progress::Need(data.len() + 1) } else { Progress::Lost };
    }
    let whole = end.map_or(data.len(), |at| at + END.len());
    let Some((head, body)) = data.get(..whole).and_then(head) else { return Progress::Lost };
    let code = code(&head);
    emit.count(&COMMAND, code);
    let answers = head.reply_to != b"-1" || emit.direction == model::observation::Direction::ToClient;
    let phase = match code {
        REJECTED => Phase::Error,
        _ if answers => Phase::Response,
        _ => Phase::Request,
    };
    emit.operation(&OPERATIONS, code, phase);
    match code {
        HELLO => hello(body, emit),
        CHALLENGE => offered(body, emit),
        _ => {}
    }
    Progress::Took(whole)
}

/// The project's own number of a command.
fn code(head: &Head<'_>) -> u32 {
    match (head.channel, head.command) {
        (b"fox", b"hello") => HELLO,
        (b"fox", b"challenge") => CHALLENGE,
        (b"fox", b"response" | b"login" | b"authenticate") => SIGN_IN,
        (b"fox", b"rejected") => REJECTED,
        (b"fox", _) => SESSION,
        (b"file", _) => FILE,
        (b"station", _) => STATION,
        (b"history", _) => HISTORY,
        _ => OTHER,
    }
}

/// Lines `key=s:value`: key and text.
fn values(body: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    body.split(|&b| b == b'\n').take(64).filter_map(|line| {
        let (key, value) = line.split_at_checked(line.iter().position(|&b| b == b'=')?)?;
        Some((key, value.strip_prefix(b"=s:")?))
    })
}

/// What a station or a workbench says of itself.
fn hello(body: &[u8], emit: &mut Emit<'_>) {
    for (key, text) in values(body) {
        let (attribute, field) = match key {
            b"station.name" => (Attribute::Name, "fox.station_name"),
            b"hostName" if !is_address(text) => (Attribute::Hostname, "fox.host_name"),
            b"app.name" => {
                let name = format!("Niagara {}", Text::from_wire(text).as_str());
                emit.identity(Whom::Sender, Attribute::Product, Text::new(&name), text, "fox.app_name");
                continue;
            }
            b"app.version" => (Attribute::Firmware, "fox.app_version"),
            b"hostId" => (Attribute::Serial, "fox.host_id"),
            b"brandId" => (Attribute::Vendor, "fox.brand_id"),
            b"os.name" => (Attribute::Os, "fox.os_name"),
            b"fox.version" => (Attribute::ProtocolVersion, "fox.version"),
            _ => continue,
        };
        emit.text(Whom::Sender, attribute, text, field);
    }
}

/// Controllers give their IP address as host name.
fn is_address(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|t| t.parse::<std::net::IpAddr>().is_ok())
}

fn offered(body: &[u8], emit: &mut Emit<'_>) {
    if let Some((_, method)) = values(body).find(|(key, _)| *key == b"method") {
        emit.text(Whom::Sender, Attribute::SignInOffered, method, "fox.challenge_method");
    }
}

const OTHER: u32 = 0;
const HELLO: u32 = 1;
const CHALLENGE: u32 = 2;
const SIGN_IN: u32 = 3;
const REJECTED: u32 = 4;
const SESSION: u32 = 5;
const FILE: u32 = 6;
const STATION: u32 = 7;
const HISTORY: u32 = 8;

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Commands of the session, and the channels that do something.
static OPERATIONS: Operations = Operations {
    prefix: "command",
    list: &[
        op("other_channel", OTHER, Class::Other),
        op("hello", HELLO, Class::Discovery),
        op("challenge", CHALLENGE, Class::Authentication),
        op("sign_in", SIGN_IN, Class::Authentication),
        op("rejected", REJECTED, Class::Authentication),
        op("session", SESSION, Class::Session),
        op("file", FILE, Class::File),
        op("station", STATION, Class::Other),
        op("history", HISTORY, Class::Read),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::testing::Bench;
    use model::Transport;

    const HELLO: &[u8] = b"fox a 0 -1 fox hello\n{\nfox.version=s:1.0.1\nid=i:29\nhostName=s:192.0.2.2\napp.name=s:Station\n\
        app.version=s:3.7.106.5\nos.name=s:QNX\nstation.name=s:Boiler_House\nhostId=s:Qnx-NPM3-0000-0000-0001\nbrandId=s:vykon\n};;\n";

    #[test]
    fn recognition() {
        let hint = Hint {
            transport: Transport::Tcp,
            from_port: 5,
            to_port: 6,
            ethertype: 0,
            usual: false,
            from_start: true,
        };
        assert_eq!(Fox.probe(HELLO, &hint), Probe::Yes);
        assert_eq!(Fox.probe(&HELLO[..12], &hint), Probe::More);
        assert_eq!(Fox.probe(b"fox trot tango 1 2\n", &hint), Probe::More);
        assert_eq!(Fox.probe(b"fox trot tango 1 2\n{\n", &hint), Probe::No);
        assert_eq!(Fox.probe(b"GET / HTTP/1.1\r\n", &hint), Probe::No);
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }

    #[test]
    fn a_station_says_who_it_is() {
        let mut bench = Bench::new(&Fox);
        assert_eq!(bench.server(&HELLO[..40]), Progress::Need(41));
        assert_eq!(bench.server(HELLO), Progress::Took(HELLO.len()));
        let facts = bench.facts();
        for fact in ["firmware 3.7.106.5", "name Boiler_House", "product Niagara Station", "os QNX"] {
            assert!(facts.contains(&format!("server {fact}")), "{fact}: {facts:?}");
        }
        assert!(!facts.iter().any(|f| f.contains("hostname")), "an address is no host name");
        assert_eq!(bench.operations(), ["hello 0/1/0"]);
    }
}
