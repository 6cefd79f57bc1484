//! One direction of a TCP conversation: puts segments in order, knows what is missing, keeps what is unfinished.
//!
//! Source: RFC 9293 §3.4 (sequence numbers and their arithmetic).

use model::Timestamp;
use model::limits::Limits;

/// A hole is given up this long after it opened, once the receiver has acknowledged what lies behind it.
const HOLE_PATIENCE_NS: u64 = 200_000_000;
/// …or after this many later segments.
const HOLE_SEGMENTS: usize = 3;

/// `a - b` on the sequence circle: negative when `a` lies before `b`.
fn distance(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b).cast_signed()
}

fn advance(seq: u32, len: usize) -> u32 {
    seq.wrapping_add(u32::try_from(len).unwrap_or(u32::MAX))
}

/// A segment that came too early, with the frame that brought it.
pub(crate) struct Segment {
    seq: u32,
    pub(crate) data: Box<[u8]>,
    pub(crate) frame: u64,
    pub(crate) time: Timestamp,
}

impl Segment {
    /// A segment to be kept.
    pub(crate) fn new(seq: u32, data: &[u8], frame: u64, time: Timestamp) -> Self {
        Self { seq, data: data.into(), frame, time }
    }
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

/// The state of one direction.
#[derive(Default)]
pub(crate) struct Stream {
    next: Option<u32>,
    acked: Option<u32>,
    early: Vec<Segment>,
    early_bytes: usize,
    hole_since: Timestamp,
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

    /// Keeps an early segment. Answers by how many bytes memory grew; 0 when it was there already or does not fit.
    pub(crate) fn keep(&mut self, segment: Segment, limits: &Limits) -> usize {
        let Some(next) = self.next else { return 0 };
        let full = self.early.len() >= limits.segments_max
            || self.early_bytes + segment.data.len() > limits.stream_bytes_max;
        let at = self.early.partition_point(|s| distance(s.seq, next) < distance(segment.seq, next));
        let copy =
            self.early.get(at).is_some_and(|s| s.seq == segment.seq && s.data.len() >= segment.data.len());
        if full || copy {
            return 0;
        }
        if self.early.is_empty() {
            self.hole_since = segment.time;
        }
        let grown = segment.data.len();
        self.early_bytes += grown;
        self.early.insert(at, segment);
        grown
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
        Some((usize::try_from(ahead.max(0)).unwrap_or(0), segment, known))
    }

    /// The receiver has what we miss, and it is not just a little late; or there is no room to wait longer.
    fn hole_is_lost(&self, behind: u32, now: Timestamp, limits: &Limits) -> bool {
        let full = self.early.len() >= limits.segments_max || self.early_bytes * 2 > limits.stream_bytes_max;
        let received = self.acked.is_some_and(|acked| distance(acked, behind) >= 0);
        let waited = self.early.len() >= HOLE_SEGMENTS || now.since(self.hole_since) > HOLE_PATIENCE_NS;
        full || (received && waited)
    }

    /// No room for early segments.
    pub(crate) fn is_full(&self, limits: &Limits) -> bool {
        self.early.len() >= limits.segments_max || self.early_bytes >= limits.stream_bytes_max
    }

    /// The segment that starts at `seq` with `len` bytes is the last that was delivered.
    pub(crate) fn ends_with(&self, seq: u32, len: usize) -> bool {
        self.next == Some(advance(seq, len))
    }

    /// The next `len` bytes were on the wire but not in the capture.
    pub(crate) fn pass_over(&mut self, len: usize) {
        self.next = self.next.map(|next| advance(next, len));
    }

    /// Bytes that this direction keeps.
    pub(crate) fn held(&self) -> usize {
        self.early_bytes + self.carry.len()
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

    fn segment(seq: u32, data: &[u8]) -> Segment {
        Segment { seq, data: data.into(), frame: 0, time: Timestamp(0) }
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
        assert_eq!(s.keep(segment(4, b"def"), &limits), 3);
        assert_eq!(s.keep(segment(4, b"def"), &limits), 0);
        assert!(s.release(Timestamp(0), &limits, false).is_none());
        assert_eq!(s.place(1, b"abc"), Place::Next(b"abc"));
        let (hole, seg, known) = s.release(Timestamp(0), &limits, false).unwrap();
        assert_eq!((hole, &*seg.data, known), (0, &b"def"[..], 0));
        assert_eq!(s.held(), 0);
    }

    #[test]
    fn a_hole_is_given_up_when_the_receiver_has_it() {
        let limits = Limits::default();
        let mut s = Stream::default();
        s.begin(0);
        s.keep(segment(11, b"def"), &limits);
        s.acknowledge(14);
        assert!(s.release(Timestamp(0), &limits, false).is_none());
        assert_eq!(s.release(Timestamp(300_000_000), &limits, false).map(|(hole, ..)| hole), Some(10));
    }

    #[test]
    fn memory_is_bounded() {
        let limits = Limits { segments_max: 4, ..Limits::default() };
        let mut s = Stream::default();
        s.begin(0);
        for i in 0..100 {
            s.keep(segment(100 + i * 10, b"x"), &limits);
        }
        assert_eq!(s.held(), 4);
    }
}
