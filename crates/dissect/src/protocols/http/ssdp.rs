//! SSDP: devices that announce themselves or are searched for (HTTP messages over UDP). Source: UPnP Device Architecture 2.0 §1.

use super::head::{Head, Start};
use super::{METHOD, STATUS};
use crate::emit::{Code, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use model::{Attribute, Operation, OperationClass as Class, Text};

/// The protocol.
pub(in super::super) struct Ssdp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "ssdp",
    title: "SSDP",
    tcp: &[],
    udp: &[1900],
    ethertypes: &[],
    industrial: false,
    sources: "UPnP Device Architecture 2.0 §1",
    operations: &[&OPERATIONS],
};

impl Protocol for Ssdp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        Probe::when(
            [&b"NOTIFY * HTTP/1."[..], b"M-SEARCH * HTTP/1.", b"HTTP/1."].iter().any(|s| head.starts_with(s)),
        )
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read))
    }
}

fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    let Some(head) = Head::parse(input.data) else { return Progress::Lost };
    match head.start {
        Start::Request { method } => {
            emit.count(&METHOD, Code::Word(method));
            emit.operation(&OPERATIONS, if method == "NOTIFY" { 1 } else { 2 }, Phase::Request);
        }
        Start::Response { status } => {
            emit.count(&STATUS, status);
            emit.operation(&OPERATIONS, 2, Phase::Response);
        }
    }
    for (name, value) in head.fields() {
        if name.eq_ignore_ascii_case(b"server") {
            emit.text(Whom::Sender, Attribute::Software, value, "http.server");
        } else if name.eq_ignore_ascii_case(b"location") {
            emit.identity(Whom::Sender, Attribute::Endpoint, Text::from_wire(value), value, "http.location");
        }
    }
    Progress::Took(input.data.len())
}

/// UPnP Device Architecture 2.0 §1.2 and §1.3; the codes are the project's own, SSDP has words.
static OPERATIONS: Operations = Operations {
    prefix: "method",
    list: &[Operation::new("notify", 1, Class::Discovery), Operation::new("search", 2, Class::Discovery)],
};

#[cfg(test)]
mod tests {
    use super::*;
    use model::Transport;

    #[test]
    fn only_the_words_of_ssdp_are_recognised() {
        let hint = Hint {
            transport: Transport::Udp,
            from_port: 1900,
            to_port: 1900,
            ethertype: 0,
            usual: true,
            from_start: true,
        };
        for (head, expected) in [
            (&b"M-SEARCH * HTTP/1.1\r\n"[..], Probe::Yes),
            (b"NOTIFY * HTTP/1.1\r\n", Probe::Yes),
            (b"HTTP/1.1 200 OK\r\n", Probe::Yes),
            (b"GET / HTTP/1.1\r\n", Probe::No),
        ] {
            assert_eq!(Ssdp.probe(head, &hint), expected);
        }
    }
}
