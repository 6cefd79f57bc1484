//! Answers that tell something of who gives them: what an OPC DA server is, and on which ports a DCOM server's objects are called.
//! Sources: OPC Data Access 3.0, `IOPCServer::GetStatus` and `OPCSERVERSTATUS` (opcda.idl); MS-DCOM 2.2.13.4 (ORPCTHAT), 2.2.19.1
//! (DUALSTRINGARRAY), 2.2.19.3 (STRINGBINDING); C706 14.2 and 14.3 (alignment, enumerations, pointers, strings).

use super::interfaces::{GET_STATUS, RESOLVES};
use crate::emit::{Emit, Whom};
use crate::reader::{Read, Reader};
use model::{Attribute, Confidence, Text};

/// Of an answer this much is read: bindings and a status are shorter.
pub(super) const READ_MAX: usize = 8192;
/// String bindings that are told of one answer.
const BINDINGS_MAX: usize = 16;
/// Longest string binding, in characters: a name of DNS (RFC 1035, 2.3.4) and a port.
const BINDING_MAX: usize = 255 + 7;
/// Tower id of RPC over TCP (MS-DCOM 2.2.19.3; C706 appendix I).
const TCP: [u8; 2] = [7, 0];

/// Whether the answer to this call is worth reading.
pub(super) fn is_wanted(call: u32) -> bool {
    call == GET_STATUS || RESOLVES.contains(&call)
}

/// Reads what follows the head of an answer.
pub(super) fn read(call: u32, stub: &[u8], emit: &mut Emit<'_>) {
    if call == GET_STATUS {
        // A server may answer that it failed: then there is no status.
        let _ = status(stub, emit);
    } else if RESOLVES.contains(&call) {
        bindings(stub, emit);
    }
}

/// Flags and extensions of the answer, a pointer, three times, state, groups, bandwidth, version, a pointer, the maker's text.
fn status(stub: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(stub);
    r.skip(4)?;
    let (extensions, pointer) = (r.u32_le()?, r.u32_le()?);
    if extensions != 0 || pointer == 0 {
        return Ok(());
    }
    r.skip(24)?;
    let state = r.take(4)?;
    r.skip(8)?;
    let version = [r.u16_le()?, r.u16_le()?, r.u16_le()?];
    r.skip(2 + 4)?;
    // Room, offset and length of the text, which ends with a zero.
    r.skip(8)?;
    let length = usize::try_from(r.u32_le()?).unwrap_or(usize::MAX);
    let witness = r.take(length.saturating_mul(2))?;
    let [major, minor, build] = version;
    let name = Text::from_utf16le(witness.strip_suffix(&[0, 0]).unwrap_or(witness));
    let text = Text::new(&format!("{name} {major}.{minor}.{build}"));
    emit.identity(Whom::Sender, Attribute::Software, text, witness, "opcda.vendorinfo");
    let word = match state {
        [1, 0, ..] => "running",
        [2, 0, ..] => "failed",
        [3, 0, ..] => "no configuration",
        [4, 0, ..] => "suspended",
        [5, 0, ..] => "test",
        [6, 0, ..] => "communication fault",
        _ => "",
    };
    emit.identity(Whom::Sender, Attribute::Mode, Text::new(word), state, "opcda.state");
    Ok(())
}

/// Where in the answer they stand depends on what else was asked for, so string bindings are looked for: the tower of TCP, then
/// `host[port]` in sixteen-bit characters and a zero.
fn bindings(stub: &[u8], emit: &mut Emit<'_>) {
    let mut rest = stub;
    let mut told = 0;
    while let Some(at) = rest.windows(2).position(|w| w == TCP).filter(|_| told < BINDINGS_MAX) {
        rest = rest.get(at + 2..).unwrap_or_default();
        let Some((text, witness)) = binding(rest) else { continue };
        // The string binding of C706 3.1: protocol sequence, address, end point.
        let text = Text::new(&format!("ncacn_ip_tcp:{text}"));
        emit.claim(
            Whom::Sender,
            Attribute::Endpoint,
            text,
            witness,
            "dcom.dualstringarray.network_addr",
            Confidence::CERTAIN,
        );
        told += 1;
    }
}

fn binding(bytes: &[u8]) -> Option<(String, &[u8])> {
    let mut text = String::new();
    for pair in bytes.chunks_exact(2).take(BINDING_MAX + 1) {
        match pair {
            [0, 0] => break,
            [c @ 0x21..=0x7e, 0] => text.push(char::from(*c)),
            _ => return None,
        }
    }
    let (host, port) = text.strip_suffix(']')?.split_once('[')?;
    let named = !host.is_empty() && host.bytes().all(|c| c.is_ascii_alphanumeric() || b".-:_%".contains(&c));
    let port: u16 = port.parse().ok().filter(|port| *port != 0)?;
    let text = format!("{host}[{port}]");
    let witness = bytes.get(..text.len() * 2)?;
    named.then_some((text, witness))
}

#[cfg(test)]
mod tests {
    use super::super::{DceRpc, kind};
    use crate::testing::hear;
    use model::Transport;

    /// A packet of context 0 in one fragment; a call has the number of its operation where an answer has a zero.
    fn packet(kind: u8, operation: u8, stub: &[u8]) -> Vec<u8> {
        let length = u8::try_from(24 + stub.len()).unwrap();
        let head = [5, 0, kind, 3, 0x10, 0, 0, 0, length, 0, 0, 0, 1, 0, 0, 0];
        [&head[..], &[0, 0, 0, 0, 0, 0, operation, 0], stub].concat()
    }

    fn bind(uuid: [u8; 16]) -> Vec<u8> {
        let head = [5, 0, kind::BIND, 3, 0x10, 0, 0, 0, 72, 0, 0, 0, 1, 0, 0, 0];
        let contexts = [0xd0, 0x16, 0xd0, 0x16, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0];
        [&head[..], &contexts, &uuid, &[0; 24]].concat()
    }

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
    }

    const OPC_SERVER: [u8; 16] =
        [0x4d, 0x3a, 0xc1, 0x39, 0x1e, 0x01, 0xd0, 0x11, 0x96, 0x75, 0, 0x20, 0xaf, 0xd8, 0xad, 0xb3];
    const OBJECT_EXPORTER: [u8; 16] =
        [0xc4, 0xfe, 0xfc, 0x99, 0x60, 0x52, 0x1b, 0x10, 0xbb, 0xcb, 0, 0xaa, 0, 0x21, 0x34, 0x7a];

    /// opcda.idl, `OPCSERVERSTATUS`: three times of eight octets, a state of two and two to the next four, groups, bandwidth, version.
    #[test]
    fn an_opc_server_says_what_it_is() {
        let text = wide("Acme OPC");
        let count = u8::try_from(text.len() / 2).unwrap();
        let mut stub = vec![0; 8];
        stub.extend([0, 0, 2, 0]);
        stub.extend([0; 24]);
        stub.extend([1, 0, 0, 0, 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 5, 0, 14, 0, 0x2a, 0, 0, 0]);
        stub.extend([4, 0, 2, 0, count, 0, 0, 0, 0, 0, 0, 0, count, 0, 0, 0]);
        stub.extend(&text);
        let call = packet(kind::REQUEST, 6, &[0; 32]);
        let said = |stub: &[u8]| {
            let answer = packet(kind::RESPONSE, 0, stub);
            hear(&DceRpc, Transport::Tcp, &[('>', &bind(OPC_SERVER)), ('>', &call), ('<', &answer)])
        };
        let lines = said(&stub);
        assert!(lines.contains(&"10.0.0.2 software Acme OPC 5.14.42".into()), "{lines:#?}");
        assert!(lines.contains(&"10.0.0.2 mode running".into()), "{lines:#?}");
        assert!(lines.contains(&"operation opc_da_get_status diagnostic 1 1 0".into()), "{lines:#?}");
        // Refused: no status, and an answer that is cut.
        for stub in [&stub[..8], &[0; 16], &stub[..stub.len() - 3]] {
            assert!(!said(stub).iter().any(|l| l.contains("software")));
        }
    }

    #[test]
    fn ports_of_objects_are_told() {
        let mut stub = vec![1, 0, 0, 0, 30, 0, 0, 0, 30, 0, 28, 0];
        for name in ["PLANT-OPC[49165]", "10.0.0.2[49165]", "no port", "x[99999]"] {
            stub.extend([7, 0]);
            stub.extend(wide(name));
        }
        let answer = packet(kind::RESPONSE, 0, &stub);
        let call = packet(kind::REQUEST, 4, &[0; 8]);
        let lines =
            hear(&DceRpc, Transport::Tcp, &[('>', &bind(OBJECT_EXPORTER)), ('>', &call), ('<', &answer)]);
        let ends: Vec<&String> = lines.iter().filter(|l| l.contains("endpoint")).collect();
        assert_eq!(
            ends,
            [
                "10.0.0.2 endpoint ncacn_ip_tcp:PLANT-OPC[49165]",
                "10.0.0.2 endpoint ncacn_ip_tcp:10.0.0.2[49165]"
            ]
        );
        assert!(lines.contains(&"operation dcom_resolve_object session 1 1 0".into()), "{lines:#?}");
    }
}
