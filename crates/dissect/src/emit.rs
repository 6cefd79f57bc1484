//! What a dissector may say: message counts, operations, identities, sign-ins. Every fact carries the bytes that say it.

use crate::facts::Facts;
use crate::protocol::ProtocolInfo;
use crate::secrets::{self, SecretKey};
use crate::tally::Tally;
pub use crate::tally::{Code, Counter};
use model::conversation::{ClientBy, OperationCount};
use model::limits::{Limits, Room};
use model::observation::{Binding, Direction, GapKind, Mechanism, SecretUse, SignIn};
use model::{
    Attribute, ByteRange, CaptureId, Confidence, Evidence, Fact, Host, Name, Observation, Operation,
    OperationClass, Part, Subject, Text, Timestamp,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The operations of a protocol, sorted by code. A code that is not listed is named `PREFIX_CODE`, of class `other`.
#[derive(Debug)]
pub struct Operations {
    /// Prefix for codes that are not listed, such as `function`.
    pub prefix: &'static str,
    /// The list, sorted by code.
    pub list: &'static [Operation],
}

impl Operations {
    fn find(&self, code: u32) -> Operation {
        match self.list.binary_search_by_key(&code, |o| o.code) {
            Ok(at) => self.list.get(at).cloned(),
            Err(_) => None,
        }
        .unwrap_or_else(|| Operation {
            name: Name::owned(format!("{}_{code}", self.prefix)),
            code,
            class: OperationClass::Other,
        })
    }
}

/// Whom a fact is about.
#[derive(Clone, Copy, Debug)]
pub enum Whom {
    /// Who sent these bytes.
    Sender,
    /// Whom they are sent to.
    Receiver,
    /// A part behind the sender.
    SenderPart(Part),
    /// A part behind the receiver.
    ReceiverPart(Part),
    /// Someone else that the bytes name.
    Other(Host),
    /// A part behind someone else.
    OtherPart(Host, Part),
}

/// A message's place in an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Asks, or tells unasked.
    Request,
    /// Answers yes.
    Response,
    /// Answers no.
    Error,
}

/// What is being read right now.
#[derive(Clone, Copy)]
pub(crate) struct Witness<'a> {
    pub(crate) capture: CaptureId,
    pub(crate) frame: u64,
    pub(crate) time: Timestamp,
    /// The frame's bytes; empty when the bytes come from elsewhere (a reassembled datagram).
    pub(crate) bytes: &'a [u8],
}

impl Witness<'_> {
    /// Evidence for a value. When `value` is a piece of the frame itself, its range is part of it.
    pub(crate) fn evidence(&self, field: &'static str, value: &[u8]) -> Evidence {
        Evidence {
            capture: self.capture,
            frame: self.frame,
            time: self.time,
            field: Name::new(field),
            bytes: self.range(value),
        }
    }

    /// Where `value` lies in the frame, when it is a piece of it.
    pub(crate) fn range(&self, value: &[u8]) -> Option<ByteRange> {
        let start = (value.as_ptr() as usize).checked_sub(self.bytes.as_ptr() as usize)?;
        let inside = !value.is_empty() && start.checked_add(value.len())? <= self.bytes.len();
        inside
            .then_some(ByteRange { start: u32::try_from(start).ok()?, len: u32::try_from(value.len()).ok()? })
    }
}

/// What all conversations share.
pub(crate) struct Shared {
    pub(crate) tally: Tally,
    pub(crate) facts: Facts,
    pub(crate) out: Vec<Observation>,
    pub(crate) gaps: BTreeMap<GapKind, u64>,
    pub(crate) operations_max: usize,
    pub(crate) room: Room,
    /// Key of the fingerprints of secrets; without one there are none.
    pub(crate) key: Option<SecretKey>,
    /// Secrets that the current frame shows and that were told before: told again only when something cites the frame.
    pub(crate) shown: Vec<(Subject, Arc<SecretUse>, Evidence)>,
    /// Something that is told later cites the current frame.
    pub(crate) cited: bool,
}

impl Shared {
    /// Nothing said yet.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            tally: Tally::new(limits.counters_max, limits.hash_seed),
            facts: Facts::new(limits.facts_max, limits.hash_seed),
            out: Vec::new(),
            gaps: BTreeMap::new(),
            operations_max: limits.operations_max,
            room: Room::new(limits),
            key: None,
            shown: Vec::new(),
            cited: false,
        }
    }

    /// The end of a frame, at the beginning of which `told` observations were waiting. Who keeps a frame as evidence must know of
    /// every secret in it.
    pub(crate) fn end_frame(&mut self, told: usize) {
        let cited = std::mem::take(&mut self.cited) || self.out.len() > told;
        for (subject, told, evidence) in self.shown.drain(..).filter(|_| cited) {
            self.out.push(Observation { subject, fact: Fact::Secret(Box::new((*told).clone())), evidence });
        }
    }

    pub(crate) fn gap(&mut self, kind: GapKind, count: u64) {
        if count > 0 {
            *self.gaps.entry(kind).or_default() += count;
        }
    }
}

/// One operation of a conversation, counted.
pub(crate) struct OperationSlot {
    table: &'static Operations,
    code: u32,
    count: OperationCount,
}

/// What a conversation remembers for its report.
pub(crate) struct Talk {
    /// Both ends, in the order of the conversation's key.
    pub(crate) ends: [Host; 2],
    /// Which of them is the client.
    pub(crate) client_end: usize,
    pub(crate) client_by: ClientBy,
    pub(crate) encrypted: bool,
    pub(crate) protocol: Option<&'static str>,
    pub(crate) operations: Vec<OperationSlot>,
    last_operation: usize,
    /// The last secret that passed.
    secret: Option<Arc<SecretUse>>,
}

impl Talk {
    pub(crate) fn new(ends: [Host; 2], client_end: usize, client_by: ClientBy) -> Self {
        Self {
            ends,
            client_end,
            client_by,
            encrypted: false,
            protocol: None,
            operations: Vec::new(),
            last_operation: 0,
            secret: None,
        }
    }

    pub(crate) fn client(&self) -> Host {
        let [a, b] = self.ends;
        if self.client_end == 0 { a } else { b }
    }

    pub(crate) fn server(&self) -> Host {
        let [a, b] = self.ends;
        if self.client_end == 0 { b } else { a }
    }

    /// The operations counted so far, which start again from zero.
    pub(crate) fn take_operations(&mut self) -> Vec<OperationCount> {
        let mut counts: Vec<_> = self.operations.drain(..).map(|s| s.count).collect();
        counts.sort_by(|a, b| a.operation.cmp(&b.operation));
        counts
    }
}

/// The way out of a dissector.
pub struct Emit<'a> {
    pub(crate) shared: &'a mut Shared,
    pub(crate) talk: &'a mut Talk,
    pub(crate) witness: Witness<'a>,
    pub(crate) direction: Direction,
    /// The bytes from the message on that is being read.
    pub(crate) message: &'a [u8],
    /// For a frame outside IP there is no conversation: sender and receiver as they are.
    pub(crate) info: &'static ProtocolInfo,
}

impl Emit<'_> {
    /// Counts a message for `messages.PROTOCOL.COUNTER`.
    #[inline]
    pub fn count<'c>(&mut self, counter: &'static Counter, code: impl Into<Code<'c>>) {
        self.shared.tally.add(counter, self.direction, code.into());
    }

    /// Counts an operation of this conversation. Cheap when repeated.
    #[inline]
    pub fn operation(&mut self, table: &'static Operations, code: u32, phase: Phase) {
        let hit = |s: &OperationSlot| s.code == code && std::ptr::eq(s.table, table);
        let talk = &mut *self.talk;
        let at = match talk.operations.get(talk.last_operation) {
            Some(slot) if hit(slot) => talk.last_operation,
            _ => match talk.operations.iter().position(hit) {
                Some(at) => at,
                None => self.new_operation(table, code),
            },
        };
        let talk = &mut *self.talk;
        talk.last_operation = at;
        if let Some(slot) = talk.operations.get_mut(at) {
            match phase {
                Phase::Request => slot.count.requests += 1,
                Phase::Response => slot.count.responses += 1,
                Phase::Error => {
                    slot.count.responses += 1;
                    slot.count.errors += 1;
                }
            }
            slot.count.last = self.witness.time;
        }
    }

    #[cold]
    fn new_operation(&mut self, table: &'static Operations, code: u32) -> usize {
        static OVERFLOW: Operations = Operations { prefix: "more", list: &[] };
        let full = self.talk.operations.len() >= self.shared.operations_max;
        let (table, code) = if full { (&OVERFLOW, 0) } else { (table, code) };
        if full && let Some(at) = self.talk.operations.iter().position(|s| std::ptr::eq(s.table, table)) {
            return at;
        }
        let count = OperationCount {
            operation: table.find(code),
            requests: 0,
            responses: 0,
            errors: 0,
            first: self.witness.evidence(self.info.name, self.message),
            last: self.witness.time,
        };
        self.shared.cited = true;
        self.talk.operations.push(OperationSlot { table, code, count });
        self.talk.operations.len() - 1
    }

    /// A text that is its own witness. Empty text says nothing.
    pub fn text(&mut self, whom: Whom, attribute: Attribute, witness: &[u8], field: &'static str) {
        self.identity(whom, attribute, Text::from_wire(witness), witness, field);
    }

    /// A value that was decoded from `witness`, said by a field made for it.
    pub fn identity(
        &mut self,
        whom: Whom,
        attribute: Attribute,
        value: Text,
        witness: &[u8],
        field: &'static str,
    ) {
        self.claim(whom, attribute, value, witness, field, Confidence::CERTAIN);
    }

    /// A value with a confidence of its own.
    pub fn claim(
        &mut self,
        whom: Whom,
        attribute: Attribute,
        value: Text,
        witness: &[u8],
        field: &'static str,
        confidence: Confidence,
    ) {
        let subject = self.subject(whom);
        let stationless = subject.host.ip.is_some_and(|ip| !crate::packet::is_station(ip));
        if value.is_empty() || stationless || (subject.host.ip.is_none() && subject.host.mac.is_none()) {
            return;
        }
        let said = (&subject, attribute, &value, self.info.name, confidence);
        if self.shared.facts.is_new(said, self.witness.time) {
            let evidence = self.witness.evidence(field, witness);
            let fact = Fact::Identity { attribute, value, protocol: Name::new(self.info.name), confidence };
            self.shared.out.push(Observation { subject, fact, evidence });
        }
    }

    /// Two addresses that belong together, as the protocol says.
    pub fn binding(&mut self, host: Host, binding: Binding, witness: &[u8], field: &'static str) {
        let station =
            host.ip.is_none_or(crate::packet::is_station) && host.mac.is_none_or(model::Mac::is_station);
        if station && self.shared.facts.is_new((&host, binding), self.witness.time) {
            let evidence = self.witness.evidence(field, witness);
            let fact = Fact::Present { binding, vlan: None };
            self.shared.out.push(Observation { subject: host.into(), fact, evidence });
        }
    }

    /// Someone signs in at the server. Never pass a secret as the name.
    pub fn sign_in(
        &mut self,
        name: Text,
        mechanism: Mechanism,
        encrypted: bool,
        accepted: Option<bool>,
        witness: &[u8],
    ) {
        let protocol = Name::new(self.info.name);
        let sign_in = SignIn { name, client: self.talk.client(), protocol, mechanism, encrypted, accepted };
        if self.shared.facts.is_new((self.talk.server(), &sign_in), self.witness.time) {
            let evidence = self.witness.evidence(self.info.name, witness);
            let subject = self.talk.server().into();
            self.shared.out.push(Observation { subject, fact: Fact::SignIn(Box::new(sign_in)), evidence });
        }
    }

    /// A secret passes in clear on its way to the server. What is told of it is a fingerprint; `witness` are the bytes that show it,
    /// encoded as they are.
    pub fn secret(&mut self, name: Text, mechanism: Mechanism, secret: &[u8], witness: &[u8]) {
        if secret.is_empty() {
            return;
        }
        let protocol = Name::new(self.info.name);
        let default_of = secrets::default_of(&protocol, &name, secret);
        let mark = self.shared.key.as_ref().and_then(|key| key.mark(secret));
        let client = self.talk.client();
        self.talk.secret = Some(Arc::new(SecretUse { name, client, protocol, mechanism, mark, default_of }));
        self.secret_again(witness);
    }

    /// The secret of the last [`Self::secret`] passes again.
    pub fn secret_again(&mut self, witness: &[u8]) {
        let Some(told) = self.talk.secret.clone() else { return };
        let evidence = self.witness.evidence(self.info.name, witness);
        let subject = self.talk.server().into();
        if self.shared.facts.is_new(("secret", self.talk.server(), &*told), self.witness.time) {
            self.shared.out.push(Observation {
                subject,
                fact: Fact::Secret(Box::new((*told).clone())),
                evidence,
            });
        } else if evidence.bytes.is_some() {
            self.shared.shown.push((subject, told, evidence));
        }
    }

    /// The payload of this conversation is encrypted from here on.
    pub fn encrypted(&mut self) {
        self.talk.encrypted = true;
    }

    /// The protocol turned out to be a more exact one (S7comm on ISO-TSAP, SMB in a NetBIOS session).
    pub fn refine(&mut self, name: &'static str) {
        self.talk.protocol = Some(name);
    }

    /// The content shows who the client is; a handshake outranks it.
    pub fn client_is_sender(&mut self, sender_is_client: bool) {
        let matches = (self.direction == Direction::ToServer) == sender_is_client;
        if self.direction == Direction::Link || self.talk.client_by >= ClientBy::Content {
            return;
        }
        self.talk.client_by = ClientBy::Content;
        if !matches {
            self.direction = self.direction.reverse();
            self.talk.client_end = 1 - self.talk.client_end;
        }
    }

    /// A message breaks the rules of its protocol.
    pub fn malformed(&mut self) {
        self.shared.gap(GapKind::MalformedMessage, 1);
    }

    /// Which way the bytes go.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// Who sent them.
    pub fn sender(&self) -> Host {
        if self.direction == Direction::ToClient { self.talk.server() } else { self.talk.client() }
    }

    /// Whom they are sent to.
    pub fn receiver(&self) -> Host {
        if self.direction == Direction::ToClient { self.talk.client() } else { self.talk.server() }
    }

    fn subject(&self, whom: Whom) -> Subject {
        match whom {
            Whom::Sender => self.sender().into(),
            Whom::Receiver => self.receiver().into(),
            Whom::SenderPart(part) => Subject { host: self.sender(), part: Some(part) },
            Whom::ReceiverPart(part) => Subject { host: self.receiver(), part: Some(part) },
            Whom::Other(host) => host.into(),
            Whom::OtherPart(host, part) => Subject { host, part: Some(part) },
        }
    }
}
