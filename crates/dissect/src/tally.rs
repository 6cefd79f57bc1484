//! Message counters of the whole sensor: one small table, no allocation per message.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use model::observation::Direction;
use model::{Name, Text};
use std::hash::BuildHasher;

/// A counter of a protocol, as the contract names it (`messages.PROTOCOL.COUNTER`).
#[derive(Debug)]
pub struct Counter {
    /// Protocol name.
    pub protocol: &'static str,
    /// Counter name.
    pub name: &'static str,
}

/// A message code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Code<'a> {
    /// A number, written in decimal.
    Number(u32),
    /// Two numbers, written `a,b`.
    Pair(u32, u32),
    /// A word (an HTTP method, an FTP command), at most [`WORD_MAX`] bytes of it.
    Word(&'a str),
}

impl From<u32> for Code<'_> {
    fn from(n: u32) -> Self {
        Self::Number(n)
    }
}

impl From<u16> for Code<'_> {
    fn from(n: u16) -> Self {
        Self::Number(n.into())
    }
}

impl From<u8> for Code<'_> {
    fn from(n: u8) -> Self {
        Self::Number(n.into())
    }
}

/// Longest word that is kept, in bytes.
pub(crate) const WORD_MAX: usize = 16;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kept {
    Number(u32),
    Pair(u32, u32),
    Word([u8; WORD_MAX]),
}

impl Kept {
    fn of(code: Code<'_>) -> Self {
        match code {
            Code::Number(n) => Self::Number(n),
            Code::Pair(a, b) => Self::Pair(a, b),
            Code::Word(word) => {
                let mut kept = [0; WORD_MAX];
                kept.iter_mut().zip(word.bytes()).for_each(|(to, from)| *to = from);
                Self::Word(kept)
            }
        }
    }

    fn text(self) -> Text {
        match self {
            Self::Number(n) => Text::new(&n.to_string()),
            Self::Pair(a, b) => Text::new(&format!("{a},{b}")),
            Self::Word(word) => Text::from_wire(&word),
        }
    }
}

struct Slot {
    counter: &'static Counter,
    direction: Direction,
    code: Kept,
    count: u64,
}

/// Protocol, counter, direction, code, and how many.
pub(crate) type Count = (Name, Name, Direction, Text, u64);

/// The table.
pub(crate) struct Tally {
    slots: HashTable<Slot>,
    hasher: FixedState,
    max: usize,
    overflow: u64,
}

impl Tally {
    pub(crate) fn new(max: usize, seed: u64) -> Self {
        Self { slots: HashTable::new(), hasher: FixedState::with_seed(seed), max, overflow: 0 }
    }

    #[inline]
    pub(crate) fn add(&mut self, counter: &'static Counter, direction: Direction, code: Code<'_>) {
        let address = std::ptr::from_ref(counter) as usize;
        let kept = Kept::of(code);
        let hash = self.hasher.hash_one((address, direction as u8, kept));
        let found = self.slots.find_mut(hash, |s| {
            std::ptr::eq(s.counter, counter) && s.direction == direction && s.code == kept
        });
        if let Some(slot) = found {
            slot.count += 1;
        } else if self.slots.len() >= self.max {
            self.overflow += 1;
        } else {
            let hasher = &self.hasher;
            let rehash = |s: &Slot| {
                hasher.hash_one((std::ptr::from_ref(s.counter) as usize, s.direction as u8, s.code))
            };
            self.slots.insert_unique(hash, Slot { counter, direction, code: kept, count: 1 }, rehash);
        }
    }

    /// Everything counted since the last call, in a stable order, and how many did not fit.
    pub(crate) fn drain(&mut self) -> (Vec<Count>, u64) {
        let mut all: Vec<_> = self
            .slots
            .drain()
            .map(|s| {
                (
                    Name::new(s.counter.protocol),
                    Name::new(s.counter.name),
                    s.direction,
                    s.code.text(),
                    s.count,
                )
            })
            .collect();
        all.sort();
        (all, std::mem::take(&mut self.overflow))
    }
}
