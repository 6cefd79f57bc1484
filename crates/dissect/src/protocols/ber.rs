//! BER as the IEC 61850 protocols use it: definite lengths, tags of any number. Never deeper than the caller goes.
//! Source: ITU-T X.690 (2015), 8.1.

use crate::reader::{Read, Reader, Short};

/// A value with its tag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Value<'a> {
    /// The identifier octet: class, constructed or not, and the number, 31 when the number follows.
    pub(super) id: u8,
    /// The tag's number.
    pub(super) number: u32,
    /// What it holds.
    pub(super) content: &'a [u8],
}

impl<'a> Value<'a> {
    /// A reader over the content.
    pub(super) fn inside(&self) -> Reader<'a> {
        Reader::new(self.content)
    }
}

/// Tag and length of the next value (X.690, 8.1.2 and 8.1.3).
fn header(r: &mut Reader<'_>) -> Read<(u8, u32, usize)> {
    const NUMBER_FOLLOWS: u8 = 0x1f;
    let id = r.u8()?;
    let mut number = u32::from(id & 0x1f);
    if id & 0x1f == NUMBER_FOLLOWS {
        let high = r.u8()?;
        number = u32::from(high & 0x7f);
        if high & 0x80 != 0 {
            let low = r.u8()?;
            // Numbers of more than fourteen bits are used nowhere.
            if low & 0x80 != 0 {
                return Err(Short);
            }
            number = number << 7 | u32::from(low);
        }
    }
    let len = match r.u8()? {
        short @ 0..=0x7f => usize::from(short),
        0x81 => usize::from(r.u8()?),
        0x82 => usize::from(r.u16()?),
        0x83 => usize::from(r.u8()?) << 16 | usize::from(r.u16()?),
        0x84 => usize::try_from(r.u32()?).map_err(|_| Short)?,
        _ => return Err(Short),
    };
    Ok((id, number, len))
}

/// The next value.
#[inline]
pub(super) fn value<'a>(r: &mut Reader<'a>) -> Read<Value<'a>> {
    let (id, number, len) = header(r)?;
    Ok(Value { id, number, content: r.take(len)? })
}

/// The next value as far as it is there: its end may be missing.
#[inline]
pub(super) fn up_to<'a>(r: &mut Reader<'a>) -> Read<Value<'a>> {
    let (id, number, len) = header(r)?;
    Ok(Value { id, number, content: r.up_to(len) })
}

/// The next value, which must have that identifier octet.
#[inline]
pub(super) fn expect<'a>(r: &mut Reader<'a>, id: u8) -> Read<Value<'a>> {
    value(r).and_then(|v| if v.id == id { Ok(v) } else { Err(Short) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let mut r =
            Reader::new(&[0xbf, 0x4d, 0x02, 0x30, 0x00, 0x02, 0x81, 0x01, 0x07, 0x9f, 0x81, 0x00, 0x00]);
        assert_eq!(value(&mut r), Ok(Value { id: 0xbf, number: 77, content: &[0x30, 0] }));
        assert_eq!(expect(&mut r, 2).map(|v| v.content), Ok(&[7][..]));
        assert_eq!(value(&mut r), Ok(Value { id: 0x9f, number: 128, content: &[] }));
        assert_eq!(value(&mut Reader::new(&[0x30, 0x80, 0, 0])), Err(Short));
        assert_eq!(value(&mut Reader::new(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff])), Err(Short));
        assert_eq!(value(&mut Reader::new(&[0x9f, 0x81, 0x81, 0x81, 0])), Err(Short));
    }
}
