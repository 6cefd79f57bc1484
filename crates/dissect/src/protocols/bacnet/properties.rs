//! What a device says of itself: I-Am (16.10.1), I-Have (16.9.3) and the properties of its device object (12.11).

use super::tags::{self, Tag, kind};
use super::vendors;
use crate::emit::{Emit, Whom};
use crate::reader::{Read, Reader, Short};
use model::{Attribute, Confidence, Text};

/// Object type 8 is the device itself (21, BACnetObjectType).
const DEVICE: u16 = 8;
/// The highest instance means any device, or one that was not set up (12.11.1).
const ANY_INSTANCE: u32 = 0x003f_ffff;
/// Lists in lists that are passed over.
const DEPTH_MAX: u32 = 16;

/// Properties (21, BACnetPropertyIdentifier).
mod property {
    pub(super) const APPLICATION_SOFTWARE_VERSION: u32 = 12;
    pub(super) const DESCRIPTION: u32 = 28;
    pub(super) const FIRMWARE_REVISION: u32 = 44;
    pub(super) const LOCATION: u32 = 58;
    pub(super) const MODEL_NAME: u32 = 70;
    pub(super) const OBJECT_NAME: u32 = 77;
    pub(super) const SYSTEM_STATUS: u32 = 112;
    pub(super) const VENDOR_IDENTIFIER: u32 = 120;
    pub(super) const VENDOR_NAME: u32 = 121;
    pub(super) const SERIAL_NUMBER: u32 = 372;
}

/// Device, longest message, segmentation, vendor.
pub(super) fn i_am(r: &mut Reader<'_>, whom: Whom, emit: &mut Emit<'_>) -> Read<()> {
    let Tag::Application(kind::OBJECT_ID, device) = tags::next(r)? else { return Err(Short) };
    let (_, instance) = tags::object(device).ok_or(Short)?;
    let text = Text::new(&instance.to_string());
    emit.identity(whom, Attribute::StationAddress, text, device, "bacapp.instance_number");
    tags::next(r)?;
    tags::next(r)?;
    if let Tag::Application(kind::UNSIGNED, value) = tags::next(r)? {
        vendor(value, whom, emit);
    }
    Ok(())
}

/// Device, object, name of the object.
pub(super) fn i_have(r: &mut Reader<'_>, whom: Whom, emit: &mut Emit<'_>) -> Read<()> {
    let Tag::Application(kind::OBJECT_ID, device) = tags::next(r)? else { return Err(Short) };
    let Tag::Application(kind::OBJECT_ID, object) = tags::next(r)? else { return Err(Short) };
    let name = tags::next(r)?;
    self::device(device, whom, emit);
    if tags::object(object).is_some_and(|(kind, _)| kind == DEVICE) {
        told(property::OBJECT_NAME, name, whom, emit);
    }
    Ok(())
}

/// Answer to ReadProperty (15.5.1.2): object, property, index, value.
pub(super) fn read_property(r: &mut Reader<'_>, whom: Whom, emit: &mut Emit<'_>) -> Read<()> {
    let Tag::Context(0, object) = tags::next(r)? else { return Err(Short) };
    let Tag::Context(1, property) = tags::next(r)? else { return Err(Short) };
    if !tags::object(object).is_some_and(|(kind, _)| kind == DEVICE) {
        return Ok(());
    }
    device(object, whom, emit);
    let property = tags::number(property).ok_or(Short)?;
    loop {
        match tags::next(r)? {
            Tag::Context(2, _) => {}
            Tag::Open(3) => break,
            _ => return Err(Short),
        }
    }
    told(property, tags::next(r)?, whom, emit);
    Ok(())
}

/// Answer to ReadPropertyMultiple (15.7.3.1): for each object its properties, each with a value or an error.
pub(super) fn read_property_multiple(r: &mut Reader<'_>, whom: Whom, emit: &mut Emit<'_>) -> Read<()> {
    while !r.is_empty() {
        let Tag::Context(0, object) = tags::next(r)? else { return Err(Short) };
        let is_device = tags::object(object).is_some_and(|(kind, _)| kind == DEVICE);
        if is_device {
            device(object, whom, emit);
        }
        let Tag::Open(1) = tags::next(r)? else { return Err(Short) };
        let mut property = None;
        loop {
            match tags::next(r)? {
                Tag::Context(2, id) => property = tags::number(id),
                Tag::Context(3, _) => {}
                Tag::Open(4) => {
                    let value = list(r)?;
                    if let (true, Some(property), Some(value)) = (is_device, property, value) {
                        told(property, value, whom, emit);
                    }
                }
                Tag::Open(5) => {
                    list(r)?;
                }
                Tag::Close(1) => break,
                _ => return Err(Short),
            }
        }
    }
    Ok(())
}

/// Passes over a list whose start was read, with the lists in it; its first value.
fn list<'a>(r: &mut Reader<'a>) -> Read<Option<Tag<'a>>> {
    let mut first = None;
    let mut depth = 1;
    while depth > 0 {
        match tags::next(r)? {
            Tag::Open(_) if depth >= DEPTH_MAX => return Err(Short),
            Tag::Open(_) => depth += 1,
            Tag::Close(_) => depth -= 1,
            value => first = first.or(Some(value)),
        }
    }
    Ok(first)
}

/// The instance of the device that answers.
fn device(object: &[u8], whom: Whom, emit: &mut Emit<'_>) {
    if let Some((DEVICE, instance)) = tags::object(object)
        && instance != ANY_INSTANCE
    {
        let text = Text::new(&instance.to_string());
        emit.identity(whom, Attribute::StationAddress, text, object, "bacapp.instance_number");
    }
}

/// The maker's number (23, and ASHRAE's list of vendor identifiers).
fn vendor(value: &[u8], whom: Whom, emit: &mut Emit<'_>) {
    const FIELD: &str = "bacapp.vendor_identifier";
    let Some(id) = tags::number(value) else { return };
    emit.identity(whom, Attribute::VendorId, Text::new(&id.to_string()), value, FIELD);
    if let Some(name) = vendors::name(id) {
        emit.claim(whom, Attribute::Vendor, Text::new(name), value, FIELD, Confidence::LIKELY);
    }
}

/// A property of the device object.
fn told(property: u32, value: Tag<'_>, whom: Whom, emit: &mut Emit<'_>) {
    let (attribute, field) = match property {
        property::APPLICATION_SOFTWARE_VERSION => {
            (Attribute::Software, "bacapp.application_software_version")
        }
        property::DESCRIPTION => (Attribute::Description, "bacapp.description"),
        property::FIRMWARE_REVISION => (Attribute::Firmware, "bacapp.firmware_revision"),
        property::LOCATION => (Attribute::Location, "bacapp.location"),
        property::MODEL_NAME => (Attribute::Product, "bacapp.model_name"),
        property::OBJECT_NAME => (Attribute::Name, "bacapp.object_name"),
        property::VENDOR_NAME => (Attribute::Vendor, "bacapp.vendor_name"),
        property::SERIAL_NUMBER => (Attribute::Serial, "bacapp.serial_number"),
        property::VENDOR_IDENTIFIER => {
            if let Tag::Application(kind::UNSIGNED, value) = value {
                vendor(value, whom, emit);
            }
            return;
        }
        property::SYSTEM_STATUS => return status(value, whom, emit),
        _ => return,
    };
    if let Tag::Application(kind::CHARACTER_STRING, value) = value {
        let (text, witness) = tags::text(value);
        emit.identity(whom, attribute, text, witness, field);
    }
}

/// Whether it runs (21, BACnetDeviceStatus).
fn status(value: Tag<'_>, whom: Whom, emit: &mut Emit<'_>) {
    let Tag::Application(kind::ENUMERATED, value) = value else { return };
    let mode = match tags::number(value) {
        Some(0) => "operational",
        Some(1) => "operational, read only",
        Some(2) => "download required",
        Some(3) => "download in progress",
        Some(4) => "not operational",
        Some(5) => "backup in progress",
        _ => return,
    };
    emit.identity(whom, Attribute::Mode, Text::new(mode), value, "bacapp.system_status");
}
