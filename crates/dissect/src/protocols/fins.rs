//! Omron FINS over UDP and TCP: memory, parameters, programs, run and stop, clock, identification.
//! Sources: Omron W227-E1-2 "FINS Commands Reference Manual", 2-2 (frame) and 3 to 5 (commands); W342-E1-18, 5 (commands of CS/CJ/CP
//! controllers); W421-E1-04, 7-4 (FINS/TCP).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, be16, be32, byte};
use model::{Attribute, Operation, OperationClass as Class, Text, Transport};

/// The protocol.
pub(super) struct Fins;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "fins",
    title: "Omron FINS",
    tcp: &[9600],
    udp: &[9600],
    ethertypes: &[],
    industrial: true,
    sources: "Omron W227, W342, W421",
    operations: &[&OPERATIONS],
};

static COMMAND: Counter = Counter { protocol: "fins", name: "command" };

/// FINS/TCP (W421, 7-4): magic, length of what follows it, command, error.
const MAGIC: &[u8; 4] = b"FINS";
const TCP_HEADER: usize = 16;
const TCP_LENGTH: std::ops::RangeInclusive<u32> = 8..=0x1000;
const TCP_SEND_FRAME: u32 = 2;
/// Control, reserved, gateways, three octets each of destination and source, service id, command.
const HEADER: usize = 12;
/// Control octet: through gateways, an answer.
const ANSWER: u8 = 0x40;

/// Commands that tell something.
mod command {
    pub(super) const CONTROLLER_DATA: u16 = 0x0501;
    pub(super) const CONNECTION_DATA: u16 = 0x0502;
}

/// A FINS frame: control bits that exist, reserved octet, few gateways, a known command.
fn is_frame(frame: &[u8]) -> bool {
    let (Some(&[control, reserved, gateways, ..]), Some(code)) = (frame.first_chunk::<10>(), be16(frame, 10))
    else {
        return false;
    };
    let known = OPERATIONS.list.binary_search_by_key(&code.into(), |o| o.code).is_ok();
    // Bits 1 to 5 are always zero, bit 7 is always one in what crosses a network.
    known && control & 0xbe == 0x80 && reserved == 0 && gateways <= 8
}

impl Protocol for Fins {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// Over TCP the magic; over UDP a frame with a known command at the usual port only: it has too little to be told by elsewhere.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        if hint.transport == Transport::Udp {
            return Probe::when(hint.usual && is_frame(head));
        }
        if !head.iter().zip(MAGIC).all(|(a, b)| a == b) {
            return Probe::No;
        }
        match (be32(head, 4), be32(head, 8)) {
            (Some(length), Some(command)) => Probe::when(TCP_LENGTH.contains(&length) && command <= 6),
            _ => Probe::More,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| {
            if input.datagram {
                if frame(input.data, emit).is_err() && !input.cut {
                    emit.malformed();
                }
                return Progress::Took(input.data.len());
            }
            tcp(input, emit)
        }))
    }
}

fn tcp(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    let (Some(length), Some(command)) = (be32(input.data, 4), be32(input.data, 8)) else {
        return Progress::Need(TCP_HEADER);
    };
    if !input.data.starts_with(MAGIC) || !TCP_LENGTH.contains(&length) {
        return Progress::Lost;
    }
    let whole = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(8);
    if input.data.len() < whole && !input.cut {
        return Progress::Need(whole);
    }
    let body = input.data.get(TCP_HEADER..whole).or(input.data.get(TCP_HEADER..)).unwrap_or_default();
    match command {
        // The client asks for its node number, the server gives it.
        0 => emit.operation(&OPERATIONS, NODE_ADDRESS, Phase::Request),
        1 => emit.operation(&OPERATIONS, NODE_ADDRESS, Phase::Response),
        TCP_SEND_FRAME if frame(body, emit).is_err() && !input.cut => emit.malformed(),
        _ => {}
    }
    Progress::Took(whole)
}

/// Header and command; an answer has its end code next (W227, 2-2).
fn frame(frame: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(frame);
    let control = r.u8()?;
    r.skip(HEADER - 3)?;
    let code = r.u16()?;
    let answer = control & ANSWER != 0;
    emit.client_is_sender(!answer);
    emit.count(&COMMAND, code);
    if !answer {
        emit.operation(&OPERATIONS, code.into(), Phase::Request);
        return Ok(());
    }
    // The bits of the end code that mean a relay error or a non-fatal one of the controller are no refusal.
    let end = r.u16()?;
    let failed = end & 0x7f3f != 0;
    emit.operation(&OPERATIONS, code.into(), if failed { Phase::Error } else { Phase::Response });
    match code {
        command::CONTROLLER_DATA => controller(&mut r, emit),
        command::CONNECTION_DATA => connected(&mut r, emit),
        _ => Ok(()),
    }
}

/// Model and version of the controller, twenty characters each (W342, 5-3-17).
fn controller(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    if r.len() < 40 {
        return Ok(());
    }
    let (model, version) = (r.take(20)?, r.take(20)?);
    emit.text(Whom::Sender, Attribute::Product, text(model), "omron.controller.model");
    emit.text(Whom::Sender, Attribute::Firmware, text(version), "omron.controller.version");
    Ok(())
}

/// Readable up to the first NUL.
fn text(field: &[u8]) -> &[u8] {
    field.split(|&b| b == 0).next().unwrap_or_default()
}

/// Number of units, then each unit's address and model (W342, 5-3-18).
fn connected(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    const MODULE: usize = 21;
    let Some(count) = byte(r.rest(), 0) else { return Ok(()) };
    r.skip(1)?;
    for _ in 0..count & 0x7f {
        if r.len() < MODULE {
            break;
        }
        let address = r.u8()?;
        let model = text(r.take(MODULE - 1)?);
        // CPU bus units have addresses from 0x10 on, sixteen of them (W227, 2-1-1).
        let whom = match address {
            0x10..=0x1f => Whom::SenderPart(model::Part::Slot(u16::from(address) - 0x10)),
            _ => Whom::SenderPart(model::Part::Slot(address.into())),
        };
        emit.identity(whom, Attribute::Product, Text::from_wire(model), model, "omron.model_number");
    }
    Ok(())
}

/// Code of the exchange of node addresses before the first frame (the project's own).
const NODE_ADDRESS: u32 = 0x1_0000;

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Commands (W342, 5-1; W227, 3 to 5).
static OPERATIONS: Operations = Operations {
    prefix: "command",
    list: &[
        op("memory_area_read", 0x0101, Class::Read),
        op("memory_area_write", 0x0102, Class::Write),
        op("memory_area_fill", 0x0103, Class::Write),
        op("multiple_memory_area_read", 0x0104, Class::Read),
        op("memory_area_transfer", 0x0105, Class::Write),
        op("parameter_area_read", 0x0201, Class::Read),
        op("parameter_area_write", 0x0202, Class::Configuration),
        op("parameter_area_clear", 0x0203, Class::Configuration),
        op("data_link_table_read", 0x0220, Class::Read),
        op("data_link_table_write", 0x0221, Class::Configuration),
        op("program_area_protect", 0x0304, Class::Configuration),
        op("program_area_protect_clear", 0x0305, Class::Configuration),
        op("program_area_read", 0x0306, Class::ProgramUpload),
        op("program_area_write", 0x0307, Class::ProgramDownload),
        op("program_area_clear", 0x0308, Class::ProgramDownload),
        op("run", 0x0401, Class::ModeChange),
        op("stop", 0x0402, Class::ModeChange),
        op("reset", 0x0403, Class::Restart),
        op("controller_data_read", 0x0501, Class::Discovery),
        op("connection_data_read", 0x0502, Class::Discovery),
        op("controller_status_read", 0x0601, Class::Diagnostic),
        op("network_status_read", 0x0602, Class::Diagnostic),
        op("data_link_status_read", 0x0603, Class::Diagnostic),
        op("cycle_time_read", 0x0620, Class::Diagnostic),
        op("clock_read", 0x0701, Class::Time),
        op("clock_write", 0x0702, Class::Time),
        op("loop_back_test", 0x0801, Class::Diagnostic),
        op("broadcast_test_results_read", 0x0802, Class::Diagnostic),
        op("broadcast_test_data_send", 0x0803, Class::Diagnostic),
        op("message_read_clear", 0x0920, Class::Diagnostic),
        op("access_right_acquire", 0x0c01, Class::Authentication),
        op("access_right_forced_acquire", 0x0c02, Class::Authentication),
        op("access_right_release", 0x0c03, Class::Authentication),
        op("error_clear", 0x2101, Class::Configuration),
        op("error_log_read", 0x2102, Class::Diagnostic),
        op("error_log_clear", 0x2103, Class::Configuration),
        op("access_log_read", 0x2140, Class::Diagnostic),
        op("access_log_clear", 0x2141, Class::Configuration),
        op("file_name_read", 0x2201, Class::File),
        op("single_file_read", 0x2202, Class::File),
        op("single_file_write", 0x2203, Class::File),
        op("file_memory_format", 0x2204, Class::File),
        op("file_delete", 0x2205, Class::File),
        op("volume_label_create", 0x2206, Class::File),
        op("file_copy", 0x2207, Class::File),
        op("file_name_change", 0x2208, Class::File),
        op("file_data_check", 0x2209, Class::File),
        op("memory_area_file_transfer", 0x220a, Class::File),
        op("parameter_area_file_transfer", 0x220b, Class::File),
        op("program_area_file_transfer", 0x220c, Class::ProgramDownload),
        op("file_memory_index_read", 0x220f, Class::File),
        op("file_memory_read", 0x2210, Class::File),
        op("file_memory_write", 0x2211, Class::File),
        op("directory_create_delete", 0x2215, Class::File),
        op("forced_set_reset", 0x2301, Class::Force),
        op("forced_set_reset_cancel", 0x2302, Class::Force),
        op("multiple_forced_status_read", 0x230a, Class::Read),
        op("name_set", 0x2601, Class::Configuration),
        op("name_delete", 0x2602, Class::Configuration),
        op("name_read", 0x2603, Class::Discovery),
        op("node_address", NODE_ADDRESS, Class::Session),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(transport: Transport, usual: bool) -> Hint {
        Hint { transport, from_port: 50_000, to_port: 5000, ethertype: 0, usual, from_start: true }
    }

    #[test]
    fn recognition() {
        let udp = b"\x80\x00\x02\x00\x01\x00\x00\x02\x00\x07\x05\x01";
        assert_eq!(Fins.probe(udp, &hint(Transport::Udp, true)), Probe::Yes);
        assert_eq!(Fins.probe(udp, &hint(Transport::Udp, false)), Probe::No);
        assert_eq!(Fins.probe(&udp[..11], &hint(Transport::Udp, true)), Probe::No);
        let tcp = b"FINS\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";
        assert_eq!(Fins.probe(tcp, &hint(Transport::Tcp, false)), Probe::Yes);
        assert_eq!(Fins.probe(&tcp[..6], &hint(Transport::Tcp, false)), Probe::More);
        assert_eq!(Fins.probe(b"FINGER", &hint(Transport::Tcp, true)), Probe::No);
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }
}
