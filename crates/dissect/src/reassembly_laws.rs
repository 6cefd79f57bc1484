//! Laws of reassembly: whatever order, cuts, overlaps and repetitions the pieces come in, a session is handed the bytes that were sent.

use crate::conversations::{Conversation, Key, Recognition};
use crate::emit::{Emit, Shared, Talk, Witness};
use crate::flow::Flow;
use crate::fragments::{Fragments, Outcome};
use crate::packet::{Fragment, Network};
use crate::protocol::{Hint, Input, Probe, Progress, Protocol, ProtocolInfo, Session};
use crate::stream::Stream;
use model::conversation::ClientBy;
use model::limits::Limits;
use model::observation::GapKind;
use model::{CaptureId, Host, Timestamp, Transport};
use proptest::prelude::*;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

/// Takes every byte as it is handed.
struct Tap;

/// Messages of four octets: a mark, a number, and its complement.
struct Numbered;

const MARK: u8 = 0xa5;

static INFO: ProtocolInfo = ProtocolInfo {
    name: "tap",
    title: "Tap",
    tcp: &[],
    udp: &[],
    ethertypes: &[],
    industrial: false,
    sources: "none",
    operations: &[],
};

type Heard = Arc<Mutex<Vec<u8>>>;

impl Protocol for Tap {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, _: &[u8], _: &Hint) -> Probe {
        Probe::Yes
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Listen(Heard::default()))
    }
}

impl Protocol for Numbered {
    fn info(&self) -> &'static ProtocolInfo {
        &INFO
    }

    fn probe(&self, head: &[u8], _: &Hint) -> Probe {
        match head {
            [MARK, number, complement, 0, ..] => Probe::when(*number == !complement),
            [MARK, ..] if head.len() < 4 => Probe::More,
            _ => Probe::No,
        }
    }

    fn open(&self) -> Box<dyn Session> {
        Box::new(Count(Heard::default()))
    }
}

struct Listen(Heard);

impl Session for Listen {
    fn read(&mut self, input: Input<'_>, _: &mut Emit<'_>) -> Progress {
        self.0.lock().unwrap().extend_from_slice(input.data);
        Progress::Took(input.data.len())
    }
}

struct Count(Heard);

impl Session for Count {
    fn read(&mut self, input: Input<'_>, _: &mut Emit<'_>) -> Progress {
        match input.data {
            [MARK, number, complement, 0, ..] if *number == !complement => {
                self.0.lock().unwrap().push(*number);
                Progress::Took(4)
            }
            short if short.len() < 4 && !input.cut => Progress::Need(4),
            _ => Progress::Lost,
        }
    }
}

/// One direction of a recognised conversation.
struct Line {
    conversation: Conversation,
    stream: Stream,
    shared: Shared,
    heard: Heard,
    frame: u64,
}

impl Line {
    fn new(protocol: &'static dyn Protocol, session: Box<dyn Session>, heard: Heard) -> Self {
        let ends = ["192.0.2.1", "192.0.2.2"].map(|ip| Host::ip(ip.parse().unwrap()));
        let limits = Limits::default();
        Self {
            conversation: Conversation {
                key: Key::of((1, 50_000), (2, 5), 6).0,
                transport: Transport::Tcp,
                talk: Talk::new(ends, 0, ClientBy::Handshake),
                recognition: Recognition::Known(protocol, session),
                counted: 0,
                streams: None,
                seen: [None; 2],
                crossed: [None; 2],
                last_datagram: [None; 2],
                vlan: None,
                answered: false,
                fins: 0,
                packets: 0,
                bytes: 0,
                first: Timestamp(0),
                first_frame: 1,
                first_bytes: None,
                capture: CaptureId(0),
                last: Timestamp(0),
            },
            stream: Stream::default(),
            shared: Shared::new(&limits),
            heard,
            frame: 0,
        }
    }

    fn tap() -> Self {
        let heard = Heard::default();
        Self::new(&Tap, Box::new(Listen(Arc::clone(&heard))), heard)
    }

    fn numbered() -> Self {
        let heard = Heard::default();
        Self::new(&Numbered, Box::new(Count(Arc::clone(&heard))), heard)
    }

    fn segment(&mut self, seq: u32, data: &[u8]) {
        self.frame += 1;
        let time = Timestamp(i64::try_from(self.frame).unwrap() * 1_000);
        let witness = Witness { capture: CaptureId(0), frame: self.frame, time, bytes: data };
        let mut flow = Flow { shared: &mut self.shared, limits: &Limits::default(), room: true };
        flow.segment(&mut self.conversation, 0, &mut self.stream, seq, data, 0, witness);
    }

    fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap().clone()
    }

    fn gaps(&self) -> u64 {
        self.shared.gaps.values().sum()
    }
}

/// Pieces that cover a stream of `len` bytes, and some more that lie anywhere in it, shuffled: offset and length.
fn pieces(len: usize) -> impl Strategy<Value = Vec<(usize, usize)>> {
    let cuts = proptest::collection::btree_set(1..len, 0..12);
    let more = proptest::collection::vec((0..len, 1..80_usize), 0..12);
    (cuts, more).prop_flat_map(move |(cuts, more)| {
        let ends: Vec<usize> = cuts.into_iter().chain([len]).collect();
        let starts = [0].into_iter().chain(ends.iter().copied());
        let cover = starts.zip(&ends).map(|(start, end)| (start, end - start));
        let more = more.into_iter().map(|(at, n)| (at, n.min(len - at)));
        Just(cover.chain(more).collect::<Vec<_>>()).prop_shuffle()
    })
}

fn stream() -> impl Strategy<Value = (Vec<u8>, Vec<(usize, usize)>)> {
    proptest::collection::vec(any::<u8>(), 2..600)
        .prop_flat_map(|bytes| (Just(bytes.clone()), pieces(bytes.len())))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn a_session_is_handed_what_was_sent((bytes, pieces) in stream(), syn in any::<u32>()) {
        let mut line = Line::tap();
        line.stream.begin(syn);
        for (at, len) in pieces {
            let seq = syn.wrapping_add(1).wrapping_add(u32::try_from(at).unwrap());
            line.segment(seq, &bytes[at..at + len]);
        }
        prop_assert_eq!(line.heard(), bytes);
        prop_assert_eq!((line.gaps(), line.stream.held()), (0, 0));
    }

    /// Whoever sends the same numbers twice with other bytes is not believed the second time: what was delivered stays, a segment in
    /// its place goes before those that wait, and of those the first counts.
    #[test]
    fn of_bytes_that_differ_the_first_count((bytes, pieces) in stream(), syn in any::<u32>()) {
        let mut line = Line::tap();
        line.stream.begin(syn);
        let mut told: Vec<Option<u8>> = vec![None; bytes.len()];
        let mut delivered = 0;
        for (round, (at, len)) in (0_u8..).zip(pieces) {
            let seq = syn.wrapping_add(1).wrapping_add(u32::try_from(at).unwrap());
            let new: Vec<u8> = bytes[at..at + len].iter().map(|b| b.wrapping_add(round)).collect();
            line.segment(seq, &new);
            let in_place = at <= delivered;
            for (place, byte) in (at..).zip(new).filter(|(place, _)| *place >= delivered) {
                told[place] = if in_place { Some(byte) } else { told[place].or(Some(byte)) };
            }
            delivered = told.iter().position(Option::is_none).unwrap_or(told.len());
        }
        prop_assert_eq!(line.heard(), told.into_iter().map(Option::unwrap).collect::<Vec<_>>());
    }

    /// Holes that the receiver does not have are given up. What comes later all the same is read, each message once; and so it is when
    /// the recording begins in the middle.
    #[test]
    fn whole_messages_count_in_any_order(
        order in Just((0_u8..24).collect::<Vec<_>>()).prop_shuffle(),
        again in proptest::collection::vec(0_u8..24, 0..8),
        acked in proptest::collection::vec(any::<bool>(), 32),
        begun in any::<bool>(),
        syn in any::<u32>(),
    ) {
        let mut line = Line::numbered();
        if begun {
            line.stream.begin(syn);
        }
        for (number, acked) in order.iter().chain(&again).zip(acked) {
            let seq = syn.wrapping_add(1).wrapping_add(u32::from(*number) * 4);
            line.segment(seq, &[MARK, *number, !number, 0]);
            if acked {
                line.stream.acknowledge(syn.wrapping_add(1).wrapping_add(24 * 4));
            }
        }
        line.stream.acknowledge(syn.wrapping_add(1).wrapping_add(24 * 4));
        line.segment(syn.wrapping_add(1), &[MARK, 0, !0, 0]);
        let mut heard = line.heard();
        heard.sort_unstable();
        let waiting = line.stream.held() / 4;
        prop_assert!(heard.windows(2).all(|pair| pair[0] < pair[1]), "twice: {:?}", heard);
        prop_assert_eq!(heard.len() + waiting, 24, "{:?}", heard);
    }

    #[test]
    fn pieces_of_a_datagram_make_the_whole(
        (bytes, pieces) in (2..80_usize).prop_flat_map(|n| {
            (proptest::collection::vec(any::<u8>(), n * 8 - 7..=n * 8), pieces(n))
        }),
    ) {
        let mut fragments = Fragments::new(&Limits::default());
        let ip = IpAddr::from([192, 0, 2, 1]);
        let net = Network { src: ip, dst: ip, ttl: 64, protocol: 17, id: 1, fragment: None };
        let mut whole = None;
        for (at, len) in pieces {
            let (offset, end) = (at * 8, (at * 8 + len * 8).min(bytes.len()));
            let piece = Fragment { offset, more: end < bytes.len() };
            match fragments.add(&net, piece, &bytes[offset..end], Timestamp(0)).0 {
                Outcome::Whole(bytes) => whole = whole.or(Some(bytes)),
                Outcome::Waiting => {}
                Outcome::Dropped => prop_assert!(false, "dropped"),
            }
        }
        prop_assert_eq!(whole, Some(bytes));
    }
}

/// A message that lies across two late segments is read too.
#[test]
fn late_segments_go_on_where_the_last_one_ended() {
    let mut line = Line::numbered();
    line.stream.begin(0);
    line.stream.acknowledge(200);
    let message = |number: u8| [MARK, number, !number, 0];
    for number in [10, 11, 12] {
        line.segment(1 + u32::from(number) * 4, &message(number));
    }
    assert_eq!(line.shared.gaps.get(&GapKind::StreamGap), Some(&1));
    let all: Vec<u8> = (0..10).flat_map(message).collect();
    line.segment(1, &all[..6]);
    line.segment(7, &all[6..21]);
    // Not where the last one ended: the rest of the sixth is unknown, and so are the first bytes here.
    line.segment(24, &all[23..]);
    assert_eq!(line.heard(), [10, 11, 12, 0, 1, 2, 3, 4]);
    assert_eq!(line.stream.held(), 0);
}
