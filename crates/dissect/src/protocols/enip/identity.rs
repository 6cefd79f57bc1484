//! The Identity object, as List Identity, as an object and attribute by attribute.
//! Sources: CIP Networks Library Volume 1, 5-2 (Identity object), 6-1 (device types); Volume 2, 2-4.2 (List Identity).

use super::vendors;
use crate::emit::{Emit, Whom};
use crate::reader::{Read, Reader};
use model::{Attribute, Text};
use std::net::{IpAddr, Ipv4Addr};

/// Rockwell's vendor id and the device type of controllers (V1 6-1), for which the vendor's status bits are known.
const ROCKWELL: u16 = 1;
const CONTROLLER: u16 = 14;

/// Names of fields that carry the same thing in two places.
struct Fields {
    vendor: &'static str,
    device_type: &'static str,
    code: &'static str,
    revision: &'static str,
    status: &'static str,
    serial: &'static str,
    name: &'static str,
    state: &'static str,
}

static LIST: Fields = Fields {
    vendor: "enip.lir.vendor",
    device_type: "enip.lir.devtype",
    code: "enip.lir.prodcode",
    revision: "enip.lir.revision",
    status: "enip.lir.status",
    serial: "enip.lir.serial",
    name: "enip.lir.name",
    state: "enip.lir.state",
};

static OBJECT: Fields = Fields {
    vendor: "cip.id.vendor_id",
    device_type: "cip.id.device_type",
    code: "cip.id.product_code",
    revision: "cip.id.major_rev",
    status: "cip.id.status",
    serial: "cip.id.serial_number",
    name: "cip.id.product_name",
    state: "cip.id.state",
};

/// Item of a List Identity reply (V2 table 2-4.4): protocol version, socket address, then the object's attributes.
pub(super) fn list_item(item: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(item);
    r.skip(2)?;
    // A socket address in network order: family, port, address, padding.
    r.skip(4)?;
    let address = r.take(4)?;
    r.skip(8)?;
    attributes(Whom::Sender, &LIST, &mut r, emit)?;
    if let Some(ip) = address.first_chunk::<4>().map(|a| IpAddr::V4(Ipv4Addr::from(*a)))
        && emit.sender().ip != Some(ip)
        && crate::packet::is_station(ip)
    {
        emit.identity(Whom::Sender, Attribute::OtherIp, Text::new(&ip.to_string()), address, "enip.sinaddr");
    }
    Ok(())
}

/// Reply to Get_Attributes_All of the Identity object (V1 table 5-2.4).
pub(super) fn object(whom: Whom, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    attributes(whom, &OBJECT, r, emit)
}

/// V1 table 5-2.2: vendor, device type, product code, revision, status, serial number, product name, state.
fn attributes(whom: Whom, fields: &Fields, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    let vendor = r.take(2)?;
    vendor_name(whom, vendor, fields, emit);
    let device_type = r.take(2)?;
    device_type_name(whom, device_type, fields, emit);
    let code = r.take(2)?;
    let code_text = Text::new(&number(code).to_string());
    emit.identity(whom, Attribute::ProductCode, code_text, code, fields.code);
    revision(whom, r.take(2)?, fields, emit);
    let status = r.take(2)?;
    let controller = number(vendor) == ROCKWELL && number(device_type) == CONTROLLER;
    if controller {
        key_switch(whom, status, fields, emit);
    }
    serial(whom, r.take(4)?, fields, emit);
    let len = r.u8()?;
    let name = r.take(len.into())?;
    emit.text(whom, Attribute::Product, name, fields.name);
    if let Ok(state) = r.take(1)
        && !controller
        && let Some(word) = state.first().and_then(|&s| state_name(s))
    {
        emit.identity(whom, Attribute::Mode, Text::new(word), state, fields.state);
    }
    Ok(())
}

/// Reply to Get_Attribute_Single: the value alone.
pub(super) fn attribute(whom: Whom, id: u32, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    value(whom, id, r, emit).map(|_| ())
}

/// Reply to Get_Attribute_List (V1 ): count, then id, status and value of each.
pub(super) fn list(whom: Whom, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    let count = r.u16_le()?;
    for _ in 0..count {
        let (id, status) = (r.u16_le()?, r.u16_le()?);
        if status != 0 {
            continue;
        }
        // What follows an attribute of unknown length cannot be told apart.
        if !value(whom, id.into(), r, emit)? {
            break;
        }
    }
    Ok(())
}

/// An attribute by its number (V1 table 5-2.2). False when its length is not known.
fn value(whom: Whom, id: u32, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<bool> {
    match id {
        1 => vendor_name(whom, r.take(2)?, &OBJECT, emit),
        2 => device_type_name(whom, r.take(2)?, &OBJECT, emit),
        3 => {
            let code = r.take(2)?;
            let text = Text::new(&number(code).to_string());
            emit.identity(whom, Attribute::ProductCode, text, code, OBJECT.code);
        }
        4 => revision(whom, r.take(2)?, &OBJECT, emit),
        5 | 9 | 10 => r.skip(2)?,
        6 => serial(whom, r.take(4)?, &OBJECT, emit),
        7 => {
            let len = r.u8()?;
            emit.text(whom, Attribute::Product, r.take(len.into())?, OBJECT.name);
        }
        8 => r.skip(1)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn number(bytes: &[u8]) -> u16 {
    bytes.first_chunk::<2>().map_or(0, |b| u16::from_le_bytes(*b))
}

fn vendor_name(whom: Whom, bytes: &[u8], fields: &Fields, emit: &mut Emit<'_>) {
    let vendor = number(bytes);
    let text = Text::new(&vendor.to_string());
    emit.identity(whom, Attribute::VendorId, text, bytes, fields.vendor);
    if let Some(name) = vendors::name(vendor) {
        emit.identity(whom, Attribute::Vendor, Text::new(name), bytes, fields.vendor);
    }
}

fn device_type_name(whom: Whom, bytes: &[u8], fields: &Fields, emit: &mut Emit<'_>) {
    let id = number(bytes);
    let text = device_type(id).map_or_else(|| Text::new(&id.to_string()), Text::new);
    emit.identity(whom, Attribute::DeviceType, text, bytes, fields.device_type);
}

fn revision(whom: Whom, bytes: &[u8], fields: &Fields, emit: &mut Emit<'_>) {
    if let [major, minor] = bytes
        && (*major, *minor) != (0, 0)
    {
        let text = Text::new(&format!("{major}.{minor}"));
        emit.identity(whom, Attribute::Firmware, text, bytes, fields.revision);
    }
}

/// In hexadecimal, as labels and engineering tools show it.
fn serial(whom: Whom, bytes: &[u8], fields: &Fields, emit: &mut Emit<'_>) {
    let Some(serial) = bytes.first_chunk::<4>().map(|b| u32::from_le_bytes(*b)) else { return };
    if serial != 0 {
        let text = Text::new(&format!("0x{serial:08x}"));
        emit.identity(whom, Attribute::Serial, text, bytes, fields.serial);
    }
}

/// Mode and key switch of Logix controllers in the bits that the Identity object leaves to the vendor (Rockwell knowledge base
/// article 28917).
fn key_switch(whom: Whom, status: &[u8], fields: &Fields, emit: &mut Emit<'_>) {
    let [low, high] = status else { return };
    let mode = match low & 0xf0 {
        0x60 => "run",
        0x70 => "program",
        _ => return,
    };
    let key = match high & 0xf0 {
        0x10 => "key switch run",
        0x20 => "key switch program",
        0x30 => "key switch remote",
        _ => return,
    };
    emit.identity(whom, Attribute::Mode, Text::new(mode), status, fields.status);
    emit.identity(whom, Attribute::Protection, Text::new(key), status, fields.status);
}

/// V1 table 5-2.2, attribute 8.
fn state_name(state: u8) -> Option<&'static str> {
    Some(match state {
        1 => "self testing",
        2 => "standby",
        3 => "operational",
        4 => "major recoverable fault",
        5 => "major unrecoverable fault",
        _ => return None,
    })
}

/// Device profiles (V1 table 6-1.1).
fn device_type(id: u16) -> Option<&'static str> {
    Some(match id {
        0 => "Generic Device",
        2 => "AC Drive",
        3 => "Motor Overload",
        4 => "Limit Switch",
        5 => "Inductive Proximity Switch",
        6 => "Photoelectric Sensor",
        7 => "General Purpose Discrete I/O",
        9 => "Resolver",
        12 => "Communications Adapter",
        14 => "Programmable Logic Controller",
        16 => "Position Controller",
        19 => "DC Drive",
        21 => "Contactor",
        22 => "Motor Starter",
        23 => "Softstart Starter",
        24 => "Human-Machine Interface",
        26 => "Mass Flow Controller",
        27 => "Pneumatic Valve",
        28 => "Vacuum Pressure Gauge",
        29 => "Process Control Valve",
        30 => "Residual Gas Analyzer",
        31 => "DC Power Generator",
        32 => "RF Power Generator",
        33 => "Turbomolecular Vacuum Pump",
        34 => "Encoder",
        35 => "Safety Discrete I/O",
        36 => "Fluid Flow Controller",
        37 => "CIP Motion Drive",
        38 => "CompoNet Repeater",
        39 => "Mass Flow Controller, Enhanced",
        40 => "CIP Modbus Device",
        41 => "CIP Modbus Translator",
        42 => "Safety Analog I/O",
        43 => "Generic Device, keyable",
        44 => "Managed Ethernet Switch",
        45 => "CIP Motion Safety Drive",
        46 => "Safety Drive",
        47 => "CIP Motion Encoder",
        48 => "CIP Motion Converter",
        49 => "CIP Motion I/O",
        50 => "ControlNet Physical Layer Component",
        51 => "Circuit Breaker",
        52 => "HART Device",
        53 => "CIP-HART Translator",
        200 => "Embedded Component",
        _ => return None,
    })
}
