//! Long headers and the frames of Initial packets. Sources: RFC 9000 §16 (integers), §17.2 (headers), §19 (frames); RFC 9369 §3.2.

use crate::reader::{Read, Reader, Short, be32, byte};

/// Frame types that Initial packets may hold (RFC 9000 §12.4, table 3).
mod frame {
    pub(super) const PADDING: u64 = 0x00;
    pub(super) const PING: u64 = 0x01;
    pub(super) const ACK: u64 = 0x02;
    pub(super) const ACK_ECN: u64 = 0x03;
    pub(super) const CRYPTO: u64 = 0x06;
    pub(super) const CONNECTION_CLOSE: u64 = 0x1c;
}

/// Longest connection id of the versions that are known (RFC 9000 §17.2).
const ID_MAX: usize = 20;
/// Version 2, whose packet types have other numbers (RFC 9369 §3.2).
const VERSION_2: u32 = 0x6b33_43cf;

/// A packet with a long header.
pub(super) struct Packet<'a> {
    pub(super) version: u32,
    /// Destination connection id.
    pub(super) to: &'a [u8],
    /// It is an Initial packet.
    pub(super) initial: bool,
    /// Where the packet number begins.
    pub(super) number_at: usize,
    /// All of it.
    pub(super) bytes: &'a [u8],
}

/// The version of a packet with a long header: 1, 2, a draft, or 0 for version negotiation (RFC 9000 §17.2; RFC 9369 §3).
pub(super) fn version(data: &[u8]) -> Option<u32> {
    let (first, version) = (byte(data, 0)?, be32(data, 1)?);
    let ids = usize::from(byte(data, 5)?);
    let source = usize::from(byte(data, 6 + ids)?);
    let known = matches!(version, 0 | 1 | VERSION_2 | 0xff00_001d..=0xff00_0022);
    let sound = first & 0x80 != 0 && (version == 0 || first & 0x40 != 0) && ids <= ID_MAX && source <= ID_MAX;
    (known && sound && data.len() > 7 + ids + source).then_some(version)
}

/// The first packet of a datagram that may hold several (RFC 9000 §12.2). One that tells no length fills the rest and is no Initial.
pub(super) fn packet(data: &[u8]) -> Option<Packet<'_>> {
    let version = version(data).filter(|v| *v != 0)?;
    let kind = (byte(data, 0)? >> 4) & 3;
    // Initial, 0-RTT, Handshake, Retry; one further in version 2.
    let kind = if version == VERSION_2 { kind.wrapping_sub(1) & 3 } else { kind };
    let mut r = Reader::new(data);
    let read = |r: &mut Reader<'_>| -> Read<(usize, usize)> {
        if kind == 0 {
            let token = number(r)?;
            r.skip(token)?;
        }
        let length = number(r)?;
        Ok((r.position(), r.position().checked_add(length).ok_or(Short)?))
    };
    r.skip(5).ok()?;
    let to_len = r.u8().ok()?;
    let to = r.take(to_len.into()).ok()?;
    let from_len = r.u8().ok()?;
    r.skip(from_len.into()).ok()?;
    let whole = Packet { version, to, initial: false, number_at: 0, bytes: data };
    if kind == 3 {
        return Some(whole);
    }
    let (number_at, end) = read(&mut r).ok()?;
    Some(match data.get(..end) {
        Some(bytes) => Packet { initial: kind == 0, number_at, bytes, ..whole },
        None => whole,
    })
}

/// A variable-length integer (RFC 9000 §16).
fn number(r: &mut Reader<'_>) -> Read<usize> {
    usize::try_from(long_number(r)?).map_err(|_| Short)
}

fn long_number(r: &mut Reader<'_>) -> Read<u64> {
    let first = r.u8()?;
    let more = (1_usize << (first >> 6)) - 1;
    let bytes = r.take(more)?;
    Ok(bytes.iter().fold(u64::from(first & 0x3f), |n, &b| (n << 8) | u64::from(b)))
}

/// Hands over what CRYPTO frames hold, with its offset. Stops at a frame that no Initial packet may hold.
pub(super) fn crypto<'a>(frames: &'a [u8], mut each: impl FnMut(usize, &'a [u8])) -> Read<()> {
    let mut r = Reader::new(frames);
    while !r.is_empty() {
        match long_number(&mut r)? {
            frame::PADDING | frame::PING => {}
            kind @ (frame::ACK | frame::ACK_ECN) => acknowledgement(&mut r, kind == frame::ACK_ECN)?,
            frame::CRYPTO => {
                let (offset, length) = (number(&mut r)?, number(&mut r)?);
                each(offset, r.take(length)?);
            }
            frame::CONNECTION_CLOSE => {
                long_number(&mut r)?;
                long_number(&mut r)?;
                let reason = number(&mut r)?;
                r.skip(reason)?;
            }
            _ => return Err(Short),
        }
    }
    Ok(())
}

/// RFC 9000 §19.3: the largest, a delay, how many ranges follow on the first one, and three counts when congestion was marked.
fn acknowledgement(r: &mut Reader<'_>, marked: bool) -> Read<()> {
    long_number(r)?;
    long_number(r)?;
    let ranges = number(r)?;
    long_number(r)?;
    for _ in 0..ranges {
        long_number(r)?;
        long_number(r)?;
    }
    for _ in 0..3 * usize::from(marked) {
        long_number(r)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    /// RFC 9000 appendix A.1.
    #[test]
    fn integers() {
        for (bytes, expected) in [
            ("c2197c5eff14e88c", 151_288_809_941_952_652),
            ("9d7f3e7d", 494_878_333),
            ("7bbd", 15_293),
            ("25", 37),
            ("4025", 37),
        ] {
            assert_eq!(long_number(&mut Reader::new(&hex(bytes))), Ok(expected));
        }
        assert_eq!(long_number(&mut Reader::new(&[0xc2, 1])), Err(Short));
    }

    #[test]
    fn frames() {
        let mut heard = Vec::new();
        let told =
            crypto(&hex("00 01 02 05 00 01 00 00 00 06 02 03 616263 00 06 00 02 7879"), |offset, bytes| {
                heard.push((offset, bytes.to_vec()));
            });
        assert_eq!(told, Ok(()));
        assert_eq!(heard, [(2, b"abc".to_vec()), (0, b"xy".to_vec())]);
        assert_eq!(crypto(&hex("06 00 09 61"), |_, _| {}), Err(Short));
        assert_eq!(crypto(&hex("08 00"), |_, _| {}), Err(Short));
        assert_eq!(
            crypto(&hex("02 00 00 ffffffffffffffff 00"), |_, _| {}),
            Err(Short),
            "ranges that are not there"
        );
    }
}
