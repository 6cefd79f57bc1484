//! VRRP: routers that share an address tell each other who serves it. It stands right over IP, without ports.
//! Sources: RFC 9568 and RFC 5798 (version 3, IPv4 and IPv6), RFC 3768 (version 2), IANA protocol numbers (112).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::byte;
use model::{Attribute, Operation, OperationClass as Class, Text, Transport};

/// The protocol.
pub(super) struct Vrrp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "vrrp",
    title: "VRRP (router redundancy)",
    tcp: &[],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 9568; RFC 5798; RFC 3768",
    operations: &[&OPERATIONS],
};

static VERSION: Counter = Counter { protocol: "vrrp", name: "version" };

/// Version and type share the first octet; advertisement is the only type (RFC 9568 §5.2.1, §5.2.2; RFC 3768 §5.3.1, §5.3.2).
const VERSION_2: u8 = 0x21;
const VERSION_3: u8 = 0x31;
/// Octets before the addresses, in both versions (RFC 9568 §5.1; RFC 3768 §5.1).
const HEADER: usize = 8;
/// Version 2 ends in authentication data that is always there (RFC 3768 §5.3.10). That tells it from CARP, which took the same protocol
/// number and the same first octet: its seven words after the header are no seven addresses with eight octets behind them.
const AUTHENTICATION: usize = 8;
/// Priority of a router that gives the address up (RFC 9568 §5.2.4; RFC 3768 §5.3.4).
const RESIGNS: u8 = 0;

/// Version, priority, and whether the length is that of its addresses.
fn advertisement(data: &[u8]) -> Option<(u8, u8)> {
    let (first, group) = (byte(data, 0)?, byte(data, 1)?);
    let (priority, count) = (byte(data, 2)?, usize::from(byte(data, 3)?));
    let fits = match first {
        VERSION_2 => data.len() == HEADER + 4 * count + AUTHENTICATION,
        VERSION_3 => data.len() == HEADER + 4 * count || data.len() == HEADER + 16 * count,
        _ => false,
    };
    // Group 0 does not exist, and an advertisement names an address (RFC 9568 §5.2.3, §5.2.5).
    (fits && group > 0 && count > 0).then_some((first >> 4, priority))
}

impl Protocol for Vrrp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn ip_protocols(&self) -> &'static [u8] {
        &[112]
    }

    fn probe(&self, data: &[u8], hint: &Hint) -> Probe {
        Probe::when(hint.transport == Transport::Ip && advertisement(data).is_some())
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read))
    }
}

fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    let Some((version, priority)) = advertisement(input.data) else {
        if !input.cut {
            emit.malformed();
        }
        return Progress::Took(input.data.len());
    };
    emit.count(&VERSION, version);
    let code = if priority == RESIGNS { RESIGN } else { ADVERTISE };
    emit.operation(&OPERATIONS, code, Phase::Request);
    // Only routers send it; the shared addresses belong to none of them for good and are no fact about the sender.
    let text = Text::new("router");
    emit.identity(Whom::Sender, Attribute::Capability, text, input.data, "vrrp.type");
    Progress::Took(input.data.len())
}

const ADVERTISE: u32 = 1;
const RESIGN: u32 = 0;

/// The type, and an advertisement with priority 0 apart from it (the project's own code).
static OPERATIONS: Operations = Operations {
    prefix: "type",
    list: &[
        Operation::new("resign", RESIGN, Class::Session),
        Operation::new("advertisement", ADVERTISE, Class::Session),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hear, hex, probe};

    /// RFC 3768 §5.1: group 1, priority 100, 192.168.0.1, no authentication.
    const TWO: &str = "2101 6401 0001 ba52 c0a80001 0000000000000000";
    /// RFC 9568 §5.1 over IPv6: group 7, priority 255, fe80::1.
    const THREE: &str = "3107 ff01 0064 0000 fe800000000000000000000000000001";

    #[test]
    fn routers_that_share_an_address() {
        let resigns = hex("3107 0001 0064 0000 fe800000000000000000000000000001");
        assert_eq!(
            hear(&Vrrp, Transport::Ip, &[('>', &hex(TWO)), ('>', &hex(THREE)), ('>', &resigns)]),
            [
                "operation advertisement session 2 0 0",
                "operation resign session 1 0 0",
                "10.0.0.1 capability router",
                "vrrp.version c2s 2 1",
                "vrrp.version c2s 3 2",
            ]
        );
        assert_eq!(hear(&Vrrp, Transport::Ip, &[('>', &hex("2101"))]), ["malformed message"]);
    }

    #[test]
    fn recognition() {
        assert_eq!(probe(&Vrrp, Transport::Ip, true, &hex(TWO)), Probe::Yes);
        assert_eq!(probe(&Vrrp, Transport::Ip, true, &hex(THREE)), Probe::Yes);
        assert_eq!(probe(&Vrrp, Transport::Udp, true, &hex(TWO)), Probe::No);
        assert_eq!(probe(&Vrrp, Transport::Ip, true, &hex(TWO)[..19]), Probe::No);
        // CARP (OpenBSD netinet/ip_carp.h): the same first octet, 36 octets with a counter and a digest.
        let carp = [&hex("2101 0007 0001 0000")[..], &[9; 28]].concat();
        assert_eq!(probe(&Vrrp, Transport::Ip, true, &carp), Probe::No);
    }
}
