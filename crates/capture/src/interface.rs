//! Interfaces of a pcapng section: link type, snap length, clock, and options of blocks (draft-ietf-opsawg-pcapng).

use crate::order::Order;
use model::frame::LinkType;
use model::time::Timestamp;

/// `opt_endofopt` (section 3.5).
const END_OF_OPTIONS: u16 = 0;
/// `if_tsresol` (section 4.2).
const IF_TSRESOL: u16 = 9;
/// `if_tsoffset` (section 4.2).
const IF_TSOFFSET: u16 = 14;
const NANOS: i128 = 1_000_000_000;

/// One interface, as its Interface Description Block says (section 4.2).
pub(crate) struct Interface {
    pub(crate) link: LinkType,
    /// Most bytes kept of a frame; 0 is no limit.
    pub(crate) snap_len: u32,
    pub(crate) clock: Clock,
    /// Frames that the capturing host lost, as its last statistics say.
    pub(crate) dropped: u64,
}

impl Interface {
    /// From the body of the block: what follows type and length, without the closing length.
    pub(crate) fn read(order: Order, body: &[u8]) -> Self {
        let mut clock = Clock { tick: Tick::Nanos(1000), offset: 0 };
        for (code, value) in Options::new(order, body, 8) {
            match (code, value) {
                (IF_TSRESOL, [resolution, ..]) => clock.tick = Tick::of(*resolution),
                (IF_TSOFFSET, [_, _, _, _, _, _, _, _, ..]) => {
                    clock.offset = i128::from(order.u64(value, 0).cast_signed()) * NANOS;
                }
                _ => {}
            }
        }
        let link = LinkType(order.u16(body, 0));
        Self { link, snap_len: order.u32(body, 4), clock, dropped: 0 }
    }
}

/// How an interface counts time.
pub(crate) struct Clock {
    tick: Tick,
    /// Nanoseconds to add.
    offset: i128,
}

/// Length of one tick.
enum Tick {
    /// So many nanoseconds.
    Nanos(u32),
    /// So many ticks are a nanosecond.
    PerNano(u64),
    /// 2 to the minus so many seconds; at most 127.
    Binary(u8),
}

impl Tick {
    /// `if_tsresol`: a negative power of 10, or of 2 when the high bit is set.
    fn of(resolution: u8) -> Self {
        let exponent = resolution & 0x7f;
        if resolution & 0x80 != 0 {
            return Self::Binary(exponent);
        }
        match exponent.checked_sub(9) {
            None => Self::Nanos(10_u32.pow(u32::from(9_u8.saturating_sub(exponent)))),
            // Beyond 10^19 no 64-bit count reaches a nanosecond; neither does 2^-127 s.
            Some(more) => 10_u64.checked_pow(u32::from(more)).map_or(Self::Binary(127), Self::PerNano),
        }
    }
}

impl Clock {
    /// The time at `ticks`, rounded down to nanoseconds; held at the ends of the range.
    #[inline]
    pub(crate) fn at(&self, ticks: u64) -> Timestamp {
        let nanos = match self.tick {
            Tick::Nanos(n) => i128::from(ticks) * i128::from(n),
            Tick::PerNano(n) => i128::from(ticks.checked_div(n).unwrap_or(0)),
            Tick::Binary(n) => (i128::from(ticks) * NANOS) >> n,
        };
        let clamped = (nanos + self.offset).clamp(i128::from(i64::MIN), i128::from(i64::MAX));
        Timestamp(i64::try_from(clamped).unwrap_or_default())
    }
}

/// The options of a block, up to their end or to the first that does not fit (section 3.5).
pub(crate) struct Options<'a> {
    order: Order,
    rest: &'a [u8],
}

impl<'a> Options<'a> {
    /// Options begin at `at` in `body`.
    pub(crate) fn new(order: Order, body: &'a [u8], at: usize) -> Self {
        Self { order, rest: body.get(at..).unwrap_or(&[]) }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (header, rest) = self.rest.split_at_checked(4)?;
        let (code, len) = (self.order.u16(header, 0), usize::from(self.order.u16(header, 2)));
        if code == END_OF_OPTIONS {
            return None;
        }
        let value = rest.get(..len)?;
        self.rest = rest.get(len.next_multiple_of(4)..).unwrap_or(&[]);
        Some((code, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(resolution: u8, ticks: u64) -> i64 {
        Clock { tick: Tick::of(resolution), offset: 0 }.at(ticks).0
    }

    #[test]
    fn resolutions() {
        assert_eq!(at(0, 3), 3_000_000_000);
        assert_eq!(at(3, 1_700_000_000_123), 1_700_000_000_123_000_000);
        assert_eq!(at(6, 1_700_000_000_123_456), 1_700_000_000_123_456_000);
        assert_eq!(at(9, 1_700_000_000_123_456_789), 1_700_000_000_123_456_789);
        assert_eq!(at(12, 1_999), 1);
        assert_eq!(at(28, u64::MAX), 1);
        assert_eq!(at(127, u64::MAX), 0);
        assert_eq!(at(0x80, 5), 5_000_000_000);
        assert_eq!(at(0x80 | 10, 1536), 1_500_000_000);
        assert_eq!(at(0xff, u64::MAX), 0);
    }

    #[test]
    fn ends_of_the_range_hold() {
        assert_eq!(at(0, u64::MAX), i64::MAX);
        let early = Clock { tick: Tick::Nanos(1), offset: i128::from(i64::MIN) * NANOS };
        assert_eq!(early.at(5).0, i64::MIN);
    }
}
