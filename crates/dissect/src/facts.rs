//! The sensor's memory of what it already said, so that what crosses the line grows with change and not with traffic.

use foldhash::quality::FixedState;
use hashbrown::HashTable;
use model::Timestamp;
use std::hash::{BuildHasher, Hash};

/// Digests of facts that were reported, and of when. A fact is said again when an earlier frame shows it: the times of a capture
/// can run backwards, and the first witness must not depend on what was read before.
/// When full it starts afresh: facts are then said again, which changes nothing.
pub(crate) struct Facts {
    seen: HashTable<Said>,
    hasher: FixedState,
    max: usize,
}

/// A fact that was reported.
struct Said {
    digest: u64,
    /// The earliest frame that was named for it.
    earliest: Timestamp,
    /// How often it was said because an earlier frame showed it.
    again: u8,
}

/// A capture whose times run backwards all the way must not have every frame say everything again.
const AGAIN_MAX: u8 = 8;

impl Facts {
    pub(crate) fn new(max: usize, seed: u64) -> Self {
        Self { seen: HashTable::new(), hasher: FixedState::with_seed(seed), max }
    }

    /// True when it was said before; does not remember it.
    pub(crate) fn knows(&self, fact: impl Hash) -> bool {
        let digest = self.hasher.hash_one(fact);
        self.seen.find(digest, |said| said.digest == digest).is_some()
    }

    /// True the first time, and when it was seen even earlier than what was said.
    pub(crate) fn is_new(&mut self, fact: impl Hash, time: Timestamp) -> bool {
        let digest = self.hasher.hash_one(fact);
        if let Some(said) = self.seen.find_mut(digest, |said| said.digest == digest) {
            let again = time < said.earliest && said.again < AGAIN_MAX;
            said.again += u8::from(again);
            said.earliest = said.earliest.min(time);
            return again;
        }
        if self.seen.len() >= self.max {
            self.seen.clear();
        }
        let said = Said { digest, earliest: time, again: 0 };
        self.seen.insert_unique(digest, said, |said| said.digest);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_witness_is_named_but_not_without_end() {
        let mut facts = Facts::new(10, 1);
        assert!(facts.is_new("fact", Timestamp(100)));
        assert!(!facts.is_new("fact", Timestamp(100)) && !facts.is_new("fact", Timestamp(101)));
        let backwards = (0..100).filter(|n| facts.is_new("fact", Timestamp(99 - n))).count();
        assert_eq!(backwards, usize::from(AGAIN_MAX));
        assert!(facts.knows("fact") && !facts.knows("other"));
    }
}
