//! Tagged values (clause 20.2).

use crate::reader::{Read, Reader};
use model::Text;

/// Application tags (20.2.1.4).
pub(super) mod kind {
    pub(in super::super) const UNSIGNED: u8 = 2;
    pub(in super::super) const CHARACTER_STRING: u8 = 7;
    pub(in super::super) const ENUMERATED: u8 = 9;
    pub(in super::super) const OBJECT_ID: u8 = 12;
}

/// What a tag begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tag<'a> {
    /// A value of the standard's own type.
    Application(u8, &'a [u8]),
    /// A value whose type follows from its place.
    Context(u8, &'a [u8]),
    /// The start of a list.
    Open(u8),
    /// Its end.
    Close(u8),
}

/// The next tag with its value (20.2.1).
pub(super) fn next<'a>(r: &mut Reader<'a>) -> Read<Tag<'a>> {
    const BOOLEAN: u8 = 1;
    let first = r.u8()?;
    let number = if first >> 4 == 15 { r.u8()? } else { first >> 4 };
    let context = first & 0x08 != 0;
    let len = match first & 7 {
        6 if context => return Ok(Tag::Open(number)),
        7 if context => return Ok(Tag::Close(number)),
        5 => match r.u8()? {
            254 => usize::from(r.u16()?),
            255 => usize::try_from(r.u32()?).unwrap_or(usize::MAX),
            n => n.into(),
        },
        // A boolean is in the tag itself.
        _ if !context && number == BOOLEAN => 0,
        n => n.into(),
    };
    let value = r.take(len)?;
    Ok(if context { Tag::Context(number, value) } else { Tag::Application(number, value) })
}

/// An unsigned number (20.2.4); also enumerated values and property identifiers.
pub(super) fn number(value: &[u8]) -> Option<u32> {
    (1..=4).contains(&value.len()).then(|| value.iter().fold(0, |n, &b| n << 8 | u32::from(b)))
}

/// Type and instance of an object (20.2.14).
pub(super) fn object(value: &[u8]) -> Option<(u16, u32)> {
    let id = value.first_chunk::<4>().filter(|_| value.len() == 4).map(|b| u32::from_be_bytes(*b))?;
    Some(((id >> 22) as u16, id & 0x003f_ffff))
}

/// A character string (20.2.9): its encoding, then the text.
pub(super) fn text(value: &[u8]) -> (Text, &[u8]) {
    const UTF_8: u8 = 0;
    const CODE_PAGE: u8 = 1;
    const UCS_4: u8 = 3;
    const UCS_2: u8 = 4;
    const LATIN_1: u8 = 5;
    let Some((&encoding, rest)) = value.split_first() else { return (Text::new(""), value) };
    let text = match encoding {
        UCS_2 => {
            let units = rest.chunks_exact(2).take(Text::MAX_BYTES).map(|c| match c {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            });
            Text::new(&char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect::<String>())
        }
        UCS_4 => {
            let units = rest.chunks_exact(4).take(Text::MAX_BYTES).filter_map(|c| c.first_chunk::<4>());
            let chars = units.map(|c| char::from_u32(u32::from_be_bytes(*c)).unwrap_or('\u{fffd}'));
            Text::new(&chars.collect::<String>())
        }
        LATIN_1 => {
            let chars = rest.iter().take(Text::MAX_BYTES).map(|&b| char::from(b));
            Text::new(&chars.collect::<String>())
        }
        CODE_PAGE => Text::from_wire(rest.get(2..).unwrap_or_default()),
        UTF_8 => Text::from_wire(rest),
        _ => Text::from_wire(rest),
    };
    (text, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tagged_values() {
        let all = b"\x0c\x02\x00\x00\x01\x19\x4d\x3e\x75\x06\x00ABCDE\x3f\x11\xf9\x10\x2c";
        let mut r = Reader::new(all);
        assert_eq!(next(&mut r), Ok(Tag::Context(0, &[2, 0, 0, 1])));
        assert_eq!(next(&mut r), Ok(Tag::Context(1, &[0x4d])));
        assert_eq!(next(&mut r), Ok(Tag::Open(3)));
        assert_eq!(next(&mut r), Ok(Tag::Application(7, b"\0ABCDE")));
        assert_eq!(next(&mut r), Ok(Tag::Close(3)));
        assert_eq!(next(&mut r), Ok(Tag::Application(1, b"")));
        assert_eq!(next(&mut r), Ok(Tag::Context(16, b"\x2c")));
        assert!(next(&mut r).is_err());
        assert!(next(&mut Reader::new(b"\x75\xff\xff\xff\xff\xff")).is_err());
    }

    #[test]
    fn strings() {
        assert_eq!(text(b"\0N\xc3\xa4he").0.as_str(), "Nähe");
        assert_eq!(text(b"\x04\0N\0\xe4").0.as_str(), "Nä");
        assert_eq!(text(b"\x05N\xc3\xa4").0.as_str(), "NÃ¤");
        assert_eq!(text(b"\x03\0\0\0N").0.as_str(), "N");
        assert_eq!(text(b"\x01\x03\x52N").0.as_str(), "N");
        assert_eq!(object(&[2, 0, 0, 111]), Some((8, 111)));
        assert_eq!(number(&[1, 4]), Some(260));
        assert_eq!(number(&[]), None);
    }
}
