//! The binary encoding of built-in types (OPC 10000-6 §5.2.2).

use crate::reader::{Read, Reader, Short};

/// Elements of an array that are read; a longer one is taken for noise.
const ARRAY_MAX: i32 = 10_000;

/// A node id, as far as it matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct NodeId {
    pub(super) namespace: u16,
    /// `None` for names, GUIDs and opaque ids.
    pub(super) number: Option<u32>,
}

impl NodeId {
    /// The number in the namespace of the specification itself.
    pub(super) fn standard(self) -> Option<u32> {
        self.number.filter(|_| self.namespace == 0)
    }

    /// The number, when it can be a service's.
    pub(super) fn service(self) -> Option<u32> {
        self.standard()
    }
}

/// `i32` as a length: -1 is null.
fn length(r: &mut Reader<'_>) -> Read<usize> {
    let n = r.u32_le()?.cast_signed();
    if n < 0 { Ok(0) } else { usize::try_from(n).map_err(|_| Short) }
}

/// String, byte string or XML element.
pub(super) fn bytes<'a>(r: &mut Reader<'a>) -> Read<&'a [u8]> {
    let n = length(r)?;
    r.take(n)
}

/// Elements of an array.
pub(super) fn count(r: &mut Reader<'_>) -> Read<i32> {
    let n = r.u32_le()?.cast_signed();
    if n > ARRAY_MAX { Err(Short) } else { Ok(n.max(0)) }
}

/// Node id, or expanded node id (§5.2.2.9, §5.2.2.10).
pub(super) fn node_id(r: &mut Reader<'_>) -> Read<NodeId> {
    let form = r.u8()?;
    let id = match form & 0x3f {
        0 => NodeId { namespace: 0, number: Some(r.u8()?.into()) },
        1 => NodeId { namespace: r.u8()?.into(), number: Some(r.u16_le()?.into()) },
        2 => NodeId { namespace: r.u16_le()?, number: Some(r.u32_le()?) },
        other => {
            let namespace = r.u16_le()?;
            match other {
                3 | 5 => bytes(r).map(|_| ())?,
                4 => r.skip(16)?,
                _ => return Err(Short),
            }
            NodeId { namespace, number: None }
        }
    };
    if form & 0x80 != 0 {
        bytes(r)?;
    }
    if form & 0x40 != 0 {
        r.skip(4)?;
    }
    Ok(id)
}

/// Localised text: what it says (§5.2.2.14).
pub(super) fn localized<'a>(r: &mut Reader<'a>) -> Read<&'a [u8]> {
    let mask = r.u8()?;
    if mask & 1 != 0 {
        bytes(r)?;
    }
    if mask & 2 != 0 { bytes(r) } else { Ok(&[]) }
}

/// Qualified name (§5.2.2.13).
pub(super) fn qualified_name(r: &mut Reader<'_>) -> Read<()> {
    r.skip(2)?;
    bytes(r).map(|_| ())
}

/// Extension object: type and body (§5.2.2.15).
pub(super) fn extension<'a>(r: &mut Reader<'a>) -> Read<(NodeId, &'a [u8])> {
    let kind = node_id(r)?;
    let body = if r.u8()? == 0 { &[][..] } else { bytes(r)? };
    Ok((kind, body))
}

/// Diagnostic information, which may nest: its last part is another one (§5.2.2.12).
pub(super) fn diagnostics(r: &mut Reader<'_>) -> Read<()> {
    loop {
        let mask = r.u8()?;
        r.skip(usize::try_from((mask & 0x0f).count_ones()).unwrap_or(0) * 4)?;
        if mask & 0x10 != 0 {
            bytes(r)?;
        }
        if mask & 0x20 != 0 {
            r.skip(4)?;
        }
        if mask & 0x40 == 0 {
            return Ok(());
        }
    }
}

/// A value of a variable: `Some` when it is one string or extension object.
pub(super) enum Value<'a> {
    Text(&'a [u8]),
    Structure(NodeId, &'a [u8]),
    Other,
}

/// Variant (§5.2.2.16). Values that hold variants themselves are not followed.
fn variant<'a>(r: &mut Reader<'a>) -> Read<Value<'a>> {
    let form = r.u8()?;
    let array = form & 0x80 != 0;
    let elements = if array { count(r)? } else { 1 };
    let mut value = Value::Other;
    for _ in 0..elements {
        value = scalar(form & 0x3f, r)?;
    }
    if form & 0x40 != 0 {
        let dimensions = usize::try_from(count(r)?).unwrap_or(0);
        r.skip(dimensions * 4)?;
    }
    Ok(if array { Value::Other } else { value })
}

/// A built-in type by its number (§5.1.2).
fn scalar<'a>(kind: u8, r: &mut Reader<'a>) -> Read<Value<'a>> {
    match kind {
        0 => {}
        1..=3 => r.skip(1)?,
        4 | 5 => r.skip(2)?,
        6 | 7 | 10 | 19 => r.skip(4)?,
        8 | 9 | 11 | 13 => r.skip(8)?,
        12 => return bytes(r).map(Value::Text),
        14 => r.skip(16)?,
        15 | 16 => bytes(r).map(|_| ())?,
        17 | 18 => node_id(r).map(|_| ())?,
        20 => qualified_name(r)?,
        21 => return localized(r).map(Value::Text),
        22 => return extension(r).map(|(kind, body)| Value::Structure(kind, body)),
        25 => diagnostics(r)?,
        _ => return Err(Short),
    }
    Ok(Value::Other)
}

/// Data value (§5.2.2.17): a value with its status and times.
pub(super) fn data_value<'a>(r: &mut Reader<'a>) -> Read<Value<'a>> {
    let mask = r.u8()?;
    let value = if mask & 0x01 != 0 { variant(r)? } else { Value::Other };
    for (bit, len) in [(0x02, 4), (0x04, 8), (0x10, 2), (0x08, 8), (0x20, 2)] {
        if mask & bit != 0 {
            r.skip(len)?;
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_ids() {
        for (wire, namespace, number) in [
            (&b"\x00\x48"[..], 0, Some(72)),
            (b"\x01\x05\x01\x04", 5, Some(1025)),
            (b"\x02\x05\x00\x01\x04\x00\x00", 5, Some(1025)),
            (b"\x03\x01\x00\x03\x00\x00\x00Hot", 1, None),
            (b"\x40\x48\x00\x00\x00\x00", 0, Some(72)),
        ] {
            let mut r = Reader::new(wire);
            assert_eq!(node_id(&mut r), Ok(NodeId { namespace, number }));
            assert!(r.is_empty());
        }
        assert!(node_id(&mut Reader::new(b"\x07\x00\x00")).is_err());
        assert!(node_id(&mut Reader::new(b"\x03\x01\x00\xff\xff\xff\x7f")).is_err());
    }

    #[test]
    fn values() {
        let mut r = Reader::new(
            b"\x0d\x0c\x03\x00\x00\x00abc\x01\x02\x03\x04\x05\x06\x07\x08\x01\x02\x03\x04\x05\x06\x07\x08",
        );
        assert!(matches!(data_value(&mut r), Ok(Value::Text(b"abc"))) && r.is_empty());
        assert!(data_value(&mut Reader::new(b"\x01\x18\x18\x18\x18")).is_err());
        assert!(data_value(&mut Reader::new(b"\x01\x8c\xff\xff\xff\x7f")).is_err());
        let nested = [0x40; 1000];
        assert!(diagnostics(&mut Reader::new(&nested)).is_err());
    }
}
