//! Syslog: who reports to whom, and under which name.
//! Sources: RFC 3164 §4.1, RFC 5424 §6, RFC 5426 (over UDP).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Short};
use model::{Attribute, Confidence, Operation, OperationClass as Class, Text};

/// The protocol.
pub(super) struct Syslog;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "syslog",
    title: "Syslog",
    tcp: &[],
    udp: &[514],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 3164; RFC 5424",
    operations: &[&OPERATIONS],
};

static SEVERITY: Counter = Counter { protocol: "syslog", name: "severity" };

impl Protocol for Syslog {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        Probe::when(hint.usual && priority(head).is_ok())
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| {
            if message(input.data, emit).is_err() {
                emit.malformed();
            }
            Progress::Took(input.data.len())
        }))
    }
}

/// One to three digits in angle brackets, at most 191 (RFC 5424 §6.2.1); and what follows.
fn priority(data: &[u8]) -> Read<(u16, &[u8])> {
    let rest = data.strip_prefix(b"<").ok_or(Short)?;
    let end = rest.iter().take(4).position(|&b| b == b'>').filter(|&n| n > 0).ok_or(Short)?;
    let digits = rest.get(..end).ok_or(Short)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(Short);
    }
    let value = digits.iter().fold(0u16, |n, d| n * 10 + u16::from(d - b'0'));
    if value > 191 { Err(Short) } else { Ok((value, rest.get(end + 1..).ok_or(Short)?)) }
}

fn message(data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let (value, rest) = priority(data)?;
    emit.count(&SEVERITY, value & 7);
    emit.operation(&OPERATIONS, 0, Phase::Request);
    // RFC 5424 §6: version 1, timestamp, host name. The older form has no fixed place for the name.
    let mut words = rest.split(|&b| b == b' ');
    if words.next() == Some(b"1") {
        let name = words.nth(1).unwrap_or_default();
        if name != b"-" && name.len() <= 255 {
            let (whom, field) = (Whom::Sender, "syslog.hostname");
            // A relay passes on what others wrote.
            emit.claim(whom, Attribute::Hostname, Text::from_wire(name), name, field, Confidence::GUESS);
        }
    }
    Ok(())
}

static OPERATIONS: Operations =
    Operations { prefix: "message", list: &[Operation::new("log", 0, Class::Diagnostic)] };

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hear;
    use model::Transport;

    #[test]
    fn messages() {
        assert_eq!(
            hear(&Syslog, Transport::Udp, &[('>', b"<165>1 2003-10-11T22:14:15Z plc-7 app - ID47 - text")]),
            ["operation log diagnostic 1 0 0", "10.0.0.1 hostname plc-7", "syslog.severity c2s 5 1"]
        );
        assert_eq!(priority(b"<34>Oct 11 su: failed"), Ok((34, &b"Oct 11 su: failed"[..])));
        for bad in [&b"<>x"[..], b"<192>x", b"<1234>x", b"<a>x", b"34>x", b"", b"<9999"] {
            assert_eq!(priority(bad), Err(Short));
        }
    }
}
