//! Phoenix Contact PCWorx: how the engineering tool finds out what a controller is.
//! Source: the messages themselves, as seen between PC Worx and ILC 131 ETH and ILC 191 ETH; there is no public specification. Both ends
//! frame their messages the same way: kind, function, whole length, sequence.

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{be16, byte};
use model::{Attribute, Operation, OperationClass as Class};

/// The protocol.
pub(super) struct PcWorx;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "pcworx",
    title: "Phoenix Contact PCWorx",
    tcp: &[1962],
    udp: &[],
    ethertypes: &[],
    industrial: true,
    sources: "observed messages; no public specification",
    operations: &[&OPERATIONS],
};

static FUNCTION: Counter = Counter { protocol: "pcworx", name: "function" };

const HEADER: usize = 6;
/// Longest message that is waited for.
const LENGTH_MAX: usize = 4096;
const REQUEST: u8 = 0x01;
const ANSWER: u8 = 0x81;
const OPEN: u8 = 1;
const CONNECT: u8 = 5;
const READ_INFORMATION: u8 = 6;

/// Kind, function and length of the message at the front.
fn head(data: &[u8]) -> Option<(u8, u8, usize)> {
    let (kind, function, length) = (byte(data, 0)?, byte(data, 1)?, usize::from(be16(data, 2)?));
    let sound = matches!(kind, REQUEST | ANSWER) && function < 0x20 && (12..=LENGTH_MAX).contains(&length);
    sound.then_some((kind, function, length))
}

impl Protocol for PcWorx {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// At the usual port a whole message: there is too little to be told by elsewhere.
    fn probe(&self, data: &[u8], hint: &Hint) -> Probe {
        if !hint.usual || byte(data, 0).is_none_or(|b| b != REQUEST && b != ANSWER) {
            return Probe::No;
        }
        match head(data) {
            Some((.., length)) if data.len() < length => Probe::More,
            Some(_) => Probe::Yes,
            None if data.len() < HEADER => Probe::More,
            None => Probe::No,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read))
    }
}

fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    let Some((kind, function, length)) = head(input.data) else {
        let wait = input.data.len() < HEADER && !input.cut;
        return if wait { Progress::Need(HEADER) } else { Progress::Lost };
    };
    let Some(message) = input.data.get(..length) else {
        return if input.cut { Progress::Lost } else { Progress::Need(length) };
    };
    emit.client_is_sender(kind == REQUEST);
    emit.count(&FUNCTION, function);
    emit.operation(
        &OPERATIONS,
        function.into(),
        if kind == REQUEST { Phase::Request } else { Phase::Response },
    );
    if kind == ANSWER && function == READ_INFORMATION {
        information(message, emit);
    }
    Progress::Took(length)
}

/// Texts at fixed places, each ended by NUL: type, firmware, order number and its revision.
fn information(message: &[u8], emit: &mut Emit<'_>) {
    const TEXTS: [(usize, Attribute, &str); 4] = [
        (30, Attribute::Product, "pcworx.plc_type"),
        (66, Attribute::Firmware, "pcworx.firmware"),
        (152, Attribute::OrderNumber, "pcworx.order_number"),
        (160, Attribute::Hardware, "pcworx.hardware"),
    ];
    for (at, attribute, field) in TEXTS {
        let text = message.get(at..).and_then(|rest| rest.split(|&b| b == 0).next()).unwrap_or_default();
        if text.iter().all(|b| b.is_ascii_graphic() || *b == b' ') {
            emit.text(Whom::Sender, attribute, text, field);
        }
    }
}

const fn op(name: &'static str, code: u8, class: Class) -> Operation {
    Operation::new(name, code as u32, class)
}

/// Functions that were seen; others keep their number.
static OPERATIONS: Operations = Operations {
    prefix: "function",
    list: &[
        op("open_session", OPEN, Class::Session),
        op("connect_service", CONNECT, Class::Session),
        op("read_information", READ_INFORMATION, Class::Discovery),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::testing::Bench;
    use model::Transport;

    #[test]
    fn a_controller_says_what_it_is() {
        let mut answer = vec![0; 176];
        answer[..4].copy_from_slice(&[0x81, 6, 0, 176]);
        answer[30..41].copy_from_slice(b"ILC 131 ETH");
        answer[66..70].copy_from_slice(b"4.42");
        answer[152..159].copy_from_slice(b"2700973");
        answer[160..162].copy_from_slice(b"B1");
        let mut bench = Bench::new(&PcWorx);
        assert_eq!(bench.client(&[1, 6, 0, 14, 0, 2, 0, 0, 0, 0, 0, 0x4c, 4, 0]), Progress::Took(14));
        assert_eq!(bench.server(&answer[..100]), Progress::Need(176));
        assert_eq!(bench.server(&answer), Progress::Took(176));
        let facts = ["product ILC 131 ETH", "firmware 4.42", "order_number 2700973", "hardware B1"];
        assert_eq!(bench.facts(), facts.map(|f| format!("server {f}")));
        assert_eq!(bench.operations(), ["read_information 1/1/0"]);
    }

    #[test]
    fn nothing_is_claimed_elsewhere() {
        let hint = |usual| Hint {
            transport: Transport::Tcp,
            from_port: 5,
            to_port: 6,
            ethertype: 0,
            usual,
            from_start: true,
        };
        let open = [1, 6, 0, 14, 0, 2, 0, 0, 0, 0, 0, 0x4c, 4, 0];
        assert_eq!(PcWorx.probe(&open, &hint(true)), Probe::Yes);
        assert_eq!(PcWorx.probe(&open, &hint(false)), Probe::No);
        assert_eq!(PcWorx.probe(&open[..13], &hint(true)), Probe::More);
        assert_eq!(PcWorx.probe(b"SSH-2.0-", &hint(true)), Probe::No);
    }
}
