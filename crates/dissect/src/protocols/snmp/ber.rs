//! The little of BER that SNMP uses: definite lengths, no constructed strings.
//! Source: ITU-T X.690, 8.1; RFC 3417 §8 (SNMP's restrictions).

use crate::reader::{Read, Reader, Short};

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_ID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

/// The next value: its tag and what it holds.
#[inline]
pub(super) fn value<'a>(r: &mut Reader<'a>) -> Read<(u8, &'a [u8])> {
    let tag = r.u8()?;
    let first = r.u8()?;
    let len = match first {
        0..=0x7f => usize::from(first),
        0x81 => usize::from(r.u8()?),
        0x82 => usize::from(r.u16()?),
        0x83 => (usize::from(r.u8()?) << 16) | usize::from(r.u16()?),
        // 0x84 is allowed and seen; longer ones cannot fit a datagram.
        0x84 => usize::try_from(r.u32()?).map_err(|_| Short)?,
        _ => return Err(Short),
    };
    Ok((tag, r.take(len)?))
}

/// The next value, which must have that tag.
#[inline]
pub(super) fn expect<'a>(r: &mut Reader<'a>, tag: u8) -> Read<&'a [u8]> {
    match value(r)? {
        (found, content) if found == tag => Ok(content),
        _ => Err(Short),
    }
}

/// A number of at most four bytes.
pub(super) fn integer(r: &mut Reader<'_>) -> Read<u32> {
    let content = expect(r, INTEGER)?;
    if content.is_empty() || content.len() > 5 {
        return Err(Short);
    }
    Ok(content.iter().fold(0u32, |n, &b| (n << 8) | u32::from(b)))
}

/// An object identifier with dots (X.690 8.19).
pub(super) fn dotted(content: &[u8]) -> String {
    let mut text = String::new();
    let mut arc = 0u32;
    let mut first = true;
    for &b in content.iter().take(128) {
        arc = arc.saturating_mul(128) | u32::from(b & 0x7f);
        if b & 0x80 != 0 {
            continue;
        }
        if first {
            let top = (arc / 40).min(2);
            text.push_str(&format!("{top}.{}", arc - top * 40));
            first = false;
        } else {
            text.push_str(&format!(".{arc}"));
        }
        arc = 0;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let mut r = Reader::new(&[0x02, 0x01, 0x05, 0x04, 0x81, 0x02, b'h', b'i', 0x30, 0x84, 0, 0, 0, 0]);
        assert_eq!(integer(&mut r), Ok(5));
        assert_eq!(value(&mut r), Ok((OCTET_STRING, &b"hi"[..])));
        assert_eq!(value(&mut r), Ok((SEQUENCE, &b""[..])));
        assert_eq!(value(&mut Reader::new(&[0x30, 0x80, 0, 0])), Err(Short));
        assert_eq!(value(&mut Reader::new(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff])), Err(Short));
        assert_eq!(dotted(&[0x2b, 6, 1, 4, 1, 0x82, 0x37]), "1.3.6.1.4.1.311");
    }
}
