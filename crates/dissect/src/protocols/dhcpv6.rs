//! DHCPv6: which address a station was given, what it is called and what it runs.
//! Sources: RFC 8415 (messages, options, DUIDs), RFC 4704 (client FQDN), RFC 6939 (client link-layer address), IANA DHCPv6 parameters.

use super::dns::Name;
use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, Short, be16, be32, byte};
use model::{Attribute, Confidence, Host, Mac, Operation, OperationClass as Class, Text};
use std::fmt::Write;
use std::net::{IpAddr, Ipv6Addr};

/// The protocol.
pub(super) struct Dhcpv6;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "dhcpv6",
    title: "DHCPv6",
    tcp: &[],
    udp: &[546, 547],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 8415; RFC 4704; RFC 6939",
    operations: &[&OPERATIONS],
};

static MESSAGE: Counter = Counter { protocol: "dhcpv6", name: "message" };

/// Message types (RFC 8415 §7.3).
mod kind {
    pub(super) const CONFIRM: u8 = 4;
    pub(super) const RENEW: u8 = 5;
    pub(super) const REBIND: u8 = 6;
    pub(super) const REPLY: u8 = 7;
    pub(super) const RELAY_FORWARD: u8 = 12;
    pub(super) const RELAY_REPLY: u8 = 13;
    /// The last that IANA has given out.
    pub(super) const LAST: u8 = 36;
}
/// What servers send: advertise, reply, reconfigure, relay-reply, and the answers of RFC 5007, 5460, 6977 and 7341.
const FROM_SERVER: [u8; 9] = [2, 7, 10, 13, 15, 16, 17, 19, 21];
/// Those by which a server gives or offers something to a client (RFC 8415 §7.3).
const OF_SERVER: [u8; 3] = [2, 7, 10];

/// Options (RFC 8415 §21; RFC 4704 §4.1; RFC 6939 §4).
mod option {
    pub(super) const CLIENT_ID: u16 = 1;
    pub(super) const IA_NA: u16 = 3;
    pub(super) const IA_ADDRESS: u16 = 5;
    pub(super) const RELAY_MESSAGE: u16 = 9;
    pub(super) const VENDOR_CLASS: u16 = 16;
    pub(super) const CLIENT_FQDN: u16 = 39;
    pub(super) const CLIENT_LINK_LAYER: u16 = 79;
}

/// Type and transaction id; type, hop count and two addresses in what a relay sends (RFC 8415 §8, §9).
const HEADER: usize = 4;
const RELAY_HEADER: usize = 34;
/// Options of one message, and relays around it, that are followed (HOP_COUNT_LIMIT of RFC 8415 §7.6 is 8).
const OPTIONS_MAX: usize = 64;
const RELAYS_MAX: usize = 8;
/// Enterprise number of Microsoft (IANA), which fills in the vendor class as DHCP has it.
const MICROSOFT: u32 = 311;

fn is_relayed(kind: u8) -> bool {
    matches!(kind, kind::RELAY_FORWARD | kind::RELAY_REPLY)
}

/// A type, and options whose lengths lead to the end; the last may be cut off.
fn is_message(data: &[u8]) -> bool {
    let Some(kind) = byte(data, 0).filter(|k| (1..=kind::LAST).contains(k)) else { return false };
    let mut at = if is_relayed(kind) { RELAY_HEADER } else { HEADER };
    for _ in 0..OPTIONS_MAX {
        if at >= data.len() {
            break;
        }
        match (be16(data, at), be16(data, at + 2)) {
            (Some(1..=0x0fff), Some(length)) => at += 4 + usize::from(length),
            _ => return false,
        }
    }
    data.len() > HEADER && at >= data.len()
}

impl Protocol for Dhcpv6 {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// Nothing in it is fixed: at its ports only.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        Probe::when(hint.usual && is_message(head))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| {
            if message(input, emit).is_err() && !input.cut {
                emit.malformed();
            }
            Progress::Took(input.data.len())
        }))
    }
}

/// Who the client is, as far as relays tell: itself the sender or receiver, else the address that the innermost relay names.
#[derive(Clone, Copy, Default)]
struct Relayed {
    peer: Option<IpAddr>,
    mac: Option<Mac>,
}

/// The message, and the one that relays wrapped up in it (RFC 8415 §19).
fn message(input: Input<'_>, emit: &mut Emit<'_>) -> Read<()> {
    let mut data = input.data;
    let mut relayed = Relayed::default();
    for depth in 0..=RELAYS_MAX {
        let kind = byte(data, 0).ok_or(Short)?;
        let from_server = FROM_SERVER.contains(&kind);
        if depth == 0 {
            emit.client_is_sender(!from_server);
        }
        emit.count(&MESSAGE, kind);
        emit.operation(&OPERATIONS, kind.into(), if from_server { Phase::Response } else { Phase::Request });
        if !is_relayed(kind) {
            return client_message(kind, data, relayed, depth > 0, emit);
        }
        if depth == 0 && kind == kind::RELAY_FORWARD {
            let text = Text::new("dhcp relay");
            let witness = data.get(..1).unwrap_or_default();
            emit.identity(Whom::Sender, Attribute::Capability, text, witness, "dhcpv6.msgtype");
        }
        let Some(inner) = relay(data, &mut relayed)? else { return Ok(()) };
        data = inner;
    }
    Ok(())
}

/// What a relay adds: whom it heard, and the message itself.
fn relay<'a>(data: &'a [u8], relayed: &mut Relayed) -> Read<Option<&'a [u8]>> {
    let mut r = Reader::new(data);
    r.skip(2 + 16)?;
    relayed.peer = address(&mut r).map(Some)?;
    let mut inner = None;
    each_option(&mut r, |code, value| {
        match code {
            option::RELAY_MESSAGE => inner = Some(value),
            option::CLIENT_LINK_LAYER => relayed.mac = ethernet(value),
            _ => {}
        }
        Ok(())
    })?;
    Ok(inner)
}

/// A message of client or server, on its own or out of a relay's.
fn client_message(kind: u8, data: &[u8], relayed: Relayed, wrapped: bool, emit: &mut Emit<'_>) -> Read<()> {
    let from_server = FROM_SERVER.contains(&kind);
    if from_server && !wrapped && OF_SERVER.contains(&kind) {
        let witness = data.get(..1).unwrap_or_default();
        let text = Text::new("dhcp server");
        emit.identity(Whom::Sender, Attribute::Capability, text, witness, "dhcpv6.msgtype");
    }
    let client = match (wrapped, relayed.peer, from_server) {
        (true, Some(ip), _) => Whom::Other(Host { mac: relayed.mac, ip: Some(ip) }),
        (true, None, _) => return Ok(()),
        (false, _, true) => Whom::Receiver,
        (false, _, false) => Whom::Sender,
    };
    let mut r = Reader::new(data);
    r.skip(HEADER)?;
    each_option(&mut r, |code, value| {
        match code {
            option::CLIENT_ID => client_id(client, value, emit),
            option::CLIENT_FQDN => hostname(client, value, from_server, emit),
            option::VENDOR_CLASS if !from_server => vendor_class(client, value, emit)?,
            option::IA_NA if holds_addresses(kind) => addresses(client, value, kind == kind::REPLY, emit)?,
            _ => {}
        }
        Ok(())
    })
}

fn each_option<'a>(r: &mut Reader<'a>, mut each: impl FnMut(u16, &'a [u8]) -> Read<()>) -> Read<()> {
    for _ in 0..OPTIONS_MAX {
        if r.is_empty() {
            break;
        }
        let (code, length) = (r.u16()?, r.u16()?);
        each(code, r.take(length.into())?)?;
    }
    Ok(())
}

/// RFC 8415 §11: a DUID is opaque and stays when interfaces change, and images that were copied share one. So its link-layer address is
/// shown as part of the identifier, and is no claim that the interface is the client's.
fn client_id(client: Whom, duid: &[u8], emit: &mut Emit<'_>) {
    let link_layer = |at: usize| {
        let ethernet = be16(duid, 2) == Some(1) && duid.len() == at + 6;
        duid.get(at..).and_then(<[u8]>::first_chunk::<6>).map(|b| Mac(*b)).filter(|_| ethernet)
    };
    let text = match be16(duid, 0) {
        Some(1) => link_layer(8).map(|mac| format!("DUID-LLT {mac}")),
        Some(3) => link_layer(4).map(|mac| format!("DUID-LL {mac}")),
        Some(2) => be32(duid, 2).map(|n| format!("DUID-EN {n} {}", digits(duid.get(6..)))),
        Some(4) => Some(format!("DUID-UUID {}", digits(duid.get(2..)))),
        _ => None,
    };
    let text = text.unwrap_or_else(|| format!("DUID {}", digits(Some(duid))));
    emit.identity(client, Attribute::ClientId, Text::new(&text), duid, "dhcpv6.duid.bytes");
}

/// Hexadecimal digits; a DUID has at most 130 octets (RFC 8415 §11.1).
fn digits(bytes: Option<&[u8]>) -> String {
    let bytes = bytes.unwrap_or_default();
    let mut out = String::new();
    for octet in bytes.iter().take(130) {
        let _ = write!(out, "{octet:02x}");
    }
    out
}

/// RFC 4704 §4.1: flags, then a name in labels, which need not be complete and then lacks the final zero.
fn hostname(client: Whom, value: &[u8], from_server: bool, emit: &mut Emit<'_>) {
    let Some(labels) = value.get(1..).filter(|l| l.len() > 1) else { return };
    let mut name = Name::default();
    let whole = [labels, &[0]].concat();
    if name.read(&whole, 0).is_err() {
        return emit.malformed();
    }
    // A server that repeats the name says it for the client.
    let sure = if from_server { Confidence::LIKELY } else { Confidence::CERTAIN };
    emit.claim(
        client,
        Attribute::Hostname,
        Text::from_wire(name.text()),
        labels,
        "dhcpv6.client_domain",
        sure,
    );
}

/// RFC 8415 §21.16: an enterprise number, then texts with their lengths.
fn vendor_class(client: Whom, value: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(value);
    let enterprise = r.u32()?;
    let length = r.u16()?;
    let class = r.take(length.into())?;
    let field = "dhcpv6.vendorclass.data";
    emit.text(client, Attribute::Description, class, field);
    // Windows names itself so (MS-DHCPE 2.2.3).
    if enterprise == MICROSOFT && class.starts_with(b"MSFT ") {
        emit.claim(client, Attribute::Os, Text::new("Windows"), class, field, Confidence::LIKELY);
    }
    Ok(())
}

/// The messages in which the addresses of an association are the client's: it holds them, or was just given them (RFC 8415 §18.2).
fn holds_addresses(kind: u8) -> bool {
    matches!(kind, kind::CONFIRM | kind::RENEW | kind::REBIND | kind::REPLY)
}

/// RFC 8415 §21.4: association id and two times, then options: addresses with their lifetimes (§21.6). One whose valid lifetime is
/// over is no longer the client's; a client that asks may leave it zero.
fn addresses(client: Whom, value: &[u8], given: bool, emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(value);
    r.skip(12)?;
    each_option(&mut r, |code, value| {
        if code != option::IA_ADDRESS {
            return Ok(());
        }
        let mut r = Reader::new(value);
        let ip = address(&mut r)?;
        r.skip(4)?;
        let over = r.u32()? == 0 && given;
        if crate::packet::is_station(ip) && !over {
            let witness = value.get(..16).unwrap_or_default();
            let text = Text::new(&ip.to_string());
            emit.identity(client, Attribute::OtherIp, text, witness, "dhcpv6.iaaddr.ip");
        }
        Ok(())
    })
}

/// RFC 6939 §4: hardware type 1 is Ethernet.
fn ethernet(value: &[u8]) -> Option<Mac> {
    let [0, 1, a, b, c, d, e, f] = *value else { return None };
    Some(Mac([a, b, c, d, e, f])).filter(|m| m.is_station())
}

fn address(r: &mut Reader<'_>) -> Read<IpAddr> {
    let bytes = r.take(16)?.first_chunk::<16>().ok_or(Short)?;
    Ok(IpAddr::V6(Ipv6Addr::from(*bytes)))
}

const fn op(name: &'static str, code: u32) -> Operation {
    Operation::new(name, code, Class::Session)
}

/// Message types (RFC 8415 §7.3; the rest from IANA's DHCPv6 message types: RFC 5007, 5460, 6977, 7341, 7653, 8156).
static OPERATIONS: Operations = Operations {
    prefix: "message",
    list: &[
        op("solicit", 1),
        op("advertise", 2),
        op("request", 3),
        op("confirm", 4),
        op("renew", 5),
        op("rebind", 6),
        op("reply", 7),
        op("release", 8),
        op("decline", 9),
        op("reconfigure", 10),
        op("information_request", 11),
        op("relay_forward", 12),
        op("relay_reply", 13),
        op("leasequery", 14),
        op("leasequery_reply", 15),
        op("leasequery_done", 16),
        op("leasequery_data", 17),
        op("reconfigure_request", 18),
        op("reconfigure_reply", 19),
        op("dhcpv4_query", 20),
        op("dhcpv4_response", 21),
        op("active_leasequery", 22),
        op("start_tls", 23),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hear, hex, probe};
    use model::Transport;

    /// As Windows sends it: a solicitation with DUID-LLT, a name without a dot, and the vendor class.
    const SOLICIT: &str = "01 abcdef 0001 000e 0001000123c17113507b9d7677d5 0003 000c 0e507b9d 00000000 00000000 \
        0027 0007 00 05 484d492d31 0010 000e 00000137 0008 4d53465420352e30";
    /// RFC 8415 §18.3.1: 2001:db8::7 for an hour.
    const REPLY: &str = "07 abcdef 0001 000a 00030001 020000000007 0003 0028 00000001 00000000 00000000 \
        0005 0018 20010db8000000000000000000000007 00000e10 00000e10";

    #[test]
    fn a_lease() {
        assert_eq!(
            hear(&Dhcpv6, Transport::Udp, &[('>', &hex(SOLICIT)), ('<', &hex(REPLY))]),
            [
                "operation reply session 0 1 0",
                "operation solicit session 1 0 0",
                "10.0.0.1 client_id DUID-LLT 50:7b:9d:76:77:d5",
                "10.0.0.1 hostname HMI-1",
                "10.0.0.1 description MSFT 5.0",
                "10.0.0.1 os Windows",
                "10.0.0.2 capability dhcp server",
                "10.0.0.1 client_id DUID-LL 02:00:00:00:00:07",
                "10.0.0.1 other_ip 2001:db8::7",
                "dhcpv6.message c2s 1 1",
                "dhcpv6.message s2c 7 1",
            ]
        );
    }

    #[test]
    fn a_relay_says_whom_it_heard() {
        let inner = hex(SOLICIT);
        let mut forward = hex("0c00 20010db8000000000000000000000001 fe800000000000000000000000000009");
        forward.extend(hex("004f 0008 0001 020000000009 0009"));
        forward.extend(u16::try_from(inner.len()).unwrap().to_be_bytes());
        forward.extend(&inner);
        let said = hear(&Dhcpv6, Transport::Udp, &[('>', &forward)]);
        assert!(said.contains(&"10.0.0.1 capability dhcp relay".into()), "{said:?}");
        assert!(said.contains(&"fe80::9 hostname HMI-1".into()), "{said:?}");
        assert!(said.contains(&"dhcpv6.message c2s 1 1".into()), "{said:?}");
        assert!(said.contains(&"dhcpv6.message c2s 12 1".into()), "{said:?}");
    }

    #[test]
    fn recognition_and_damage() {
        let whole = hex(SOLICIT);
        assert_eq!(probe(&Dhcpv6, Transport::Udp, true, &whole), Probe::Yes);
        assert_eq!(probe(&Dhcpv6, Transport::Udp, false, &whole), Probe::No);
        assert_eq!(probe(&Dhcpv6, Transport::Udp, true, &whole[..60]), Probe::Yes, "cut in an option");
        assert_eq!(probe(&Dhcpv6, Transport::Udp, true, &hex("01 abcdef 0000 0000")), Probe::No);
        let long = hex("01 abcdef 0001 00ff 00030001");
        assert_eq!(
            hear(&Dhcpv6, Transport::Udp, &[('>', &long)]),
            ["operation solicit session 1 0 0", "dhcpv6.message c2s 1 1", "malformed message"]
        );
    }
}
