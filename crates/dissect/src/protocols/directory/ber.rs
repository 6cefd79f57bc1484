//! Tag, length, value: as much of X.690 (BER) as LDAP and Kerberos use. Tags have one byte, lengths at most four.

use crate::reader::{Read, Reader, Short};

/// One element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) value: &'a [u8],
}

/// Tags of the universal class (X.690 8.2 ff., X.680 table 1).
pub(super) mod tag {
    pub(in super::super) const INTEGER: u8 = 0x02;
    pub(in super::super) const SEQUENCE: u8 = 0x30;
    pub(in super::super) const GENERAL_STRING: u8 = 0x1b;
}

/// Tag and length (X.690 8.1.2, 8.1.3, definite form).
pub(super) fn header(r: &mut Reader<'_>) -> Read<(u8, usize)> {
    let tag = r.u8()?;
    let first = r.u8()?;
    let length = match first {
        0..=0x7f => usize::from(first),
        0x81..=0x84 => {
            r.take(usize::from(first & 0x7f))?.iter().fold(0usize, |n, &b| n.wrapping_shl(8) | usize::from(b))
        }
        _ => return Err(Short),
    };
    Ok((tag, length))
}

/// The next element.
pub(super) fn element<'a>(r: &mut Reader<'a>) -> Read<Element<'a>> {
    let (tag, length) = header(r)?;
    Ok(Element { tag, value: r.take(length)? })
}

/// The next element, whose tag is given; another one is left.
pub(super) fn tagged<'a>(r: &mut Reader<'a>, tag: u8) -> Option<&'a [u8]> {
    let mut ahead = *r;
    let found = element(&mut ahead).ok().filter(|e| e.tag == tag)?;
    *r = ahead;
    Some(found.value)
}

/// The first element inside `bytes` with the tag, at the top level.
pub(super) fn find(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    let mut r = Reader::new(bytes);
    loop {
        let e = element(&mut r).ok()?;
        if e.tag == tag {
            return Some(e.value);
        }
    }
}

/// An integer of at most four bytes, not negative.
pub(super) fn integer(value: &[u8]) -> Option<u32> {
    let value = value.strip_prefix(&[0]).filter(|v| !v.is_empty()).unwrap_or(value);
    (value.len() <= 4 && !value.is_empty()).then(|| value.iter().fold(0, |n, &b| (n << 8) | u32::from(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_in_short_and_long_form() {
        for (bytes, expected) in [
            (&[0x30, 2, 1, 2][..], Ok((0x30, 2))),
            (&[0x30, 0x82, 1, 0], Ok((0x30, 256))),
            (&[0x30, 0x80], Err(Short)),
            (&[0x30, 0x85, 1, 1, 1, 1, 1], Err(Short)),
            (&[0x30], Err(Short)),
        ] {
            assert_eq!(header(&mut Reader::new(bytes)), expected);
        }
    }

    #[test]
    fn elements_are_found() {
        let bytes = [0x02, 1, 5, 0x04, 2, b'a', b'b'];
        assert_eq!(find(&bytes, 0x04), Some(&b"ab"[..]));
        assert_eq!(find(&bytes, 0x05), None);
        assert_eq!(integer(&[0, 0x80]), Some(128));
        assert_eq!(integer(&[]), None);
    }
}
