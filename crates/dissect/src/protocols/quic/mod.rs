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

    fn held(&self) -> usize {
        self.ways.iter().map(Crypto::held).sum()
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
    /// What is there without a hole, from the first octet on.
    bytes: Vec<u8>,
    /// Stretches behind a hole, with where they begin.
    waiting: Vec<(usize, Box<[u8]>)>,
    /// Up to where messages were read.
    read: usize,
}

impl Crypto {
    /// Keeps no more than came: an offset from the wire alone takes no memory.
    fn add(&mut self, offset: usize, bytes: &[u8]) {
        let inside = offset.checked_add(bytes.len()).is_some_and(|end| end <= CRYPTO_MAX);
        // What goes on from the front never has to wait.
        let room = offset <= self.bytes.len() || self.waiting.len() < STRETCHES_MAX;
        if !inside || !room || self.held() + bytes.len() > CRYPTO_MAX {
            return;
        }
        self.waiting.push((offset, bytes.into()));
        while let Some(at) = self.waiting.iter().position(|(start, _)| *start <= self.bytes.len()) {
            let (start, stretch) = self.waiting.swap_remove(at);
            let known = self.bytes.len().saturating_sub(start);
            self.bytes.extend_from_slice(stretch.get(known..).unwrap_or_default());
        }
    }

    fn held(&self) -> usize {
        self.bytes.len() + self.waiting.iter().map(|(_, stretch)| stretch.len()).sum::<usize>()
    }

    fn messages(&mut self, context: &mut Context, emit: &mut Emit<'_>) {
        while let Some(rest) = self.bytes.get(self.read..).filter(|r| !r.is_empty()) {
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
