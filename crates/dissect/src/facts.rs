//! The sensor's memory of what it already said, so that what crosses the line grows with change and not with traffic.

use foldhash::quality::FixedState;
use hashbrown::HashTable;
use model::Timestamp;
use std::hash::{BuildHasher, Hash};

/// Digests of facts that were reported, and of when. A fact is said again when an earlier frame shows it: the times of a capture
/// can run backwards, and the first witness must not depend on what was read before.
/// When full it starts afresh: facts are then said again, which changes nothing.
pub(crate) struct Facts {
    seen: HashTable<(u64, Timestamp)>,
    hasher: FixedState,
    max: usize,
}

impl Facts {
    pub(crate) fn new(max: usize, seed: u64) -> Self {
        Self { seen: HashTable::new(), hasher: FixedState::with_seed(seed), max }
    }

    /// True when it was said before; does not remember it.
    pub(crate) fn knows(&self, fact: impl Hash) -> bool {
        let digest = self.hasher.hash_one(fact);
        self.seen.find(digest, |&(d, _)| d == digest).is_some()
    }

    /// True the first time, and when it was seen even earlier than what was said.
    pub(crate) fn is_new(&mut self, fact: impl Hash, time: Timestamp) -> bool {
        let digest = self.hasher.hash_one(fact);
        if let Some((_, said)) = self.seen.find_mut(digest, |&(d, _)| d == digest) {
            let earlier = time < *said;
            *said = time.min(*said);
            return earlier;
        }
        if self.seen.len() >= self.max {
            self.seen.clear();
        }
        self.seen.insert_unique(digest, (digest, time), |&(d, _)| d);
        true
    }
}
