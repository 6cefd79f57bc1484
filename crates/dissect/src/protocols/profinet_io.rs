//! PROFINET IO context management: who connects to which device, reads and writes its records, and what it says it is.
//! Sources: IEC 61158-6-10:2019, 4.10 (remote procedure calls), 5.2 (blocks); The Open Group C706, 12.5.2 (header), appendix A (UUIDs).

use crate::emit::{Counter, Emit, Operations, Phase, Whom};
use crate::protocol::{Hint, Probe, Progress, Protocol, ProtocolInfo, Session, Stateless};
use crate::reader::{Read, Reader, byte};
use model::{Attribute, Operation, OperationClass as Class, Text};

/// The protocol.
pub(super) struct ProfinetIo;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "profinet-io",
    title: "PROFINET IO",
    tcp: &[],
    udp: &[34964],
    ethertypes: &[],
    industrial: true,
    sources: "IEC 61158-6-10:2019; C706",
    operations: &[&OPERATIONS],
};

static OPNUM: Counter = Counter { protocol: "profinet-io", name: "opnum" };

/// Header of a call without connection (C706, 12.5.2.1).
const HEADER: usize = 80;
const VERSION: u8 = 4;
/// Packet types (C706, 12.5.3).
const REQUEST: u8 = 0;
const RESPONSE: u8 = 2;
const LAST_TYPE: u8 = 10;
/// Interfaces of device, controller, supervisor and parameter server (4.10.3.2): DEA0000n-6C97-11D1-8271-00A02442DF7D.
const INTERFACE: u128 = 0xdea0_0000_6c97_11d1_8271_00a0_2442_df7d;
/// The number n in it.
const INTERFACE_NUMBER: u32 = 96;
/// Objects have the same beginning, then instance, device and vendor (4.10.3.2).
const OBJECT: u128 = 0xdea0_0000_6c97_11d1_8271;

/// Operations (4.10.3.4).
mod opnum {
    pub(super) const CONNECT: u16 = 0;
    pub(super) const READ: u16 = 2;
    pub(super) const READ_IMPLICIT: u16 = 5;
    pub(super) const LAST: u16 = 5;
}

/// Blocks (5.2.1).
mod block {
    pub(super) const IDENTIFICATION: u16 = 0x0020;
    pub(super) const RELATION: u16 = 0x0101;
    pub(super) const READ_HEADER: u16 = 0x8009;
}

/// The parts of the header that matter.
struct Call<'a> {
    kind: u8,
    opnum: u16,
    fragment: u16,
    vendor: Option<&'a [u8]>,
    device: Option<&'a [u8]>,
    object: u128,
    body: &'a [u8],
    little: bool,
}

/// A UUID: three numbers in the order of the packet, then eight octets (C706, A.1).
fn uuid(bytes: &[u8], little: bool) -> Read<u128> {
    let mut r = Reader::new(bytes);
    let (a, b, c) =
        if little { (r.u32_le()?, r.u16_le()?, r.u16_le()?) } else { (r.u32()?, r.u16()?, r.u16()?) };
    let rest = r.u64()?;
    Ok(u128::from(a) << 96 | u128::from(b) << 80 | u128::from(c) << 64 | u128::from(rest))
}

fn call(data: &[u8]) -> Read<Option<Call<'_>>> {
    let mut r = Reader::new(data.get(..HEADER).unwrap_or_default());
    let (version, kind) = (r.u8()?, r.u8()?);
    r.skip(2)?;
    let little = r.u8()? & 0x10 != 0;
    r.skip(3)?;
    let object_bytes = r.take(16)?;
    let interface = uuid(r.take(16)?, little)?;
    let number = interface ^ INTERFACE;
    if version != VERSION || kind > LAST_TYPE || number >> INTERFACE_NUMBER > 4 || number << 32 != 0 {
        return Ok(None);
    }
    r.skip(28)?;
    let number = |r: &mut Reader<'_>| if little { r.u16_le() } else { r.u16() };
    let opnum = number(&mut r)?;
    r.skip(6)?;
    let fragment = number(&mut r)?;
    let body = data.get(HEADER..).unwrap_or_default();
    let (device, vendor) = (object_bytes.get(12..14), object_bytes.get(14..16));
    Ok(Some(Call {
        kind,
        opnum,
        fragment,
        vendor,
        device,
        object: uuid(object_bytes, little)?,
        body,
        little,
    }))
}

impl Protocol for ProfinetIo {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// The interface is one of PROFINET's: answers come from any port.
    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        Probe::when(byte(head, 0) == Some(VERSION) && matches!(call(head), Ok(Some(_))))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Stateless(|input, emit| {
            if message(input.data, emit).is_err() && !input.cut {
                emit.malformed();
            }
            Progress::Took(input.data.len())
        }))
    }
}

fn message(data: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let Some(call) = call(data)? else { return Ok(()) };
    if !matches!(call.kind, REQUEST | RESPONSE) || call.fragment != 0 || call.opnum > opnum::LAST {
        return Ok(());
    }
    let request = call.kind == REQUEST;
    emit.client_is_sender(request);
    emit.count(&OPNUM, call.opnum);
    let mut r = Reader::new(call.body);
    // A request gives the most an answer may have, an answer its status; four octets, of which one is nonzero when it says no.
    let status = if call.little { r.u32_le()? } else { r.u32()? };
    let phase = match request {
        true => Phase::Request,
        false if status == 0 => Phase::Response,
        false => Phase::Error,
    };
    emit.operation(&OPERATIONS, call.opnum.into(), phase);
    if phase == Phase::Response {
        device(&call, emit);
    }
    // Length of the arguments, then maximum, offset and count of the array that holds them.
    r.skip(16)?;
    match (call.opnum, phase) {
        (opnum::CONNECT, Phase::Request) => relation(&mut r, emit),
        (opnum::READ | opnum::READ_IMPLICIT, Phase::Response) => record(&mut r, emit),
        _ => Ok(()),
    }
}

/// The object that answers names vendor and device.
fn device(call: &Call<'_>, emit: &mut Emit<'_>) {
    if call.object >> 48 != OBJECT {
        return;
    }
    let parts = [
        (call.vendor, Attribute::VendorId, "dcerpc.obj_id.vendor"),
        (call.device, Attribute::ProductCode, "dcerpc.obj_id.device"),
    ];
    for (bytes, attribute, field) in parts {
        if let Some(&[high, low]) = bytes {
            let text = Text::new(&u16::from_be_bytes([high, low]).to_string());
            emit.identity(Whom::Sender, attribute, text, bytes.unwrap_or_default(), field);
        }
    }
}

/// The first block of a connect (5.2.4.1): kind, UUID and key of the relation, MAC and object of the controller, properties, its name.
fn relation(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    if r.u16()? != block::RELATION {
        return Ok(());
    }
    // Length and version; then 2 + 16 + 2 + 6 + 16 + 4 + 2 + 2 octets.
    r.skip(4 + 50)?;
    let len = r.u16()?;
    let name = r.take(len.into())?;
    emit.text(Whom::Sender, Attribute::Name, name, "pn_io.cminitiator_station_name");
    Ok(())
}

/// A record that was read: its header, then perhaps identification and maintenance 0 (IEC 61158-6-10, 5.2.21).
fn record(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    if r.len() < 4 || r.u16()? != block::READ_HEADER {
        return Ok(());
    }
    let len = r.u16()?;
    r.skip(len.into())?;
    if r.len() < 60 || r.u16()? != block::IDENTIFICATION {
        return Ok(());
    }
    r.skip(4)?;
    let vendor = r.take(2)?;
    let (order, serial) = (r.take(20)?, r.take(16)?);
    let hardware = r.take(2)?;
    let software = r.take(4)?;
    if let &[high, low] = vendor {
        let text = Text::new(&u16::from_be_bytes([high, low]).to_string());
        emit.identity(Whom::Sender, Attribute::VendorId, text, vendor, "pn_io.vendor_id");
    }
    emit.text(Whom::Sender, Attribute::OrderNumber, order, "pn_io.im_order_id");
    emit.text(Whom::Sender, Attribute::Serial, serial, "pn_io.im_serial_number");
    if let &[high, low] = hardware {
        let text = Text::new(&u16::from_be_bytes([high, low]).to_string());
        emit.identity(Whom::Sender, Attribute::Hardware, text, hardware, "pn_io.im_hardware_revision");
    }
    if let &[prefix, a, b, c] = software {
        // The prefix is a letter: V released, R revision, P prototype, U under test, T test device.
        let text = Text::new(&format!("{}{a}.{b}.{c}", char::from(prefix)));
        emit.identity(Whom::Sender, Attribute::Firmware, text, software, "pn_io.im_software_revision");
    }
    Ok(())
}

/// Operations (4.10.3.4).
static OPERATIONS: Operations = Operations {
    prefix: "opnum",
    list: &[
        Operation::new("connect", 0, Class::Session),
        Operation::new("release", 1, Class::Session),
        Operation::new("read", 2, Class::Read),
        Operation::new("write", 3, Class::Configuration),
        Operation::new("control", 4, Class::Session),
        Operation::new("read_implicit", 5, Class::Read),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use model::Transport;

    #[test]
    fn recognition() {
        let hint = Hint {
            transport: Transport::Udp,
            from_port: 50_000,
            to_port: 5000,
            ethertype: 0,
            usual: false,
            from_start: true,
        };
        let mut head = [0; 100];
        head[0] = 4;
        head[4] = 0x10;
        head[24..40].copy_from_slice(b"\x01\x00\xa0\xde\x97\x6c\xd1\x11\x82\x71\x00\xa0\x24\x42\xdf\x7d");
        assert_eq!(ProfinetIo.probe(&head, &hint), Probe::Yes);
        head[4] = 0;
        assert_eq!(ProfinetIo.probe(&head, &hint), Probe::No);
        head[24..40].copy_from_slice(b"\xde\xa0\x00\x01\x6c\x97\x11\xd1\x82\x71\x00\xa0\x24\x42\xdf\x7d");
        assert_eq!(ProfinetIo.probe(&head, &hint), Probe::Yes);
        assert_eq!(ProfinetIo.probe(&head[..79], &hint), Probe::No);
        assert!(OPERATIONS.list.is_sorted_by_key(|o| o.code));
    }
}
