//! CIP I/O over UDP: the cyclic data of producers and consumers.
//! Source: CIP Networks Library Volume 2, 3-2 (implicit messages), 2-6.3 (sequenced address item).

use super::item;
use crate::emit::{Counter, Emit, Operations, Phase};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, le16};
use model::{Operation, OperationClass as Class};

/// The protocol.
pub(in crate::protocols) struct CipIo;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "cip-io",
    title: "CIP I/O",
    tcp: &[],
    udp: &[2222],
    ethertypes: &[],
    industrial: true,
    sources: "CIP Networks Library Volume 2 (EtherNet/IP), chapter 3",
    operations: &[&OPERATIONS],
};

static MESSAGE: Counter = Counter { protocol: "cip-io", name: "message" };

/// Count 2, a sequenced address item of 8 bytes (V2 table 2-6.9), a connected data item: 18 bytes before the data.
const HEADER: usize = 18;

impl Protocol for CipIo {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        let length = le16(head, 16).map(usize::from);
        Probe::when(
            le16(head, 0) == Some(2)
                && le16(head, 2) == Some(item::SEQUENCED_ADDRESS)
                && le16(head, 4) == Some(8)
                && le16(head, 14) == Some(item::CONNECTED_DATA)
                && length.is_some_and(|n| n + HEADER == head.len()),
        )
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| {
            let _ = read(input, emit);
            Progress::Took(input.data.len())
        }))
    }
}

fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(input.data);
    r.skip(2)?;
    let address = r.u16_le()?;
    emit.count(&MESSAGE, address);
    emit.operation(&OPERATIONS, address.into(), Phase::Request);
    Ok(())
}

static OPERATIONS: Operations =
    Operations { prefix: "item", list: &[Operation::new("cyclic_data", 0x8002, Class::Other)] };
