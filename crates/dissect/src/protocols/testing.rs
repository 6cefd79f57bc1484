//! Runs the session of one protocol on bytes, for unit tests.

use crate::emit::{Emit, Shared, Talk, Witness};
use crate::protocol::{Input, Progress, Protocol, Session};
use model::conversation::ClientBy;
use model::observation::{Direction, SignIn};
use model::{CaptureId, Fact, Host, Timestamp};

/// One conversation between 192.0.2.1, the client, and 192.0.2.2, the server.
pub(crate) struct Bench {
    protocol: &'static dyn Protocol,
    session: Box<dyn Session>,
    shared: Shared,
    talk: Talk,
}

impl Bench {
    /// A conversation at its start.
    pub(crate) fn new(protocol: &'static dyn Protocol) -> Self {
        let shared = Shared::new(&model::limits::Limits::default());
        let ends = ["192.0.2.1", "192.0.2.2"].map(|ip| Host::ip(ip.parse().unwrap()));
        let talk = Talk::new(ends, 0, ClientBy::Handshake);
        Self { protocol, session: protocol.open(), shared, talk }
    }

    /// The client sends bytes; answers what became of the first message in them.
    pub(crate) fn client(&mut self, data: &[u8]) -> Progress {
        self.send(data, Direction::ToServer, false)
    }

    /// The server sends bytes.
    pub(crate) fn server(&mut self, data: &[u8]) -> Progress {
        self.send(data, Direction::ToClient, false)
    }

    /// Lets a function speak as a session would that reads what the client sent.
    pub(crate) fn tell(&mut self, say: impl FnOnce(&mut Emit<'_>)) {
        let witness = Witness { capture: CaptureId(0), frame: 1, time: Timestamp(0), bytes: &[] };
        let (info, direction) = (self.protocol.info(), Direction::ToServer);
        say(&mut Emit {
            shared: &mut self.shared,
            talk: &mut self.talk,
            witness,
            direction,
            message: &[],
            info,
        });
    }

    /// The server sends a whole datagram.
    pub(crate) fn server_datagram(&mut self, data: &[u8]) -> Progress {
        self.hand_over(Input { data, direction: Direction::ToClient, datagram: true, cut: false })
    }

    /// Bytes in one direction, of which the rest may be lost.
    pub(crate) fn send(&mut self, data: &[u8], direction: Direction, cut: bool) -> Progress {
        self.hand_over(Input { data, direction, datagram: false, cut })
    }

    fn hand_over(&mut self, input: Input<'_>) -> Progress {
        let Input { data: bytes, direction, .. } = input;
        let witness = Witness { capture: CaptureId(0), frame: 1, time: Timestamp(0), bytes };
        let info = self.protocol.info();
        let mut emit =
            Emit { shared: &mut self.shared, talk: &mut self.talk, witness, direction, message: &[], info };
        self.session.read(input, &mut emit)
    }

    /// Every fact as `host attribute value`, with the part after the host where there is one.
    pub(crate) fn facts(&self) -> Vec<String> {
        let text = |o: &model::Observation| match &o.fact {
            Fact::Identity { attribute, value, .. } => {
                let end = if o.subject.host == self.talk.client() { "client" } else { "server" };
                let part = o.subject.part.map(|p| format!(" {p:?}")).unwrap_or_default();
                Some(format!("{end}{part} {attribute} {value}"))
            }
            _ => None,
        };
        self.shared.out.iter().filter_map(text).collect()
    }

    /// Every sign-in.
    pub(crate) fn sign_ins(&self) -> Vec<SignIn> {
        let one = |o: &model::Observation| match &o.fact {
            Fact::SignIn(s) => Some((**s).clone()),
            _ => None,
        };
        self.shared.out.iter().filter_map(one).collect()
    }

    /// Every secret that was told, as `name mechanism bytes`, where the bytes are those that show it.
    pub(crate) fn secrets(&self, sent: &[u8]) -> Vec<String> {
        let one = |o: &model::Observation| {
            let Fact::Secret(s) = &o.fact else { return None };
            let bytes =
                o.evidence.bytes.map_or(&[][..], |b| &sent[b.start as usize..(b.start + b.len) as usize]);
            Some(format!("{} {:?} {}", s.name, s.mechanism, bytes.escape_ascii()))
        };
        self.shared.out.iter().filter_map(one).collect()
    }

    /// The last fingerprint, and whose default it is.
    pub(crate) fn mark(&mut self) -> (Option<model::access::SecretMark>, Option<String>) {
        let last = self.shared.out.iter().rev().find_map(|o| match &o.fact {
            Fact::Secret(s) => Some((s.mark, s.default_of.as_ref().map(ToString::to_string))),
            _ => None,
        });
        last.unwrap_or_default()
    }

    /// With a key for fingerprints.
    pub(crate) fn keyed(mut self) -> Self {
        self.shared.key = Some(crate::SecretKey::new([7; 32]));
        self
    }

    /// Every operation as `name requests/responses/errors`.
    pub(crate) fn operations(&mut self) -> Vec<String> {
        let text = |o: &model::conversation::OperationCount| {
            format!("{} {}/{}/{}", o.operation.name, o.requests, o.responses, o.errors)
        };
        self.talk.take_operations().iter().map(text).collect()
    }

    /// Every counter as `protocol.counter direction code count`.
    pub(crate) fn counts(&mut self) -> Vec<String> {
        let text = |(protocol, counter, direction, code, n): (_, _, Direction, _, _)| {
            format!("{protocol}.{counter} {} {code} {n}", direction.as_str())
        };
        self.shared.tally.drain().0.into_iter().map(text).collect::<Vec<String>>()
    }

    /// What the conversation is called now.
    pub(crate) fn protocol(&self) -> Option<&'static str> {
        self.talk.protocol
    }

    /// Messages that broke the rules.
    pub(crate) fn malformed(&self) -> u64 {
        self.shared.gaps.values().sum()
    }
}

/// Any bytes, in any direction, whole or cut: no session panics, and none takes more time or memory than its input is worth.
#[test]
fn no_session_panics_on_noise() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut chance = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 40).unwrap_or(0)
    };
    for protocol in super::PROTOCOLS {
        for _ in 0..40 {
            let mut bench = Bench::new(*protocol);
            for _ in 0..20 {
                let mut data: Vec<u8> =
                    (0..chance() % 300).map(|_| u8::try_from(chance() % 256).unwrap()).collect();
                // Small numbers are more often lengths that fit.
                if chance() % 2 == 0 {
                    data.iter_mut().for_each(|b| *b %= 8);
                }
                let direction = if chance() % 2 == 0 { Direction::ToServer } else { Direction::ToClient };
                bench.send(&data, direction, chance() % 4 == 0);
            }
        }
    }
}
