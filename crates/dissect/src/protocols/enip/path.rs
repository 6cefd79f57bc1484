//! EPATH: where a CIP request goes, over which hops and to which object.
//! Source: CIP Networks Library Volume 1, Appendix C.

use crate::reader::{Read, Reader};

/// Where a request ends up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Target {
    /// The device that has the address.
    #[default]
    Device,
    /// A module in its chassis: port 1 is the backplane, the link address is the slot.
    Slot(u16),
    /// Further away: the link addresses on the way, one byte each, the last in the lowest.
    Beyond(u32),
}

impl Target {
    /// One hop further. Port 1 is the backplane.
    fn hop(self, port: u16, link: u8) -> Self {
        match self {
            Self::Device if port == 1 => Self::Slot(link.into()),
            Self::Device => Self::Beyond(link.into()),
            Self::Slot(slot) => Self::Beyond((u32::from(slot) << 8) | u32::from(link)),
            Self::Beyond(way) => Self::Beyond((way << 8) | u32::from(link)),
        }
    }

    /// The way from here to there.
    pub(super) fn then(self, next: Self) -> Self {
        match (self, next) {
            (Self::Device, there) => there,
            (here, Self::Device) => here,
            (here, Self::Slot(slot)) => here.hop(1, u8::try_from(slot).unwrap_or(u8::MAX)),
            (Self::Slot(slot), Self::Beyond(way)) => Self::Beyond((u32::from(slot) << 24) | way),
            (Self::Beyond(here), Self::Beyond(way)) => Self::Beyond((here << 16) | way),
        }
    }
}

/// What a path says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Path<'a> {
    /// The hops of the route, if there are any.
    pub(super) target: Target,
    /// The last class.
    pub(super) class: Option<u32>,
    /// The class before the last.
    pub(super) outer: Option<u32>,
    /// The last instance.
    pub(super) instance: Option<u32>,
    /// The attribute.
    pub(super) attribute: Option<u32>,
    /// The first symbol: a tag, or the program that has it.
    pub(super) symbol: Option<&'a [u8]>,
}

impl<'a> Path<'a> {
    /// Reads a padded path. What follows a segment that is not known is not read.
    pub(super) fn read(data: &'a [u8]) -> Self {
        let mut path = Self::default();
        let mut r = Reader::new(data);
        while let Ok(segment) = r.u8() {
            if path.segment(segment, &mut r).is_err() {
                break;
            }
        }
        path
    }

    fn segment(&mut self, segment: u8, r: &mut Reader<'a>) -> Read<()> {
        match segment >> 5 {
            0 => self.port(segment, r),
            1 => self.logical(segment, r),
            // Network segments (V1 C-1.4.3): one byte of data, or a length in words when bit 4 is set.
            2 => {
                let n = r.u8()?;
                if segment & 0x10 != 0 { r.skip(usize::from(n) * 2) } else { Ok(()) }
            }
            3 => {
                let symbol = r.take(usize::from(segment & 0x1f))?;
                self.symbol = self.symbol.or(Some(symbol));
                Ok(())
            }
            4 => self.data(segment, r),
            _ => r.skip(r.len()),
        }
    }

    /// Port segment (V1 C-1.4.1): bit 4 says that the link address has a length.
    fn port(&mut self, segment: u8, r: &mut Reader<'a>) -> Read<()> {
        let long = if segment & 0x10 != 0 { Some(r.u8()?) } else { None };
        let port = if segment & 0x0f == 0x0f { r.u16_le()? } else { u16::from(segment & 0x0f) };
        let link = match long {
            // An address as text, such as that of a device on another IP network.
            Some(len) => {
                let address = r.take(len.into())?;
                if len & 1 != 0 && !r.is_empty() {
                    r.skip(1)?;
                }
                last_octet(address).unwrap_or(0)
            }
            None => r.u8()?,
        };
        self.target = self.target.hop(port, link);
        Ok(())
    }

    /// Logical segment (V1 C-1.4.2): type in bits 4 to 2, width in bits 1 and 0; wide values are padded.
    fn logical(&mut self, segment: u8, r: &mut Reader<'a>) -> Read<()> {
        let kind = (segment >> 2) & 7;
        if kind == 5 {
            // Electronic key (V1 C-1.4.2.5): format, then eight bytes.
            return r.skip(if segment == 0x34 { 9 } else { r.len() });
        }
        let value = match segment & 3 {
            0 => u32::from(r.u8()?),
            1 => {
                r.skip(1)?;
                u32::from(r.u16_le()?)
            }
            2 => {
                r.skip(1)?;
                r.u32_le()?
            }
            _ => return r.skip(r.len()),
        };
        match kind {
            0 => {
                self.outer = self.class;
                self.class = Some(value);
            }
            1 => self.instance = Some(value),
            4 => self.attribute = Some(value),
            _ => {}
        }
        Ok(())
    }

    /// Data segment (V1 C-1.4.5): simple data in words, or an ANSI extended symbol padded to even length.
    fn data(&mut self, segment: u8, r: &mut Reader<'a>) -> Read<()> {
        let len = usize::from(r.u8()?);
        if segment != 0x91 {
            return r.skip(len * 2);
        }
        let symbol = r.take(len)?;
        self.symbol = self.symbol.or(Some(symbol));
        if len & 1 != 0 && !r.is_empty() {
            r.skip(1)?;
        }
        Ok(())
    }
}

fn last_octet(address: &[u8]) -> Option<u8> {
    let address: std::net::Ipv4Addr = std::str::from_utf8(address).ok()?.parse().ok()?;
    let [.., last] = address.octets();
    Some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let p = Path::read(&[0x20, 0x01, 0x24, 0x01, 0x30, 0x07]);
        assert_eq!((p.class, p.instance, p.attribute), (Some(1), Some(1), Some(7)));
        let p = Path::read(&[0x01, 0x03, 0x20, 0x02, 0x24, 0x01]);
        assert_eq!((p.target, p.class), (Target::Slot(3), Some(2)));
        let p =
            Path::read(&[0x01, 0x02, 0x12, 8, b'1', b'0', b'.', b'0', b'.', b'0', b'.', b'7', 0x01, 0x04]);
        assert_eq!(p.target, Target::Beyond(0x02_0704));
        let p = Path::read(&[0x91, 0x03, b'a', b'b', b'c', 0, 0x28, 0x05]);
        assert_eq!(p.symbol, Some(&b"abc"[..]));
        let p = Path::read(&[0x21, 0x00, 0x50, 0x03, 0x25, 0x00, 0x01, 0x02]);
        assert_eq!((p.class, p.instance), (Some(0x350), Some(0x201)));
        let p = Path::read(&[0x34, 0x04, 1, 0, 2, 0, 3, 0, 4, 5, 0x20, 0x04]);
        assert_eq!(p.class, Some(4));
    }
}
