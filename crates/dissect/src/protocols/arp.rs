//! ARP: who has which address on the link.
//! Source: RFC 826; RFC 5227 §2.1 (probes have no sender address).

use crate::emit::{Counter, Emit};
use crate::protocol::{Hint, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader};
use model::observation::Binding;
use model::{Host, Mac};
use std::net::{IpAddr, Ipv4Addr};

/// The protocol.
pub(super) struct Arp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "arp",
    title: "ARP",
    tcp: &[],
    udp: &[],
    ethertypes: &[0x0806],
    industrial: false,
    sources: "RFC 826",
    operations: &[],
};

static OPCODE: Counter = Counter { protocol: "arp", name: "opcode" };

impl Protocol for Arp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        Probe::when(head.len() >= 8)
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| {
            let _ = packet(input.data, emit);
            Progress::Took(input.data.len())
        }))
    }
}

/// RFC 826 "Packet format"; only Ethernet (1) with IPv4 (0x0800) ties addresses together.
fn packet(data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(data);
    let (hardware, protocol) = (r.u16()?, r.u16()?);
    let lengths = (r.u8()?, r.u8()?);
    emit.count(&OPCODE, r.u16()?);
    if (hardware, protocol, lengths) != (1, 0x0800, (6, 4)) {
        return Ok(());
    }
    let witness = r.take(10)?;
    let Some((mac, ip)) = witness.split_first_chunk::<6>() else { return Ok(()) };
    let Some(ip) = ip.first_chunk::<4>() else { return Ok(()) };
    let ip = IpAddr::V4(Ipv4Addr::from(*ip));
    let mac = Mac(*mac);
    let (host, own) = (Host { mac: Some(mac), ip: Some(ip) }, emit.sender().mac);
    // A proxy or a forged answer names another station than the one that sends it.
    if own.is_none() || own == Some(mac) {
        emit.binding(host, Binding::Arp, witness, "arp.src.hw_mac");
    } else {
        emit.binding(host, Binding::Declared, witness, "arp.src.hw_mac");
    }
    Ok(())
}
