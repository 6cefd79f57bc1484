//! The sensor's memory of what it already said, so that what crosses the line grows with change and not with traffic.

use foldhash::quality::FixedState;
use hashbrown::HashTable;
use std::hash::{BuildHasher, Hash};

/// Digests of facts that were reported. When full it starts afresh: facts are then said again, which changes nothing.
pub(crate) struct Facts {
    seen: HashTable<u64>,
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
        self.seen.find(digest, |&d| d == digest).is_some()
    }

    /// True the first time.
    pub(crate) fn is_new(&mut self, fact: impl Hash) -> bool {
        let digest = self.hasher.hash_one(fact);
        if self.seen.find(digest, |&d| d == digest).is_some() {
            return false;
        }
        if self.seen.len() >= self.max {
            self.seen.clear();
        }
        self.seen.insert_unique(digest, digest, |&d| d);
        true
    }
}
