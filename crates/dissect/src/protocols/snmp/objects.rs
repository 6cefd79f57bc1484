//! The objects by which an agent says what it is.
//! Sources: RFC 3418 §2 (system group), RFC 2863 §6 (interfaces), RFC 6933 (entity MIB).

use super::super::described;
use super::ber;
use crate::emit::{Emit, Whom};
use crate::reader::{Read, Reader};
use model::{Attribute, Mac, Text};

/// Bindings of one message that are looked at.
const BINDINGS_MAX: usize = 256;

/// 1.3.6.1.2.1: every object here is below it.
const MIB_2: &[u8] = &[0x2b, 6, 1, 2, 1];
/// ifPhysAddress (RFC 2863), below [`MIB_2`].
const INTERFACE_ADDRESS: &[u8] = &[2, 2, 1, 6];
/// entPhysicalTable (RFC 6933), below [`MIB_2`]; the column and the index follow.
const ENTITY: &[u8] = &[47, 1, 1, 1, 1];

/// Name and value of each (RFC 3416 §3).
pub(super) fn bindings(r: &mut Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    let mut list = Reader::new(ber::expect(r, ber::SEQUENCE)?);
    for _ in 0..BINDINGS_MAX {
        if list.is_empty() {
            break;
        }
        let mut binding = Reader::new(ber::expect(&mut list, ber::SEQUENCE)?);
        let name = ber::expect(&mut binding, ber::OBJECT_ID)?;
        if let Some(object) = name.strip_prefix(MIB_2) {
            let (tag, content) = ber::value(&mut binding)?;
            said(object, tag, content, emit);
        }
    }
    Ok(())
}

fn said(object: &[u8], tag: u8, content: &[u8], emit: &mut Emit<'_>) {
    if let [1, column, 0] = object {
        return system(*column, tag, content, emit);
    }
    if tag != ber::OCTET_STRING {
        return;
    }
    if object.starts_with(INTERFACE_ADDRESS) {
        if let Some(mac) = content.first_chunk::<6>().map(|b| Mac(*b))
            && content.len() == 6
            && mac.is_station()
        {
            let text = Text::new(&mac.to_string());
            emit.identity(Whom::Sender, Attribute::OtherMac, text, content, "snmp.value.octets");
        }
    } else if let Some([column, 1]) = object.strip_prefix(ENTITY) {
        // The first entity is the chassis or the stack as a whole.
        let attribute = match column {
            8 => Attribute::Hardware,
            9 | 10 => Attribute::Firmware,
            11 => Attribute::Serial,
            12 => Attribute::Vendor,
            13 => Attribute::Product,
            _ => return,
        };
        emit.text(Whom::Sender, attribute, content, "snmp.value.octets");
    }
}

/// sysDescr, sysObjectID, sysContact, sysName, sysLocation (RFC 3418 §2).
fn system(column: u8, tag: u8, content: &[u8], emit: &mut Emit<'_>) {
    let attribute = match (column, tag) {
        (1, ber::OCTET_STRING) => Attribute::Description,
        (2, ber::OBJECT_ID) => {
            let text = Text::new(&ber::dotted(content));
            emit.identity(Whom::Sender, Attribute::ProductCode, text, content, "snmp.value.oid");
            return;
        }
        (4, ber::OCTET_STRING) => Attribute::Contact,
        (5, ber::OCTET_STRING) => Attribute::Name,
        (6, ber::OCTET_STRING) => Attribute::Location,
        _ => return,
    };
    emit.text(Whom::Sender, attribute, content, "snmp.value.octets");
    if column == 1 {
        described::system(content, "snmp.value.octets", emit);
    }
}
