//! Checks meet an inventory: which fire, on what, and by which packets.

use super::check::{Check, End, OnePer, Subject};
use super::expression::{Value, run};
use super::facts::{self, AssetFacts, ConversationFacts, Facts};
use super::schema::Item;
use crate::access::Access;
use crate::inventory::Inventory;
use model::Evidence;
use model::advisory::AssetMatch;
use model::finding::{Finding, FindingSubject};
use model::id::{AssetId, FindingId};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Most packets that a finding names; the earliest are kept.
const EVIDENCE_MAX: usize = 20;

/// What the checks say of an inventory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Evaluation {
    /// Worst first, then by check and subject.
    pub findings: Vec<Finding>,
    /// What could not be decided, by check and missing fact. A silence is never a pass.
    pub undecided: Vec<Undecided>,
}

/// Subjects that a check could not decide.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Undecided {
    /// The check.
    pub check: String,
    /// The field that was not seen; `asset` when the asset itself was only addressed and never heard.
    pub missing: &'static str,
    /// How many assets or conversations.
    pub subjects: u64,
}

/// One subject that a check fired on.
struct Hit<'a> {
    subject: FindingSubject,
    peer: &'a str,
    detail: String,
    evidence: Vec<&'a Evidence>,
}

enum Verdict<'a> {
    Fires(Hit<'a>),
    Holds,
    Unknown(&'static str),
}

/// Findings of one check while they are put together, by subject.
struct Merged<'a> {
    detail: String,
    evidence: BTreeSet<&'a Evidence>,
    peers: BTreeSet<&'a str>,
    hits: usize,
}

/// Runs `checks` in their order.
pub(super) fn evaluate<'c>(
    checks: impl Iterator<Item = &'c Check>,
    inventory: &Inventory,
    matches: &[AssetMatch],
    access: &Access,
) -> Evaluation {
    let strangers = facts::strangers(inventory);
    let facts = Facts::new(inventory, &strangers, matches, access);
    let mut out = Evaluation::default();
    for check in checks.filter(|c| c.maturity.is_run()) {
        one(check, &facts, &mut out);
    }
    let order = |f: &Finding| (Reverse(f.severity), f.check.clone(), f.subject.clone());
    out.findings.sort_by_cached_key(order);
    out
}

fn one<'a>(check: &'a Check, facts: &'a Facts<'a>, out: &mut Evaluation) {
    let mut merged: BTreeMap<FindingSubject, Merged<'a>> = BTreeMap::new();
    let mut unknown: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut take = |verdict| match verdict {
        Verdict::Fires(hit) => merge(check, &mut merged, hit),
        Verdict::Unknown(field) => *unknown.entry(field).or_default() += 1,
        Verdict::Holds => (),
    };
    match check.subject {
        Subject::Asset => facts.assets.iter().filter(|a| a.listed).for_each(|a| take(asset(check, a))),
        Subject::Conversation => facts.conversations.iter().for_each(|c| take(conversation(check, c, facts))),
    }
    let undecided = |(missing, subjects)| Undecided { check: check.id.clone(), missing, subjects };
    out.undecided.extend(unknown.into_iter().map(undecided));
    out.findings.extend(merged.into_iter().map(|(subject, m)| finding(check, subject, m)));
}

fn asset<'a>(check: &'a Check, asset: &'a AssetFacts<'a>) -> Verdict<'a> {
    let item = Item::Asset(asset);
    let subject = FindingSubject { asset: asset.asset.id.clone(), peer: None };
    judge(check, vec![Value::Item(item)], item, subject, "")
}

fn conversation<'a>(check: &'a Check, c: &'a ConversationFacts<'a>, facts: &'a Facts<'a>) -> Verdict<'a> {
    let (Some(client), Some(server)) = (facts.assets.get(c.client), facts.assets.get(c.server)) else {
        return Verdict::Unknown("asset");
    };
    // A host that talks to itself does so on no network: a capture of the loopback interface.
    if c.client == c.server {
        return Verdict::Holds;
    }
    let (about, peer) = match check.about {
        End::Server => (server, client),
        End::Client => (client, server),
    };
    let peer_id = (check.one_per == OnePer::Pair && peer.listed).then(|| peer.asset.id.clone());
    let subject = FindingSubject { asset: about.asset.id.clone(), peer: peer_id };
    let item = Item::Conversation(c);
    let stack = vec![Value::Item(item), Value::Item(Item::Asset(client)), Value::Item(Item::Asset(server))];
    match judge(check, stack, item, subject, &peer.asset.name) {
        Verdict::Fires(_) if !about.listed => Verdict::Unknown("asset"),
        verdict => verdict,
    }
}

fn judge<'a>(
    check: &'a Check,
    mut stack: Vec<Value<'a>>,
    item: Item<'a>,
    subject: FindingSubject,
    peer: &'a str,
) -> Verdict<'a> {
    let missing = match run(&check.when, &mut stack) {
        Value::Bool(true) => None,
        Value::Unknown(field) => Some(field),
        _ => return Verdict::Holds,
    };
    // The evidence is the second half of the condition: when it is not there, a missing fact in the first half decides nothing.
    let found = match found(check, &mut stack) {
        Ok(Some(items)) if items.is_empty() => return Verdict::Holds,
        Ok(found) => found,
        Err(field) => return Verdict::Unknown(missing.unwrap_or(field)),
    };
    if let Some(field) = missing {
        return Verdict::Unknown(field);
    }
    let evidence =
        found.as_ref().map_or_else(|| item.evidence(), |f| f.iter().flat_map(|i| i.evidence()).collect());
    if let Some(items) = found {
        stack.push(Value::List(items.into_iter().map(Value::Item).collect()));
    }
    Verdict::Fires(Hit { subject, peer, detail: check.detail.fill(&mut stack), evidence })
}

/// The records that the check's evidence names, `None` when it names none; an error when there is none for certain and at
/// least one could not be decided.
fn found<'a>(check: &'a Check, stack: &mut Vec<Value<'a>>) -> Result<Option<Vec<Item<'a>>>, &'static str> {
    let Some(source) = &check.evidence else { return Ok(None) };
    let Value::List(items) = run(&source.from, stack) else { return Ok(Some(Vec::new())) };
    let (mut found, mut unknown) = (Vec::new(), None);
    for value in items {
        let Value::Item(item) = value else { continue };
        stack.push(Value::Item(item));
        match run(&source.condition, stack) {
            Value::Bool(true) => found.push(item),
            Value::Unknown(field) => unknown = unknown.or(Some(field)),
            _ => (),
        }
        stack.pop();
    }
    match unknown {
        Some(field) if found.is_empty() => Err(field),
        _ => Ok(Some(found)),
    }
}

fn merge<'a>(check: &Check, merged: &mut BTreeMap<FindingSubject, Merged<'a>>, hit: Hit<'a>) {
    let entry = merged.entry(hit.subject).or_insert_with(|| Merged {
        detail: hit.detail,
        evidence: BTreeSet::new(),
        peers: BTreeSet::new(),
        hits: 0,
    });
    entry.hits += 1;
    entry.evidence.extend(hit.evidence);
    if check.subject == Subject::Conversation {
        entry.peers.insert(hit.peer);
    }
}

fn finding(check: &Check, subject: FindingSubject, merged: Merged<'_>) -> Finding {
    let more = match (merged.peers.len().saturating_sub(1), merged.hits.saturating_sub(1)) {
        (0, 0) => String::new(),
        (0, 1) => "and one more such conversation".to_owned(),
        (0, n) => format!("and {n} more such conversations"),
        (1, _) => "and one more host".to_owned(),
        (n, _) => format!("and {n} more hosts"),
    };
    let peer = subject.peer.as_ref().map_or("", AssetId::as_str);
    Finding {
        id: FindingId::of(&[&check.id, subject.asset.as_str(), peer]),
        check: check.id.clone(),
        title: check.title.clone(),
        severity: check.severity,
        detail: sentence(&merged.detail, &more),
        evidence: merged.evidence.into_iter().take(EVIDENCE_MAX).cloned().collect(),
        references: check.references.clone(),
        rationale: check.why.clone(),
        remediation: check.remedy.clone(),
        subject,
    }
}

/// Puts what was merged before the full stop.
fn sentence(detail: &str, more: &str) -> String {
    if more.is_empty() { detail.to_owned() } else { format!("{} ({more}).", detail.trim_end_matches('.')) }
}
