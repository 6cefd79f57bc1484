//! System status lists: who the controller is, in which mode it runs, and how it is protected.
//! Source: Siemens A5E02789976, "System status lists (SSL)"; sections are named by the list's number.

use super::userdata::current_mode;
use crate::emit::{Emit, Whom};
use crate::reader::{Read, Reader};
use model::{Attribute, Confidence, Text};

/// Records of a list that are read; the lists that matter have at most ten.
const RECORDS_MAX: u16 = 64;

/// List number and index, length and number of the records, records.
pub(super) fn read(list: &[u8], emit: &mut Emit<'_>) -> Read<()> {
    let mut r = Reader::new(list);
    let (id, index, len, count) = (r.u16()?, r.u16()?, r.u16()?, r.u16()?);
    for _ in 0..count.min(RECORDS_MAX) {
        if r.is_empty() {
            break;
        }
        let mut record = Reader::new(r.up_to(len.into()));
        match id & 0xff {
            0x11 if len >= 28 => module(&mut record, emit)?,
            0x1c if len >= 34 => component(&mut record, emit)?,
            0x32 if index == 4 => protection(&mut record, emit)?,
            0x24 => mode(&mut record, emit)?,
            _ => return Ok(()),
        }
    }
    Ok(())
}

/// List xy11: order number of the module (1), its hardware (6), its firmware (7) and its boot loader (0x81); 20 characters, type,
/// then two words of version.
fn module(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    let index = r.u16()?;
    let number = r.take(20)?;
    r.skip(2)?;
    let version = r.take(4)?;
    let field = "s7comm.szl.xy11.0001.anz";
    match index {
        1 | 6 => {
            emit.text(Whom::Sender, Attribute::OrderNumber, number, field);
            if is_siemens(number) {
                emit.claim(
                    Whom::Sender,
                    Attribute::Vendor,
                    Text::new("Siemens"),
                    number,
                    field,
                    Confidence::LIKELY,
                );
            }
            if let [0, hardware, ..] = *version
                && hardware != 0
            {
                let text = Text::new(&hardware.to_string());
                emit.identity(Whom::Sender, Attribute::Hardware, text, version, "s7comm.szl.xy11.0001.ausbg");
            }
        }
        7 => {
            if let [b'V', a, b, c] = *version {
                let text = Text::new(&format!("V{a}.{b}.{c}"));
                emit.identity(Whom::Sender, Attribute::Firmware, text, version, "s7comm.szl.xy11.0001.ausbg");
            }
            emit.text(Whom::Sender, Attribute::OrderNumber, number, field);
        }
        _ => emit.text(Whom::Sender, Attribute::Software, number, field),
    }
    Ok(())
}

/// Machine-readable product designations of Siemens begin with the product group (catalogues ST 70, IK PI, D 21).
fn is_siemens(number: &[u8]) -> bool {
    const GROUPS: [&[u8]; 9] = [b"6ES", b"6GK", b"6AU", b"6FC", b"6DD", b"6AG", b"6SL", b"6BK", b"6AV"];
    GROUPS.iter().any(|group| number.starts_with(group))
}

/// List xy1C: names, designations and serial numbers, 32 bytes each.
fn component(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    let index = r.u16()?;
    let text = r.take(32)?;
    let text = text.split(|&b| b == 0).next().unwrap_or_default();
    let (attribute, field) = match index {
        1 => (Attribute::Name, "s7comm.szl.001c.0001.name"),
        2 => (Attribute::Module, "s7comm.szl.001c.0002.name"),
        3 => {
            // The designation of the plant may be shared by several controllers.
            let field = "s7comm.szl.001c.0003.tag";
            emit.claim(Whom::Sender, Attribute::Name, Text::from_wire(text), text, field, Confidence::LIKELY);
            return Ok(());
        }
        5 => (Attribute::Serial, "s7comm.szl.001c.0005.serialn"),
        7 => (Attribute::Product, "s7comm.szl.001c.0007.cputypname"),
        8 => (Attribute::Description, "s7comm.szl.001c.0008.snmcmmc"),
        0x0b => (Attribute::Location, "s7comm.szl.001c.000b.loc_id"),
        _ => return Ok(()),
    };
    emit.text(Whom::Sender, attribute, text, field);
    Ok(())
}

/// List 0x0132 index 4: protection by key switch, by password, in force; position of the switch.
fn protection(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    if r.u16()? != 4 {
        return Ok(());
    }
    let levels = r.take(8)?;
    if let [_, _, _, password, _, in_force, _, switch] = *levels {
        let switch = match switch {
            1 => ", key switch RUN",
            2 => ", key switch RUN-P",
            3 => ", key switch STOP",
            4 => ", key switch MRES",
            _ => "",
        };
        let password = if password == 0 { ", no password" } else { ", password set" };
        let text = Text::new(&format!("level {in_force}{password}{switch}"));
        emit.identity(Whom::Sender, Attribute::Protection, text, levels, "s7comm.szl.0132.0004.sch_rel");
    }
    Ok(())
}

/// List 0x0424: the mode; event, flags, then the transition with the current mode in its low half.
fn mode(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    r.skip(3)?;
    let witness = r.take(1)?;
    if let [transition] = *witness {
        let text = current_mode(transition);
        emit.identity(Whom::Sender, Attribute::Mode, text, witness, "s7comm.szl.0424.0000.bzu_id");
    }
    Ok(())
}
