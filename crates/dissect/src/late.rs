//! What was given up and comes after all. A recording may hold the segments of a direction far out of order, begin in its middle, or
//! bring a retransmission after the hole was given up. Such bytes cannot be put in order any more, but whole messages among them can
//! still be read.

use crate::conversations::{Conversation, Recognition};
use crate::emit::Witness;
use crate::flow::{Flow, HEAD_MAX, direction, hint, read_all, recognised};
use crate::protocol::{Input, Probe};
use crate::protocols;
use crate::stream::Stream;

/// Stretches that are remembered as missing; of more, the shortest is forgotten.
const MISSING_MAX: usize = 16;
/// How far before its first segment a stream may have bytes that are still under way: the largest window (RFC 7323 §2.3).
const WINDOW_MAX: u32 = 1 << 30;

/// `a - b` on the sequence circle: negative when `a` lies before `b` (RFC 9293 §3.4).
pub(crate) fn distance(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b).cast_signed()
}

pub(crate) fn advance(seq: u32, len: usize) -> u32 {
    seq.wrapping_add(u32::try_from(len).unwrap_or(u32::MAX))
}

/// What is missing of one direction, and an unfinished message in late bytes.
#[derive(Default)]
pub(crate) struct Late {
    /// First sequence number of a stretch, and the one behind it.
    missing: Vec<(u32, u32)>,
    /// Behind the last late bytes.
    next: u32,
    /// Bytes of an unfinished message that end there.
    pub(crate) carry: Vec<u8>,
    /// The session wants at least this many before it is asked again.
    need: usize,
    /// Bytes from there on that are passed over unread.
    skip: usize,
    /// A message begins where the carried bytes do.
    in_step: bool,
}

impl Late {
    /// The stream was picked up at `seq`: what lies before may still come.
    pub(crate) fn picked_up(&mut self, seq: u32) {
        self.miss(seq.wrapping_sub(WINDOW_MAX), seq);
    }

    /// A stretch was given up.
    pub(crate) fn miss(&mut self, from: u32, to: u32) {
        let length = |&(from, to): &(u32, u32)| to.wrapping_sub(from);
        if from == to {
            return;
        }
        self.missing.push((from, to));
        if self.missing.len() > MISSING_MAX
            && let Some(shortest) = (0..self.missing.len()).min_by_key(|at| self.missing.get(*at).map(length))
        {
            self.missing.swap_remove(shortest);
        }
    }

    /// The first stretch of a segment that was missing so far, and whether it goes on where the last one ended.
    pub(crate) fn recover<'a>(&mut self, seq: u32, data: &'a [u8]) -> Option<(&'a [u8], bool)> {
        let end = advance(seq, data.len());
        let overlaps = |(from, to): &(u32, u32)| distance(seq, *to) < 0 && distance(end, *from) > 0;
        let at = self.missing.iter().position(overlaps)?;
        let (from, to) = self.missing.swap_remove(at);
        let start = if distance(from, seq) > 0 { from } else { seq };
        let stop = if distance(to, end) < 0 { to } else { end };
        self.miss(from, start);
        self.miss(stop, to);
        let at = |number: u32| usize::try_from(number.wrapping_sub(seq)).ok();
        let stretch = data.get(at(start)?..at(stop)?)?;
        let goes_on = self.next == start;
        self.next = stop;
        Some((stretch, goes_on))
    }

    /// Forgets the unfinished message.
    pub(crate) fn lose_step(&mut self) {
        self.carry = Vec::new();
        (self.need, self.skip, self.in_step) = (0, 0, false);
    }
}

impl Flow<'_> {
    /// Bytes that were given up and came after all: whole messages among them are read.
    pub(crate) fn late(
        &mut self,
        c: &mut Conversation,
        end: usize,
        stream: &mut Stream,
        seq: u32,
        data: &[u8],
        witness: Witness<'_>,
    ) {
        let Some((stretch, goes_on)) = stream.late.recover(seq, data) else { return };
        if !goes_on {
            stream.late.lose_step();
        }
        let late = &mut stream.late;
        let skip = late.skip.min(stretch.len());
        late.skip -= skip;
        let stretch = stretch.get(skip..).unwrap_or_default();
        if stretch.is_empty() {
            return;
        }
        if late.carry.is_empty() {
            return self.read_late(c, end, late, stretch, witness);
        }
        if late.carry.len() + stretch.len() > self.limits.stream_bytes_max || !self.room {
            return late.lose_step();
        }
        late.carry.extend_from_slice(stretch);
        if late.carry.len() >= late.need {
            let joined = std::mem::take(&mut late.carry);
            self.read_late(c, end, late, &joined, Witness { bytes: &[], ..witness });
        }
    }

    fn read_late(
        &mut self,
        c: &mut Conversation,
        end: usize,
        late: &mut Late,
        data: &[u8],
        witness: Witness<'_>,
    ) {
        let hint = hint(c, end, false);
        if let Recognition::Looking(_) = c.recognition
            && let (Probe::Yes, Some(protocol)) = protocols::recognise(data, &hint)
        {
            recognised(c, protocol);
        }
        let way = direction(&c.talk, end);
        let Conversation { recognition, talk, .. } = c;
        let Recognition::Known(protocol, session) = recognition else { return };
        if !late.in_step {
            match protocols::probe(*protocol, data, &hint) {
                Probe::Yes => late.in_step = true,
                Probe::More if data.len() < HEAD_MAX && self.room => return late.carry = data.to_vec(),
                Probe::More | Probe::No => return,
            }
        }
        let input = Input { data, direction: way, datagram: false, cut: false };
        let Some(read) = read_all(self.shared, talk, *protocol, &mut **session, input, witness) else {
            *recognition = Recognition::Unknown;
            return;
        };
        if read.lost || !self.room {
            return late.lose_step();
        }
        late.need = read.need;
        late.skip = read.taken.saturating_sub(data.len());
        late.carry = data.get(read.taken..).unwrap_or_default().to_vec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_missing_comes_once() {
        let mut late = Late::default();
        late.miss(u32::MAX - 1, 8);
        assert_eq!(late.recover(8, b"behind"), None);
        assert_eq!(late.recover(u32::MAX - 3, b"abcd"), Some((&b"cd"[..], false)));
        assert_eq!(late.recover(0, b"ef"), Some((&b"ef"[..], true)));
        assert_eq!(late.recover(6, b"kl"), Some((&b"kl"[..], false)));
        assert_eq!(late.recover(u32::MAX - 3, b"abcdef"), None);
        assert_eq!(late.recover(0, b"efghijklmnop"), Some((&b"ghij"[..], false)));
        assert!(late.missing.is_empty());
    }

    #[test]
    fn memory_is_bounded() {
        let mut late = Late::default();
        for n in 0..100 {
            late.miss(n * 100, n * 100 + 50 + n);
        }
        assert_eq!(late.missing.len(), MISSING_MAX);
        assert_eq!(late.recover(0, b"of the shortest"), None);
        assert!(late.recover(9900, b"of the longest").is_some());
    }
}
