//! Tunnels in UDP that carry whole packets; [`crate::tunnel`] takes them out, and they count as packets of their own.
//! Sources: those of [`crate::tunnel`].

use crate::emit::{Operations, Phase};
use crate::protocol::{Hint, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::tunnel;
use model::{Operation, OperationClass as Class};

/// A kind of tunnel, by what is known of it.
pub(super) struct Tunnel(&'static ProtocolInfo);

/// VXLAN, at its own port and at the older one of Linux.
pub(super) static VXLAN: Tunnel = Tunnel(&VXLAN_INFO);
/// VXLAN-GPE.
pub(super) static VXLAN_GPE: Tunnel = Tunnel(&VXLAN_GPE_INFO);
/// Geneve.
pub(super) static GENEVE: Tunnel = Tunnel(&GENEVE_INFO);
/// TZSP, by which access points and routers send what they hear to a sensor.
pub(super) static TZSP: Tunnel = Tunnel(&TZSP_INFO);

static VXLAN_INFO: ProtocolInfo = info("vxlan", "VXLAN", &[4789, 8472], "RFC 7348", &[&OPERATIONS]);
static VXLAN_GPE_INFO: ProtocolInfo =
    info("vxlan-gpe", "VXLAN-GPE", &[4790], "draft-ietf-nvo3-vxlan-gpe", &[&OPERATIONS]);
static GENEVE_INFO: ProtocolInfo = info("geneve", "Geneve", &[6081], "RFC 8926", &[&OPERATIONS]);
static TZSP_INFO: ProtocolInfo =
    info("tzsp", "TZSP (mirrored traffic)", &[37008], "Wireshark wiki, TZSP", &[&OPERATIONS]);

const fn info(
    name: &'static str,
    title: &'static str,
    udp: &'static [u16],
    sources: &'static str,
    operations: &'static [&'static Operations],
) -> ProtocolInfo {
    ProtocolInfo { name, title, tcp: &[], udp, ethertypes: &[], industrial: false, sources, operations }
}

impl Protocol for Tunnel {
    fn info(&self) -> &'static ProtocolInfo {
        self.0
    }

    fn probe(&self, data: &[u8], hint: &Hint) -> Probe {
        Probe::when(self.0.udp.contains(&hint.to_port) && tunnel::is_header(hint.to_port, data))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| {
            emit.operation(&OPERATIONS, PACKET, Phase::Request);
            Progress::Took(input.data.len())
        }))
    }
}

const PACKET: u32 = 1;

/// All that the tunnel itself does (the project's own code).
static OPERATIONS: Operations =
    Operations { prefix: "packet", list: &[Operation::new("carry", PACKET, Class::Session)] };
