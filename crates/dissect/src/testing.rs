//! For the tests of protocols: feeds messages to a session and tells what it said, one line each.

use crate::emit::{Emit, Shared, Talk, Witness};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol};
use model::conversation::ClientBy;
use model::observation::Direction;
use model::{CaptureId, Fact, Host, Mac, Timestamp, Transport};
use std::net::{IpAddr, Ipv4Addr};

/// The client, 10.0.0.1 or, outside IP, 02:00:00:00:00:01; the server ends in 2.
fn host(link: bool, last: u8) -> Host {
    if link {
        Host::mac(Mac([2, 0, 0, 0, 0, last]))
    } else {
        Host::ip(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)))
    }
}

/// What a session says to messages. Each is whole; `>` goes to the server, `<` to the client.
pub(crate) fn hear(protocol: &dyn Protocol, transport: Transport, messages: &[(char, &[u8])]) -> Vec<String> {
    let link = transport == Transport::Ethernet;
    let mut shared = Shared::new(&model::limits::Limits::default());
    let mut talk = Talk::new([host(link, 1), host(link, 2)], 0, ClientBy::Handshake);
    let mut session = protocol.open();
    let mut lines = Vec::new();
    for &(way, data) in messages {
        let direction = match way {
            _ if link => Direction::Link,
            '<' => Direction::ToClient,
            _ => Direction::ToServer,
        };
        let witness = Witness { capture: CaptureId(0), frame: 1, time: Timestamp(0), bytes: data };
        let mut emit = Emit {
            shared: &mut shared,
            talk: &mut talk,
            witness,
            direction,
            message: &[],
            info: protocol.info(),
        };
        let input = Input { data, direction, datagram: transport != Transport::Tcp, cut: false };
        let progress = session.read(input, &mut emit);
        if progress != Progress::Took(data.len()) {
            lines.push(format!("{progress:?}"));
        }
    }
    for operation in talk.take_operations() {
        let (o, r, a, e) = (operation.operation, operation.requests, operation.responses, operation.errors);
        lines.push(format!("operation {} {} {r} {a} {e}", o.name, o.class.as_str()));
    }
    for observation in shared.out {
        let part = observation.subject.part.map_or_else(String::new, |p| format!("/{p:?}"));
        let who = format!("{}{part}", observation.subject.host);
        lines.push(match observation.fact {
            Fact::Identity { attribute, value, .. } => format!("{who} {attribute} {value}"),
            Fact::Present { binding, .. } => {
                let mac = observation.subject.host.mac.map_or_else(String::new, |m| m.to_string());
                format!("{who} = {mac} {binding:?}")
            }
            Fact::SignIn(s) => {
                format!("{who} sign-in {} {:?} {} {:?}", s.name, s.mechanism, s.encrypted, s.accepted)
            }
            _ => continue,
        });
    }
    let (counts, _) = shared.tally.drain();
    for (protocol, counter, direction, code, count) in counts {
        lines.push(format!("{protocol}.{counter} {} {code} {count}", direction.as_str()));
    }
    lines.extend(shared.gaps.keys().map(|g| g.describe().to_owned()));
    lines
}

/// Asks a protocol about bytes at its usual port or elsewhere.
pub(crate) fn probe(protocol: &dyn Protocol, transport: Transport, usual: bool, head: &[u8]) -> Probe {
    let hint = Hint { transport, from_port: 50_000, to_port: 50_001, ethertype: 0, usual, from_start: true };
    protocol.probe(head, &hint)
}

/// Bytes written as hexadecimal digits; blanks are for the eye.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let value = |d: u8| char::from(d).to_digit(16).and_then(|n| u8::try_from(n).ok()).unwrap_or(0);
    digits.chunks(2).map(|pair| pair.iter().fold(0, |n, &d| (n << 4) | value(d))).collect()
}
