//! Names of variables: which of them are controls, settings or name plates (IEC 61850-8-1:2011, 7.3; IEC 61850-7-4, LPHD and LLN0).

use super::operations::{
    ADDITIONAL, CANCEL, OPERATE, READ, SELECT, SELECT_BY_READ, SETTING, WRITE, additional,
};
use crate::emit::{Emit, Whom};
use crate::protocols::ber::{self, Value};
use crate::reader::{Read, Reader};
use model::{Attribute, Text};

/// Requests that wait for their answer.
const OPEN_MAX: usize = 32;
/// Variables of one request that are looked at.
const VARIABLES_MAX: usize = 32;
/// Longest name of an object within its domain (IEC 61850-8-1, 7.3.4).
const NAME_MAX: usize = 129;

/// A request that waits.
struct Open {
    invoke: u32,
    code: u32,
    /// What the values of its answer tell of the device.
    plate: Option<Plate>,
}

/// Which values an answer will have.
#[derive(Clone, Copy)]
enum Plate {
    /// One value for each variable that was asked for; some of them tell something.
    Values([Option<Attribute>; 8]),
    /// The whole physical name plate: a structure, its first component the vendor.
    Physical,
}

/// The requests of an association that wait for their answer.
#[derive(Default)]
pub(super) struct Reads {
    open: Vec<Open>,
}

/// The code of a service, where writes and reads of control objects and settings have their own.
pub(super) fn code(service: &Value<'_>) -> u32 {
    if service.number == ADDITIONAL {
        return ber::up_to(&mut service.inside()).map_or(ADDITIONAL, |inner| additional(inner.number));
    }
    if !matches!(service.number, READ | WRITE) {
        return service.number;
    }
    let mut code = service.number;
    variables(service, |name| {
        let last = name.rsplit(|&b| b == b'$').next().unwrap_or_default();
        let mut parts = name.split(|&b| b == b'$');
        let constraint = parts.nth(1).unwrap_or_default();
        code = match (service.number, constraint, last) {
            (READ, b"CO", b"SBO") => SELECT_BY_READ,
            (WRITE, b"CO", b"SBOw") => SELECT,
            (WRITE, b"CO", b"Cancel") => CANCEL,
            (WRITE, b"CO", _) if contains(name, b"$Oper") => OPERATE,
            (WRITE, b"SP" | b"SG" | b"SE" | b"CF" | b"DC", _) => SETTING,
            _ => return,
        };
    });
    code
}

fn contains(name: &[u8], part: &[u8]) -> bool {
    name.windows(part.len()).any(|w| w == part)
}

/// Every name of a request's variables (ISO 9506-2, 14.6 and 14.7): the specification of the access is a list, or the name of one.
fn variables<'a>(service: &Value<'a>, mut each: impl FnMut(&'a [u8])) {
    // A read may say first whether it wants the specification back.
    let mut r = service.inside();
    while let Ok(value) = ber::up_to(&mut r) {
        let specification = match (service.number, value.id) {
            (READ, 0xa1) => ber::up_to(&mut value.inside()),
            (WRITE, 0xa0) => Ok(value),
            _ => continue,
        };
        if let Ok(list) = specification.map(|s| s.inside())
            && specification.is_ok_and(|s| s.id == 0xa0)
        {
            listed(list, &mut each);
        }
        return;
    }
}

/// Variables of a list: a sequence that holds a name [0] of one of three scopes.
fn listed<'a>(mut list: Reader<'a>, each: &mut impl FnMut(&'a [u8])) {
    for _ in 0..VARIABLES_MAX {
        let Ok(item) = ber::up_to(&mut list) else { return };
        let Ok(name) = ber::up_to(&mut item.inside()) else { return };
        let Ok(scoped) = ber::up_to(&mut name.inside()) else { return };
        let text = match scoped.id {
            // Of the whole device, or of this association.
            0x80 | 0x82 => scoped.content,
            // Of a domain: the domain's name, then that of the item.
            0xa1 => {
                let mut names = scoped.inside();
                match ber::up_to(&mut names).and_then(|_| ber::up_to(&mut names)) {
                    Ok(item) => item.content,
                    Err(_) => return,
                }
            }
            _ => continue,
        };
        each(text.get(..NAME_MAX).unwrap_or(text));
    }
}

/// What a variable tells of the device (IEC 61850-7-3, DPL and LPL).
fn tells(name: &[u8]) -> Option<Attribute> {
    let (plate, value) = split(name)?;
    let physical = plate.ends_with(b"$DC$PhyNam");
    let logical = plate == b"LLN0$DC$NamPlt";
    Some(match value {
        b"vendor" if physical || logical => Attribute::Vendor,
        b"model" if physical => Attribute::Product,
        b"serNum" if physical => Attribute::Serial,
        b"hwRev" if physical => Attribute::Hardware,
        b"swRev" if physical || logical => Attribute::Firmware,
        b"location" if physical => Attribute::Location,
        b"d" if logical => Attribute::Description,
        _ => return None,
    })
}

fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = name.iter().rposition(|&b| b == b'$')?;
    Some((name.get(..at)?, name.get(at + 1..)?))
}

impl Reads {
    /// A request was sent.
    pub(super) fn ask(&mut self, invoke: u32, code: u32, service: &Value<'_>) {
        let mut plate = None;
        if service.number == READ {
            let (mut values, mut known, mut count) = ([None; 8], false, 0usize);
            variables(service, |name| {
                if let (Some(attribute), Some(slot)) = (tells(name), values.get_mut(count)) {
                    *slot = Some(attribute);
                    known = true;
                }
                if name.ends_with(b"$DC$PhyNam") && count == 0 {
                    plate = Some(Plate::Physical);
                }
                count += 1;
            });
            if known {
                plate = Some(Plate::Values(values));
            }
        }
        if self.open.len() >= OPEN_MAX {
            self.open.remove(0);
        }
        self.open.push(Open { invoke, code, plate });
    }

    /// The code of the request with that invocation, which is answered now or was just before.
    pub(super) fn asked(&mut self, invoke: u32) -> Option<u32> {
        let at = self.open.iter().position(|o| o.invoke == invoke)?;
        // The answered one stands last, for its values.
        let open = self.open.remove(at);
        let code = open.code;
        if open.plate.is_some() {
            self.open.push(Open { invoke: u32::MAX, ..open });
        }
        Some(code)
    }

    /// The values of an answer to a read: perhaps the specification, then a list of results (ISO 9506-2, 14.6.2).
    pub(super) fn answer(&mut self, service: &Value<'_>, emit: &mut Emit<'_>) -> Read<()> {
        let Some(plate) =
            self.open.pop_if(|o| o.invoke == u32::MAX && o.plate.is_some()).and_then(|o| o.plate)
        else {
            return Ok(());
        };
        let mut r = service.inside();
        while !r.is_empty() {
            let value = ber::up_to(&mut r)?;
            if value.id == 0xa1 {
                return results(plate, value.inside(), emit);
            }
        }
        Ok(())
    }
}

fn results(plate: Plate, mut r: Reader<'_>, emit: &mut Emit<'_>) -> Read<()> {
    match plate {
        Plate::Values(attributes) => {
            for attribute in attributes {
                if r.is_empty() {
                    break;
                }
                let value = ber::up_to(&mut r)?;
                if let Some(attribute) = attribute {
                    told(attribute, &value, emit);
                }
            }
        }
        Plate::Physical => {
            const STRUCTURE: u8 = 0xa2;
            let structure = ber::up_to(&mut r)?;
            if structure.id == STRUCTURE {
                // DPL has its mandatory vendor first (IEC 61850-7-3, 7.9.2); what is optional after it cannot be told apart.
                told(Attribute::Vendor, &ber::up_to(&mut structure.inside())?, emit);
            }
        }
    }
    Ok(())
}

/// A text (ISO 9506-2, 14.4.2: visible string, MMS string).
fn told(attribute: Attribute, value: &Value<'_>, emit: &mut Emit<'_>) {
    if matches!(value.id, 0x8a | 0x90) {
        emit.identity(
            Whom::Sender,
            attribute,
            Text::from_wire(value.content),
            value.content,
            "mms.visible_string",
        );
    }
}

/// A write of which any part was refused (ISO 9506-2, 14.7.2: failure [0], success [1]).
pub(super) fn refused(service: &Value<'_>) -> bool {
    let mut r = service.inside();
    while let Ok(value) = ber::up_to(&mut r) {
        if value.id == 0x80 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_plates() {
        assert_eq!(tells(b"LPHD1$DC$PhyNam$serNum"), Some(Attribute::Serial));
        assert_eq!(tells(b"LLN0$DC$NamPlt$swRev"), Some(Attribute::Firmware));
        assert_eq!(tells(b"LLN0$DC$NamPlt$ldNs"), None);
        assert_eq!(tells(b"vendor"), None);
    }

    #[test]
    fn writes_of_controls() {
        // Write [5]: list [0] of one variable in domain "D", then the data.
        let item = |name: &[u8]| {
            let mut scoped = vec![0x1a, 1, b'D', 0x1a, name.len() as u8];
            scoped.extend_from_slice(name);
            let mut bytes = scoped;
            for tag in [0xa1, 0xa0, 0x30, 0xa0] {
                bytes.splice(0..0, [tag, bytes.len() as u8]);
            }
            bytes
        };
        for (name, expected) in [
            (&b"CSWI1$CO$Pos$Oper"[..], OPERATE),
            (b"CSWI1$CO$Pos$SBOw", SELECT),
            (b"CSWI1$CO$Pos$Cancel", CANCEL),
            (b"PTOC1$SG$StrVal$setMag", SETTING),
            (b"LLN0$RP$urcb01$RptEna", WRITE),
        ] {
            let content = item(name);
            assert_eq!(code(&Value { id: 0xa5, number: WRITE, content: &content }), expected);
        }
    }
}
