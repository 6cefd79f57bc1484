//! From bytes in order to a session: recognition, unfinished messages, holes, and sessions that fail.

use crate::conversations::{Conversation, Recognition};
use crate::emit::{Emit, Shared, Talk, Witness};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, Session};
use crate::protocols;
use crate::stream::{Place, Stream};
use model::Transport;
use model::limits::Limits;
use model::observation::{Direction, GapKind};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Segments or datagrams that are looked at before a conversation is left unrecognised.
const LOOKS_MAX: u8 = 12;
/// Bytes before the first message of a stream picked up in the middle that may be passed over.
const STRAY_MAX: usize = 64;
/// Bytes of an unrecognised stream that are kept while some protocol asks for more.
pub(crate) const HEAD_MAX: usize = 512;

/// What a stretch of bytes needs on its way to a session.
pub(crate) struct Flow<'a> {
    pub(crate) shared: &'a mut Shared,
    pub(crate) limits: &'a Limits,
    /// There is room to keep bytes for later.
    pub(crate) room: bool,
}

/// What a session made of a stretch of bytes.
pub(crate) struct Read {
    pub(crate) taken: usize,
    pub(crate) need: usize,
    pub(crate) lost: bool,
}

pub(crate) fn direction(talk: &Talk, end: usize) -> Direction {
    if end == talk.client_end { Direction::ToServer } else { Direction::ToClient }
}

pub(crate) fn hint(c: &Conversation, end: usize, from_start: bool) -> Hint {
    let ports = (c.key.port(end), c.key.port(1 - end));
    let link = c.transport == Transport::Ethernet;
    let bare = c.transport == Transport::Ip;
    Hint {
        transport: c.transport,
        from_port: if link { 0 } else { ports.0 },
        to_port: if link { 0 } else { ports.1 },
        ethertype: if link { ports.0 } else { u16::from(c.key.kind()) * u16::from(bare) },
        usual: false,
        from_start,
    }
}

/// Reads a datagram, what stands right over IP, or a frame outside IP.
pub(crate) fn datagram(
    shared: &mut Shared,
    c: &mut Conversation,
    end: usize,
    body: &[u8],
    cut: bool,
    witness: Witness<'_>,
) {
    if body.is_empty() {
        return;
    }
    if let Recognition::Looking(looks) = c.recognition {
        match protocols::recognise(body, &hint(c, end, true)) {
            (Probe::Yes, Some(protocol)) => recognised(c, protocol),
            _ if looks >= LOOKS_MAX => c.recognition = Recognition::Unknown,
            _ => c.recognition = Recognition::Looking(looks + 1),
        }
    }
    let link = c.transport == Transport::Ethernet;
    let way = if link { Direction::Link } else { direction(&c.talk, end) };
    let Conversation { recognition, talk, .. } = c;
    if link {
        // Outside IP a conversation has no client: the ends are sender and receiver of this very frame.
        talk.client_end = end;
    }
    let Recognition::Known(protocol, session) = recognition else { return };
    let input = Input { data: body, direction: way, datagram: true, cut };
    if read_all(shared, talk, *protocol, &mut **session, input, witness).is_none() {
        *recognition = Recognition::Unknown;
    }
}

/// Looks for a protocol at the front of some bytes, then behind up to so many stray ones. While a protocol away from its usual port
/// wants to see more, one at its usual port may still prove that the bytes in front are stray: a few bytes fit many a protocol.
fn first_message<'a>(
    bytes: &'a [u8],
    stray: usize,
    hint: &Hint,
) -> (&'a [u8], (Probe, Option<&'static dyn Protocol>)) {
    let mut first = (bytes, protocols::recognise(bytes, hint));
    if stray == 0 || matches!(first.1, (Probe::Yes, _)) {
        return first;
    }
    let waits = matches!(protocols::recognise_among(true, bytes, hint), (Probe::More, _));
    for rest in (1..=stray).filter_map(|skip| bytes.get(skip..)).take_while(|_| !waits) {
        let any = matches!(first.1, (Probe::No, _));
        let found =
            if any { protocols::recognise(rest, hint) } else { protocols::recognise_among(true, rest, hint) };
        match found {
            (Probe::Yes, _) => return (rest, found),
            (Probe::More, _) if any => first = (rest, found),
            _ => {}
        }
    }
    first
}

/// How many of the carried bytes of a stream that was picked up in its middle stand before its first message.
fn stray(c: &Conversation, end: usize, stream: &Stream, joined: &[u8], carried: usize) -> usize {
    let Recognition::Known(protocol, _) = &c.recognition else { return 0 };
    if stream.in_step || stream.from_start {
        return 0;
    }
    let hint = hint(c, end, false);
    let fits = |skip: &usize| {
        joined.get(*skip..).is_some_and(|rest| protocols::probe(*protocol, rest, &hint) != Probe::No)
    };
    (0..=carried.min(STRAY_MAX)).find(fits).unwrap_or(0)
}

pub(crate) fn recognised(c: &mut Conversation, protocol: &'static dyn Protocol) {
    c.talk.protocol = Some(protocol.info().name);
    c.recognition = Recognition::Known(protocol, protocol.open());
}

/// Asks the session until it wants more. `None` when the session failed.
pub(crate) fn read_all(
    shared: &mut Shared,
    talk: &mut Talk,
    protocol: &'static dyn Protocol,
    session: &mut dyn Session,
    input: Input<'_>,
    witness: Witness<'_>,
) -> Option<Read> {
    let mut read = Read { taken: 0, need: 0, lost: false };
    while let Some(rest) = input.data.get(read.taken..).filter(|r| !r.is_empty()) {
        let end = if input.direction == Direction::ToClient { 1 - talk.client_end } else { talk.client_end };
        let direction =
            if input.direction == Direction::Link { Direction::Link } else { direction(talk, end) };
        let mut emit = Emit { shared, talk, witness, direction, message: rest, info: protocol.info() };
        let piece = Input { data: rest, direction, ..input };
        // A session that panics is a bug; it must not take the sensor down with it.
        let progress = catch_unwind(AssertUnwindSafe(|| session.read(piece, &mut emit)));
        match progress {
            Ok(Progress::Took(n)) if n > 0 => read.taken = read.taken.saturating_add(n),
            Ok(Progress::Need(n)) => {
                read.need = n.max(rest.len() + 1);
                break;
            }
            Ok(Progress::Took(_) | Progress::Lost) => {
                read.lost = true;
                break;
            }
            Err(_) => {
                shared.gap(GapKind::DissectorFailed, 1);
                return None;
            }
        }
    }
    Some(read)
}

impl Flow<'_> {
    /// A TCP segment with data.
    #[allow(clippy::too_many_arguments, reason = "the parts of one segment; a struct would only rename them")]
    pub(crate) fn segment(
        &mut self,
        c: &mut Conversation,
        end: usize,
        stream: &mut Stream,
        seq: u32,
        data: &[u8],
        missing: usize,
        witness: Witness<'_>,
    ) {
        self.late(c, end, stream, seq, data, witness);
        match stream.place(seq, data) {
            Place::Next(new) => self.feed(c, end, stream, new, witness),
            Place::Old => return,
            Place::Ahead => {
                if !self.room || !stream.keep(seq, data, witness, self.limits) {
                    self.shared.gap(GapKind::ReassemblyOverflow, 1);
                }
            }
        }
        if missing > 0 && stream.ends_with(seq, data.len()) {
            stream.pass_over(missing);
            self.hole(c, end, stream, missing, witness);
        }
        self.release(c, end, stream, witness, false);
    }

    /// Delivers the early segments that can be delivered now.
    pub(crate) fn release(
        &mut self,
        c: &mut Conversation,
        end: usize,
        stream: &mut Stream,
        witness: Witness<'_>,
        force: bool,
    ) {
        while let Some((hole, segment, known)) = stream.release(witness.time, self.limits, force) {
            let (capture, frame, time) = (segment.capture, segment.frame, segment.time);
            let witness = Witness { capture, frame, time, bytes: &[] };
            if hole > 0 {
                self.hole(c, end, stream, hole, witness);
            }
            let data = segment.data.get(known..).unwrap_or_default();
            self.feed(c, end, stream, data, witness);
        }
    }

    /// Bytes are missing from here on.
    fn hole(
        &mut self,
        c: &mut Conversation,
        end: usize,
        stream: &mut Stream,
        len: usize,
        witness: Witness<'_>,
    ) {
        self.shared.gap(GapKind::StreamGap, 1);
        if stream.skip >= len {
            stream.skip -= len;
            return;
        }
        self.cut(c, end, stream, witness);
        stream.lose_step();
    }

    /// The unfinished message will not be finished: its head may still tell something.
    pub(crate) fn cut(
        &mut self,
        c: &mut Conversation,
        end: usize,
        stream: &mut Stream,
        witness: Witness<'_>,
    ) {
        let rest = std::mem::take(&mut stream.carry);
        if rest.is_empty() {
            return;
        }
        let way = direction(&c.talk, end);
        let Conversation { recognition, talk, .. } = c;
        if let Recognition::Known(protocol, session) = recognition {
            let input = Input { data: &rest, direction: way, datagram: false, cut: true };
            if read_all(self.shared, talk, *protocol, &mut **session, input, witness).is_none() {
                *recognition = Recognition::Unknown;
            }
        }
    }

    /// Bytes in order.
    fn feed(
        &mut self,
        c: &mut Conversation,
        end: usize,
        stream: &mut Stream,
        data: &[u8],
        witness: Witness<'_>,
    ) {
        let passed = stream.skip.min(data.len());
        stream.skip -= passed;
        let data = data.get(passed..).unwrap_or_default();
        if data.is_empty() {
            return;
        }
        match c.recognition {
            Recognition::Unknown => {}
            Recognition::Looking(looks) => self.look(c, end, stream, data, looks, witness),
            Recognition::Known(..) => self.drive(c, end, stream, data, witness),
        }
    }

    /// Tries to recognise the protocol.
    fn look(
        &mut self,
        c: &mut Conversation,
        end: usize,
        stream: &mut Stream,
        data: &[u8],
        looks: u8,
        witness: Witness<'_>,
    ) {
        let joined;
        let head = if stream.carry.is_empty() {
            data
        } else {
            stream.carry.extend_from_slice(data);
            joined = std::mem::take(&mut stream.carry);
            &joined
        };
        let asked = hint(c, end, stream.from_start);
        // What came before may be no part of a message: the end of one, or a keep-alive's stray byte (RFC 9293 §3.8.4).
        let stray = if stream.from_start { 0 } else { head.len().saturating_sub(data.len()).min(STRAY_MAX) };
        let (head, found) = first_message(head, stray, &asked);
        match found {
            (Probe::Yes, Some(protocol)) => {
                recognised(c, protocol);
                stream.in_step = true;
                let witness =
                    if head.len() == data.len() { witness } else { Witness { bytes: &[], ..witness } };
                self.drive(c, end, stream, head, witness);
            }
            (Probe::More, _) if head.len() < HEAD_MAX => stream.carry = head.to_vec(),
            _ if looks >= LOOKS_MAX => c.recognition = Recognition::Unknown,
            _ => {
                stream.in_step = false;
                c.recognition = Recognition::Looking(looks + 1);
            }
        }
    }

    /// Gives bytes to the session of a recognised protocol.
    fn drive(
        &mut self,
        c: &mut Conversation,
        end: usize,
        stream: &mut Stream,
        data: &[u8],
        witness: Witness<'_>,
    ) {
        if !stream.carry.is_empty() {
            if stream.carry.len() + data.len() > self.limits.stream_bytes_max || !self.room {
                self.shared.gap(GapKind::ReassemblyOverflow, 1);
                return stream.lose_step();
            }
            let carried = stream.carry.len();
            stream.carry.extend_from_slice(data);
            if stream.carry.len() < stream.need {
                return;
            }
            let joined = std::mem::take(&mut stream.carry);
            let rest = joined.get(stray(c, end, stream, &joined, carried)..).unwrap_or_default();
            return self.hand_over(c, end, stream, rest, Witness { bytes: &[], ..witness });
        }
        self.hand_over(c, end, stream, data, witness);
    }

    fn hand_over(
        &mut self,
        c: &mut Conversation,
        end: usize,
        stream: &mut Stream,
        data: &[u8],
        witness: Witness<'_>,
    ) {
        let hint = hint(c, end, stream.from_start);
        let way = direction(&c.talk, end);
        let Conversation { recognition, talk, .. } = c;
        let Recognition::Known(protocol, session) = recognition else { return };
        if !stream.in_step {
            match protocols::probe(*protocol, data, &hint) {
                Probe::Yes => stream.in_step = true,
                Probe::More if data.len() < HEAD_MAX => return stream.carry.extend_from_slice(data),
                Probe::More | Probe::No => return,
            }
        }
        let input = Input { data, direction: way, datagram: false, cut: false };
        let Some(read) = read_all(self.shared, talk, *protocol, &mut **session, input, witness) else {
            *recognition = Recognition::Unknown;
            return;
        };
        if read.lost {
            self.shared.gap(GapKind::MalformedMessage, 1);
            return stream.lose_step();
        }
        stream.skip = read.taken.saturating_sub(data.len());
        stream.need = read.need;
        let rest = data.get(read.taken..).unwrap_or_default();
        if !rest.is_empty() {
            stream.carry.extend_from_slice(rest);
        }
    }
}
