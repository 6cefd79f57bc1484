//! IP reassembly (RFC 791 §3.2, RFC 8200 §4.5): pieces of one datagram, capped in number and bytes.
//!
//! Pieces may overlap as long as they agree. Where they contradict each other nobody can know which ones the receiver believed, so the
//! datagram is dropped and that is said (RFC 5722 §4 demands as much of receivers).

use crate::packet::{Fragment, Network};
use model::Timestamp;
use model::limits::Limits;
use std::collections::VecDeque;
use std::net::IpAddr;

/// Pieces are forgotten after this long (RFC 8200 §4.5: 60 seconds).
const AGE_MAX_NS: u64 = 60_000_000_000;
/// Unfinished datagrams take up at most this part of what all reassembly may keep: a quarter.
const SHARE: usize = 4;
/// What keeping one piece costs beside its bytes: its place in the list, which grows by doubling, and the allocation.
const PIECE: usize = 2 * size_of::<(usize, Box<[u8]>)>() + 16;

#[derive(PartialEq, Eq)]
struct Key {
    src: IpAddr,
    dst: IpAddr,
    protocol: u8,
    id: u32,
}

struct Datagram {
    key: Key,
    since: Timestamp,
    /// Non-overlapping pieces, sorted by offset.
    pieces: Vec<(usize, Box<[u8]>)>,
    /// Bytes of all pieces.
    have: usize,
    /// Length, once the last piece came.
    total: Option<usize>,
}

/// Datagrams in reassembly, oldest first.
pub(crate) struct Fragments {
    open: VecDeque<Datagram>,
    /// Memory of all pieces.
    held: usize,
    held_max: usize,
    max: usize,
    datagram_max: usize,
}

/// What became of a piece.
pub(crate) enum Outcome {
    /// More pieces are missing.
    Waiting,
    /// The datagram is whole.
    Whole(Vec<u8>),
    /// It does not fit, or contradicts what came before: dropped.
    Dropped,
}

impl Fragments {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            open: VecDeque::new(),
            held: 0,
            held_max: limits.reassembly_bytes_max / SHARE,
            max: limits.fragments_max,
            datagram_max: limits.datagram_bytes_max,
        }
    }

    /// Bytes that are kept of unfinished datagrams, with what keeping each piece costs.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// Adds a piece. Answers how many older datagrams had to be given up, too.
    pub(crate) fn add(
        &mut self,
        net: &Network,
        piece: Fragment,
        data: &[u8],
        now: Timestamp,
    ) -> (Outcome, u64) {
        let key = Key { src: net.src, dst: net.dst, protocol: net.protocol, id: net.id };
        let mut given_up = self.expire(now);
        if piece.offset.saturating_add(data.len()) > self.datagram_max || (piece.more && data.is_empty()) {
            return (Outcome::Dropped, given_up);
        }
        let at = match self.open.iter().position(|d| d.key == key) {
            Some(at) => at,
            None => {
                if self.open.len() >= self.max {
                    given_up += self.give_up_oldest();
                }
                self.open.push_back(Datagram { key, since: now, pieces: Vec::new(), have: 0, total: None });
                self.open.len() - 1
            }
        };
        let outcome = self.insert(at, piece, data);
        while self.held > self.held_max && !self.open.is_empty() {
            given_up += self.give_up_oldest();
        }
        (outcome, given_up)
    }

    fn insert(&mut self, at: usize, piece: Fragment, data: &[u8]) -> Outcome {
        let Some(datagram) = self.open.get_mut(at) else { return Outcome::Dropped };
        let before = datagram.held();
        let agrees = datagram.insert(piece, data);
        self.held = self.held.saturating_sub(before) + datagram.held();
        let outcome = match datagram.whole() {
            _ if !agrees => Outcome::Dropped,
            Some(bytes) => Outcome::Whole(bytes),
            None => return Outcome::Waiting,
        };
        if let Some(done) = self.open.remove(at) {
            self.held = self.held.saturating_sub(done.held());
        }
        outcome
    }

    fn expire(&mut self, now: Timestamp) -> u64 {
        let mut count = 0;
        while self.open.front().is_some_and(|d| now.since(d.since) > AGE_MAX_NS) {
            count += self.give_up_oldest();
        }
        count
    }

    /// How many were given up: one, if there was one.
    fn give_up_oldest(&mut self) -> u64 {
        let Some(oldest) = self.open.pop_front() else { return 0 };
        self.held = self.held.saturating_sub(oldest.held());
        1
    }
}

impl Datagram {
    fn held(&self) -> usize {
        self.have + self.pieces.len() * PIECE
    }

    /// False when the piece contradicts the others. What is there already changes nothing.
    fn insert(&mut self, piece: Fragment, data: &[u8]) -> bool {
        let end = piece.offset + data.len();
        if !piece.more {
            if self.total.is_some_and(|t| t != end) {
                return false;
            }
            self.total = Some(end);
        }
        let reach = self.pieces.last().map_or(0, |(offset, old)| offset + old.len()).max(end);
        if self.total.is_some_and(|total| reach > total) || !self.agrees(piece.offset, data) {
            return false;
        }
        self.fill(piece.offset, data);
        true
    }

    fn agrees(&self, offset: usize, data: &[u8]) -> bool {
        let end = offset + data.len();
        let from = self.pieces.partition_point(|(at, old)| at + old.len() <= offset);
        let overlapping = self.pieces.iter().skip(from).take_while(|(at, _)| *at < end);
        let same = |(at, old): &(usize, Box<[u8]>)| {
            let (start, stop) = (offset.max(*at), end.min(at + old.len()));
            data.get(start - offset..stop - offset) == old.get(start - at..stop - at)
        };
        overlapping.into_iter().all(same)
    }

    /// Adds what is not there yet.
    fn fill(&mut self, offset: usize, data: &[u8]) {
        let end = offset + data.len();
        let mut at = self.pieces.partition_point(|(from, old)| from + old.len() <= offset);
        let mut done = offset;
        while done < end {
            let other = self.pieces.get(at).map(|(from, old)| (*from, from + old.len()));
            let (free, taken) = other.unwrap_or((end, end));
            let new = data.get(done - offset..free.min(end).max(done) - offset).unwrap_or_default();
            if !new.is_empty() {
                self.have += new.len();
                self.pieces.insert(at, (done, new.into()));
                at += 1;
            }
            at += 1;
            done = done.max(taken);
        }
    }

    /// Pieces do not overlap and do not reach behind the end: as many bytes as the whole has are the whole.
    fn whole(&self) -> Option<Vec<u8>> {
        (self.total? == self.have).then(|| self.pieces.iter().flat_map(|(_, piece)| piece).copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(id: u32) -> Network {
        let ip = IpAddr::from([10, 0, 0, 1]);
        Network { src: ip, dst: ip, ttl: 64, protocol: 17, id, fragment: None }
    }

    fn add(f: &mut Fragments, offset: usize, more: bool, data: &[u8]) -> Option<Vec<u8>> {
        match f.add(&net(1), Fragment { offset, more }, data, Timestamp(0)).0 {
            Outcome::Whole(bytes) => Some(bytes),
            Outcome::Waiting | Outcome::Dropped => None,
        }
    }

    #[test]
    fn pieces_in_any_order_make_the_whole() {
        let mut f = Fragments::new(&Limits::default());
        assert_eq!(add(&mut f, 16, false, b"end"), None);
        assert_eq!(add(&mut f, 8, true, b"89abcdef"), None);
        assert_eq!(add(&mut f, 8, true, b"89abcdef"), None);
        assert_eq!(add(&mut f, 0, true, b"01234567").as_deref(), Some(&b"0123456789abcdefend"[..]));
    }

    #[test]
    fn contradictions_are_dropped_and_memory_is_bounded() {
        let mut f = Fragments::new(&Limits { fragments_max: 2, ..Limits::default() });
        add(&mut f, 0, true, b"01234567");
        assert!(matches!(
            f.add(&net(1), Fragment { offset: 4, more: true }, b"xxxxxxxx", Timestamp(0)).0,
            Outcome::Dropped
        ));
        // A piece behind the end, and an end before a piece.
        assert_eq!(add(&mut f, 8, false, b"end"), None);
        assert_eq!(add(&mut f, 16, true, b"89abcdef"), None);
        // What came before was dropped with it: the datagram can begin again.
        assert_eq!(add(&mut f, 0, true, b"01234567"), None);
        assert_eq!(add(&mut f, 8, false, b"").as_deref(), Some(&b"01234567"[..]));
        for id in 0..100 {
            f.add(&net(id), Fragment { offset: 0, more: true }, b"01234567", Timestamp(0));
        }
        assert_eq!(f.open.len(), 2);
    }

    #[test]
    fn small_pieces_of_many_datagrams_stay_under_the_ceiling() {
        let mut f = Fragments::new(&Limits { reassembly_bytes_max: 400_000, ..Limits::default() });
        let mut given_up = 0;
        for id in 0..500 {
            for offset in (0..800).step_by(16) {
                given_up += f.add(&net(id), Fragment { offset, more: true }, b"01234567", Timestamp(0)).1;
                assert!(f.held() <= 100_000);
            }
        }
        assert!(given_up > 450, "{given_up}");
        assert_eq!(f.held(), f.open.iter().map(Datagram::held).sum::<usize>());
        f.add(&net(0), Fragment { offset: 0, more: true }, b"01234567", Timestamp(120_000_000_000));
        assert_eq!(f.open.len(), 1);
        assert_eq!(f.held(), 8 + PIECE);
    }
}
