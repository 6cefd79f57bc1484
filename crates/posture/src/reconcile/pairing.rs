//! Which asset is which record. See the head of [`super`] for the rules.

use super::identity::{Identity, Key, Strength};
use super::normal::Makers;
use super::{Ambiguous, REASONS_MAX, Shared};
use crate::inventory::Asset;
use model::cmdb::Record;
use std::collections::BTreeMap;

/// Assets times records that share a key, from which on the key makes no pairs: a name that hundreds have names nobody.
const CROWD: usize = 256;

/// The outcome.
pub(super) struct Paired<'a> {
    pub(super) pairs: Vec<(&'a Asset, &'a Record, Vec<Shared>)>,
    pub(super) assets_left: Vec<&'a Asset>,
    pub(super) records_left: Vec<&'a Record>,
    pub(super) ambiguous: Vec<Ambiguous<'a>>,
}

/// One asset and one record that share something.
struct Edge {
    asset: usize,
    record: usize,
    shared: Vec<Shared>,
    strength: Strength,
    contradiction: Option<String>,
}

/// A key that too many share: the assets and records that have it.
struct Crowd {
    key: Key,
    assets: Vec<usize>,
    records: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Nothing decided.
    Open,
    /// Several are as likely: not matched by weaker evidence.
    Torn,
    /// Paired with that one of the other side.
    Paired(usize),
}

/// Pairs assets with records.
pub(super) fn pair<'a>(assets: &'a [Asset], records: &'a [Record], makers: &mut Makers) -> Paired<'a> {
    // In an order that the records' own order does not change.
    let mut assets: Vec<&Asset> = assets.iter().collect();
    let mut records: Vec<&Record> = records.iter().collect();
    assets.sort_by(|a, b| a.id.cmp(&b.id));
    records.sort();
    let ours: Vec<Identity> = assets.iter().map(|a| Identity::of_asset(a, makers)).collect();
    let theirs: Vec<Identity> = records.iter().map(|r| Identity::of_record(r, makers)).collect();
    let (mut edges, crowds) = edges(&ours, &theirs);
    let mut sides = Sides::new(assets.len(), records.len());
    sides.settle(&edges);
    sides.look_again(&mut edges, &ours, &theirs);
    let ambiguous = sides.ambiguous(&edges, &crowds, &assets, &records);
    let mut pairs = Vec::new();
    for edge in edges {
        if sides.assets.get(edge.asset) == Some(&State::Paired(edge.record))
            && let (Some(asset), Some(record)) = (assets.get(edge.asset), records.get(edge.record))
        {
            pairs.push((*asset, *record, edge.shared));
        }
    }
    Paired {
        pairs,
        assets_left: left(&assets, &sides.assets),
        records_left: left(&records, &sides.records),
        ambiguous,
    }
}

fn left<'a, T>(all: &[&'a T], states: &[State]) -> Vec<&'a T> {
    all.iter().zip(states).filter(|(_, state)| **state == State::Open).map(|(one, _)| *one).collect()
}

/// Every asset and record that share a key, sorted; and the keys that too many share.
fn edges(ours: &[Identity], theirs: &[Identity]) -> (Vec<Edge>, Vec<Crowd>) {
    let mut by_key: BTreeMap<Key, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for (at, identity) in ours.iter().enumerate() {
        identity.keys().for_each(|key| by_key.entry(key).or_default().0.push(at));
    }
    for (at, identity) in theirs.iter().enumerate() {
        for key in identity.keys() {
            // What only records have pairs nobody.
            if let Some((_, records)) = by_key.get_mut(&key) {
                records.push(at);
            }
        }
    }
    let (mut ends, mut crowds) = (Vec::new(), Vec::new());
    for (key, (assets, records)) in by_key {
        if assets.len().saturating_mul(records.len()) > CROWD {
            crowds.push(Crowd { key, assets, records });
        } else {
            ends.extend(assets.iter().flat_map(|a| records.iter().map(|r| (*a, *r))));
        }
    }
    ends.sort_unstable();
    ends.dedup();
    (ends.into_iter().filter_map(|(a, r)| edge(a, r, ours.get(a)?, theirs.get(r)?)).collect(), crowds)
}

fn edge(asset: usize, record: usize, ours: &Identity, theirs: &Identity) -> Option<Edge> {
    let shared = ours.shared(theirs);
    let strength = Strength::of(&shared);
    let contradiction = ours.contradiction(theirs, strength);
    (!shared.is_empty()).then_some(Edge { asset, record, shared, strength, contradiction })
}

/// How far each asset and record is decided.
struct Sides {
    assets: Vec<State>,
    records: Vec<State>,
}

impl Sides {
    fn new(assets: usize, records: usize) -> Self {
        Self { assets: vec![State::Open; assets], records: vec![State::Open; records] }
    }

    fn asset(&self, edge: &Edge) -> State {
        self.assets.get(edge.asset).copied().unwrap_or(State::Torn)
    }

    fn record(&self, edge: &Edge) -> State {
        self.records.get(edge.record).copied().unwrap_or(State::Torn)
    }

    /// Strongest first; all edges of one strength are decided at once, so that none goes before another.
    fn settle(&mut self, edges: &[Edge]) {
        let mut levels: BTreeMap<Strength, Vec<&Edge>> = BTreeMap::new();
        for edge in edges.iter().filter(|e| e.contradiction.is_none()) {
            levels.entry(edge.strength).or_default().push(edge);
        }
        let all: Vec<&Edge> = levels.values().flatten().copied().collect();
        for (strength, level) in levels.iter().rev() {
            let rivals = self.rivals(&all, *strength);
            let open = |e: &&&Edge| self.asset(e) == State::Open && self.record(e) == State::Open;
            let decided: Vec<(&Edge, bool)> =
                level.iter().filter(open).map(|e| (*e, rivals.is_alone(e))).collect();
            for (edge, alone) in decided {
                let state = |other| if alone { State::Paired(other) } else { State::Torn };
                set(&mut self.assets, edge.asset, state(edge.record));
                set(&mut self.records, edge.record, state(edge.asset));
            }
        }
    }

    /// How many edges each end has that speak against pairs of this strength: those as strong or stronger, and weaker ones by evidence
    /// that names one device for good and that the pair lacks.
    fn rivals(&self, all: &[&Edge], strength: Strength) -> Rivals {
        let mut rivals =
            Rivals { of_asset: vec![0; self.assets.len()], of_record: vec![0; self.records.len()] };
        for edge in all {
            let counts = edge.strength >= strength || strength.is_gainsaid_by(edge.strength);
            let paired = |state| matches!(state, State::Paired(_));
            if counts && !paired(self.asset(edge)) && !paired(self.record(edge)) {
                count(&mut rivals.of_asset, edge.asset);
                count(&mut rivals.of_record, edge.record);
            }
        }
        rivals
    }
}

/// Edges by the place of the asset and of the record.
struct Rivals {
    of_asset: Vec<u32>,
    of_record: Vec<u32>,
}

impl Rivals {
    /// Nothing but the edge itself.
    fn is_alone(&self, edge: &Edge) -> bool {
        self.of_asset.get(edge.asset) == Some(&1) && self.of_record.get(edge.record) == Some(&1)
    }
}

fn count(counts: &mut [u32], at: usize) {
    if let Some(slot) = counts.get_mut(at) {
        *slot += 1;
    }
}

fn set(states: &mut [State], at: usize, state: State) {
    if let Some(slot) = states.get_mut(at) {
        *slot = state;
    }
}

impl Sides {
    /// What is left and tied to something, in groups; those in a group are no longer open.
    fn ambiguous<'a>(
        &mut self,
        edges: &[Edge],
        crowds: &[Crowd],
        assets: &[&'a Asset],
        records: &[&'a Record],
    ) -> Vec<Ambiguous<'a>> {
        let mut groups = Groups::new(assets.len() + records.len());
        for edge in edges.iter().filter(|e| self.is_loose(e)) {
            let why = reason(edge, assets, records);
            groups.join(edge.asset, assets.len() + edge.record, why);
        }
        for crowd in crowds {
            self.add_crowd(crowd, assets.len(), &mut groups);
        }
        let found = groups.into_members();
        found.into_values().map(|(members, why)| self.group(&members, why, assets, records)).collect()
    }

    /// Whose record turned out to be another's is held against all that is known of that other one, too: only then filling in the
    /// record cannot change what is said of the rest.
    fn look_again(&self, edges: &mut [Edge], ours: &[Identity], theirs: &[Identity]) {
        for edge in edges.iter_mut().filter(|e| e.contradiction.is_none()) {
            if let State::Paired(owner) = self.record(edge)
                && owner != edge.asset
                && let (Some(asset), Some(record), Some(owner)) =
                    (ours.get(edge.asset), theirs.get(edge.record), ours.get(owner))
            {
                edge.contradiction = asset.contradiction(&record.together(owner), edge.strength);
            }
        }
    }

    /// An edge that must be shown: one end is undecided, and the other may be it.
    fn is_loose(&self, edge: &Edge) -> bool {
        let paired = |state| matches!(state, State::Paired(_));
        let (asset, record) = (paired(self.asset(edge)), paired(self.record(edge)));
        match edge.contradiction {
            // Contradicted, and one of them is known to be somebody else: then the other is simply another.
            Some(_) => !asset && !record,
            None => !(asset && record),
        }
    }

    fn add_crowd(&self, crowd: &Crowd, offset: usize, groups: &mut Groups) {
        let open = |states: &[State], at: &usize| {
            states.get(*at).is_some_and(|state| !matches!(state, State::Paired(_)))
        };
        let assets: Vec<usize> = crowd.assets.iter().copied().filter(|at| open(&self.assets, at)).collect();
        let records: Vec<usize> =
            crowd.records.iter().copied().filter(|at| open(&self.records, at)).collect();
        let (Some(first), Some(_)) = (assets.first(), records.first()) else { return };
        let why = format!(
            "{} assets and {} records share the {}, which names none of them",
            crowd.assets.len(),
            crowd.records.len(),
            words(&crowd.key)
        );
        let members = assets.iter().copied().chain(records.iter().map(|at| offset + at));
        members.for_each(|member| groups.join(*first, member, String::new()));
        groups.join(*first, *first, why);
    }

    fn group<'a>(
        &mut self,
        members: &[usize],
        why: Vec<String>,
        assets: &[&'a Asset],
        records: &[&'a Record],
    ) -> Ambiguous<'a> {
        let mut group = Ambiguous { assets: Vec::new(), records: Vec::new(), why };
        for &member in members {
            let record = member.checked_sub(assets.len());
            match record {
                None => {
                    group.assets.extend(assets.get(member));
                    tear(&mut self.assets, member);
                }
                Some(at) => {
                    group.records.extend(records.get(at));
                    tear(&mut self.records, at);
                }
            }
        }
        group
    }
}

/// What is open is so no longer; pairs stay.
fn tear(states: &mut [State], at: usize) {
    if states.get(at) == Some(&State::Open) {
        set(states, at, State::Torn);
    }
}

fn words(key: &Key) -> String {
    match key {
        Key::Serial(text) => format!("serial number {text}"),
        Key::Mac(mac) => format!("MAC address {mac}"),
        Key::Ip(ip) => format!("IP address {ip}"),
        Key::Name(text) => format!("name {text}"),
    }
}

fn reason(edge: &Edge, assets: &[&Asset], records: &[&Record]) -> String {
    let asset = assets.get(edge.asset).map(|a| a.name.as_str()).unwrap_or_default();
    let record = records.get(edge.record).map(|r| r.external_id.as_str()).unwrap_or_default();
    let shared: Vec<String> = edge.shared.iter().map(|s| format!("{} {}", s.by.words(), s.value)).collect();
    let but = edge.contradiction.as_ref().map(|why| format!(", but {why}")).unwrap_or_default();
    format!("{asset} and record {record} share the {}{but}", shared.join(" and the "))
}

/// Disjoint groups of members that were joined, with the reasons.
struct Groups {
    parent: Vec<usize>,
    joined: Vec<bool>,
    reasons: Vec<(usize, String)>,
}

impl Groups {
    fn new(members: usize) -> Self {
        Self { parent: (0..members).collect(), joined: vec![false; members], reasons: Vec::new() }
    }

    /// The member that stands for the group.
    fn root(&mut self, mut member: usize) -> usize {
        while let Some(&parent) = self.parent.get(member).filter(|p| **p != member) {
            let above = self.parent.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.parent.get_mut(member) {
                *slot = above;
            }
            member = parent;
        }
        member
    }

    fn join(&mut self, a: usize, b: usize, why: String) {
        let (low, high) = (self.root(a).min(self.root(b)), self.root(a).max(self.root(b)));
        if let Some(slot) = self.parent.get_mut(high) {
            *slot = low;
        }
        for member in [a, b] {
            if let Some(slot) = self.joined.get_mut(member) {
                *slot = true;
            }
        }
        if !why.is_empty() {
            self.reasons.push((a, why));
        }
    }

    /// By root: members in order, and the first reasons.
    fn into_members(mut self) -> BTreeMap<usize, (Vec<usize>, Vec<String>)> {
        let mut out: BTreeMap<usize, (Vec<usize>, Vec<String>)> = BTreeMap::new();
        for member in 0..self.parent.len() {
            if self.joined.get(member) == Some(&true) {
                let root = self.root(member);
                out.entry(root).or_default().0.push(member);
            }
        }
        for (member, why) in std::mem::take(&mut self.reasons) {
            let root = self.root(member);
            let (_, reasons) = out.entry(root).or_default();
            if reasons.len() < REASONS_MAX {
                reasons.push(why);
            }
        }
        out
    }
}
