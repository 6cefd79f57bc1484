//! What the lines say, folded: conversations with their operations, message counts, facts. Bounded, and in the same words in whatever
//! order the lines come: a connection waits for the logs that name its protocol better than it does.

use super::catalogue::Catalogue;
use super::certificates::Certificates;
use model::conversation::{ClientBy, ConversationKey, ConversationReport, OperationCount};
use model::limits::{Limits, Room};
use model::observation::{Binding, Direction, GapKind};
use model::{
    Attribute, Confidence, Evidence, Fact, Host, Name, Observation, Operation, Subject, Text, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

/// Connections that wait for a protocol log to name them, and connections that a protocol log has named.
const WAITING_MAX: usize = 100_000;
/// Requests that wait for their answer, of all conversations together.
const ASKED_MAX: usize = 20_000;

/// Which logs tell the same messages: of those that do, the first in rank counts.
pub(super) type Source = (&'static str, u8);

/// One conversation's share of the lines so far.
struct Talk {
    report: ConversationReport,
    evidence: Evidence,
    operations: BTreeMap<(Source, Operation), OperationCount>,
}

/// A connection as the log of connections tells it.
pub(super) struct Waiting {
    pub(super) report: ConversationReport,
    pub(super) evidence: Evidence,
    pub(super) client_port: Option<u16>,
}

/// Makes the client the server.
pub(super) fn turn(key: &mut ConversationKey, client_port: Option<u16>) {
    std::mem::swap(&mut key.client, &mut key.server);
    key.server_port = client_port.filter(|_| key.server_port.is_some());
}

/// Counter, direction and code, and whose lines say so.
type CountKey = (Source, Name, &'static str, Direction, Text);

/// Folds the lines of any number of logs into observations.
pub struct Importer {
    pub(super) catalogue: Catalogue,
    limits: Limits,
    hasher: RandomState,
    talks: BTreeMap<ConversationKey, Talk>,
    waiting: BTreeMap<String, Waiting>,
    named: HashMap<u64, &'static str>,
    /// Connections whose first message was an answer: it came from the server, whoever was heard first.
    turned: HashMap<u64, bool>,
    counts: BTreeMap<CountKey, (u64, Evidence)>,
    /// What could not be told apart, or did not fit.
    gaps: BTreeMap<GapKind, u64>,
    room: Room,
    said: HashSet<u64>,
    pub(super) certificates: Certificates,
    asked: HashMap<u64, Vec<Operation>>,
    out: Vec<Observation>,
}

impl Importer {
    /// One that names operations by `catalogue` and keeps within `limits`.
    pub fn new(catalogue: Catalogue, limits: Limits) -> Self {
        Self {
            catalogue,
            room: Room::new(&limits),
            limits,
            hasher: RandomState::new(),
            talks: BTreeMap::new(),
            waiting: BTreeMap::new(),
            named: HashMap::new(),
            turned: HashMap::new(),
            counts: BTreeMap::new(),
            gaps: BTreeMap::new(),
            said: HashSet::new(),
            certificates: Certificates::default(),
            asked: HashMap::new(),
            out: Vec::new(),
        }
    }

    /// Observations that are ready.
    pub fn waiting(&self) -> usize {
        self.out.len()
    }

    /// Takes the observations that are ready.
    pub fn take(&mut self) -> Vec<Observation> {
        std::mem::take(&mut self.out)
    }

    /// No more lines will come: everything that was folded becomes ready.
    pub fn finish(&mut self) {
        self.release();
        self.report();
        self.tell_counts();
        for (host, attribute, value, evidence) in self.certificates.take() {
            let fact = identity(attribute, value, Name::new("tls"), Confidence::CERTAIN);
            self.say(host.into(), fact, evidence);
        }
        for (kind, count) in std::mem::take(&mut self.gaps) {
            let subject = Host { mac: None, ip: None }.into();
            let field = Name::new("");
            let evidence =
                Evidence { capture: Default::default(), frame: 0, time: Timestamp(0), field, bytes: None };
            self.out.push(Observation { subject, fact: Fact::Gap { kind, count }, evidence });
        }
    }

    fn gap(&mut self, kind: GapKind) {
        *self.gaps.entry(kind).or_default() += 1;
    }

    /// A protocol log is about the connection of this uid.
    pub(super) fn name(&mut self, uid: &str, protocol: &'static str) {
        if self.named.len() < WAITING_MAX {
            let uid = self.hasher.hash_one(uid);
            let known = self.named.entry(uid).or_insert(protocol);
            // Order must not matter: of two names the same one wins always.
            *known = (*known).max(protocol);
        }
    }

    /// A connection. With `uid` it waits for a better name of its protocol.
    pub(super) fn connection(&mut self, uid: Option<String>, connection: Waiting) {
        match uid {
            Some(uid) if !self.waiting.contains_key(&uid) => {
                if self.waiting.len() >= WAITING_MAX {
                    self.release();
                }
                self.waiting.insert(uid, connection);
            }
            _ => self.add(connection.report, connection.evidence, Vec::new()),
        }
    }

    fn release(&mut self) {
        for (uid, Waiting { mut report, evidence, client_port }) in std::mem::take(&mut self.waiting) {
            let uid = self.hasher.hash_one(uid.as_str());
            if let Some(name) = self.named.get(&uid) {
                report.key.protocol = Some(Name::new(name));
            }
            if self.turned.get(&uid) == Some(&true) {
                turn(&mut report.key, client_port);
                report.client_by = ClientBy::Content;
            }
            self.add(report, evidence, Vec::new());
        }
    }

    /// Whether a connection is turned round: its first message, which `answer` is about when none came before, was an answer.
    pub(super) fn is_turned(&mut self, uid: &str, answer: bool) -> bool {
        let full = self.turned.len() >= WAITING_MAX;
        let uid = self.hasher.hash_one(uid);
        if full {
            return self.turned.get(&uid).copied().unwrap_or(false);
        }
        *self.turned.entry(uid).or_insert(answer)
    }

    /// Adds a line's share to its conversation.
    pub(super) fn add(
        &mut self,
        report: ConversationReport,
        evidence: Evidence,
        operations: Vec<(Source, OperationCount)>,
    ) {
        if self.talks.len() >= self.limits.conversations_max && !self.talks.contains_key(&report.key) {
            self.report();
        }
        let talk = self.talks.entry(report.key.clone()).or_insert_with(|| Talk {
            report: ConversationReport {
                packets: 0,
                bytes: 0,
                answered: false,
                encrypted: false,
                operations: Vec::new(),
                ..report.clone()
            },
            evidence: evidence.clone(),
            operations: BTreeMap::new(),
        });
        talk.add(&report, &evidence);
        for (source, count) in operations {
            talk.operation(source, count, self.limits.operations_max);
        }
    }

    fn report(&mut self) {
        for (key, talk) in std::mem::take(&mut self.talks) {
            let attempt = !talk.report.answered && key.protocol.is_none() && talk.operations.is_empty();
            if attempt && !self.room.attempt() {
                self.gap(GapKind::AttemptOverflow);
                continue;
            }
            let best = best(talk.operations.keys().map(|(source, _)| *source));
            let operations = talk.operations.into_iter();
            let operations = operations.filter(|((source, _), _)| best.contains(source)).map(|(_, c)| c);
            let report = ConversationReport { operations: operations.collect(), ..talk.report };
            let fact = Fact::Conversation(Box::new(report));
            self.out.push(Observation { subject: key.server.into(), fact, evidence: talk.evidence });
        }
    }

    /// Counts messages.
    pub(super) fn count(
        &mut self,
        source: Source,
        (protocol, counter): (&'static str, &'static str),
        direction: Direction,
        code: Text,
        evidence: &Evidence,
    ) {
        let key = (source, Name::new(protocol), counter, direction, code);
        if self.counts.len() >= self.limits.counters_max && !self.counts.contains_key(&key) {
            self.gap(GapKind::CounterOverflow);
        } else {
            self.counts.entry(key).or_insert_with(|| (0, evidence.clone())).0 += 1;
        }
    }

    fn tell_counts(&mut self) {
        let counts = std::mem::take(&mut self.counts);
        let best = best(counts.keys().map(|(source, ..)| *source));
        for ((source, protocol, counter, direction, code), (count, evidence)) in counts {
            if best.contains(&source) {
                let fact = Fact::Messages { protocol, counter: Name::new(counter), direction, code, count };
                let subject = Host { mac: None, ip: None }.into();
                self.out.push(Observation { subject, fact, evidence: Evidence { frame: 0, ..evidence } });
            }
        }
    }

    /// Remembers what was asked, by whatever its answer will name.
    pub(super) fn ask(&mut self, exchange: &str, operation: Operation) {
        if self.asked.len() >= ASKED_MAX {
            self.asked.clear();
        }
        let waiting = self.asked.entry(self.hasher.hash_one(exchange)).or_default();
        if waiting.len() < self.limits.operations_max {
            waiting.push(operation);
        }
    }

    /// What was asked first of what is not answered.
    pub(super) fn asked(&mut self, exchange: &str) -> Option<Operation> {
        let key = self.hasher.hash_one(exchange);
        let waiting = self.asked.get_mut(&key)?;
        let first = (!waiting.is_empty()).then(|| waiting.remove(0));
        if waiting.is_empty() {
            self.asked.remove(&key);
        }
        first
    }

    /// An end of a connection that sent something. `attempt`: it did nothing but try to connect.
    pub(super) fn heard(&mut self, subject: Subject, vlan: Option<u16>, attempt: bool, evidence: Evidence) {
        let binding = Binding::Source { ttl: 0 };
        let digest = self.hasher.hash_one((subject, &binding, &vlan));
        if self.said.contains(&digest) {
            return;
        }
        if !self.room.has_source(attempt) {
            return self.gap(GapKind::SourceOverflow);
        }
        self.room.source(attempt);
        self.say(subject, Fact::Present { binding, vlan }, evidence);
    }

    /// A fact, unless it was said before.
    pub(super) fn say(&mut self, subject: Subject, fact: Fact, evidence: Evidence) {
        let new = match &fact {
            Fact::Present { binding, vlan } => self.is_new(&(subject, binding, vlan)),
            Fact::Identity { attribute, value, protocol, confidence } => {
                self.is_new(&(subject, attribute, value, protocol, confidence))
            }
            Fact::SignIn(sign_in) => self.is_new(&(subject, sign_in)),
            _ => true,
        };
        if new {
            self.out.push(Observation { subject, fact, evidence });
        }
    }

    fn is_new(&mut self, what: &impl std::hash::Hash) -> bool {
        if self.said.len() >= self.limits.facts_max {
            self.said.clear();
        }
        self.said.insert(self.hasher.hash_one(what))
    }
}

/// Of the logs that tell the same messages, the one of the lowest rank.
fn best(sources: impl Iterator<Item = Source>) -> BTreeSet<Source> {
    let mut best: BTreeMap<&str, Source> = BTreeMap::new();
    for source in sources {
        let known = best.entry(source.0).or_insert(source);
        *known = (*known).min(source);
    }
    best.into_values().collect()
}

impl Talk {
    fn add(&mut self, more: &ConversationReport, evidence: &Evidence) {
        let own = &mut self.report;
        own.client_by = own.client_by.max(more.client_by);
        own.vlan = own.vlan.or(more.vlan);
        own.encrypted |= more.encrypted;
        own.answered |= more.answered;
        own.packets = own.packets.saturating_add(more.packets);
        own.bytes = own.bytes.saturating_add(more.bytes);
        own.first = own.first.min(more.first);
        own.last = own.last.max(more.last);
        if order(evidence) < order(&self.evidence) {
            self.evidence = evidence.clone();
        }
    }

    fn operation(&mut self, source: Source, more: OperationCount, max: usize) {
        let full = self.operations.len() >= max;
        let key = (source, more.operation.clone());
        match self.operations.get_mut(&key) {
            Some(known) => {
                known.requests += more.requests;
                known.responses += more.responses;
                known.errors += more.errors;
                known.last = known.last.max(more.last);
                if order(&more.first) < order(&known.first) {
                    known.first = more.first;
                }
            }
            None if full => {
                let other = Operation::new("more_0", 0, model::OperationClass::Other);
                let key = (source, other.clone());
                if self.operations.contains_key(&key) || self.operations.len() == max {
                    let more = OperationCount { operation: other, ..more };
                    match self.operations.get_mut(&key) {
                        Some(known) => {
                            known.requests += more.requests;
                            known.responses += more.responses;
                            known.errors += more.errors;
                        }
                        None => {
                            self.operations.insert(key, more);
                        }
                    }
                }
            }
            None => {
                self.operations.insert(key, more);
            }
        }
    }
}

fn order(e: &Evidence) -> (Timestamp, model::CaptureId, u64) {
    (e.time, e.capture, e.frame)
}

/// A report of nothing yet.
pub(super) fn silent(key: ConversationKey, time: Timestamp) -> ConversationReport {
    ConversationReport {
        key,
        client_by: ClientBy::Content,
        vlan: None,
        encrypted: false,
        answered: false,
        packets: 0,
        bytes: 0,
        first: time,
        last: time,
        operations: Vec::new(),
    }
}

/// A fact of identity.
pub(super) fn identity(attribute: Attribute, value: Text, protocol: Name, confidence: Confidence) -> Fact {
    Fact::Identity { attribute, value, protocol, confidence }
}

/// A host that was heard. A log does not know times to live; 0 stands for that and proves nothing.
pub(super) fn heard(vlan: Option<u16>) -> Fact {
    Fact::Present { binding: Binding::Source { ttl: 0 }, vlan }
}
