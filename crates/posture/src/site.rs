//! The fold: everything the journal says of one site, kept as sets that merge in any order.
//!
//! Nothing here is a conclusion. Which addresses are one device, what it is and what is wrong with it is worked out from these
//! sets by pure functions ([`crate::identity`], [`crate::classify`]).

use crate::inventory::MessageCounts;
use model::access::Listed;
use model::cmdb::Record;
use model::conversation::{ClientBy, ConversationKey, ConversationReport, OperationCount};
use model::evidence::CaptureId;
use model::journal::{Capture, Entry};
use model::network::NetworkDevice;
use model::observation::{Binding, GapKind, SecretUse, SignIn};
use model::plant::Decision;
use model::{
    Attribute, Confidence, Evidence, Fact, Host, Mac, Name, Observation, Part, Subject, Text, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// An address as a key: facts hang on the IP address where there is one, else on the MAC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Address {
    /// A MAC address.
    Mac(Mac),
    /// An IP address.
    Ip(IpAddr),
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Mac(mac) => mac.fmt(f),
            Self::Ip(ip) => ip.fmt(f),
        }
    }
}

/// What was seen of a MAC and an IP address as the source of the same packets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pair {
    /// Strongest tie that is not merely [`Binding::Source`].
    pub bound: Option<Binding>,
    /// Times to live it was the source with.
    pub ttls: BTreeSet<u8>,
    /// The first frame.
    pub evidence: Evidence,
}

/// When and where an address was first heard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Presence {
    /// The first frame it sent.
    pub evidence: Evidence,
    /// VLANs.
    pub vlans: BTreeSet<u16>,
}

/// How sure a claim is and who saw it first.
pub type Witnessed = (Confidence, Evidence);
/// Claims of one subject.
pub type Claims = BTreeMap<(Attribute, Text, Name), Witnessed>;

/// A conversation's totals.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Totals {
    /// How the client was decided, best.
    pub client_by: ClientBy,
    /// VLAN of the earliest report that had one.
    pub vlan: Option<u16>,
    /// Encrypted.
    pub encrypted: bool,
    /// Answered.
    pub answered: bool,
    /// Frames.
    pub packets: u64,
    /// Bytes on the wire.
    pub bytes: u64,
    /// First frame's time.
    pub first: Timestamp,
    /// Last frame's time.
    pub last: Timestamp,
    /// First frame.
    pub evidence: Evidence,
    /// Operations by class, code and name.
    pub operations: BTreeMap<model::Operation, OperationCount>,
}

/// Claims kept of one subject; a flood of invented names must not fill the memory.
const CLAIMS_MAX: usize = 2_000;
/// Subjects, address pairs, conversations and sign-ins kept, of each: a million devices with a MAC and an IP address, and room to spare.
/// Addresses that senders invent are bounded before, by the sensor (`model::limits`).
const SUBJECTS_MAX: usize = 2_500_000;

/// The state of one site.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Site {
    /// Captures, by id.
    pub captures: BTreeMap<CaptureId, Capture>,
    /// Addresses that were heard.
    pub heard: BTreeMap<Address, Presence>,
    /// MAC and IP addresses seen together.
    pub pairs: BTreeMap<(IpAddr, Mac), Pair>,
    /// What was said of whom.
    pub claims: BTreeMap<(Address, Option<Part>), Claims>,
    /// Who talks to whom.
    pub conversations: BTreeMap<ConversationKey, Totals>,
    /// Sign-ins: server, sign-in, first evidence, last time.
    pub sign_ins: BTreeMap<(Host, SignIn), (Evidence, Timestamp)>,
    /// Secrets that passed in clear: server, fingerprint, first evidence, last time.
    pub secrets: BTreeMap<(Host, SecretUse), (Evidence, Timestamp)>,
    /// Message counts.
    pub messages: MessageCounts,
    /// Blindness.
    pub gaps: BTreeMap<GapKind, u64>,
    /// What people decided, by number.
    pub decisions: BTreeMap<u64, Decision>,
    /// How network devices are configured, by the file that says so.
    pub networks: BTreeMap<CaptureId, NetworkDevice>,
    /// What other systems have on record, by the list that says so.
    pub records: BTreeMap<CaptureId, Vec<Record>>,
    /// Accounts, groups and grants, by the list that says so.
    pub listed: BTreeMap<CaptureId, Vec<Listed>>,
    /// Facts that did not fit any more.
    pub overflow: u64,
}

impl Site {
    /// Folds one entry in.
    pub fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Capture(capture) => {
                self.captures.insert(capture.id, capture.clone());
            }
            Entry::Observed(observation) => self.observe(observation),
            Entry::Configured { capture, device } => {
                self.networks.insert(*capture, (**device).clone());
            }
            Entry::Recorded { capture, records } => {
                self.records.entry(*capture).or_default().extend_from_slice(records);
            }
            Entry::Listed { capture, listed } => {
                self.listed.entry(*capture).or_default().extend_from_slice(listed);
            }
            Entry::Decided(decision) => {
                self.decisions.insert(decision.number, decision.clone());
            }
        }
    }

    /// Folds one observation in.
    pub fn observe(&mut self, o: &Observation) {
        match &o.fact {
            Fact::Present { binding, vlan } => self.present(o.subject.host, *binding, *vlan, &o.evidence),
            Fact::Identity { attribute, value, protocol, confidence } => {
                self.claim(
                    o.subject,
                    (*attribute, value.clone(), protocol.clone()),
                    *confidence,
                    &o.evidence,
                );
            }
            Fact::Conversation(report) => self.conversation(report, &o.evidence),
            Fact::SignIn(sign_in) => self.sign_in(o.subject.host, sign_in, &o.evidence),
            Fact::Secret(secret) => self.secret(o.subject.host, secret, &o.evidence),
            Fact::Messages { protocol, counter, direction, code, count } => {
                let key = (protocol.clone(), counter.clone(), *direction, code.clone());
                *self.messages.entry(key).or_default() += count;
            }
            Fact::Gap { kind, count } => *self.gaps.entry(*kind).or_default() += count,
        }
    }

    fn present(&mut self, host: Host, binding: Binding, vlan: Option<u16>, evidence: &Evidence) {
        let addresses = [host.mac.map(Address::Mac), host.ip.map(Address::Ip)];
        // A declared pair names someone; only a frame of its own shows that it is there.
        let heard = !matches!(binding, Binding::Declared);
        for address in addresses.into_iter().flatten().filter(|_| heard) {
            if self.heard.len() >= SUBJECTS_MAX && !self.heard.contains_key(&address) {
                self.overflow += 1;
                continue;
            }
            let presence = self
                .heard
                .entry(address)
                .or_insert_with(|| Presence { evidence: evidence.clone(), vlans: BTreeSet::new() });
            presence.vlans.extend(vlan);
            earlier(&mut presence.evidence, evidence);
        }
        if let (Some(mac), Some(ip)) = (host.mac, host.ip) {
            self.pair(ip, mac, binding, evidence);
        }
    }

    fn pair(&mut self, ip: IpAddr, mac: Mac, binding: Binding, evidence: &Evidence) {
        if self.pairs.len() >= SUBJECTS_MAX && !self.pairs.contains_key(&(ip, mac)) {
            self.overflow += 1;
            return;
        }
        let pair = self.pairs.entry((ip, mac)).or_insert_with(|| Pair {
            bound: None,
            ttls: BTreeSet::new(),
            evidence: evidence.clone(),
        });
        earlier(&mut pair.evidence, evidence);
        match binding {
            Binding::Source { ttl } => {
                pair.ttls.insert(ttl);
            }
            _ => pair.bound = pair.bound.max(Some(binding)),
        }
    }

    fn claim(
        &mut self,
        subject: Subject,
        key: (Attribute, Text, Name),
        confidence: Confidence,
        evidence: &Evidence,
    ) {
        let Some(address) = address_of(subject.host) else { return };
        let full = self.claims.len() >= SUBJECTS_MAX;
        let claims = match self.claims.entry((address, subject.part)) {
            std::collections::btree_map::Entry::Vacant(_) if full => {
                self.overflow += 1;
                return;
            }
            entry => entry.or_default(),
        };
        if claims.len() >= CLAIMS_MAX && !claims.contains_key(&key) {
            self.overflow += 1;
            return;
        }
        let known = claims.entry(key).or_insert_with(|| (confidence, evidence.clone()));
        known.0 = known.0.max(confidence);
        earlier(&mut known.1, evidence);
    }

    fn conversation(&mut self, report: &ConversationReport, evidence: &Evidence) {
        if self.conversations.len() >= SUBJECTS_MAX && !self.conversations.contains_key(&report.key) {
            self.overflow += 1;
            return;
        }
        let totals = self.conversations.entry(report.key.clone()).or_insert_with(|| Totals {
            client_by: report.client_by,
            vlan: None,
            encrypted: false,
            answered: false,
            packets: 0,
            bytes: 0,
            first: report.first,
            last: report.last,
            evidence: evidence.clone(),
            operations: BTreeMap::new(),
        });
        totals.add(report, evidence);
    }

    fn sign_in(&mut self, server: Host, sign_in: &SignIn, evidence: &Evidence) {
        let key = (server, sign_in.clone());
        if self.sign_ins.len() >= SUBJECTS_MAX && !self.sign_ins.contains_key(&key) {
            self.overflow += 1;
            return;
        }
        let known = self.sign_ins.entry(key).or_insert_with(|| (evidence.clone(), evidence.time));
        known.1 = known.1.max(evidence.time);
        earlier(&mut known.0, evidence);
    }

    fn secret(&mut self, server: Host, secret: &SecretUse, evidence: &Evidence) {
        let key = (server, secret.clone());
        if self.secrets.len() >= SUBJECTS_MAX && !self.secrets.contains_key(&key) {
            self.overflow += 1;
            return;
        }
        let known = self.secrets.entry(key).or_insert_with(|| (evidence.clone(), evidence.time));
        known.1 = known.1.max(evidence.time);
        earlier(&mut known.0, evidence);
    }
}

impl Totals {
    /// Takes another conversation between the same ends in.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.client_by = self.client_by.max(other.client_by);
        self.vlan = self.vlan.or(other.vlan);
        self.encrypted |= other.encrypted;
        self.answered |= other.answered;
        self.packets += other.packets;
        self.bytes += other.bytes;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        earlier(&mut self.evidence, &other.evidence);
    }

    fn add(&mut self, report: &ConversationReport, evidence: &Evidence) {
        self.client_by = self.client_by.max(report.client_by);
        if self.vlan.is_none() || report.first < self.first {
            self.vlan = report.vlan.or(self.vlan);
        }
        self.encrypted |= report.encrypted;
        self.answered |= report.answered;
        self.packets += report.packets;
        self.bytes += report.bytes;
        self.first = self.first.min(report.first);
        self.last = self.last.max(report.last);
        earlier(&mut self.evidence, evidence);
        for count in &report.operations {
            match self.operations.get_mut(&count.operation) {
                Some(known) => add_operation(known, count),
                None => {
                    self.operations.insert(count.operation.clone(), count.clone());
                }
            }
        }
    }
}

/// Adds the counts of one operation up and keeps its first witness.
pub(crate) fn add_operation(known: &mut OperationCount, more: &OperationCount) {
    known.requests += more.requests;
    known.responses += more.responses;
    known.errors += more.errors;
    known.last = known.last.max(more.last);
    earlier(&mut known.first, &more.first);
}

/// The key a host's facts hang on.
pub(crate) fn address_of(host: Host) -> Option<Address> {
    host.ip.map(Address::Ip).or(host.mac.map(Address::Mac))
}

/// Keeps the earlier of two witnesses, whatever order they come in.
fn earlier(known: &mut Evidence, other: &Evidence) {
    let order = |e: &Evidence| (e.time, e.capture, e.frame);
    if (order(other), other) < (order(known), &*known) {
        *known = other.clone();
    }
}
