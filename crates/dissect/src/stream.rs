//! One direction of a TCP conversation: puts segments in order, knows what is missing, keeps what is unfinished.
//!
//! Of bytes that come more than once with other content the first ones count that could be delivered. What a session has read is not
//! taken back; a segment in its place goes before those that wait behind a hole (as in Linux, `tcp_data_queue`); of those that wait,
//! the first.
//!
//! Source: RFC 9293 §3.4 (sequence numbers and their arithmetic).

use crate::emit::Witness;
use crate::late::{Late, advance, distance};
use model::limits::Limits;
use model::{CaptureId, Timestamp};

/// A hole is given up this long after it opened, once the receiver has acknowledged what lies behind it.
const HOLE_PATIENCE_NS: u64 = 200_000_000;
/// …or after this many later segments.
const HOLE_SEGMENTS: usize = 3;

/// What keeping an early segment costs beside its bytes: its place in the list, which grows by doubling, and the allocation.
const SEGMENT: usize = 2 * size_of::<Segment>() + 16;

/// A segment that came too early, with the frame that brought it.
pub(crate) struct Segment {
    seq: u32,
    pub(crate) data: Box<[u8]>,
    pub(crate) capture: CaptureId,
    pub(crate) frame: u64,
    pub(crate) time: Timestamp,
}

/// Where a new segment belongs.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Place<'a> {
    /// Right behind what was delivered; the bytes that are new.
    Next(&'a [u8]),
    /// All of it was delivered before.
    Old,
    /// Behind a hole.
    Ahead,
}

/// How many bytes `seq` lies behind `next`.
fn behind(seq: u32, next: u32) -> usize {
    usize::try_from(distance(seq, next)).unwrap_or(0)
}

/// The state of one direction.
#[derive(Default)]
pub(crate) struct Stream {
    next: Option<u32>,
    acked: Option<u32>,
    early: Vec<Segment>,
    early_bytes: usize,
    hole_since: Timestamp,
    /// What was given up and may still come.
    pub(crate) late: Late,
    /// Bytes of an unfinished message.
    pub(crate) carry: Vec<u8>,
    /// The session wants at least this many bytes before it is asked again.
    pub(crate) need: usize,
    /// Bytes to pass over unread.
    pub(crate) skip: usize,
    /// The next byte starts a message, as far as known.
    pub(crate) in_step: bool,
    /// Seen from the handshake on.
    pub(crate) from_start: bool,
}

impl Stream {
    /// A SYN with this sequence number begins the stream.
    pub(crate) fn begin(&mut self, syn: u32) {
        *self = Self {
            next: Some(syn.wrapping_add(1)),
            from_start: true,
            in_step: true,
            acked: self.acked,
            ..Self::default()
        };
    }

    /// Whether `syn` is the number the stream began with and nothing came since: a copy of the same SYN.
    pub(crate) fn began_with(&self, syn: u32) -> bool {
        self.from_start && self.next == Some(syn.wrapping_add(1))
    }

    /// The other side acknowledged everything before `ack`.
    pub(crate) fn acknowledge(&mut self, ack: u32) {
        if self.acked.is_none_or(|old| distance(ack, old) > 0) {
            self.acked = Some(ack);
        }
    }

    /// Sorts a segment in. A stream that is picked up in the middle begins with its first segment.
    pub(crate) fn place<'a>(&mut self, seq: u32, data: &'a [u8]) -> Place<'a> {
        if self.next.is_none() {
            self.late.picked_up(seq);
        }
        let next = *self.next.get_or_insert(seq);
        let ahead = distance(seq, next);
        if ahead > 0 {
            return Place::Ahead;
        }
        let known = usize::try_from(ahead.unsigned_abs()).unwrap_or(usize::MAX);
        match data.get(known..) {
            Some(new) if !new.is_empty() => {
                self.next = Some(advance(next, new.len()));
                Place::Next(new)
            }
            _ => Place::Old,
        }
    }

    /// Keeps what is new of bytes that came too early. False when some of it did not fit.
    pub(crate) fn keep(&mut self, seq: u32, data: &[u8], witness: Witness<'_>, limits: &Limits) -> bool {
        let Witness { capture, frame, time, .. } = witness;
        let Some(next) = self.next else { return true };
        if self.early.is_empty() {
            self.hole_since = time;
        }
        let start = behind(seq, next);
        let end = start.saturating_add(data.len());
        let mut at = self.early.partition_point(|s| behind(s.seq, next) + s.data.len() <= start);
        let mut done = start;
        while done < end {
            let other = self.early.get(at).map(|s| (behind(s.seq, next), s.data.len()));
            let (free, taken) = other.map_or((end, end), |(from, len)| (from, from + len));
            let piece = data.get(done - start..free.min(end).max(done) - start).unwrap_or_default();
            if !piece.is_empty() {
                if self.early.len() >= limits.segments_max
                    || self.early_bytes + piece.len() > limits.stream_bytes_max
                {
                    return false;
                }
                self.early_bytes += piece.len();
                let seq = advance(seq, done - start);
                self.early.insert(at, Segment { seq, data: piece.into(), capture, frame, time });
                at += 1;
            }
            at += 1;
            done = done.max(taken);
        }
        true
    }

    /// The next segment that can be delivered, with the bytes of it that are new and the size of the hole before it (0 for none).
    /// `force` gives up on holes at once.
    pub(crate) fn release(
        &mut self,
        now: Timestamp,
        limits: &Limits,
        force: bool,
    ) -> Option<(usize, Segment, usize)> {
        let next = self.next?;
        let first = self.early.first()?;
        let ahead = distance(first.seq, next);
        if ahead > 0 && !force && !self.hole_is_lost(first.seq, now, limits) {
            return None;
        }
        let segment = self.early.remove(0);
        self.early_bytes = self.early_bytes.saturating_sub(segment.data.len());
        self.hole_since = now;
        let known =
            usize::try_from(ahead.min(0).unsigned_abs()).unwrap_or(usize::MAX).min(segment.data.len());
        if known < segment.data.len() || ahead > 0 {
            self.next = Some(advance(segment.seq, segment.data.len()));
        }
        if let Some(hole) = usize::try_from(ahead).ok().filter(|hole| *hole > self.skip) {
            // What is passed over would not be read either.
            self.late.miss(advance(next, self.skip), advance(next, hole));
        }
        Some((usize::try_from(ahead.max(0)).unwrap_or(0), segment, known))
    }

    /// The receiver has what we miss, and it is not just a little late; or there is no room to wait longer.
    fn hole_is_lost(&self, behind: u32, now: Timestamp, limits: &Limits) -> bool {
        let full = self.early.len() >= limits.segments_max || self.early_bytes * 2 > limits.stream_bytes_max;
        let received = self.acked.is_some_and(|acked| distance(acked, behind) >= 0);
        let waited = self.early.len() >= HOLE_SEGMENTS || now.since(self.hole_since) > HOLE_PATIENCE_NS;
        full || (received && waited)
    }

    /// The segment that starts at `seq` with `len` bytes is the last that was delivered.
    pub(crate) fn ends_with(&self, seq: u32, len: usize) -> bool {
        self.next == Some(advance(seq, len))
    }

    /// The next `len` bytes were on the wire but not in the capture.
    pub(crate) fn pass_over(&mut self, len: usize) {
        self.next = self.next.map(|next| advance(next, len));
    }

    /// Bytes that this direction keeps, with what keeping each early segment costs: a byte of its own for each would cost more than
    /// the bytes do.
    pub(crate) fn held(&self) -> usize {
        self.early_bytes + self.early.len() * SEGMENT + self.carry.capacity() + self.late.carry.capacity()
    }

    /// Forgets the unfinished message.
    pub(crate) fn lose_step(&mut self) {
        self.carry = Vec::new();
        self.need = 0;
        self.skip = 0;
        self.in_step = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITNESS: Witness<'static> =
        Witness { capture: CaptureId(0), frame: 0, time: Timestamp(0), bytes: &[] };

    fn keep(s: &mut Stream, seq: u32, data: &[u8]) -> bool {
        s.keep(seq, data, WITNESS, &Limits::default())
    }

    #[test]
    fn order_overlap_and_wraparound() {
        let mut s = Stream::default();
        s.begin(u32::MAX - 2);
        assert_eq!(s.place(u32::MAX - 1, b"abc"), Place::Next(b"abc"));
        assert_eq!(s.place(u32::MAX - 1, b"abc"), Place::Old);
        assert_eq!(s.place(0, b"cdef"), Place::Next(b"def"));
        assert_eq!(s.place(10, b"x"), Place::Ahead);
    }

    #[test]
    fn early_segments_wait_until_the_hole_is_filled() {
        let limits = Limits::default();
        let mut s = Stream::default();
        s.begin(0);
        assert!(keep(&mut s, 4, b"def") && keep(&mut s, 4, b"def"));
        assert_eq!(s.held(), 3 + SEGMENT);
        assert!(s.release(Timestamp(0), &limits, false).is_none());
        assert!(keep(&mut s, 2, b"BCDEFG"));
        assert_eq!(s.place(1, b"a"), Place::Next(b"a"));
        let mut released = Vec::new();
        while let Some((hole, segment, known)) = s.release(Timestamp(0), &limits, false) {
            assert_eq!(hole, 0);
            released.extend_from_slice(&segment.data[known..]);
        }
        assert_eq!(released, b"BCdefG", "of what waits the first counts");
        assert_eq!(s.held(), 0);
    }

    #[test]
    fn a_hole_is_given_up_when_the_receiver_has_it() {
        let limits = Limits::default();
        let mut s = Stream::default();
        s.begin(0);
        keep(&mut s, 11, b"def");
        s.acknowledge(14);
        assert!(s.release(Timestamp(0), &limits, false).is_none());
        assert_eq!(s.release(Timestamp(300_000_000), &limits, false).map(|(hole, ..)| hole), Some(10));
    }

    #[test]
    fn memory_is_bounded() {
        let limits = Limits { segments_max: 4, ..Limits::default() };
        let mut s = Stream::default();
        s.begin(0);
        let fitted = (0..100).filter(|i| s.keep(100 + i * 10, b"x", WITNESS, &limits)).count();
        assert_eq!((s.early_bytes, fitted), (4, 4));
        // One segment over many that wait falls into pieces; they are bounded as well.
        assert!(!s.keep(99, &[b'y'; 200], WITNESS, &limits));
        assert_eq!(s.held(), 4 + 4 * SEGMENT);
    }
}
