//! What a device tells of itself (HCF_SPEC-127, HCF_SPEC-151).

use crate::emit::{Emit, Whom};
use crate::reader::{Read, Reader, be16};
use model::{Attribute, Part, Text};

/// What a device tells of itself (HCF_SPEC-127).
pub(super) fn told(command: u32, whom: Whom, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
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
        84 => sub_device(r, emit),
        _ => Ok(()),
    }
}

/// One device behind an I/O system (HCF_SPEC-151, command 84): index, card, channel, manufacturer, type, number, revision, long tag.
/// It is named as its long address names it: by the lower octet of its type and its number.
fn sub_device(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    if r.len() < 44 {
        return Ok(());
    }
    r.skip(4)?;
    let (manufacturer, kind, number) = (r.take(2)?, r.take(2)?, r.take(3)?);
    r.skip(1)?;
    let tag = r.take(32)?;
    let (&[a, b, c], Some(maker), Some(type_number)) = (number, be16(manufacturer, 0), be16(kind, 0)) else {
        return Ok(());
    };
    let whom = Whom::SenderPart(Part::Unit(u32::from_be_bytes([type_number.to_be_bytes()[1], a, b, c])));
    for (attribute, text, witness, field) in [
        (Attribute::VendorId, maker.to_string(), manufacturer, "hart_ip.pt.rsp.manufacturer_Id"),
        (Attribute::ProductCode, type_number.to_string(), kind, "hart_ip.pt.rsp.expanded_device_type"),
        (Attribute::Serial, format!("{a:02x}{b:02x}{c:02x}"), number, "hart_ip.pt.rsp.device_id"),
    ] {
        emit.identity(whom, attribute, Text::new(&text), witness, field);
    }
    emit.text(whom, Attribute::Name, tag, "hart_ip.pt.rsp.tag");
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_text() {
        // "TEST" is 0x14 0x05 0x13 0x14 in six bits each.
        assert_eq!(unpack(&[0x50, 0x54, 0xd4]).as_str(), "TEST");
    }
}
