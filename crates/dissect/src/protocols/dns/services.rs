//! OPC UA servers that announce themselves on the link.
//! Sources: RFC 6763 (DNS-SD) 4 and 6, RFC 2782 (SRV), OPC 10000-12 annex C (`_opcua-tcp._tcp`, keys `path` and `caps`).

use super::name::Name;
use crate::emit::{Emit, Whom};
use crate::reader::{Read, Reader, byte};
use model::{Attribute, Confidence, Text};

/// What the name of an instance ends in before its domain: `Mixer._opcua-tcp._tcp.local`.
const SERVICE: &[u8] = b"._opcua-tcp._tcp.";
/// Strings of one TXT record that are looked at.
const STRINGS_MAX: usize = 32;

fn is_server(instance: &Name) -> bool {
    instance.text().windows(SERVICE.len()).any(|part| part == SERVICE)
}

/// SRV: priority, weight, port, host. Who announces a server runs it: the host is the sender's own name.
pub(super) fn located(whole: &[u8], instance: &Name, at: usize, emit: &mut Emit<'_>) -> Read<()> {
    if !is_server(instance) {
        return Ok(());
    }
    let data = whole.get(at..).unwrap_or_default();
    let mut r = Reader::new(data);
    r.skip(4)?;
    let port = r.u16()?;
    let mut host = Name::default();
    host.read(whole, at + 6)?;
    let host = Text::from_wire(host.text().strip_suffix(b".").unwrap_or(host.text()));
    let text = Text::new(&format!("opc.tcp://{host}:{port}"));
    let witness = data.get(..6).unwrap_or_default();
    emit.claim(Whom::Sender, Attribute::Endpoint, text, witness, "dns.srv.target", Confidence::LIKELY);
    Ok(())
}

/// TXT: strings with their length before them, of the form `key=value` (RFC 6763, 6.3).
pub(super) fn described(instance: &Name, data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    if !is_server(instance) {
        return Ok(());
    }
    let mut r = Reader::new(data);
    for _ in 0..STRINGS_MAX {
        let Some(length) = byte(r.rest(), 0) else { break };
        r.skip(1)?;
        let string = r.take(length.into())?;
        // What the server can do (OPC 10000-12, annex D): LDS, DA, AC, HD...
        if let Some(caps) = string.strip_prefix(b"caps=").filter(|caps| !caps.is_empty()) {
            let text = Text::new(&format!("OPC UA {}", Text::from_wire(caps)));
            emit.claim(Whom::Sender, Attribute::Capability, text, caps, "dns.txt", Confidence::LIKELY);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Mdns;
    use crate::testing::{hear, hex};
    use model::Transport;

    /// SRV and TXT of one instance of a service.
    fn announcement(kind: &[u8]) -> Vec<u8> {
        let text = b"\x06path=/\x0bcaps=LDS,DA";
        [
            hex("0000 8400 0000 0002 0000 0000"),
            b"\x05Mixer".to_vec(),
            kind.to_vec(),
            b"\x04_tcp\x05local\0".to_vec(),
            hex("0021 8001 00000078 0011 0000 0000 12d0"),
            b"\x03plc\x05local\0".to_vec(),
            hex("c00c 0010 8001 00000078"),
            vec![0, u8::try_from(text.len()).unwrap()],
            text.to_vec(),
        ]
        .concat()
    }

    #[test]
    fn a_server_announces_itself() {
        let lines = hear(&Mdns, Transport::Udp, &[('>', &announcement(b"\x0a_opcua-tcp"))]);
        assert!(lines.contains(&"10.0.0.1 endpoint opc.tcp://plc.local:4816".into()), "{lines:#?}");
        assert!(lines.contains(&"10.0.0.1 capability OPC UA LDS,DA".into()), "{lines:#?}");
        let lines = hear(&Mdns, Transport::Udp, &[('>', &announcement(b"\x08_printer"))]);
        assert_eq!(lines.len(), 2, "{lines:#?}");
    }
}
