//! Red Lion Crimson v3: how the programming tool reads registers of panels and data stations.
//! Source: the messages themselves, as seen with a G306A panel; there is no public specification. A message is its length, a register, and
//! the value.

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::be16;
use model::observation::Direction;
use model::{Attribute, Operation, OperationClass as Class};

/// The protocol.
pub(super) struct Crimson;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "crimson",
    title: "Red Lion Crimson v3",
    tcp: &[789],
    udp: &[],
    ethertypes: &[],
    industrial: true,
    sources: "observed messages; no public specification",
    operations: &[&OPERATIONS],
};

static REGISTER: Counter = Counter { protocol: "crimson", name: "register" };

/// Longest message that is waited for.
const LENGTH_MAX: usize = 2048;
const MODEL: u16 = 0x012a;
const MAKER: u16 = 0x012b;

/// Whole length and register.
fn head(data: &[u8]) -> Option<(usize, u16)> {
    let length = usize::from(be16(data, 0)?) + 2;
    (6..=LENGTH_MAX).contains(&length).then_some((length, be16(data, 2)?))
}

impl Protocol for Crimson {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// At the usual port a whole message: there is too little to be told by elsewhere.
    fn probe(&self, data: &[u8], hint: &Hint) -> Probe {
        match head(data) {
            Some((_, register)) if !hint.usual || !(0x0100..0x0400).contains(&register) => Probe::No,
            Some((length, _)) if data.len() < length => Probe::More,
            Some(_) => Probe::Yes,
            None if hint.usual && data.len() < 4 => Probe::More,
            None => Probe::No,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read))
    }
}

fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    let Some((length, register)) = head(input.data) else {
        let wait = input.data.len() < 4 && !input.cut;
        return if wait { Progress::Need(4) } else { Progress::Lost };
    };
    let Some(message) = input.data.get(..length) else {
        return if input.cut { Progress::Lost } else { Progress::Need(length) };
    };
    let answers = emit.direction == Direction::ToClient;
    emit.count(&REGISTER, register);
    emit.operation(&OPERATIONS, register.into(), if answers { Phase::Response } else { Phase::Request });
    // Two octets between register and value.
    let text = message.get(6..).unwrap_or_default().split(|&b| b == 0).next().unwrap_or_default();
    if answers && text.iter().all(|b| b.is_ascii_graphic() || *b == b' ') {
        match register {
            MODEL => emit.text(Whom::Sender, Attribute::Product, text, "crimson.model"),
            MAKER => emit.text(Whom::Sender, Attribute::Vendor, text, "crimson.manufacturer"),
            _ => {}
        }
    }
    Progress::Took(length)
}

const fn op(name: &'static str, code: u16, class: Class) -> Operation {
    Operation::new(name, code as u32, class)
}

/// Registers that were seen; others keep their number.
static OPERATIONS: Operations = Operations {
    prefix: "register",
    list: &[op("read_model", MODEL, Class::Discovery), op("read_manufacturer", MAKER, Class::Discovery)],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::testing::Bench;
    use model::Transport;

    #[test]
    fn a_panel_says_what_it_is() {
        let mut bench = Bench::new(&Crimson);
        bench.client(&[0, 4, 1, 0x2b, 0x1b, 0]);
        bench.server(b"\x00\x16\x01\x2b\x03\x00Red Lion Controls\x00");
        bench.client(&[0, 4, 1, 0x2a, 0x1a, 0]);
        bench.server(b"\x00\x0a\x01\x2a\x03\x00G306a\x00");
        assert_eq!(bench.facts(), ["server vendor Red Lion Controls", "server product G306a"]);
        assert_eq!(bench.operations(), ["read_manufacturer 1/1/0", "read_model 1/1/0"]);
    }

    #[test]
    fn recognition() {
        let hint = |usual| Hint {
            transport: Transport::Tcp,
            from_port: 5,
            to_port: 6,
            ethertype: 0,
            usual,
            from_start: true,
        };
        assert_eq!(Crimson.probe(&[0, 4, 1, 0x2b, 0x1b, 0], &hint(true)), Probe::Yes);
        assert_eq!(Crimson.probe(&[0, 4, 1, 0x2b, 0x1b, 0], &hint(false)), Probe::No);
        assert_eq!(Crimson.probe(b"GET / HTTP/1.1", &hint(true)), Probe::No);
    }
}
