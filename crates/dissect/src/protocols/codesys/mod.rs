//! CODESYS V3 over UDP and in TCP blocks: who is on the network, and what the services do while they are not encrypted; CODESYS V2 is in
//! a file of its own.
//! Sources: Kaspersky ICS CERT, "Security research: CODESYS Runtime, a PLC control framework" (2019), parts on the block driver, datagram
//! and channel layers; Microsoft, ICS forensics tools and CODESYS V3 dissector (2023): name service, channels, services, tags; CODESYS
//! Gateway documentation (ports 1740 to 1743 and 11740 to 11743).

mod node;
mod services;
mod v2;

use crate::emit::{Counter, Emit, Phase};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, byte, le32};
use model::Transport;
use services::{OPERATIONS, Services};
pub(super) use v2::CodesysV2;

/// The protocol.
pub(super) struct Codesys;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "codesys",
    title: "CODESYS V3",
    tcp: &[11740, 11741, 11742, 11743],
    udp: &[1740, 1741, 1742, 1743],
    ethertypes: &[],
    industrial: true,
    sources: "Kaspersky ICS CERT 2019, CODESYS Runtime; Microsoft 2023, CODESYS V3; CODESYS Gateway",
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
        Box::<V3>::default()
    }
}

/// One conversation; over UDP all channels of two nodes are in it.
#[derive(Default)]
struct V3 {
    services: Services,
}

impl Session for V3 {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if input.datagram {
            udp(&mut self.services, input, emit)
        } else {
            tcp(&mut self.services, input, emit)
        }
    }
}

fn udp(services: &mut Services, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    if !is_datagram(input.data) {
        return Progress::Lost;
    }
    if datagram(services, input.data, emit).is_err() && !input.cut {
        emit.malformed();
    }
    Progress::Took(input.data.len())
}

fn tcp(services: &mut Services, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    let Some(length) = le32(input.data, 4) else { return Progress::Need(BLOCK_HEADER) };
    if !input.data.starts_with(BLOCK) || !(14..=BLOCK_MAX).contains(&length) {
        return Progress::Lost;
    }
    let whole = usize::try_from(length).unwrap_or(usize::MAX);
    let Some(inner) = input.data.get(BLOCK_HEADER..whole) else {
        return if input.cut { Progress::Lost } else { Progress::Need(whole) };
    };
    if datagram(services, inner, emit).is_err() {
        emit.malformed();
    }
    Progress::Took(whole)
}

/// Header, the two addresses in words of two octets, then the layer above, from a position that is a multiple of four on.
fn datagram(services: &mut Services, data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(data);
    r.skip(3)?;
    let service = r.u8()?;
    r.skip(1)?;
    let lengths = r.u8()?;
    r.skip(2 * usize::from((lengths >> 4) + (lengths & 15)))?;
    emit.count(&SERVICE, service);
    if service > service::ADDRESS_ANSWER {
        r.skip((4 - r.position() % 4) % 4)?;
    }
    match service {
        service::ADDRESS_REQUEST => operation(ADDRESS, Phase::Request, emit),
        service::ADDRESS_ANSWER => operation(ADDRESS, Phase::Response, emit),
        service::NAME_REQUEST => operation(NAME, Phase::Request, emit),
        service::NAME_ANSWER => {
            operation(NAME, Phase::Response, emit);
            return node::read(&mut r, emit);
        }
        service::CHANNEL => return channel(services, &mut r, emit),
        _ => {}
    }
    Ok(())
}

fn channel(services: &mut Services, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    match r.u8()? {
        channel::OPEN_REQUEST => operation(OPEN, Phase::Request, emit),
        channel::OPEN_ANSWER => operation(OPEN, Phase::Response, emit),
        channel::CLOSE => operation(CLOSE, Phase::Request, emit),
        channel::DATA => {
            operation(DATA, Phase::Request, emit);
            services.block(r, emit)?;
        }
        _ => {}
    }
    Ok(())
}

fn operation(code: u32, phase: Phase, emit: &mut Emit<'_>) {
    emit.operation(&OPERATIONS, code, phase);
}

/// Codes of the layers below the services in [`OPERATIONS`]; they are the project's own.
const ADDRESS: u32 = 1;
const NAME: u32 = 2;
const OPEN: u32 = 3;
const CLOSE: u32 = 4;
const DATA: u32 = 5;

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

    /// A UDP datagram with addresses of one word each, then what is over it.
    fn over(service: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![0xc5, 0x6b, 0x40, service, 0, 0x11, 0x00, 0x4b, 0x00, 0x0c, 0, 0];
        out.extend(content);
        out
    }

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn a_node_says_what_it_is() {
        let names = ["PFC200-438F4C", "WAGO 750-8206 PFC200 2ETH RS CAN DPS", "WAGO"];
        let mut content = vec![0x80, 0xc2, 0, 4, 0x69, 0x69, 0x20, 4, 4, 0, 1, 0, 0, 0];
        content.extend(names.iter().flat_map(|n| u16::try_from(n.len()).unwrap().to_le_bytes()));
        content.extend([0, 0x10, 0, 0, 0x04, 0x12, 0x06, 0x10, 0, 4, 15, 5, 0, 0, 0, 0]);
        content.extend([6, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        content.extend(names.iter().flat_map(|n| wide(n)));
        content.extend(b"438F4C\0");
        let mut bench = Bench::new(&Codesys);
        bench.server_datagram(&over(service::NAME_ANSWER, &content));
        assert_eq!(
            bench.facts(),
            [
                "server device_type 4096",
                "server product_code 268833284",
                "server firmware 5.15.4.0",
                "server name PFC200-438F4C",
                "server product WAGO 750-8206 PFC200 2ETH RS CAN DPS",
                "server vendor WAGO",
                "server serial 438F4C",
            ]
        );
        assert_eq!(bench.malformed(), 0);
    }

    /// The first block of a channel with a service in it.
    fn call(group: u16, number: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![channel::DATA, 0x81, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0];
        out.extend(u32::try_from(16 + content.len()).unwrap().to_le_bytes());
        out.extend([0; 4]);
        out.extend([0x55, 0xcd, 12, 0]);
        out.extend(group.to_le_bytes());
        out.extend([number, 0, 0, 0, 0, 0]);
        out.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
        out.extend(content);
        let mut block = vec![0x00, 0x01, 0x17, 0xe8];
        let inner = over(service::CHANNEL, &out);
        block.extend(u32::try_from(inner.len() + 8).unwrap().to_le_bytes());
        block.extend(inner);
        block
    }

    #[test]
    fn services_and_sign_ins() {
        let mut bench = Bench::new(&Codesys);
        // Tags as the forensics tools write them: credentials 0x81 with name 0x10 and password 0x11, result 0x82 with session 0x21.
        let credentials = [
            &[0x22, 0x84, 0x80, 0, 1, 0, 0, 0, 0x81, 1, 14][..],
            &[0x10, 6],
            b"admin\0",
            &[0x11, 4, 9, 9, 9, 9],
        ];
        bench.client(&call(1, 2, &credentials.concat()));
        bench.server(&call(0x81, 2, &[0x82, 1, 6, 0x21, 4, 1, 2, 3, 4]));
        bench.client(&call(2, 17, &[]));
        bench.server(&call(0x82, 17, &[]));
        bench.client(&call(0x13, 3, &[]));
        assert_eq!(
            bench.operations(),
            ["channel_data 5/0/0", "device_login 1/1/0", "force_service 1/0/0", "stop_application 1/1/0"]
        );
        let [asked, told] = bench.sign_ins().try_into().unwrap();
        assert_eq!((asked.name.as_str(), asked.accepted), ("admin", None));
        assert_eq!((told.name.as_str(), told.accepted), ("admin", Some(true)));
        assert_eq!(bench.malformed(), 0);
    }
}
