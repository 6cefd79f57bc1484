//! Spanning tree: who is a bridge.
//! Sources: IEEE 802.1D-2004 clause 9 (BPDU formats); IEEE 802.2 (LLC); Cisco PVST+ in SNAP.

use crate::emit::{Counter, Emit, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::reader::{Read, Reader, Short};
use model::{Attribute, Confidence, Host, Mac, Text};

/// The protocol.
pub(super) struct Stp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "stp",
    title: "Spanning Tree",
    tcp: &[],
    udp: &[],
    ethertypes: &[0],
    industrial: false,
    sources: "IEEE 802.1D-2004 clause 9",
    operations: &[],
};

static TYPE: Counter = Counter { protocol: "stp", name: "type" };

/// LLC of the spanning tree's service access point (IEEE 802.1D-2004 7.12.3), and Cisco's per-VLAN tree in SNAP.
const LLC: &[u8] = &[0x42, 0x42, 0x03];
const PVST: &[u8] = &[0xaa, 0xaa, 0x03, 0x00, 0x00, 0x0c, 0x01, 0x0b];

impl Protocol for Stp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// Protocol identifier 0 after the LLC (9.3.1).
    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        Probe::when(bpdu(head).is_ok_and(|b| b.starts_with(&[0, 0])))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Bridge { told: None })
    }
}

/// The bridge that was told of last: it says the same every two seconds (9.3.1).
struct Bridge {
    told: Option<(Host, Mac)>,
}

impl Session for Bridge {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        let _ = self.frame(input.data, emit);
        Progress::Took(input.data.len())
    }
}

fn bpdu(data: &[u8]) -> Read<&[u8]> {
    data.strip_prefix(LLC).or_else(|| data.strip_prefix(PVST)).ok_or(Short)
}

impl Bridge {
    /// Protocol, version, type, flags, root, cost, bridge (9.3.1, 9.3.3).
    fn frame(&mut self, data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
        let mut r = Reader::new(bpdu(data)?);
        r.skip(3)?;
        emit.count(&TYPE, r.u8()?);
        r.skip(1 + 8 + 4 + 2)?;
        let address = r.take(6)?;
        let Some(mac) = address.first_chunk::<6>().map(|b| Mac(*b)) else { return Ok(()) };
        if self.told.replace((emit.sender(), mac)) == Some((emit.sender(), mac)) {
            return Ok(());
        }
        let text = Text::new("bridge");
        emit.claim(Whom::Sender, Attribute::Capability, text, data, "stp.bridge.hw", Confidence::LIKELY);
        if mac.is_station() && emit.sender().mac != Some(mac) {
            emit.identity(
                Whom::Sender,
                Attribute::OtherMac,
                Text::new(&mac.to_string()),
                address,
                "stp.bridge.hw",
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hear, hex, probe};
    use model::Transport;

    #[test]
    fn bridges() {
        let rapid =
            hex("424203 0000 02 02 3c 8000020000000007 00000000 8000020000000009 8001 0000 1400 0200 0f00");
        assert_eq!(probe(&Stp, Transport::Ethernet, true, &rapid), Probe::Yes);
        assert_eq!(
            hear(&Stp, Transport::Ethernet, &[('>', &rapid)]),
            [
                "02:00:00:00:00:01 capability bridge",
                "02:00:00:00:00:01 other_mac 02:00:00:00:00:09",
                "stp.type l2 2 1"
            ]
        );
        assert_eq!(probe(&Stp, Transport::Ethernet, true, &hex("424203 0001")), Probe::No);
        assert_eq!(
            hear(&Stp, Transport::Ethernet, &[('>', &hex("424203 0000 00 80"))]),
            ["stp.type l2 128 1"]
        );
    }
}
