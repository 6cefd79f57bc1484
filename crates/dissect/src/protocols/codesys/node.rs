//! What a node says of itself in the name service of CODESYS V3.

use crate::emit::{Emit, Whom};
use crate::reader::{Read, Reader};
use model::{Attribute, Text};

/// Package type of an identification (Microsoft, CODESYS V3 dissector: NS client).
const IDENTIFICATION: u16 = 0xc280;
/// Versions whose layout is known.
const VERSIONS: [u16; 2] = [0x0103, 0x0400];

/// Package type, version, request; channels, byte order, parent address; lengths of the three names; target; serial number; the texts.
pub(super) fn read(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    let (kind, version) = (r.u16_le()?, r.u16_le()?);
    if kind != IDENTIFICATION || !VERSIONS.contains(&version) {
        return Ok(());
    }
    r.skip(4 + 2 + 1 + 1)?;
    let parent = usize::from(r.u16_le()?);
    let lengths = [r.u16_le()?, r.u16_le()?, r.u16_le()?];
    let (kind, target, firmware) = (r.take(4)?, r.take(4)?, r.take(4)?);
    r.skip(4)?;
    let serial = usize::from(r.u8()?);
    // Length of the maker's data, block driver, nine unused octets.
    r.skip(2 + 9)?;
    r.skip(parent)?;
    number(Attribute::DeviceType, kind, "codesysv3.nsclient.target_type", emit);
    number(Attribute::ProductCode, target, "codesysv3.nsclient.target_id", emit);
    version_of(firmware, emit);
    const NAMES: [(Attribute, &str); 3] = [
        (Attribute::Name, "codesysv3.nsclient.node_name"),
        (Attribute::Product, "codesysv3.nsclient.device_name"),
        (Attribute::Vendor, "codesysv3.nsclient.vendor_name"),
    ];
    for ((attribute, field), length) in NAMES.into_iter().zip(lengths) {
        // A name is followed by a zero that its length does not count.
        let name = r.take(2 * usize::from(length))?;
        r.skip(2)?;
        emit.identity(Whom::Sender, attribute, Text::from_utf16le(name), name, field);
    }
    emit.text(Whom::Sender, Attribute::Serial, r.take(serial)?, "codesysv3.nsclient.plc_serial");
    Ok(())
}

fn number(attribute: Attribute, octets: &[u8], field: &'static str, emit: &mut Emit<'_>) {
    if let Ok(number) = Reader::new(octets).u32_le() {
        emit.identity(Whom::Sender, attribute, Text::new(&number.to_string()), octets, field);
    }
}

/// 00 04 0f 05 is 5.15.4.0.
fn version_of(octets: &[u8], emit: &mut Emit<'_>) {
    let parts: Vec<String> = octets.iter().rev().map(u8::to_string).collect();
    let field = "codesysv3.nsclient.target_version";
    emit.identity(Whom::Sender, Attribute::Firmware, Text::new(&parts.join(".")), octets, field);
}
