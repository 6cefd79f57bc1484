//! DHCP: which address a station was given, what it is called and what it runs.
//! Sources: RFC 2131 (messages), RFC 2132 (options), RFC 4702 (client FQDN).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, be32, byte};
use model::observation::Binding;
use model::{Attribute, Confidence, Host, Mac, Operation, OperationClass as Class, Text};
use std::net::{IpAddr, Ipv4Addr};

/// The protocol.
pub(super) struct Dhcp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "dhcp",
    title: "DHCP",
    tcp: &[],
    udp: &[67, 68],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 2131; RFC 2132; RFC 4702",
    operations: &[&OPERATIONS],
};

static MESSAGE: Counter = Counter { protocol: "dhcp", name: "message" };

/// RFC 2131 §2: the fixed part ends at 236; a magic cookie begins the options (§3).
const COOKIE_AT: usize = 236;
const COOKIE: u32 = 0x6382_5363;
/// Options of one message that are read.
const OPTIONS_MAX: usize = 128;

impl Protocol for Dhcp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// Request or reply, and the cookie: at any port.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let op = matches!(byte(head, 0), Some(1 | 2));
        let cookie = be32(head, COOKIE_AT);
        Probe::when(op && (cookie == Some(COOKIE) || (hint.usual && cookie.is_some())))
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

/// What the options said.
#[derive(Default)]
struct Options<'a> {
    kind: Option<u8>,
    hostname: Option<&'a [u8]>,
    vendor_class: Option<&'a [u8]>,
    fqdn: Option<&'a [u8]>,
    server: Option<&'a [u8]>,
}

/// RFC 2131 figure 1.
fn message(input: Input<'_>, emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(input.data);
    let (op, hardware, hardware_len) = (r.u8()?, r.u8()?, r.u8()?);
    r.skip(9)?;
    let (current, yours) = (address(&mut r)?, address(&mut r)?);
    r.skip(4)?;
    let relay = address(&mut r)?;
    let chaddr = r.take(16)?;
    let request = op == 1;
    emit.client_is_sender(request);
    // RFC 2131 §2: hardware type 1 is Ethernet.
    let mac = chaddr.first_chunk::<6>().map(|b| Mac(*b));
    let mac = mac.filter(|m| hardware == 1 && hardware_len == 6 && m.is_station());
    r.skip(COOKIE_AT - 44)?;
    if r.u32()? != COOKIE {
        return Ok(());
    }
    let mut options = Options::default();
    let whole = read_options(&mut r, &mut options, emit);
    let sent_from = if request && relay.is_none() { emit.sender().ip } else { None };
    let own = |ip: Option<IpAddr>| ip.filter(|&ip| crate::packet::is_station(ip));
    let ip = if request { current.or(own(sent_from)) } else { yours.or(current) };
    let client = Host { mac, ip };
    if let Some(kind) = options.kind {
        let phase = if request { Phase::Request } else { Phase::Response };
        emit.operation(&OPERATIONS, kind.into(), phase);
        if kind == 5
            && let (Some(_), Some(ip)) = (mac, yours)
        {
            let host = Host { mac, ip: Some(ip) };
            emit.binding(host, Binding::Dhcp, chaddr, "dhcp.ip.your");
        }
        if matches!(kind, 2 | 5) && !request {
            server(options.server, emit);
        }
    }
    told(client, &options, request, emit);
    whole
}

/// A row of code, length and value; 0 is padding and 255 the end (RFC 2132 §2).
fn read_options<'a>(r: &mut Reader<'a>, options: &mut Options<'a>, emit: &mut Emit<'_>) -> Read<()> {
    for _ in 0..OPTIONS_MAX {
        if r.is_empty() {
            break;
        }
        let code = r.u8()?;
        match code {
            0 => continue,
            255 => break,
            _ => {}
        }
        let len = r.u8()?;
        let value = r.take(len.into())?;
        match code {
            12 => options.hostname = Some(value),
            53 => {
                let kind = byte(value, 0).unwrap_or(0);
                emit.count(&MESSAGE, kind);
                options.kind = Some(kind);
            }
            54 => options.server = Some(value),
            60 => options.vendor_class = Some(value),
            81 => options.fqdn = Some(value),
            _ => {}
        }
    }
    Ok(())
}

fn told(client: Host, options: &Options<'_>, request: bool, emit: &mut Emit<'_>) {
    let whom = Whom::Other(client);
    // A server that repeats the name says it for the client.
    let sure = if request { Confidence::CERTAIN } else { Confidence::LIKELY };
    if let Some(name) = options.hostname {
        emit.claim(whom, Attribute::Hostname, Text::from_wire(name), name, "dhcp.option.hostname", sure);
    }
    // RFC 4702 §2.3.1: as text here; the other form has lengths instead of dots.
    if let Some(name) = options.fqdn.and_then(|o| o.get(3..))
        && name.iter().all(|b| b.is_ascii_graphic())
    {
        let name = name.strip_suffix(b".").unwrap_or(name);
        emit.claim(whom, Attribute::Hostname, Text::from_wire(name), name, "dhcp.fqdn.name", sure);
    }
    if let Some(class) = options.vendor_class.filter(|_| request) {
        let field = "dhcp.option.vendor_class_id";
        emit.identity(whom, Attribute::Description, Text::from_wire(class), class, field);
        // Windows names itself so (MS-DHCPE 2.2.3).
        if class.starts_with(b"MSFT ") {
            let os = Text::new("Windows");
            emit.claim(whom, Attribute::Os, os, class, field, Confidence::LIKELY);
        }
    }
}

/// RFC 2132 §9.7: the server that answers, which a relay may hide.
fn server(option: Option<&[u8]>, emit: &mut Emit<'_>) {
    let Some(bytes) = option else { return };
    let Some(ip) = bytes.first_chunk::<4>().map(|b| IpAddr::V4(Ipv4Addr::from(*b))) else { return };
    let text = Text::new("dhcp server");
    emit.identity(
        Whom::Other(Host::ip(ip)),
        Attribute::Capability,
        text,
        bytes,
        "dhcp.option.dhcp_server_id",
    );
}

/// An address that is set.
fn address(r: &mut Reader<'_>) -> Read<Option<IpAddr>> {
    let ip = Ipv4Addr::from(r.u32()?);
    Ok((!ip.is_unspecified()).then_some(IpAddr::V4(ip)))
}

/// RFC 2132 §9.6.
static OPERATIONS: Operations = Operations {
    prefix: "message",
    list: &[
        Operation::new("discover", 1, Class::Session),
        Operation::new("offer", 2, Class::Session),
        Operation::new("request", 3, Class::Session),
        Operation::new("decline", 4, Class::Session),
        Operation::new("ack", 5, Class::Session),
        Operation::new("nak", 6, Class::Session),
        Operation::new("release", 7, Class::Session),
        Operation::new("inform", 8, Class::Session),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hear, hex, probe};
    use model::Transport;

    /// The fixed part with the client's MAC 02:00:00:00:00:07, an address for it, and options.
    fn message(op: u8, yours: [u8; 4], options: &str) -> Vec<u8> {
        let mut out = vec![op, 1, 6, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        out.extend(yours);
        out.extend([0; 8]);
        out.extend([2, 0, 0, 0, 0, 7]);
        out.resize(COOKIE_AT, 0);
        out.extend(COOKIE.to_be_bytes());
        out.extend(hex(options));
        out
    }

    #[test]
    fn a_lease() {
        let request = message(1, [0; 4], "3501 03 0c04 686d6931 3c08 4d53465420352e30 ff");
        let ack = message(2, [10, 0, 0, 7], "3501 05 3604 0a000002 ff");
        assert_eq!(
            hear(&Dhcp, Transport::Udp, &[('>', &request), ('<', &ack)]),
            [
                "operation ack session 0 1 0",
                "operation request session 1 0 0",
                "10.0.0.1 hostname hmi1",
                "10.0.0.1 description MSFT 5.0",
                "10.0.0.1 os Windows",
                "10.0.0.7 = 02:00:00:00:00:07 Dhcp",
                "10.0.0.2 capability dhcp server",
                "dhcp.message c2s 3 1",
                "dhcp.message s2c 5 1",
            ]
        );
    }

    #[test]
    fn recognition_and_damage() {
        let whole = message(1, [0; 4], "3501 01 ff");
        assert_eq!(probe(&Dhcp, Transport::Udp, false, &whole), Probe::Yes);
        assert_eq!(probe(&Dhcp, Transport::Udp, true, &whole[..100]), Probe::No);
        assert_eq!(probe(&Dhcp, Transport::Udp, false, &[1; 300]), Probe::No);
        let cut = message(1, [0; 4], "0cff 41");
        assert_eq!(hear(&Dhcp, Transport::Udp, &[('>', &cut)]), ["malformed message"]);
    }
}
