//! IP reassembly (RFC 791 §3.2, RFC 8200 §4.5): pieces of one datagram, capped in number and bytes.

use crate::packet::{Fragment, Network};
use model::Timestamp;
use model::limits::Limits;
use std::collections::VecDeque;
use std::net::IpAddr;

/// Pieces are forgotten after this long (RFC 8200 §4.5: 60 seconds).
const AGE_MAX_NS: u64 = 60_000_000_000;

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
    /// Length, once the last piece came.
    total: Option<usize>,
}

/// Datagrams in reassembly, oldest first.
pub(crate) struct Fragments {
    open: VecDeque<Datagram>,
    max: usize,
    datagram_max: usize,
}

/// What became of a piece.
pub(crate) enum Outcome {
    /// More pieces are missing.
    Waiting,
    /// The datagram is whole.
    Whole(Vec<u8>),
    /// It does not fit, or contradicts what came before (an overlap): dropped.
    Dropped,
}

impl Fragments {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { open: VecDeque::new(), max: limits.fragments_max, datagram_max: limits.datagram_bytes_max }
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
                    self.open.pop_front();
                    given_up += 1;
                }
                self.open.push_back(Datagram { key, since: now, pieces: Vec::new(), total: None });
                self.open.len() - 1
            }
        };
        let Some(datagram) = self.open.get_mut(at) else { return (Outcome::Dropped, given_up) };
        if !datagram.insert(piece, data) {
            self.open.remove(at);
            return (Outcome::Dropped, given_up);
        }
        match datagram.whole() {
            Some(bytes) => {
                self.open.remove(at);
                (Outcome::Whole(bytes), given_up)
            }
            None => (Outcome::Waiting, given_up),
        }
    }

    fn expire(&mut self, now: Timestamp) -> u64 {
        let mut count = 0;
        while self.open.front().is_some_and(|d| now.since(d.since) > AGE_MAX_NS) {
            self.open.pop_front();
            count += 1;
        }
        count
    }
}

impl Datagram {
    /// False when the piece contradicts the others. A copy of a piece changes nothing.
    fn insert(&mut self, piece: Fragment, data: &[u8]) -> bool {
        let end = piece.offset + data.len();
        if !piece.more {
            if self.total.is_some_and(|t| t != end) {
                return false;
            }
            self.total = Some(end);
        }
        let at = self.pieces.partition_point(|(offset, _)| *offset < piece.offset);
        if let Some((offset, old)) = self.pieces.get(at)
            && *offset == piece.offset
        {
            return **old == *data;
        }
        let before_ok = at
            .checked_sub(1)
            .and_then(|i| self.pieces.get(i))
            .is_none_or(|(offset, old)| offset + old.len() <= piece.offset);
        let after_ok = self.pieces.get(at).is_none_or(|(offset, _)| end <= *offset);
        if before_ok && after_ok {
            self.pieces.insert(at, (piece.offset, data.into()));
        }
        before_ok && after_ok
    }

    fn whole(&self) -> Option<Vec<u8>> {
        let total = self.total?;
        let mut bytes = Vec::new();
        for (offset, piece) in &self.pieces {
            if *offset != bytes.len() {
                return None;
            }
            bytes.extend_from_slice(piece);
        }
        (bytes.len() == total).then_some(bytes)
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
    fn overlaps_are_dropped_and_memory_is_bounded() {
        let mut f = Fragments::new(&Limits { fragments_max: 2, ..Limits::default() });
        add(&mut f, 0, true, b"01234567");
        assert!(matches!(
            f.add(&net(1), Fragment { offset: 4, more: true }, b"xxxxxxxx", Timestamp(0)).0,
            Outcome::Dropped
        ));
        for id in 0..100 {
            f.add(&net(id), Fragment { offset: 0, more: true }, b"01234567", Timestamp(0));
        }
        assert_eq!(f.open.len(), 2);
    }
}
