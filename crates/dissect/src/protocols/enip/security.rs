//! What the security objects say: whether CIP Security is configured, and whom a device lets in.
//! Source: CIP Networks Library Volume 8, CIP Security, 5-3.4 and 5-4.4, as the OpENer stack and Wireshark have the attributes.

use super::operations::class;
use crate::emit::{Emit, Whom};
use crate::reader::{Read, Reader};
use model::{Attribute, Text};

/// Answer to a read of one attribute, or of all of them (0).
pub(super) fn read(
    class: u32,
    attribute: u32,
    whom: Whom,
    r: &mut Reader<'_>,
    emit: &mut Emit<'_>,
) -> Read<()> {
    match (class, attribute) {
        (class::CIP_SECURITY, 0) => {
            state(class, r.take(1)?, whom, emit);
            profiles(r.take(2)?, whom, emit);
        }
        (_, 0 | 1) => state(class, r.take(1)?, whom, emit),
        (class::CIP_SECURITY, 2) => profiles(r.take(2)?, whom, emit),
        (class::ETHERNET_IP_SECURITY, 9) => client_certificates(r.take(1)?, whom, emit),
        _ => {}
    }
    Ok(())
}

/// Attribute 1 of both objects (V8 5-3.4.1, 5-4.4.1).
fn state(class: u32, octet: &[u8], whom: Whom, emit: &mut Emit<'_>) {
    let of_cip = class == class::CIP_SECURITY;
    let word = match octet {
        [0] => "factory default",
        [1] => "configuration in progress",
        [2] => "configured",
        [3] if of_cip => "incomplete configuration",
        [3] => "pull model in progress",
        [4] if !of_cip => "pull model completed",
        [5] if !of_cip => "pull model disabled",
        _ => return,
    };
    let (object, field) = match of_cip {
        true => ("CIP Security", "cip.security.state"),
        false => ("EtherNet/IP Security", "cip.eip_security.state"),
    };
    let text = Text::new(&format!("{object}: {word}"));
    emit.identity(whom, Attribute::SecurityPolicy, text, octet, field);
}

/// Attribute 2 (V8 5-3.4.2): the profiles a device can do.
fn profiles(word: &[u8], whom: Whom, emit: &mut Emit<'_>) {
    const PROFILES: [(u16, &str); 4] = [
        (1, "EtherNet/IP Integrity Profile"),
        (2, "EtherNet/IP Confidentiality Profile"),
        (4, "CIP Authorization Profile"),
        (8, "CIP User Authentication Profile"),
    ];
    let bits = Reader::new(word).u16_le().unwrap_or(0);
    for (_, name) in PROFILES.iter().filter(|(bit, _)| bits & bit != 0) {
        emit.identity(whom, Attribute::Capability, Text::new(name), word, "cip.security.profiles");
    }
}

/// Attribute 9 (V8 5-4.4.9): whether a client must show a certificate that is checked.
fn client_certificates(octet: &[u8], whom: Whom, emit: &mut Emit<'_>) {
    let word = match octet {
        [0] => "EtherNet/IP Security: client certificates not verified",
        [1] => "EtherNet/IP Security: client certificates verified",
        _ => return,
    };
    let field = "cip.eip_security.verify_client_cert";
    emit.identity(whom, Attribute::SecurityPolicy, Text::new(word), octet, field);
}
