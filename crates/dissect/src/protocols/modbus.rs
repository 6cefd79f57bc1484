//! Modbus/TCP and Modbus/UDP: reads and writes of coils and registers, diagnostics, device identification.
//! Sources: MODBUS Messaging on TCP/IP V1.0b (MSG); MODBUS Application Protocol V1.1b3 (APP).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, be16, byte};
use model::observation::Direction;
use model::{Attribute, Operation, OperationClass as Class, Part, Text};

/// The protocol.
pub(super) struct Modbus;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "modbus",
    title: "Modbus/TCP",
    tcp: &[502],
    udp: &[502],
    ethertypes: &[],
    industrial: true,
    sources: "MODBUS Messaging on TCP/IP V1.0b; MODBUS Application Protocol V1.1b3",
};

static FUNCTION: Counter = Counter { protocol: "modbus", name: "function" };

/// MSG 3.1.3: transaction, protocol, length, unit.
const HEADER: usize = 7;
/// MSG 3.1.3: the length counts the unit and a PDU of at most 253 bytes (APP 4.1).
const LENGTH_MAX: u16 = 254;

impl Protocol for Modbus {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// Protocol identifier 0, a length in range. Elsewhere than at port 502 the length must fit the bytes and the function be a public one.
    fn probe(&self, head: &[u8], hint: &Hint) -> Probe {
        let (Some(protocol), Some(length)) = (be16(head, 2), be16(head, 4)) else {
            return if head.get(2..).is_none_or(|h| h.iter().all(|&b| b == 0)) {
                Probe::More
            } else {
                Probe::No
            };
        };
        if protocol != 0 || !(2..=LENGTH_MAX).contains(&length) {
            return Probe::No;
        }
        if hint.usual {
            return Probe::Yes;
        }
        let Some(function) = byte(head, 7) else { return Probe::More };
        let whole = head.len() == usize::from(length) + 6;
        Probe::when(whole && matches!(function & 0x7f, 1..=6 | 15 | 16 | 22 | 23 | 43) && hint.to_port >= 502)
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(read))
    }
}

fn read(input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
    let (Some(protocol), Some(length)) = (be16(input.data, 2), be16(input.data, 4)) else {
        return Progress::Need(HEADER + 1);
    };
    if protocol != 0 || !(2..=LENGTH_MAX).contains(&length) {
        return Progress::Lost;
    }
    let whole = usize::from(length) + 6;
    if input.data.len() < whole && !input.cut && !input.datagram {
        return Progress::Need(whole);
    }
    if message(input.data.get(6..whole).or(input.data.get(6..)).unwrap_or_default(), input.direction, emit)
        .is_err()
    {
        emit.malformed();
    }
    Progress::Took(whole)
}

/// Unit and PDU (APP 4.1). The high bit of the function marks an exception (APP 7).
fn message(adu: &[u8], direction: Direction, emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(adu);
    let unit = r.u8()?;
    let function = r.u8()?;
    let code = function & 0x7f;
    emit.count(&FUNCTION, code);
    let phase = match (direction, function & 0x80 != 0) {
        (_, true) => Phase::Error,
        (Direction::ToClient, _) => Phase::Response,
        _ => Phase::Request,
    };
    emit.operation(&OPERATIONS, code.into(), phase);
    if code == 43 && phase == Phase::Response {
        device_identification(unit, &mut r, emit)?;
    }
    Ok(())
}

/// Read Device Identification, response (APP 6.21).
fn device_identification(unit: u8, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    if r.u8()? != 14 {
        return Ok(());
    }
    r.skip(4)?;
    let objects = r.u8()?;
    // Unit 0 and 255 are the device itself (MSG 4.4.2.1); others are stations, usually behind a gateway.
    let whom =
        if matches!(unit, 0 | 1 | 255) { Whom::Sender } else { Whom::SenderPart(Part::Unit(unit.into())) };
    for _ in 0..objects {
        let (id, len) = (r.u8()?, r.u8()?);
        let value = r.take(len.into())?;
        let attribute = match id {
            0x00 => Attribute::Vendor,
            0x01 => Attribute::OrderNumber,
            0x02 => Attribute::Firmware,
            0x04 => Attribute::Product,
            0x05 => Attribute::Name,
            _ => Attribute::Description,
        };
        emit.identity(whom, attribute, Text::from_wire(value), value, "modbus.object_str_value");
    }
    Ok(())
}

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// APP 5.1 and 6.1 to 6.21; 90 is Schneider's UMAS (seen in many captures of Modicon controllers).
static OPERATIONS: Operations = Operations {
    prefix: "function",
    list: &[
        op("read_coils", 1, Class::Read),
        op("read_discrete_inputs", 2, Class::Read),
        op("read_holding_registers", 3, Class::Read),
        op("read_input_registers", 4, Class::Read),
        op("write_single_coil", 5, Class::Write),
        op("write_single_register", 6, Class::Write),
        op("read_exception_status", 7, Class::Diagnostic),
        op("diagnostics", 8, Class::Diagnostic),
        op("get_comm_event_counter", 11, Class::Diagnostic),
        op("get_comm_event_log", 12, Class::Diagnostic),
        op("write_multiple_coils", 15, Class::Write),
        op("write_multiple_registers", 16, Class::Write),
        op("report_server_id", 17, Class::Discovery),
        op("read_file_record", 20, Class::File),
        op("write_file_record", 21, Class::File),
        op("mask_write_register", 22, Class::Write),
        op("read_write_multiple_registers", 23, Class::Write),
        op("read_fifo_queue", 24, Class::Read),
        op("encapsulated_interface_transport", 43, Class::Discovery),
        op("umas", 90, Class::Other),
    ],
};
