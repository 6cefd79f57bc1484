//! The way of a frame: packet, conversation, session, observations.

use crate::conversations::{
    BOTH_ENDS, Conversation, Conversations, Crossing, Key, LINK, LastDatagram, Recognition, Seen, ip_number,
    mac_number,
};
use crate::emit::{Shared, Talk, Witness};
use crate::flow::{Flow, datagram};
use crate::fragments::{Fragments, Outcome};
use crate::packet::{self, Network, Packet, Undecoded, ip_protocol};
use crate::presence::{neighbour_discovery, present, router_legs};
use crate::protocols;
use crate::reader::{be16, be32, byte};
use crate::secrets::SecretKey;
use crate::tunnel;
use model::conversation::{ClientBy, ConversationKey, ConversationReport};
use model::frame::Frame;
use model::limits::{Limits, ROOM_NS, Room};
use model::observation::GapKind;
use model::{Evidence, Fact, Host, Name, Observation, Timestamp, Transport};

/// Observations handed over at a time when the input ends.
const BATCH: usize = 256;
/// A datagram with the same content within this time is a copy from a second mirror port or from behind a router.
pub(crate) const COPY_NS: u64 = 100_000_000;

/// Turns the frames of a sensor into observations.
pub struct Dissector {
    limits: Limits,
    conversations: Conversations,
    fragments: Fragments,
    shared: Shared,
    held: usize,
    frames: u64,
    now: Timestamp,
    /// When the places for what a flood can invent were counted afresh.
    room_since: Timestamp,
}

/// TCP header fields that matter here (RFC 9293 §3.1).
struct Tcp {
    seq: u32,
    ack: u32,
    flags: u8,
}

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

impl Dissector {
    /// A sensor that has seen nothing.
    pub fn new(limits: Limits) -> Self {
        let shared = Shared::new(&limits);
        Self {
            conversations: Conversations::new(&limits),
            fragments: Fragments::new(&limits),
            shared,
            held: 0,
            frames: 0,
            now: Timestamp(i64::MIN),
            room_since: Timestamp(i64::MIN),
            limits,
        }
    }

    /// Fingerprints secrets with this key.
    #[must_use]
    pub fn with_key(mut self, key: Option<SecretKey>) -> Self {
        self.shared.key = key;
        self
    }

    /// Observations made so far; they are handed over once.
    pub fn take(&mut self) -> Vec<Observation> {
        std::mem::take(&mut self.shared.out)
    }

    /// How many observations wait to be taken.
    pub fn waiting(&self) -> usize {
        self.shared.out.len()
    }

    /// Reads one frame.
    pub fn frame(&mut self, frame: &Frame<'_>) {
        self.now = self.now.max(frame.time);
        self.frames += 1;
        if self.frames == 1 {
            self.room_since = self.now;
        }
        if self.frames.is_multiple_of(256) {
            self.expire();
        }
        let witness =
            Witness { capture: frame.capture, frame: frame.number, time: frame.time, bytes: frame.data };
        let told = self.shared.out.len();
        match packet::decode(frame) {
            Ok(packet) => {
                self.packet(&packet, Way { wire_len: frame.wire_len, tunnels: 0, outer: None }, witness)
            }
            Err(Undecoded::Truncated) => self.shared.gap(GapKind::TruncatedFrame, 1),
            Err(Undecoded::Malformed) => self.shared.gap(GapKind::MalformedFrame, 1),
            Err(Undecoded::UnknownLink) => self.shared.gap(GapKind::UnknownLinkType, 1),
        }
        self.shared.end_frame(told);
    }

    /// Ends the input: gives up on holes, reports every conversation, the message counts and the gaps. The sensor can go on after.
    pub fn finish(&mut self) {
        let mut all = Vec::new();
        self.finish_into(&mut |batch| all.extend(batch));
        self.shared.out = all;
    }

    /// Like [`Self::finish`], but hands the observations over in batches, so that what is reported need not wait beside what is
    /// still to be reported.
    pub fn finish_into(&mut self, take: &mut dyn FnMut(Vec<Observation>)) {
        for mut conversation in self.conversations.take_all() {
            self.flush_streams(&mut conversation);
            self.report(conversation);
            if self.shared.out.len() >= BATCH {
                take(self.take());
            }
        }
        self.report_counts();
        take(self.take());
    }

    fn report_counts(&mut self) {
        let (counts, overflow) = self.shared.tally.drain();
        self.shared.gap(GapKind::CounterOverflow, overflow);
        let subject = Host { mac: None, ip: None }.into();
        let evidence = Evidence {
            capture: model::CaptureId(0),
            frame: 0,
            time: self.now,
            field: Name::new(""),
            bytes: None,
        };
        for (protocol, counter, direction, code, count) in counts {
            let fact = Fact::Messages { protocol, counter, direction, code, count };
            self.shared.out.push(Observation { subject, fact, evidence: evidence.clone() });
        }
        for (kind, count) in std::mem::take(&mut self.shared.gaps) {
            let fact = Fact::Gap { kind, count };
            self.shared.out.push(Observation { subject, fact, evidence: evidence.clone() });
        }
    }

    fn expire(&mut self) {
        // New devices must be told apart for years, whatever a flood took up one day.
        if self.now.since(self.room_since) > ROOM_NS {
            self.shared.room = Room::new(&self.limits);
            self.room_since = self.now;
        }
        while let Some(mut gone) = self.conversations.take_idle(self.now) {
            self.flush_streams(&mut gone);
            self.report(gone);
        }
    }

    fn packet(&mut self, packet: &Packet<'_>, way: Way<'_>, witness: Witness<'_>) {
        let Some(net) = packet.network else {
            return self.link_frame(packet, way, witness);
        };
        let wire_len = way.wire_len;
        if let Some(piece) = net.fragment {
            let (outcome, dropped) = self.fragments.add(&net, piece, packet.payload, witness.time);
            self.shared.gap(GapKind::FragmentDropped, dropped);
            match outcome {
                Outcome::Whole(bytes) => {
                    let whole = Packet { payload: &bytes, missing: 0, ..*packet };
                    return self.datagram(&whole, &net, way, witness);
                }
                Outcome::Dropped => self.shared.gap(GapKind::FragmentDropped, 1),
                Outcome::Waiting => {}
            }
            self.count_only(packet, &net, witness, wire_len);
            return;
        }
        self.datagram(packet, &net, way, witness);
    }

    /// A whole datagram: what it says itself, and the packet that it carries.
    fn datagram(&mut self, packet: &Packet<'_>, net: &Network, way: Way<'_>, witness: Witness<'_>) {
        self.transport(packet, net, witness, way.wire_len);
        if !tunnel::may_carry(packet, net) {
            return;
        }
        if way.tunnels >= tunnel::DEPTH_MAX {
            return self.shared.gap(GapKind::MalformedFrame, 1);
        }
        if let Some(inner) = tunnel::inside(packet, net) {
            self.packet(&inner, Way { tunnels: way.tunnels + 1, outer: Some(net), ..way }, witness);
        }
    }

    /// A piece of a datagram, or a packet without ports: shows who is there and is counted.
    fn count_only(
        &mut self,
        packet: &Packet<'_>,
        net: &Network,
        witness: Witness<'_>,
        wire_len: u32,
    ) -> (u32, usize) {
        let transport = match net.protocol {
            ip_protocol::ICMP | ip_protocol::ICMPV6 => Transport::Icmp,
            // Pieces of TCP and UDP, too: their ports are not known, so they are counted apart from the whole.
            _ => Transport::Ip,
        };
        let (src, dst) = ((ip_number(net.src), 0), (ip_number(net.dst), 0));
        let ends = (Host::ip(net.src), Host::ip(net.dst));
        let place = Placed { src, dst, kind: net.protocol, transport, ends, handshake: None };
        let entered = self.enter(place, packet, Some(net), witness, wire_len);
        if transport == Transport::Icmp {
            neighbour_discovery(&mut self.shared, packet, net, witness);
        }
        entered
    }

    fn transport(&mut self, packet: &Packet<'_>, net: &Network, witness: Witness<'_>, wire_len: u32) {
        let payload = packet.payload;
        let ports = (be16(payload, 0), be16(payload, 2));
        let (Some(src_port), Some(dst_port)) = ports else {
            self.count_only(packet, net, witness, wire_len);
            return;
        };
        let src = (ip_number(net.src), src_port);
        let dst = (ip_number(net.dst), dst_port);
        let ends = (Host::ip(net.src), Host::ip(net.dst));
        match net.protocol {
            ip_protocol::TCP => {
                let Some((tcp, data)) = tcp_header(payload) else {
                    self.shared.gap(GapKind::TruncatedFrame, 1);
                    self.count_only(packet, net, witness, wire_len);
                    return;
                };
                let handshake = match tcp.flags & (SYN | ACK) {
                    SYN => Some(true),
                    f if f == SYN | ACK => Some(false),
                    _ => None,
                };
                let place =
                    Placed { src, dst, kind: net.protocol, transport: Transport::Tcp, ends, handshake };
                let (slot, end) = self.enter(place, packet, Some(net), witness, wire_len);
                self.tcp(slot, end, &tcp, data, packet.missing, witness);
            }
            ip_protocol::UDP => {
                let length = usize::from(be16(payload, 4).unwrap_or(0));
                let body = payload.get(8..).unwrap_or_default();
                // A length of 0 is segmentation offload or a jumbogram; a length that lies is cut to what is there.
                let body = if length >= 8 { body.get(..length - 8).unwrap_or(body) } else { body };
                let place =
                    Placed { src, dst, kind: net.protocol, transport: Transport::Udp, ends, handshake: None };
                let (slot, end) = self.enter(place, packet, Some(net), witness, wire_len);
                let checksum = be16(payload, 6).unwrap_or(0);
                let last =
                    LastDatagram { id: net.id, checksum, len: body.len(), ttl: net.ttl, time: witness.time };
                self.udp(slot, end, last, body, packet.missing > 0, witness);
            }
            _ => self.over_ip(packet, net, witness, wire_len),
        }
    }

    /// A packet without ports, which a protocol may read all the same: whether one does was asked when the conversation began.
    fn over_ip(&mut self, packet: &Packet<'_>, net: &Network, witness: Witness<'_>, wire_len: u32) {
        let (slot, end) = self.count_only(packet, net, witness, wire_len);
        match self.conversations.get(slot) {
            Some(c) if !matches!(c.recognition, Recognition::Unknown) => {
                datagram(&mut self.shared, c, end, packet.payload, packet.missing > 0, witness);
                self.settle(slot);
            }
            _ => {}
        }
    }

    fn link_frame(&mut self, packet: &Packet<'_>, way: Way<'_>, witness: Witness<'_>) {
        // Right in a tunnel, without a frame of its own: it comes from the tunnel's end.
        let (numbers, ends) = match way.outer.filter(|_| packet.src_mac.is_none()) {
            Some(net) => ((ip_number(net.src), ip_number(net.dst)), (Host::ip(net.src), Host::ip(net.dst))),
            None => (
                (mac_number(packet.src_mac), mac_number(packet.dst_mac)),
                (Host { mac: packet.src_mac, ip: None }, Host { mac: packet.dst_mac, ip: None }),
            ),
        };
        let (src, dst) = ((numbers.0, packet.ethertype), (numbers.1, packet.ethertype));
        let place = Placed { src, dst, kind: LINK, transport: Transport::Ethernet, ends, handshake: None };
        let (slot, end) = self.enter(place, packet, None, witness, way.wire_len);
        let Some(conversation) = self.conversations.get(slot) else { return };
        datagram(&mut self.shared, conversation, end, packet.payload, packet.missing > 0, witness);
        self.settle(slot);
    }

    /// How much all conversations may keep together: what datagrams in pieces leave them.
    fn room(&self) -> usize {
        self.limits.reassembly_bytes_max.saturating_sub(self.fragments.held())
    }

    /// Counts what the conversation keeps of unfinished messages. Where that is more than all may keep together, its session starts
    /// afresh: what it had begun is lost, and counted.
    fn settle(&mut self, slot: u32) {
        let max = self.room();
        let Some(c) = self.conversations.get(slot) else { return };
        let mut now = c.held();
        if now == 0 && c.counted == 0 {
            return;
        }
        let others = self.held.saturating_sub(c.counted);
        if others + now > max && c.start_session_afresh() {
            self.shared.gap(GapKind::ReassemblyOverflow, 1);
            now = c.held();
        }
        c.counted = now;
        self.held = others + now;
    }

    /// Finds or makes the conversation of a packet and counts the packet in it.
    fn enter(
        &mut self,
        place: Placed,
        packet: &Packet<'_>,
        net: Option<&Network>,
        witness: Witness<'_>,
        wire_len: u32,
    ) -> (u32, usize) {
        let (key, end) = Key::of(place.src, place.dst, place.kind);
        let slot = match self.conversations.find(&key).filter(|&slot| self.goes_on(slot, witness.time)) {
            Some(slot) => slot,
            None => self.begin(key, end, &place, packet.addresses, witness),
        };
        if let Some(c) = self.conversations.get(slot) {
            c.packets += 1;
            // Its report will cite the first frame.
            self.shared.cited |= c.packets == 1;
            c.bytes += u64::from(wire_len);
            c.last = c.last.max(witness.time);
            c.vlan = c.vlan.or(packet.vlan);
            let seen = Seen { mac: packet.src_mac, ttl: net.map_or(0, |n| n.ttl), vlan: packet.vlan };
            if let Some(known) = c.seen.get_mut(end)
                && *known != Some(seen)
            {
                let attempt = place.handshake == Some(true) && !c.answered;
                let told = present(&mut self.shared, seen, net, packet.addresses, attempt, witness);
                *known = told.then_some(seen);
            }
            if let (Some(net), Some(before)) = (net, c.crossed.get_mut(end)) {
                let now = Crossing { id: net.id, ttl: net.ttl, dst_mac: packet.dst_mac, time: witness.time };
                if let Some(before) = before.replace(now) {
                    router_legs(&mut self.shared, &before, &now, packet, witness);
                }
            }
        }
        (slot, end)
    }

    /// Whether a packet of this time belongs to the conversation: one that ended before is reported. When others had been looked
    /// through for silence depends on all the traffic; what becomes of a conversation must not.
    #[inline]
    fn goes_on(&mut self, slot: u32, time: Timestamp) -> bool {
        let Some(mut gone) = self.conversations.take_over(slot, time) else { return true };
        self.flush_streams(&mut gone);
        self.report(gone);
        false
    }

    fn begin(&mut self, key: Key, end: usize, place: &Placed, addresses: &[u8], witness: Witness<'_>) -> u32 {
        while self.conversations.is_full() {
            let Some(mut gone) = self.conversations.take_oldest() else { break };
            self.shared.gap(GapKind::ConversationEvicted, 1);
            self.flush_streams(&mut gone);
            self.report(gone);
        }
        let (client_end, client_by) = who_is_client(&key, end, place);
        let (sender, receiver) = place.ends;
        let ends = if end == 0 { [sender, receiver] } else { [receiver, sender] };
        let streams = (place.transport == Transport::Tcp).then(Box::default);
        let readable = match place.transport {
            Transport::Tcp | Transport::Udp | Transport::Ethernet => true,
            Transport::Ip => protocols::is_read_over_ip(place.kind),
            Transport::Icmp => false,
        };
        self.conversations.insert(Conversation {
            key,
            transport: place.transport,
            talk: Talk::new(ends, client_end, client_by),
            recognition: if readable { Recognition::Looking(0) } else { Recognition::Unknown },
            streams,
            counted: 0,
            seen: [None; 2],
            crossed: [None; 2],
            last_datagram: [None; 2],
            vlan: None,
            answered: false,
            fins: 0,
            packets: 0,
            bytes: 0,
            first: witness.time,
            first_frame: witness.frame,
            first_bytes: witness.range(addresses),
            capture: witness.capture,
            last: witness.time,
        })
    }

    fn udp(
        &mut self,
        slot: u32,
        end: usize,
        last: LastDatagram,
        body: &[u8],
        cut: bool,
        witness: Witness<'_>,
    ) {
        let Some(conversation) = self.conversations.get(slot) else { return };
        conversation.answered |= end != conversation.talk.client_end;
        if let Some(before) = conversation.last_datagram.get_mut(end) {
            if before.as_ref().is_some_and(|b| is_copy(b, &last)) {
                return;
            }
            *before = Some(last);
        }
        datagram(&mut self.shared, conversation, end, body, cut, witness);
        self.settle(slot);
    }

    fn tcp(&mut self, slot: u32, end: usize, tcp: &Tcp, data: &[u8], missing: usize, witness: Witness<'_>) {
        let Some(c) = self.conversations.get(slot) else { return };
        if tcp.flags & SYN != 0 && Self::starts_anew(c, end, tcp) {
            self.restart(slot, end, tcp, witness);
        }
        let room = self.held < self.room();
        let Some(c) = self.conversations.get(slot) else { return };
        let Some(mut streams) = c.streams.take() else { return };
        c.answered |= tcp.flags & (SYN | ACK) == SYN | ACK || (!data.is_empty() && end != c.talk.client_end);
        let open = c.fins != BOTH_ENDS;
        // A reset closes both directions at once (RFC 9293 §3.5.2).
        c.fins |= if tcp.flags & RST != 0 { BOTH_ENDS } else { u8::from(tcp.flags & FIN != 0) << end };
        let closes = open && c.fins == BOTH_ENDS;
        let [low, high] = &mut *streams;
        let (mine, other) = if end == 0 { (low, high) } else { (high, low) };
        if tcp.flags & SYN != 0 && !mine.began_with(tcp.seq) && tcp.flags & RST == 0 {
            mine.begin(tcp.seq);
        }
        if tcp.flags & ACK != 0 {
            other.acknowledge(tcp.ack);
        }
        // Data on a SYN (fast open) begins one past it.
        let seq = if tcp.flags & SYN != 0 { tcp.seq.wrapping_add(1) } else { tcp.seq };
        // What follows the end of the connection (RST with text, stray keep-alives) is no stream data.
        if !data.is_empty() && tcp.flags & RST == 0 {
            let mut flow = Flow { shared: &mut self.shared, limits: &self.limits, room };
            flow.segment(c, end, mine, seq, data, missing, witness);
        }
        let mut flow = Flow { shared: &mut self.shared, limits: &self.limits, room: true };
        flow.release(c, 1 - end, other, witness, false);
        c.streams = Some(streams);
        self.settle(slot);
        if closes {
            self.conversations.close(slot, witness.time);
        }
    }

    /// A SYN on a conversation that already ran: the ports are used again.
    fn starts_anew(c: &Conversation, end: usize, tcp: &Tcp) -> bool {
        let Some(stream) = c.streams.as_ref().and_then(|s| s.get(end)) else { return false };
        let fresh = c.packets <= 1;
        let copy = stream.began_with(tcp.seq);
        let answer = tcp.flags & ACK != 0;
        !fresh && !copy && !answer && (c.fins != 0 || !matches!(c.recognition, Recognition::Looking(0)))
    }

    /// Starts the streams and the session of a conversation again; its counts go on.
    fn restart(&mut self, slot: u32, end: usize, tcp: &Tcp, witness: Witness<'_>) {
        let Some(c) = self.conversations.get(slot) else { return };
        if let Some(mut streams) = c.streams.take() {
            let mut flow = Flow { shared: &mut self.shared, limits: &self.limits, room: true };
            for (at, stream) in streams.iter_mut().enumerate() {
                flow.release(c, at, stream, witness, true);
            }
        }
        c.streams = Some(Box::default());
        c.recognition = Recognition::Looking(0);
        c.fins = 0;
        let client = if tcp.flags & ACK != 0 { 1 - end } else { end };
        c.talk.client_end = client;
        c.talk.client_by = ClientBy::Handshake;
    }

    /// Delivers what still waits behind holes, at the end of a conversation.
    fn flush_streams(&mut self, c: &mut Conversation) {
        self.held = self.held.saturating_sub(std::mem::take(&mut c.counted));
        let Some(mut streams) = c.streams.take() else { return };
        let mut flow = Flow { shared: &mut self.shared, limits: &self.limits, room: true };
        for (end, stream) in streams.iter_mut().enumerate() {
            let witness = Witness { capture: c.capture, frame: c.first_frame, time: c.last, bytes: &[] };
            flow.release(c, end, stream, witness, true);
            flow.cut(c, end, stream, witness);
        }
    }

    fn report(&mut self, mut c: Conversation) {
        if c.packets == 0 {
            return;
        }
        // The same question as `ConversationReport::is_attempt`, before there is a report.
        let attempt = !c.answered && c.talk.protocol.is_none() && c.transport != Transport::Ethernet;
        if attempt && !self.shared.room.attempt() {
            return self.shared.gap(GapKind::AttemptOverflow, 1);
        }
        let server_end = 1 - c.talk.client_end;
        let has_port = matches!(c.transport, Transport::Tcp | Transport::Udp);
        let server = c.talk.server();
        let key = ConversationKey {
            client: c.talk.client(),
            server,
            server_port: has_port.then(|| c.key.port(server_end)),
            transport: c.transport,
            protocol: c.talk.protocol.map(Name::new),
        };
        let evidence = Evidence {
            capture: c.capture,
            frame: c.first_frame,
            time: c.first,
            field: Name::new(if has_port { c.transport.as_str() } else { "eth" }),
            bytes: c.first_bytes,
        };
        let operations = c.talk.take_operations();
        let report = ConversationReport {
            key,
            client_by: c.talk.client_by,
            vlan: c.vlan,
            encrypted: c.talk.encrypted,
            answered: c.answered,
            packets: c.packets,
            bytes: c.bytes,
            first: c.first,
            last: c.last,
            operations,
        };
        let fact = Fact::Conversation(Box::new(report));
        self.shared.out.push(Observation { subject: server.into(), fact, evidence });
    }
}

/// How a packet came here.
#[derive(Clone, Copy)]
struct Way<'a> {
    /// Bytes of its frame on the wire.
    wire_len: u32,
    /// Tunnels that it came through.
    tunnels: u8,
    /// The packet of the tunnel around it.
    outer: Option<&'a Network>,
}

/// Where a packet belongs: its ends, and what a handshake says of them.
struct Placed {
    src: (u128, u16),
    dst: (u128, u16),
    kind: u8,
    transport: Transport,
    /// Sender and receiver.
    ends: (Host, Host),
    /// The sender opens (`true`) or accepts (`false`) a TCP connection.
    handshake: Option<bool>,
}

/// Which end is the client, and how that is known.
fn who_is_client(key: &Key, sender: usize, place: &Placed) -> (usize, ClientBy) {
    let receiver = 1 - sender;
    if let Some(opens) = place.handshake {
        return (if opens { sender } else { receiver }, ClientBy::Handshake);
    }
    if !matches!(place.transport, Transport::Tcp | Transport::Udp) {
        return (sender, ClientBy::FirstPacket);
    }
    let (from, to) = (key.port(sender), key.port(receiver));
    let known = |port| protocols::is_server_port(place.transport, port);
    match (known(from), known(to)) {
        (true, false) => (receiver, ClientBy::Port),
        (false, true) => (sender, ClientBy::Port),
        _ if from == to => (sender, ClientBy::FirstPacket),
        (true, true) => (if to < from { sender } else { receiver }, ClientBy::LowerPort),
        _ if from < 1024 && to >= 1024 => (receiver, ClientBy::LowerPort),
        _ => (sender, ClientBy::FirstPacket),
    }
}

/// The TCP header and what follows it. A header that promises more options than there are bytes has no payload.
fn tcp_header(payload: &[u8]) -> Option<(Tcp, &[u8])> {
    let header_len = usize::from(byte(payload, 12)? >> 4) * 4;
    let tcp = Tcp { seq: be32(payload, 4)?, ack: be32(payload, 8)?, flags: byte(payload, 13)? };
    (header_len >= 20).then(|| (tcp, payload.get(header_len..).unwrap_or_default()))
}

/// The same datagram again: as sent twice to the mirror, or seen before and behind a router (its time to live is lower).
/// Without an identification (0) only a changed time to live tells a copy from a repetition.
fn is_copy(before: &LastDatagram, now: &LastDatagram) -> bool {
    let same = before.id == now.id && before.checksum == now.checksum && before.len == now.len;
    same && now.time.since(before.time) < COPY_NS && (before.id != 0 || before.ttl != now.ttl)
}
