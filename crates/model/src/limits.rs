//! Every cap of the sensor in one place, with its default and its reason. A hit cap is counted and reported, never silent.

use serde::{Deserialize, Serialize};

/// Caps of memory and time on the packet path.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Live conversations. The longest silent one is reported and forgotten first. About 0.5 kB each.
    pub conversations_max: usize,
    /// A conversation silent for this long is reported and forgotten, in seconds of packet time.
    pub idle_seconds: u32,
    /// Out-of-order segments kept for one direction of one conversation.
    pub segments_max: usize,
    /// Bytes kept for one direction of one conversation: unfinished messages and out-of-order segments.
    pub stream_bytes_max: usize,
    /// Bytes kept for all conversations together: unfinished messages in streams and sessions, out-of-order segments, and datagrams in
    /// pieces, which get a quarter of it at most.
    pub reassembly_bytes_max: usize,
    /// IP datagrams in reassembly.
    pub fragments_max: usize,
    /// Largest reassembled IP datagram, in bytes (the protocol's own limit).
    pub datagram_bytes_max: usize,
    /// Distinct (protocol, counter, direction, code) counters.
    pub counters_max: usize,
    /// Distinct operations of one conversation; more are counted together as "other".
    pub operations_max: usize,
    /// Remembered facts, so that a repeated fact is not reported again. When full, the memory starts afresh.
    pub facts_max: usize,
    /// Source addresses that are told apart. A plant has some thousands; past this somebody invents them.
    pub sources_max: usize,
    /// Of these, sources that did nothing but try to connect and were not answered.
    pub attempting_sources_max: usize,
    /// Conversations of an unknown protocol that nobody answered, reported one by one. More are counted together.
    pub attempts_max: usize,
    /// Seed of the hash tables; the edge sets it from chance so that no sender can aim at a bucket.
    pub hash_seed: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            conversations_max: 50_000,
            idle_seconds: 600,
            segments_max: 256,
            stream_bytes_max: 256 * 1024,
            reassembly_bytes_max: 48 * 1024 * 1024,
            fragments_max: 1024,
            datagram_bytes_max: 65_535,
            counters_max: 20_000,
            operations_max: 128,
            facts_max: 500_000,
            sources_max: 50_000,
            attempting_sources_max: 4096,
            attempts_max: 16_384,
            hash_seed: 0x5167_6874_676c_6173,
        }
    }
}

/// The limits on what a flood can invent hold for one day of packet time, in nanoseconds.
pub const ROOM_NS: u64 = 86_400_000_000_000;

/// How much may still be told apart of what a scan or flood can invent without end.
#[derive(Clone, Debug)]
pub struct Room {
    sources: usize,
    attempting_sources: usize,
    attempts: usize,
}

impl Room {
    /// All that the limits allow.
    pub fn new(limits: &Limits) -> Self {
        Self {
            sources: limits.sources_max,
            attempting_sources: limits.attempting_sources_max,
            attempts: limits.attempts_max,
        }
    }

    /// Whether a source would still have a place. `attempts_only`: it did nothing but try to connect.
    pub fn has_source(&self, attempts_only: bool) -> bool {
        self.sources > 0 && (!attempts_only || self.attempting_sources > 0)
    }

    /// Takes a place for one more source; `false` when there is none.
    pub fn source(&mut self, attempts_only: bool) -> bool {
        take(&mut self.sources) && (!attempts_only || take(&mut self.attempting_sources))
    }

    /// Takes a place for one more conversation that nobody answered; `false` when there is none.
    pub fn attempt(&mut self) -> bool {
        take(&mut self.attempts)
    }
}

fn take(places: &mut usize) -> bool {
    let free = *places > 0;
    *places = places.saturating_sub(1);
    free
}
