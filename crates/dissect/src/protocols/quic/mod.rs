//! QUIC: its first packets show the handshake of TLS to anyone who can see the connection id; all else is encrypted.
//! Sources: RFC 9000 (packets), RFC 9001 (TLS and protection), RFC 9369 (version 2).

mod header;
mod initial;

use super::tls::{Carrier, Context, Stage, message};
use crate::emit::{Counter, Emit, Operations, Phase};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use header::Packet;
use initial::Side;
use model::observation::Direction;
use model::{Operation, OperationClass as Class};

/// The protocol.
pub(super) struct Quic;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "quic",
    title: "QUIC",
    tcp: &[],
    udp: &[443, 784, 8853],
    ethertypes: &[],
    industrial: false,
    sources: "RFC 9000; RFC 9001; RFC 9369",
    operations: &[&OPERATIONS],
};

static VERSION: Counter = Counter { protocol: "quic", name: "version" };

/// A client's first datagram has at least so many octets (RFC 9000 §14.1).
const FIRST_MIN: usize = 1200;
/// Packets of one datagram that are looked at.
const PACKETS_MAX: usize = 8;
/// Initial packets of one conversation that are opened: hellos take a few, and a flood must not make the sensor decrypt.
const OPENED_MAX: u8 = 16;
/// Octets of a handshake that are put together in one direction; hellos with post-quantum keys take about 2,000.
const CRYPTO_MAX: usize = 16 * 1024;
/// Stretches of it that may wait apart from each other: clients shuffle theirs on purpose.
const STRETCHES_MAX: usize = 64;

impl Protocol for Quic {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    /// A long header; away from the usual port in a datagram as long as a client's first one.
    fn probe(&self, data: &[u8], hint: &Hint) -> Probe {
        let version = header::version(data).filter(|v| *v != 0);
        Probe::when(version.is_some() && (hint.usual || data.len() >= FIRST_MIN))
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(QuicSession {
            connection: None,
            opened: 0,
            ways: Default::default(),
            context: Context::new(Carrier::Quic),
        })
    }
}

struct QuicSession {
    /// The id that the keys come from: where the client's first packet was sent to.
    connection: Option<Vec<u8>>,
    opened: u8,
    ways: [Crypto; 2],
    context: Context,
}

impl Session for QuicSession {
    fn read(&mut self, input: Input<'_>, emit: &mut Emit<'_>) -> Progress {
        if let Some(version) = header::version(input.data) {
            emit.count(&VERSION, version);
        }
        // What goes through is not readable.
        emit.encrypted();
        emit.operation(&OPERATIONS, TUNNEL, Phase::Request);
        let mut rest = input.data;
        for _ in 0..PACKETS_MAX {
            let Some(packet) = header::packet(rest) else { break };
            if packet.initial {
                self.initial(&packet, input.direction, emit);
            }
            rest = rest.get(packet.bytes.len()..).unwrap_or_default();
        }
        Progress::Took(input.data.len())
    }
}

impl QuicSession {
    fn initial(&mut self, packet: &Packet<'_>, direction: Direction, emit: &mut Emit<'_>) {
        let Some(frames) = self.frames(packet, direction) else { return };
        let Some(way) = self.ways.get_mut(usize::from(direction == Direction::ToClient)) else { return };
        if header::crypto(&frames, |offset, bytes| way.add(offset, bytes)).is_err() {
            emit.malformed();
        }
        way.messages(&mut self.context, emit);
    }

    /// With the id that is known, else with the one that the packet is sent to: so begin a connection, one after a Retry (RFC 9001
    /// §5.2), and another one between the same ports.
    fn frames(&mut self, packet: &Packet<'_>, direction: Direction) -> Option<Vec<u8>> {
        if self.opened >= OPENED_MAX {
            return None;
        }
        self.opened += 1;
        let side = if direction == Direction::ToClient { Side::Server } else { Side::Client };
        let known = self.connection.as_deref().and_then(|id| initial::open(packet, id, side));
        if known.is_some() || self.connection.as_deref() == Some(packet.to) {
            return known;
        }
        let fresh = initial::open(packet, packet.to, Side::Client)?;
        self.connection = Some(packet.to.to_vec());
        self.ways = Default::default();
        Some(fresh)
    }
}

/// The handshake of one direction, put together from the stretches that came.
#[derive(Default)]
struct Crypto {
    bytes: Vec<u8>,
    /// What is there, as start and end, in order and apart from each other.
    there: Vec<(usize, usize)>,
    /// Up to where messages were read.
    read: usize,
}

impl Crypto {
    fn add(&mut self, offset: usize, bytes: &[u8]) {
        let Some(end) = offset.checked_add(bytes.len()).filter(|&end| end <= CRYPTO_MAX) else { return };
        if bytes.is_empty() || self.there.len() >= STRETCHES_MAX {
            return;
        }
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        if let Some(place) = self.bytes.get_mut(offset..end) {
            place.copy_from_slice(bytes);
        }
        self.there.push((offset, end));
        self.there.sort_unstable();
        let mut joined: Vec<(usize, usize)> = Vec::new();
        for &(start, end) in &self.there {
            match joined.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => joined.push((start, end)),
            }
        }
        self.there = joined;
    }

    fn messages(&mut self, context: &mut Context, emit: &mut Emit<'_>) {
        let Some(&(0, end)) = self.there.first() else { return };
        while let Some(rest) = self.bytes.get(self.read..end).filter(|r| !r.is_empty()) {
            match message(rest, context, emit) {
                Stage::Took(n) => self.read = self.read.saturating_add(n),
                Stage::More => return,
                Stage::Unreadable => self.read = CRYPTO_MAX,
            }
        }
    }
}

const TUNNEL: u32 = 1;

/// All that can be told of what goes through (the project's own code).
static OPERATIONS: Operations =
    Operations { prefix: "packet", list: &[Operation::new("tunnel", TUNNEL, Class::Session)] };

#[cfg(test)]
mod tests;
