//! HSRP: routers that share an address tell each other who serves it.
//! Sources: RFC 2281, 5.1 (version 0); version 2 as Cisco describes it in "HSRP Version 2" (TLV type 1).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use model::{Attribute, Operation, OperationClass as Class, Text};

/// The protocol.
pub(super) struct Hsrp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "hsrp",
    title: "HSRP (router redundancy)",
    tcp: &[],
    udp: &[1985, 2029],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 2281; Cisco HSRP version 2",
    operations: &[&OPERATIONS],
};

static OPCODE: Counter = Counter { protocol: "hsrp", name: "opcode" };

/// Version 0: twenty octets, the state is one of six (RFC 2281, 5.1).
const LENGTH: usize = 20;
const STATES: [u8; 6] = [0, 1, 2, 4, 8, 16];
/// Version 2: the group state TLV and its length.
const GROUP_STATE: [u8; 2] = [1, 40];
const VERSION_2: u8 = 2;
/// Version 2 also announces interfaces in a TLV of its own, without a group.
const INTERFACE_STATE: [u8; 2] = [2, 4];

/// The operation code, when it is a sound message.
fn opcode(data: &[u8]) -> Option<u8> {
    match data {
        [0, code @ 0..=3, state, ..] if data.len() >= LENGTH && (*code == 3 || STATES.contains(state)) => {
            Some(*code)
        }
        [a, b, VERSION_2, code @ 0..=2, state @ 0..=6, 4 | 6, ..]
            if [*a, *b] == GROUP_STATE && data.len() >= 42 && *state <= 6 =>
        {
            Some(*code)
        }
        [a, b, ..] if [*a, *b] == INTERFACE_STATE && data.len() == 6 => Some(3),
        _ => None,
    }
}

impl Protocol for Hsrp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, data: &[u8], hint: &Hint) -> Probe {
        Probe::when(hint.usual && opcode(data).is_some())
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read))
    }
}

fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    let Some(code) = opcode(input.data) else { return Progress::Lost };
    emit.count(&OPCODE, code);
    emit.operation(&OPERATIONS, code.into(), Phase::Request);
    if code < 3 {
        // Only routers send it; the shared address belongs to none of them for good and is no fact about the sender.
        emit.identity(Whom::Sender, Attribute::Capability, Text::new("router"), input.data, "hsrp.opcode");
    }
    Progress::Took(input.data.len())
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Operation codes (RFC 2281, 5.1; 3 is Cisco's advertisement).
static OPERATIONS: Operations = Operations {
    prefix: "opcode",
    list: &[
        op("hello", 0, Class::Session),
        op("coup", 1, Class::Session),
        op("resign", 2, Class::Session),
        op("advertise", 3, Class::Session),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use model::Transport;

    #[test]
    fn recognition() {
        let hint = |usual| Hint {
            transport: Transport::Udp,
            from_port: 5,
            to_port: 6,
            ethertype: 0,
            usual,
            from_start: true,
        };
        let mut hello = [0, 0, 16, 3, 10, 90, 10, 0, b'c', b'i', b's', b'c', b'o', 0, 0, 0, 192, 0, 2, 254];
        assert_eq!(Hsrp.probe(&hello, &hint(true)), Probe::Yes);
        assert_eq!(Hsrp.probe(&hello, &hint(false)), Probe::No);
        assert_eq!(Hsrp.probe(&hello[..19], &hint(true)), Probe::No);
        hello[2] = 3;
        assert_eq!(Hsrp.probe(&hello, &hint(true)), Probe::No, "there is no such state");
    }
}
