//! HART-IP: field devices through gateways and multiplexers; what they are called and what is set in them.
//! Sources: FieldComm Group HCF_SPEC-085 (network management: HART-IP header, 10.3), HCF_SPEC-081 (token-passing data link: frame, 5),
//! HCF_SPEC-127 (universal commands), HCF_SPEC-151 (common practice commands), HCF_SPEC-183 (tables: manufacturers).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, be16, byte};
use model::{Attribute, Operation, OperationClass as Class, Part, Text, Transport};

/// The protocol.
pub(super) struct HartIp;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "hart-ip",
    title: "HART-IP",
    tcp: &[5094],
    udp: &[5094],
    ethertypes: &[],
    industrial: true,
    sources: "FieldComm Group HCF_SPEC-085, 081, 127, 151",
    operations: &[&OPERATIONS],
};

static MESSAGE: Counter = Counter { protocol: "hart-ip", name: "message" };
static COMMAND: Counter = Counter { protocol: "hart-ip", name: "command" };

/// Version, type, id, status, sequence, length of the whole.
const HEADER: usize = 8;

/// Types of message.
mod kind {
    pub(super) const REQUEST: u8 = 0;
    pub(super) const RESPONSE: u8 = 1;
    pub(super) const PUBLISH: u8 = 2;
    pub(super) const NAK: u8 = 15;
}

/// Ids of message.
mod id {
    pub(super) const INITIATE: u8 = 0;
    pub(super) const CLOSE: u8 = 1;
    pub(super) const KEEP_ALIVE: u8 = 2;
    pub(super) const TOKEN_PASSING: u8 = 3;
    pub(super) const DIRECT: u8 = 4;
    pub(super) const READ_AUDIT_LOG: u8 = 5;
}

/// A header whose fields exist, and the length it gives.
fn header(head: &[u8]) -> Option<u16> {
    let &[version, kind, id, ..] = head.first_chunk::<HEADER>()?;
    let length = be16(head, 6)?;
    let known = matches!(version, 1 | 2)
        && (kind <= kind::PUBLISH || kind == kind::NAK)
        && id <= id::READ_AUDIT_LOG
        && usize::from(length) >= HEADER;
    let bare = matches!(id, id::CLOSE | id::KEEP_ALIVE) && usize::from(length) > HEADER + 4;
    (known && !bare).then_some(length)
}

impl Protocol for HartIp {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A header that makes sense. Elsewhere than at the usual port (a gateway may answer at another one) the first message must be
    /// whole, and be an initiation of five octets or a HART frame with its check octet.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let Some(length) = header(head) else {
            let so_far =
                matches!(byte(head, 0), Some(1 | 2)) && byte(head, 1).is_none_or(|k| k <= 2 || k == 15);
            let more = so_far && head.len() < HEADER && hint.transport == Transport::Tcp;
            return if more { Probe::More } else { Probe::No };
        };
        let whole = usize::from(length);
        if hint.usual {
            return Probe::when(hint.transport == Transport::Tcp || whole == head.len());
        }
        let Some(body) = head.get(HEADER..whole) else { return Probe::No };
        Probe::when(match byte(head, 2) {
            Some(id::INITIATE) => {
                body.len() == 5 && matches!(byte(body, 0), Some(0 | 1)) && byte(head, 3) == Some(0)
            }
            Some(id::TOKEN_PASSING) => {
                body.len() >= 5
                    && body.iter().fold(0, |sum, b| sum ^ b) == 0
                    && matches!(body, [first, ..] if first & 7 != 0)
            }
            _ => false,
        })
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read))
    }
}

fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    if input.data.len() < HEADER {
        return if input.datagram { Progress::Took(input.data.len()) } else { Progress::Need(HEADER) };
    }
    let Some(length) = header(input.data) else { return Progress::Lost };
    let whole = usize::from(length);
    if input.data.len() < whole && !input.cut && !input.datagram {
        return Progress::Need(whole);
    }
    let message = input.data.get(..whole).unwrap_or(input.data);
    if self::message(message, emit).is_err() && !input.cut {
        emit.malformed();
    }
    Progress::Took(whole)
}

fn message(message: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(message);
    r.skip(1)?;
    let (kind, id, status) = (r.u8()?, r.u8()?, r.u8()?);
    r.skip(4)?;
    let phase = match kind & 0x0f {
        kind::REQUEST => Phase::Request,
        kind::NAK => Phase::Error,
        // The lower half of the status codes are errors, the upper half warnings.
        kind::RESPONSE if status != 0 && status < 8 => Phase::Error,
        _ => Phase::Response,
    };
    emit.client_is_sender(phase == Phase::Request);
    emit.count(&MESSAGE, id);
    match id {
        id::TOKEN_PASSING => token_passing(&mut r, phase, emit),
        _ => {
            emit.operation(&OPERATIONS, SESSION | u32::from(id), phase);
            if id == id::DIRECT && kind == kind::PUBLISH {
                emit.operation(&OPERATIONS, PUBLISHED, Phase::Request);
            }
            Ok(())
        }
    }
}

/// A frame as on the loop (HCF_SPEC-081, 5): delimiter, short or long address, expansion, command, length, data, check.
fn token_passing(r: &mut Reader<'_>, phase: Phase, emit: &mut Emit<'_>) -> Read<()> {
    const LONG: u8 = 0x80;
    let delimiter = r.u8()?;
    let address = r.take(if delimiter & LONG != 0 { 5 } else { 1 })?;
    r.skip(usize::from(delimiter >> 5 & 3))?;
    let command = r.u8()?;
    emit.count(&COMMAND, command);
    let len = r.u8()?;
    let mut data = r.sub(usize::from(len).min(r.len()))?;
    let (mut code, mut phase) = (u32::from(command), phase);
    // The frame types: from the device are burst (1) and answer (6), from the master a request (2).
    let from_device = matches!(delimiter & 7, 1 | 6);
    let mut refused = false;
    if from_device {
        // A response code that is an error, or a communication error, when the high bit is set.
        let response = data.u8()?;
        data.skip(1)?;
        refused = response & 0x80 != 0 || matches!(response, 2..=7 | 9..=13 | 15..=29 | 32 | 64..=127);
    }
    if command == EXTENDED && data.len() >= 2 {
        code = data.u16()?.into();
    }
    if refused {
        phase = Phase::Error;
    }
    emit.operation(&OPERATIONS, code, phase);
    if from_device && !refused {
        told(command, whom(address), &mut data, emit)?;
    }
    Ok(())
}

/// The device a long address names is behind the gateway, a short one too; address 0 is what answers here.
fn whom(address: &[u8]) -> Whom {
    match *address {
        // Master, burst and the upper bits of the device type; then type and number.
        [_, kind, a, b, c] => Whom::SenderPart(Part::Unit(u32::from_be_bytes([kind, a, b, c]))),
        [short] if short & 0x3f != 0 => Whom::SenderPart(Part::Unit((short & 0x3f).into())),
        _ => Whom::Sender,
    }
}

/// Number of the command that carries a longer number in its data (HCF_SPEC-099).
const EXTENDED: u8 = 31;

/// What a device tells of itself (HCF_SPEC-127).
fn told(command: u8, whom: Whom, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    match command {
        0 | 11 | 21 => identity(whom, r, emit),
        // Tag, descriptor and date; packed characters.
        13 if r.len() >= 18 => {
            let (tag, descriptor) = (r.take(6)?, r.take(12)?);
            emit.identity(whom, Attribute::Name, unpack(tag), tag, "hart_ip.pt.rsp.tag");
            emit.identity(
                whom,
                Attribute::Description,
                unpack(descriptor),
                descriptor,
                "hart_ip.pt.rsp.descriptor",
            );
            Ok(())
        }
        // Long tag, Latin-1.
        20 | 22 if r.len() >= 32 => {
            let tag = r.take(32)?;
            emit.text(whom, Attribute::Name, tag, "hart_ip.pt.rsp.tag");
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Identity: 254, expanded device type, preambles, revisions, flags, number; from revision 6 of HART on the manufacturer later.
fn identity(whom: Whom, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    const EXPANSION: u8 = 254;
    if r.len() < 12 || r.u8()? != EXPANSION {
        return Ok(());
    }
    let kind = r.take(2)?;
    r.skip(1)?;
    let revision = r.u8()?;
    r.skip(1)?;
    let software = r.take(1)?;
    let hardware = r.take(1)?;
    r.skip(1)?;
    let number = r.take(3)?;
    if let (Some(kind_number), &[a, b, c]) = (be16(kind, 0), number) {
        let text = Text::new(&kind_number.to_string());
        emit.identity(whom, Attribute::ProductCode, text, kind, "hart_ip.pt.rsp.expanded_device_type");
        let text = Text::new(&format!("{a:02x}{b:02x}{c:02x}"));
        emit.identity(whom, Attribute::Serial, text, number, "hart_ip.pt.rsp.device_id");
    }
    if let (&[software_number], &[hardware_number]) = (software, hardware) {
        let text = Text::new(&software_number.to_string());
        emit.identity(whom, Attribute::Firmware, text, software, "hart_ip.pt.rsp.software_rev");
        // The lower three bits are the kind of signalling.
        let text = Text::new(&(hardware_number >> 3).to_string());
        emit.identity(whom, Attribute::Hardware, text, hardware, "hart_ip.pt.rsp.hardrev_physical");
    }
    // Before revision 7 the first octet of the type is the manufacturer; after it has a field of its own.
    let manufacturer = if revision >= 7 && r.len() >= 7 {
        r.skip(5)?;
        r.take(2)?
    } else {
        kind.get(..1).unwrap_or_default()
    };
    let id = manufacturer.iter().fold(0u32, |n, &b| n << 8 | u32::from(b));
    emit.identity(
        whom,
        Attribute::VendorId,
        Text::new(&id.to_string()),
        manufacturer,
        "hart_ip.pt.rsp.manufacturer_Id",
    );
    // HCF_SPEC-183, table 8, the common ones.
    let name = match id {
        17 => "Endress+Hauser",
        19 => "Fisher",
        23 => "Honeywell",
        26 => "ABB",
        31 => "Micro Motion",
        38 => "Rosemount",
        42 => "Siemens",
        55 => "Yokogawa",
        62 => "VEGA",
        _ => return Ok(()),
    };
    emit.identity(whom, Attribute::Vendor, Text::new(name), manufacturer, "hart_ip.pt.rsp.manufacturer_Id");
    Ok(())
}

/// Packed characters (HCF_SPEC-127, 5.1.1): six bits each, of the ASCII columns 2 to 5; four in three octets.
fn unpack(packed: &[u8]) -> Text {
    let mut text = String::with_capacity(packed.len() * 2);
    for group in packed.chunks_exact(3) {
        let bits = group.iter().fold(0u32, |n, &b| n << 8 | u32::from(b));
        for shift in [18, 12, 6, 0] {
            let six = (bits >> shift & 0x3f) as u8;
            text.push(char::from(if six < 0x20 { six | 0x40 } else { six }));
        }
    }
    Text::new(&text)
}

/// Added to the ids of messages that are no HART frame; published data.
const SESSION: u32 = 0x1_0000;
const PUBLISHED: u32 = 0x2_0000;

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Commands (HCF_SPEC-127 up to 30 and 38, 48; HCF_SPEC-151 the others).
static OPERATIONS: Operations = Operations {
    prefix: "command",
    list: &[
        op("read_unique_identifier", 0, Class::Discovery),
        op("read_primary_variable", 1, Class::Read),
        op("read_loop_current", 2, Class::Read),
        op("read_dynamic_variables", 3, Class::Read),
        op("write_polling_address", 6, Class::Configuration),
        op("read_loop_configuration", 7, Class::Diagnostic),
        op("read_variable_classifications", 8, Class::Discovery),
        op("read_device_variables", 9, Class::Read),
        op("read_identifier_by_tag", 11, Class::Discovery),
        op("read_message", 12, Class::Discovery),
        op("read_tag_descriptor_date", 13, Class::Discovery),
        op("read_transducer_information", 14, Class::Discovery),
        op("read_device_information", 15, Class::Discovery),
        op("read_final_assembly_number", 16, Class::Discovery),
        op("write_message", 17, Class::Configuration),
        op("write_tag_descriptor_date", 18, Class::Configuration),
        op("write_final_assembly_number", 19, Class::Configuration),
        op("read_long_tag", 20, Class::Discovery),
        op("read_identifier_by_long_tag", 21, Class::Discovery),
        op("write_long_tag", 22, Class::Configuration),
        op("read_all_dynamic_variables", 33, Class::Read),
        op("write_damping", 34, Class::Configuration),
        op("write_range", 35, Class::Configuration),
        op("set_upper_range", 36, Class::Configuration),
        op("set_lower_range", 37, Class::Configuration),
        op("reset_configuration_changed", 38, Class::Configuration),
        op("eeprom_control", 39, Class::Configuration),
        op("fix_loop_current", 40, Class::Force),
        op("self_test", 41, Class::Diagnostic),
        op("reset_device", 42, Class::Restart),
        op("set_zero", 43, Class::Configuration),
        op("write_units", 44, Class::Configuration),
        op("trim_zero", 45, Class::Configuration),
        op("trim_gain", 46, Class::Configuration),
        op("write_transfer_function", 47, Class::Configuration),
        op("read_additional_status", 48, Class::Diagnostic),
        op("write_sensor_serial", 49, Class::Configuration),
        op("read_io_capabilities", 74, Class::Discovery),
        op("poll_sub_device", 75, Class::Discovery),
        op("send_to_sub_device", 77, Class::Other),
        op("read_sub_device_identity", 84, Class::Discovery),
        op("set_clock", 89, Class::Time),
        op("read_clock", 90, Class::Time),
        op("write_burst_variables", 107, Class::Configuration),
        op("write_burst_command", 108, Class::Configuration),
        op("burst_control", 109, Class::Configuration),
        op("session_initiate", SESSION, Class::Session),
        op("session_close", SESSION | 1, Class::Session),
        op("keep_alive", SESSION | 2, Class::Session),
        op("direct_pdu", SESSION | 4, Class::Read),
        op("read_audit_log", SESSION | 5, Class::Diagnostic),
        op("published_data", PUBLISHED, Class::Read),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognition() {
        let hint = |transport, usual| Hint {
            transport,
            from_port: 50_000,
            to_port: 5000,
            ethertype: 0,
            usual,
            from_start: true,
        };
        let initiate = b"\x01\x00\x00\x00\x00\x01\x00\x0d\x01\x00\x00\x75\x30";
        assert_eq!(HartIp.probe(initiate, &hint(Transport::Udp, true)), Probe::Yes);
        assert_eq!(HartIp.probe(initiate, &hint(Transport::Udp, false)), Probe::Yes);
        assert_eq!(HartIp.probe(&initiate[..12], &hint(Transport::Udp, true)), Probe::No);
        assert_eq!(HartIp.probe(&initiate[..5], &hint(Transport::Tcp, true)), Probe::More);
        assert_eq!(
            HartIp.probe(b"\x01\x00\x00\x00\x00\x01\x00\x09\x01", &hint(Transport::Tcp, false)),
            Probe::No
        );
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }

    #[test]
    fn packed_text() {
        // "TEST" is 0x14 0x05 0x13 0x14 in six bits each.
        assert_eq!(unpack(&[0x50, 0x54, 0xd4]).as_str(), "TEST");
    }
}
