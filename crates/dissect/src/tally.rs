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

/// What a code is, in its kept form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Number,
    Pair,
    Word,
}

/// A code as a plain number, so that comparing and hashing it takes a few instructions.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Kept {
    form: Form,
    bits: u128,
}

impl Kept {
    #[inline]
    fn of(code: Code<'_>) -> Self {
        match code {
            Code::Number(n) => Self { form: Form::Number, bits: n.into() },
            Code::Pair(a, b) => Self { form: Form::Pair, bits: u128::from(a) << 32 | u128::from(b) },
            Code::Word(word) => {
                let mut kept = [0; WORD_MAX];
                kept.iter_mut().zip(word.bytes()).for_each(|(to, from)| *to = from);
                Self { form: Form::Word, bits: u128::from_be_bytes(kept) }
            }
        }
    }

    fn text(self) -> Text {
        match self.form {
            Form::Number => Text::new(&self.bits.to_string()),
            Form::Pair => Text::new(&format!("{},{}", self.bits >> 32, self.bits & u128::from(u32::MAX))),
            Form::Word => Text::from_wire(&self.bits.to_be_bytes()),
        }
    }
}

struct Slot {
    counter: &'static Counter,
    direction: Direction,
    code: Kept,
    count: u64,
}

impl Slot {
    #[inline]
    fn counts(&self, counter: &'static Counter, direction: Direction, code: Kept) -> bool {
        std::ptr::eq(self.counter, counter) && self.direction == direction && self.code == code
    }

    fn hash(&self, hasher: &FixedState) -> u64 {
        hash(hasher, self.counter, self.direction, self.code)
    }
}

/// Protocol, counter, direction, code, and how many.
pub(crate) type Count = (Name, Name, Direction, Text, u64);

/// Two numbers in place of every field. Direction and form go into the high byte, which addresses do not use; were it used, more
/// slots would share a hash, and comparing them tells them apart all the same.
#[inline]
fn hash(hasher: &FixedState, counter: &'static Counter, direction: Direction, code: Kept) -> u64 {
    let place = std::ptr::from_ref(counter) as u64;
    let kind = (direction as u64) << 60 | (code.form as u64) << 56;
    hasher.hash_one((place ^ kind, code.bits))
}

/// Places for what was counted last, one for each of so many hashes. A power of two.
const RECENT: usize = 256;

/// The table, and which slots were counted last: nearly every message is of a kind that was there a moment ago.
pub(crate) struct Tally {
    slots: Vec<Slot>,
    index: HashTable<u32>,
    recent: Box<[u32; RECENT]>,
    hasher: FixedState,
    max: usize,
    overflow: u64,
}

impl Tally {
    pub(crate) fn new(max: usize, seed: u64) -> Self {
        Self {
            slots: Vec::new(),
            index: HashTable::new(),
            recent: Box::new([0; RECENT]),
            hasher: FixedState::with_seed(seed),
            max,
            overflow: 0,
        }
    }

    #[inline]
    pub(crate) fn add(&mut self, counter: &'static Counter, direction: Direction, code: Code<'_>) {
        let code = Kept::of(code);
        let hash = hash(&self.hasher, counter, direction, code);
        let recent = self.recent.get(hash as usize % RECENT).map_or(0, |&at| at as usize);
        match self.slots.get_mut(recent) {
            Some(slot) if slot.counts(counter, direction, code) => slot.count += 1,
            _ => self.look_up(hash, Slot { counter, direction, code, count: 1 }),
        }
    }

    fn look_up(&mut self, hash: u64, new: Slot) {
        let Self { slots, index, hasher, .. } = self;
        let same = |&at: &u32| {
            slots.get(at as usize).is_some_and(|s| s.counts(new.counter, new.direction, new.code))
        };
        let at = match index.find(hash, same) {
            Some(&at) => at,
            None if slots.len() >= self.max => return self.overflow += 1,
            None => {
                let at = u32::try_from(slots.len()).unwrap_or(u32::MAX);
                slots.push(Slot { count: 0, ..new });
                let rehash = |&at: &u32| slots.get(at as usize).map_or(0, |s| s.hash(hasher));
                *index.insert_unique(hash, at, rehash).get()
            }
        };
        if let Some(slot) = self.slots.get_mut(at as usize) {
            slot.count += 1;
        }
        if let Some(place) = self.recent.get_mut(hash as usize % RECENT) {
            *place = at;
        }
    }

    /// Everything counted since the last call, in a stable order, and how many did not fit.
    pub(crate) fn drain(&mut self) -> (Vec<Count>, u64) {
        self.index.clear();
        let mut all: Vec<_> = self
            .slots
            .drain(..)
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
