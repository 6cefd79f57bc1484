//! CODESYS V3: the layers below the services, over UDP and in TCP blocks. The services themselves are mostly encrypted or of the maker.
//! Sources: Kaspersky ICS CERT, "Security research: CODESYS Runtime, a PLC control framework" (2019), parts on the block driver, datagram
//! and channel layers; CODESYS Gateway documentation (ports 1740 to 1743 and 11740 to 11743).

use crate::emit::{Counter, Emit, Operations, Phase};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, byte, le32};
use model::{Operation, OperationClass as Class, Transport};

/// The protocol.
pub(super) struct Codesys;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "codesys",
    title: "CODESYS V3",
    tcp: &[11740, 11741, 11742, 11743],
    udp: &[1740, 1741, 1742, 1743],
    ethertypes: &[],
    industrial: true,
    sources: "Kaspersky ICS CERT 2019, CODESYS Runtime; CODESYS Gateway",
    operations: &[&OPERATIONS],
};

static SERVICE: Counter = Counter { protocol: "codesys", name: "service" };

/// Before each datagram in TCP: this, then the length with these eight octets (block driver layer).
const BLOCK: &[u8; 4] = &[0x00, 0x01, 0x17, 0xe8];
const BLOCK_HEADER: usize = 8;
/// A datagram has at most 512 octets; some room for makers.
const BLOCK_MAX: u32 = 4096;
/// First octet of a datagram.
const MAGIC: u8 = 0xc5;

/// Services of the datagram layer.
mod service {
    pub(super) const ADDRESS_REQUEST: u8 = 1;
    pub(super) const ADDRESS_ANSWER: u8 = 2;
    pub(super) const NAME_REQUEST: u8 = 3;
    pub(super) const NAME_ANSWER: u8 = 4;
    pub(super) const CHANNEL: u8 = 64;
}

/// Commands of the channel layer that are no data.
mod channel {
    pub(super) const DATA: u8 = 1;
    pub(super) const OPEN_REQUEST: u8 = 0xc3;
    pub(super) const OPEN_ANSWER: u8 = 0x83;
    pub(super) const CLOSE: u8 = 0xc4;
}

/// Magic, hop count and header length, packet information, service.
fn is_datagram(data: &[u8]) -> bool {
    // The low three bits of the second octet are the header's length in words: three, when nothing optional is in it.
    matches!(data, [MAGIC, hop, _, 1..=4 | 64, _, _, ..] if hop & 7 == 3)
}

impl Protocol for Codesys {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// In TCP the block header with a datagram in it, at any port; a datagram alone at the usual ports only.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        if hint.transport == Transport::Udp {
            return Probe::when(hint.usual && is_datagram(head));
        }
        if !head.iter().zip(BLOCK).all(|(a, b)| a == b) {
            return Probe::No;
        }
        match (le32(head, 4), byte(head, BLOCK_HEADER)) {
            (Some(length), Some(magic)) => Probe::when(magic == MAGIC && (14..=BLOCK_MAX).contains(&length)),
            _ => Probe::More,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| if input.datagram { udp(input, emit) } else { tcp(input, emit) }))
    }
}

fn udp(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    if !is_datagram(input.data) {
        return Progress::Lost;
    }
    if datagram(input.data, emit).is_err() && !input.cut {
        emit.malformed();
    }
    Progress::Took(input.data.len())
}

fn tcp(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    let Some(length) = le32(input.data, 4) else { return Progress::Need(BLOCK_HEADER) };
    if !input.data.starts_with(BLOCK) || !(14..=BLOCK_MAX).contains(&length) {
        return Progress::Lost;
    }
    let whole = usize::try_from(length).unwrap_or(usize::MAX);
    let Some(inner) = input.data.get(BLOCK_HEADER..whole) else {
        return if input.cut { Progress::Lost } else { Progress::Need(whole) };
    };
    if datagram(inner, emit).is_err() {
        emit.malformed();
    }
    Progress::Took(whole)
}

/// Header, the two addresses in words of two octets, then the layer above, from a position that is a multiple of four on.
fn datagram(data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(data);
    r.skip(3)?;
    let service = r.u8()?;
    r.skip(1)?;
    let lengths = r.u8()?;
    r.skip(2 * usize::from((lengths >> 4) + (lengths & 15)))?;
    emit.count(&SERVICE, service);
    match service {
        service::ADDRESS_REQUEST => operation(ADDRESS, Phase::Request, emit),
        service::ADDRESS_ANSWER => operation(ADDRESS, Phase::Response, emit),
        service::NAME_REQUEST => operation(NAME, Phase::Request, emit),
        service::NAME_ANSWER => operation(NAME, Phase::Response, emit),
        service::CHANNEL => {
            r.skip((4 - r.position() % 4) % 4)?;
            match r.u8()? {
                channel::OPEN_REQUEST => operation(OPEN, Phase::Request, emit),
                channel::OPEN_ANSWER => operation(OPEN, Phase::Response, emit),
                channel::CLOSE => operation(CLOSE, Phase::Request, emit),
                channel::DATA => operation(DATA, Phase::Request, emit),
                _ => {}
            }
        }
        _ => {}
    }
    Ok(())
}

fn operation(code: u32, phase: Phase, emit: &mut Emit<'_>) {
    emit.operation(&OPERATIONS, code, phase);
}

const ADDRESS: u32 = 1;
const NAME: u32 = 2;
const OPEN: u32 = 3;
const CLOSE: u32 = 4;
const DATA: u32 = 5;

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// What the layers do; the codes are the project's own.
static OPERATIONS: Operations = Operations {
    prefix: "service",
    list: &[
        op("address_notification", ADDRESS, Class::Discovery),
        op("name_service", NAME, Class::Discovery),
        op("open_channel", OPEN, Class::Session),
        op("close_channel", CLOSE, Class::Session),
        op("channel_data", DATA, Class::Other),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::testing::Bench;

    fn hint(transport: Transport, usual: bool) -> Hint {
        Hint { transport, from_port: 5, to_port: 6, ethertype: 0, usual, from_start: true }
    }

    #[test]
    fn recognition() {
        // As the gateways of engineering stations broadcast it.
        let broadcast = [0xc5, 0x0b, 0x40, 0x01, 0x00, 0x10, 0x00, 0x4b];
        assert_eq!(Codesys.probe(&broadcast, &hint(Transport::Udp, true)), Probe::Yes);
        assert_eq!(Codesys.probe(&broadcast, &hint(Transport::Udp, false)), Probe::No);
        let mut block = vec![0x00, 0x01, 0x17, 0xe8, 16, 0, 0, 0];
        block.extend(broadcast);
        assert_eq!(Codesys.probe(&block, &hint(Transport::Tcp, false)), Probe::Yes);
        assert_eq!(Codesys.probe(&block[..6], &hint(Transport::Tcp, false)), Probe::More);
        assert_eq!(Codesys.probe(&[0, 1, 0x17, 0xe9], &hint(Transport::Tcp, true)), Probe::No);
        let mut bench = Bench::new(&Codesys);
        assert_eq!(bench.client(&block[..10]), Progress::Need(16));
        assert_eq!(bench.client(&block), Progress::Took(16));
        assert_eq!(bench.operations(), ["address_notification 1/0/0"]);
    }
}
