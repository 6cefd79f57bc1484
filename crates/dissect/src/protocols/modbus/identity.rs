//! What a server says of itself: Read Device Identification and Report Server ID.

use crate::emit::{Emit, Whom};
use crate::reader::{Read, Reader};
use model::{Attribute, Confidence, Text};

/// Read Device Identification, answer (APP 6.21). When more follows, the next answer goes on with the next object.
pub(super) fn device(whom: Whom, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    if r.u8()? != 14 {
        return Ok(());
    }
    // Which category was asked, conformity, more follows, next object.
    r.skip(4)?;
    let objects = r.u8()?;
    for _ in 0..objects {
        let (id, len) = (r.u8()?, r.u8()?);
        let value = r.take(len.into())?;
        let attribute = match id {
            0x00 => Attribute::Vendor,
            0x01 => Attribute::OrderNumber,
            0x02 => Attribute::Firmware,
            0x03 => Attribute::ProductUri,
            0x04 | 0x05 => Attribute::Product,
            0x06 => Attribute::Name,
            _ => Attribute::Description,
        };
        emit.text(whom, attribute, value, "modbus.object_str_value");
    }
    Ok(())
}

/// Report Server ID, answer (APP 6.13): length, then an identifier, whether it runs, and more, all as each maker likes. Readable
/// text in it is a description.
pub(super) fn server_id(whom: Whom, r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    const TEXT_MIN: usize = 4;
    let len = r.u8()?;
    let content = r.take(len.into())?;
    let runs = content.split(|b| !(b.is_ascii_graphic() || *b == b' '));
    if let Some(text) = runs.max_by_key(|run| run.len()).filter(|run| run.len() >= TEXT_MIN) {
        let value = Text::from_wire(text);
        emit.claim(whom, Attribute::Description, value, text, "modbus.data", Confidence::LIKELY);
    }
    Ok(())
}
