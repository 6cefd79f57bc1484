//! What each protocol costs: the frames of its conversations in the shared captures, held in memory, through a fresh sensor. One
//! benchmark per protocol, with bytes and messages a second; `./x bench` sorts them by time per message (`bench/protocols.py`).
//!
//! The time is that of the whole way of a frame: headers, conversation, reassembly, session. What does not concern the protocol is in
//! the row `unrecognised`, of frames that are only counted.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark")]

#[path = "../tests/captures/mod.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod captures;

use captures::Owned;
use divan::counter::{BytesCount, ItemsCount};
use model::frame::{Frame, LinkType};
use model::limits::Limits;
use model::{CaptureId, Fact, Host, Transport};
use sightglass_dissect::protocols::PROTOCOLS;
use sightglass_dissect::{Dissector, packet};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Frames taken of one capture, and those a load has at least: fewer are repeated between other addresses.
const FRAMES_MAX: usize = 1000;
const FRAMES_MIN: usize = 2000;
/// Frames of a load at most.
const LOAD_MAX: usize = 8000;
/// The name of frames that belong to no protocol.
const UNRECOGNISED: &str = "unrecognised";

/// What one benchmark reads.
struct Load {
    frames: Vec<Owned>,
    bytes: u64,
    messages: u64,
}

static LOADS: LazyLock<BTreeMap<&'static str, Load>> = LazyLock::new(loads);

fn main() {
    let missing = PROTOCOLS.iter().map(|p| p.info().name).filter(|name| !LOADS.contains_key(name));
    let missing: Vec<_> = missing.collect();
    eprintln!("{} protocols measured; no capture of: {}", LOADS.len(), missing.join(", "));
    divan::main();
}

#[divan::bench(args = LOADS.keys().copied())]
fn dissect(bencher: divan::Bencher<'_, '_>, protocol: &str) {
    let load = &LOADS[protocol];
    bencher
        .counter(BytesCount::new(load.bytes))
        .counter(ItemsCount::new(load.messages))
        .with_inputs(|| Dissector::new(Limits::default()))
        .bench_values(|mut dissector| {
            feed(&mut dissector, &load.frames);
            dissector
        });
}

fn feed(dissector: &mut Dissector, frames: &[Owned]) {
    for (number, Owned { time, link, wire_len, data }) in (1..).zip(frames) {
        let (time, link, wire_len) = (*time, LinkType(*link), *wire_len);
        dissector.frame(&Frame { capture: CaptureId(0), number, time, link, wire_len, data });
    }
}

/// A conversation as its frames show it: both ends in order, and the server's port.
type Ends = ([Host; 2], Option<u16>, Transport);

fn loads() -> BTreeMap<&'static str, Load> {
    let mut frames: BTreeMap<&'static str, Vec<Owned>> = BTreeMap::new();
    for path in captures::files() {
        let mut taken: BTreeMap<&'static str, usize> = BTreeMap::new();
        let all = captures::read(&path);
        let conversations = conversations(&all);
        for frame in &all {
            let Some(&name) = places(frame).iter().find_map(|ends| conversations.get(ends)) else { continue };
            let (taken, load) = (taken.entry(name).or_default(), frames.entry(name).or_default());
            if *taken < FRAMES_MAX && load.len() < LOAD_MAX {
                *taken += 1;
                load.push(frame.clone());
            }
        }
    }
    frames.into_iter().map(|(name, frames)| (name, load(name, frames))).collect()
}

/// The conversations of a capture and their protocols.
fn conversations(frames: &[Owned]) -> BTreeMap<Ends, &'static str> {
    let mut found = BTreeMap::new();
    for observation in captures::dissect(frames) {
        let Fact::Conversation(report) = observation.fact else { continue };
        let mut hosts = [report.key.client, report.key.server];
        hosts.sort();
        let of = |p: &&&dyn sightglass_dissect::protocol::Protocol| {
            report.key.protocol.as_ref().is_some_and(|name| *name == p.info().name)
        };
        let name = PROTOCOLS.iter().find(of).map_or(UNRECOGNISED, |p| p.info().name);
        found.insert((hosts, report.key.server_port, report.key.transport), name);
    }
    found
}

/// The conversations a frame may belong to.
fn places(frame: &Owned) -> Vec<Ends> {
    const TCP: u8 = 6;
    const UDP: u8 = 17;
    let (time, link, wire_len, data) = (frame.time, LinkType(frame.link), frame.wire_len, &frame.data);
    let frame = Frame { capture: CaptureId(0), number: 1, time, link, wire_len, data };
    let Ok(packet) = packet::decode(&frame) else { return Vec::new() };
    let Some(net) = packet.network.filter(|net| net.fragment.is_none()) else {
        let mut hosts = [packet.src_mac, packet.dst_mac].map(|mac| Host { mac, ip: None });
        hosts.sort();
        return if packet.network.is_none() { vec![(hosts, None, Transport::Ethernet)] } else { Vec::new() };
    };
    let transport = match net.protocol {
        TCP => Transport::Tcp,
        UDP => Transport::Udp,
        _ => return Vec::new(),
    };
    let mut hosts = [Host::ip(net.src), Host::ip(net.dst)];
    hosts.sort();
    let port = |at: usize| Some(u16::from_be_bytes([*packet.payload.get(at)?, *packet.payload.get(at + 1)?]));
    [port(0), port(2)].into_iter().filter(Option::is_some).map(|port| (hosts, port, transport)).collect()
}

fn load(name: &str, once: Vec<Owned>) -> Load {
    let mut frames = Vec::new();
    for round in 0..=u8::MAX {
        if frames.len() >= FRAMES_MIN {
            break;
        }
        frames.extend(once.iter().map(|frame| elsewhere(frame, round)));
    }
    let bytes = frames.iter().map(|f| f.data.len() as u64).sum();
    // A protocol may count a message by several of its parts; the counter with the most is that of messages.
    let mut counters: BTreeMap<String, u64> = BTreeMap::new();
    for (key, count) in captures::counts(&captures::dissect(&frames)) {
        let counter = key.split(' ').next().unwrap_or_default();
        if counter.split('.').next() == Some(name) {
            *counters.entry(counter.to_owned()).or_default() += count;
        }
    }
    let messages = counters.values().max().copied().unwrap_or(frames.len() as u64);
    Load { frames, bytes, messages }
}

/// The same frame between other addresses: one octet of each is changed.
fn elsewhere(frame: &Owned, round: u8) -> Owned {
    let mut changed = frame.clone();
    let (time, link, wire_len, data) = (frame.time, LinkType(frame.link), frame.wire_len, &frame.data);
    let frame = Frame { capture: CaptureId(0), number: 1, time, link, wire_len, data };
    let Ok(packet) = packet::decode(&frame) else { return changed };
    let start = packet.addresses.as_ptr() as usize - data.as_ptr() as usize;
    let half = packet.addresses.len() / 2;
    let octets = match packet.network {
        // Neither the first, which says what kind of address it is, nor the last.
        Some(_) => vec![start + half / 2, start + half + half / 2],
        // The source only: the other may be a group that the protocol is known by.
        None => vec![10],
    };
    for at in octets {
        if let Some(octet) = changed.data.get_mut(at) {
            *octet ^= round;
        }
    }
    changed
}
