//! EtherCAT: datagrams that a master sends through its devices.
//! Source: IEC 61158-4-12:2019 (Type 12), 5.3 (frame) and 5.4 (datagrams).

use crate::emit::{Counter, Emit, Operations, Phase};
use crate::protocol::{Hint, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, byte, le16};
use model::{Operation, OperationClass as Class, Transport};

/// The protocol.
pub(super) struct EtherCat;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "ethercat",
    title: "EtherCAT",
    tcp: &[],
    udp: &[34980],
    ethertypes: &[0x88a4],
    industrial: true,
    sources: "IEC 61158-4-12:2019",
    operations: &[&OPERATIONS],
};

static COMMAND: Counter = Counter { protocol: "ethercat", name: "command" };

/// Frame header: eleven bits of length, then the type in four (5.3.2); 1 is datagrams, 4 network variables, 5 a mailbox.
const DATAGRAMS: u16 = 1;
const LAST_TYPE: u16 = 5;
/// The last command (5.4.1.2).
const LAST_COMMAND: u8 = 14;
/// Datagrams of one frame: each has at least twelve octets.
const DATAGRAMS_MAX: usize = 128;

impl Protocol for EtherCat {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let Some(header) = le16(head, 0) else { return Probe::No };
        let kind = header >> 12;
        if hint.transport == Transport::Ethernet {
            return Probe::when((1..=LAST_TYPE).contains(&kind));
        }
        // In UDP nothing else tells it: the usual port, datagrams that fit, a known command.
        let fits = usize::from(header & 0x07ff) + 2 <= head.len();
        let known = byte(head, 2).is_some_and(|c| (1..=LAST_COMMAND).contains(&c));
        Probe::when(hint.usual && kind == DATAGRAMS && fits && known)
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| {
            if frame(input.data, emit).is_err() && !input.cut {
                emit.malformed();
            }
            Progress::Took(input.data.len())
        }))
    }
}

/// Datagrams: command, index, address, length with flags, interrupt, data, working counter (5.4.1).
fn frame(data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    const LENGTH: u16 = 0x07ff;
    const MORE: u16 = 0x8000;
    let mut r = Reader::new(data);
    let header = r.u16_le()?;
    if header >> 12 != DATAGRAMS {
        return Ok(());
    }
    for _ in 0..DATAGRAMS_MAX {
        let command = r.u8()?;
        r.skip(5)?;
        let length = r.u16_le()?;
        emit.count(&COMMAND, command);
        emit.operation(&OPERATIONS, command.into(), Phase::Request);
        if length & MORE == 0 {
            break;
        }
        r.skip(2 + usize::from(length & LENGTH) + 2)?;
    }
    Ok(())
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Commands (5.4.1.2).
static OPERATIONS: Operations = Operations {
    prefix: "command",
    list: &[
        op("no_operation", 0, Class::Other),
        op("position_read", 1, Class::Read),
        op("position_write", 2, Class::Write),
        op("position_read_write", 3, Class::Write),
        op("node_read", 4, Class::Read),
        op("node_write", 5, Class::Write),
        op("node_read_write", 6, Class::Write),
        op("broadcast_read", 7, Class::Read),
        op("broadcast_write", 8, Class::Write),
        op("broadcast_read_write", 9, Class::Write),
        op("logical_read", 10, Class::Read),
        op("logical_write", 11, Class::Write),
        op("logical_read_write", 12, Class::Write),
        op("position_read_multiple_write", 13, Class::Read),
        op("node_read_multiple_write", 14, Class::Read),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognition() {
        let hint = |transport, usual| Hint {
            transport,
            from_port: 0,
            to_port: 0,
            ethertype: 0x88a4,
            usual,
            from_start: true,
        };
        let head = b"\x0e\x10\x07\x00\x00\x00\x30\x01\x02\x00\x00\x00\x00\x00\x00\x00";
        assert_eq!(EtherCat.probe(head, &hint(Transport::Ethernet, true)), Probe::Yes);
        assert_eq!(EtherCat.probe(head, &hint(Transport::Udp, true)), Probe::Yes);
        assert_eq!(EtherCat.probe(head, &hint(Transport::Udp, false)), Probe::No);
        assert_eq!(EtherCat.probe(b"\x0e\x00", &hint(Transport::Ethernet, true)), Probe::No);
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }
}
