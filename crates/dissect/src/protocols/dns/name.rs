//! Domain names on the wire: labels and pointers.
//! Source: RFC 1035 §3.1, §4.1.4.

use crate::reader::{Read, Reader, Short, be16, byte};

/// RFC 1035 §3.1: a name has at most 255 bytes.
const NAME_MAX: usize = 255;
/// Jumps inside one name that are followed.
const JUMPS_MAX: usize = 16;

/// Passes over a name: labels, then a zero or a pointer (RFC 1035 §4.1.4).
pub(super) fn skip_name(r: &mut Reader<'_>) -> Read<()> {
    for _ in 0..=NAME_MAX {
        match r.u8()? {
            0 => return Ok(()),
            len @ 1..=0x3f => r.skip(len.into())?,
            0xc0..=0xff => return r.skip(1),
            _ => return Err(Short),
        }
    }
    Err(Short)
}

/// A name with dots between its labels.
pub(crate) struct Name {
    bytes: [u8; NAME_MAX],
    len: usize,
}

impl Default for Name {
    fn default() -> Self {
        Self { bytes: [0; NAME_MAX], len: 0 }
    }
}

impl Name {
    /// What was read.
    pub(crate) fn text(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Reads the name at `at`, following pointers backwards only.
    pub(crate) fn read(&mut self, whole: &[u8], mut at: usize) -> Read<()> {
        self.len = 0;
        let mut jumps = 0;
        loop {
            let head = byte(whole, at).ok_or(Short)?;
            match head {
                0 => return Ok(()),
                1..=0x3f => {
                    let end = at + 1 + usize::from(head);
                    let label = whole.get(at + 1..end).ok_or(Short)?;
                    self.push(label)?;
                    at = end;
                }
                0xc0..=0xff => {
                    let to = usize::from(be16(whole, at).ok_or(Short)? & 0x3fff);
                    jumps += 1;
                    if to >= at || jumps > JUMPS_MAX {
                        return Err(Short);
                    }
                    at = to;
                }
                _ => return Err(Short),
            }
        }
    }

    fn push(&mut self, label: &[u8]) -> Read<()> {
        let dot = usize::from(self.len > 0);
        let start = self.len + dot;
        let end = start + label.len();
        self.bytes.get_mut(start..end).ok_or(Short)?.copy_from_slice(label);
        if dot == 1 {
            *self.bytes.get_mut(self.len).ok_or(Short)? = b'.';
        }
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded() {
        let message = b"\0\0\0\0\0\0\0\0\0\0\0\0\x04mill\x05local\0\x03plc\xc0\x0c\xc0\x1c";
        let mut name = Name::default();
        name.read(message, 12).unwrap();
        assert_eq!(name.text(), b"mill.local");
        name.read(message, 24).unwrap();
        assert_eq!(name.text(), b"plc.mill.local");
        assert_eq!(name.read(&[0xc0, 0x00], 0), Err(Short));
        assert_eq!(name.read(&[3, b'a'], 0), Err(Short));
        assert_eq!(name.read(&[[63; 64].as_slice(); 5].concat(), 0), Err(Short));
    }
}
