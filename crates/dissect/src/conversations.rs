//! The table of live conversations: one look-up per packet, capped, the longest silent one goes first.

use crate::emit::Talk;
use crate::protocol::{Protocol, Session};
use crate::stream::Stream;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use model::limits::Limits;
use model::{Mac, Timestamp, Transport};
use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::net::IpAddr;

/// Both ends, ordered, so that the two directions have one key. Three plain numbers: hashed and compared for every packet.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Key {
    low: u128,
    high: u128,
    /// From the high end: kind (IP protocol number, 255 outside IP), port of `low`, port of `high`, 16 bits each.
    rest: u64,
}

/// A closed connection is kept this long for late packets (a fraction of the 2 MSL of RFC 9293 §3.6.1: the mirror sees both ends).
const CLOSED_NS: u64 = 20_000_000_000;
/// `fins` once both ends have closed.
pub(crate) const BOTH_ENDS: u8 = 3;

/// `kind` of frames outside IP (255 is reserved by IANA).
pub(crate) const LINK: u8 = 255;

impl Key {
    /// The key, and which end the sender is (0 low, 1 high).
    #[inline]
    pub(crate) fn of(src: (u128, u16), dst: (u128, u16), kind: u8) -> (Self, usize) {
        let (low, high, end) = if src <= dst { (src, dst, 0) } else { (dst, src, 1) };
        let rest = u64::from(kind) << 32 | u64::from(low.1) << 16 | u64::from(high.1);
        (Self { low: low.0, high: high.0, rest }, end)
    }

    /// IP protocol number; [`LINK`] outside IP.
    pub(crate) fn kind(&self) -> u8 {
        u8::try_from(self.rest >> 32 & 0xff).unwrap_or_default()
    }

    /// Port (or EtherType) of an end.
    pub(crate) fn port(&self, end: usize) -> u16 {
        let shift = if end == 0 { 16 } else { 0 };
        u16::try_from(self.rest >> shift & 0xffff).unwrap_or_default()
    }
}

/// An IP address as a number; IPv4 in its mapped place.
pub(crate) fn ip_number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => 0xffff_0000_0000 | u128::from(u32::from(ip)),
        IpAddr::V6(ip) => u128::from(ip),
    }
}

/// A MAC address as a number that is no IP address.
pub(crate) fn mac_number(mac: Option<Mac>) -> u128 {
    let [a, b, c, d, e, f] = mac.unwrap_or(Mac([0; 6])).0;
    (1 << 127) | u128::from(u64::from_be_bytes([0, 0, a, b, c, d, e, f]))
}

/// How far recognition came.
pub(crate) enum Recognition {
    /// Looking; this many segments or datagrams were of no known protocol.
    Looking(u8),
    /// Recognised.
    Known(&'static dyn Protocol, Box<dyn Session>),
    /// Given up: counted only.
    Unknown,
}

/// Who was last seen at an end; a change is worth a look.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Seen {
    pub(crate) mac: Option<Mac>,
    pub(crate) ttl: u8,
    pub(crate) vlan: Option<u16>,
}

/// The last datagram of an end, to know a copy of it.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LastDatagram {
    pub(crate) id: u32,
    pub(crate) checksum: u16,
    pub(crate) len: usize,
    pub(crate) ttl: u8,
    pub(crate) time: Timestamp,
}

/// The last packet of an end as it crossed a link, to know it again behind a router.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crossing {
    pub(crate) id: u32,
    pub(crate) ttl: u8,
    pub(crate) dst_mac: Option<Mac>,
    pub(crate) time: Timestamp,
}

/// One live conversation.
pub(crate) struct Conversation {
    pub(crate) key: Key,
    pub(crate) transport: Transport,
    pub(crate) talk: Talk,
    pub(crate) recognition: Recognition,
    pub(crate) streams: Option<Box<[Stream; 2]>>,
    /// What it keeps of unfinished messages, as far as the dissector has counted it.
    pub(crate) counted: usize,
    pub(crate) seen: [Option<Seen>; 2],
    pub(crate) crossed: [Option<Crossing>; 2],
    pub(crate) last_datagram: [Option<LastDatagram>; 2],
    pub(crate) vlan: Option<u16>,
    pub(crate) answered: bool,
    pub(crate) fins: u8,
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    pub(crate) first: Timestamp,
    pub(crate) first_frame: u64,
    pub(crate) first_bytes: Option<model::ByteRange>,
    pub(crate) capture: model::CaptureId,
    pub(crate) last: Timestamp,
}

impl Conversation {
    /// Bytes that it keeps of unfinished messages: in its streams and in its session.
    #[inline]
    pub(crate) fn held(&self) -> usize {
        let session = match &self.recognition {
            Recognition::Known(_, session) => session.held(),
            Recognition::Looking(_) | Recognition::Unknown => 0,
        };
        self.streams.as_ref().map_or(session, |s| s.iter().map(Stream::held).sum::<usize>() + session)
    }

    /// Whether the session kept anything that this let go.
    pub(crate) fn start_session_afresh(&mut self) -> bool {
        match &mut self.recognition {
            Recognition::Known(protocol, session) if session.held() > 0 => {
                *session = protocol.open();
                true
            }
            _ => false,
        }
    }
}

/// The table.
pub(crate) struct Conversations {
    index: HashTable<u32>,
    slots: Vec<Option<Conversation>>,
    free: Vec<u32>,
    /// Candidates for expiry: slot and the time it was put here. A conversation that went on since is put back.
    queue: VecDeque<(u32, Timestamp)>,
    /// Connections that both ends closed, and when.
    closed: VecDeque<(u32, Timestamp)>,
    hasher: FixedState,
    max: usize,
    idle_ns: u64,
}

impl Conversations {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            index: HashTable::new(),
            slots: Vec::new(),
            free: Vec::new(),
            queue: VecDeque::new(),
            closed: VecDeque::new(),
            hasher: FixedState::with_seed(limits.hash_seed),
            max: limits.conversations_max.max(1),
            idle_ns: u64::from(limits.idle_seconds) * 1_000_000_000,
        }
    }

    #[inline]
    pub(crate) fn find(&self, key: &Key) -> Option<u32> {
        let hash = self.hasher.hash_one(key);
        let same = |&slot: &u32| matches!(self.slots.get(slot as usize), Some(Some(c)) if c.key == *key);
        self.index.find(hash, same).copied()
    }

    #[inline]
    pub(crate) fn get(&mut self, slot: u32) -> Option<&mut Conversation> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.index.len() >= self.max
    }

    /// Adds a conversation; the caller made room before.
    pub(crate) fn insert(&mut self, conversation: Conversation) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        self.queue.push_back((slot, conversation.last));
        let hash = self.hasher.hash_one(conversation.key);
        if let Some(place) = self.slots.get_mut(slot as usize) {
            *place = Some(conversation);
        }
        let (slots, hasher) = (&self.slots, &self.hasher);
        self.index.insert_unique(hash, slot, |&s| match slots.get(s as usize) {
            Some(Some(c)) => hasher.hash_one(c.key),
            _ => 0,
        });
        slot
    }

    /// Both ends closed the connection at `at`: it need not wait until it has been silent for long.
    pub(crate) fn close(&mut self, slot: u32, at: Timestamp) {
        self.closed.push_back((slot, at));
    }

    /// Takes out a connection that was closed a while before `now` and stayed silent.
    fn take_closed(&mut self, now: Timestamp) -> Option<Conversation> {
        loop {
            let &(slot, since) = self.closed.front()?;
            if now.since(since) <= CLOSED_NS {
                return None;
            }
            self.closed.pop_front();
            match self.slots.get(slot as usize) {
                Some(Some(c)) if c.fins == BOTH_ENDS && now.since(c.last) > CLOSED_NS => {
                    return self.remove(slot);
                }
                _ => {}
            }
        }
    }

    /// Takes out a conversation that has been silent for too long at `now`.
    pub(crate) fn take_idle(&mut self, now: Timestamp) -> Option<Conversation> {
        if let Some(closed) = self.take_closed(now) {
            return Some(closed);
        }
        loop {
            let &(slot, since) = self.queue.front()?;
            if now.since(since) <= self.idle_ns {
                return None;
            }
            self.queue.pop_front();
            match self.slots.get(slot as usize) {
                Some(Some(c)) if now.since(c.last) <= self.idle_ns => self.queue.push_back((slot, c.last)),
                Some(Some(_)) => return self.remove(slot),
                _ => {}
            }
        }
    }

    /// Takes out a conversation that was over before a packet of `time`, though nobody had looked at it since.
    #[inline]
    pub(crate) fn take_over(&mut self, slot: u32, time: Timestamp) -> Option<Conversation> {
        let c = self.get(slot)?;
        let (silent, closed) = (time.since(c.last), c.fins == BOTH_ENDS);
        if silent <= CLOSED_NS || (silent <= self.idle_ns && !closed) {
            return None;
        }
        self.remove(slot)
    }

    /// Takes out the one that has been silent longest, or nearly so (a few candidates are looked at).
    pub(crate) fn take_oldest(&mut self) -> Option<Conversation> {
        let mut tries = 16;
        loop {
            let (slot, since) = self.queue.pop_front()?;
            match self.slots.get(slot as usize) {
                Some(Some(c)) if c.last > since && tries > 0 => {
                    tries -= 1;
                    self.queue.push_back((slot, c.last));
                }
                Some(Some(_)) => return self.remove(slot),
                _ => {}
            }
        }
    }

    /// Takes out every conversation, in the order of their slots.
    pub(crate) fn take_all(&mut self) -> impl Iterator<Item = Conversation> + use<> {
        self.index.clear();
        self.queue.clear();
        self.closed.clear();
        self.free.clear();
        std::mem::take(&mut self.slots).into_iter().flatten()
    }

    fn remove(&mut self, slot: u32) -> Option<Conversation> {
        let gone = self.slots.get_mut(slot as usize)?.take()?;
        let hash = self.hasher.hash_one(gone.key);
        if let Ok(entry) = self.index.find_entry(hash, |&s| s == slot) {
            entry.remove();
        }
        self.free.push(slot);
        Some(gone)
    }
}
