//! What would be written to the other system: exact, repeatable, and never more than asked for.
//!
//! Nothing is ever deleted. A field that is empty there is filled; one that holds a value is people's, and is changed only when the rules
//! name it. A list is only added to. Planning again after the changes are made gives nothing.

use super::normal;
use super::seen::seen;
use super::{Difference, Pair, Reconciliation};
use crate::inventory::Asset;
use model::cmdb::{Change, Field, Target, ip, join, split};
use std::collections::{BTreeMap, BTreeSet};

/// What may be written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rules {
    /// Fields that may be changed although they hold a value.
    pub overwrite: BTreeSet<Field>,
    /// Fields that may be filled where they are empty; `None` for all.
    pub fill: Option<BTreeSet<Field>>,
    /// Whether records are made for assets that are on none. Only for those that can be found again by what is written.
    pub create: bool,
}

impl Rules {
    fn allow(&self, field: Field, holds_a_value: bool) -> bool {
        let named = self.overwrite.contains(&field);
        let fill = self.fill.as_ref().is_none_or(|fields| fields.contains(&field));
        named || (!holds_a_value && fill)
    }
}

/// The changes, in the order of the reconciliation and of the fields. What is ambiguous is never written.
pub fn plan(reconciliation: &Reconciliation<'_>, rules: &Rules) -> Vec<Change> {
    let contested = contested_serials(reconciliation);
    let filled = reconciliation.matched.iter().flat_map(|pair| of_pair(pair, rules));
    let missing = reconciliation.missing_in_cmdb.iter().filter(|_| rules.create);
    let is_contested = |c: &Change| {
        c.field == Field::Serial && normal::serial(&c.after).is_some_and(|serial| contested.contains(&serial))
    };
    filled.chain(missing.flat_map(|asset| of_new(asset, rules))).filter(|c| !is_contested(c)).collect()
}

/// Serial numbers that several assets tell: one that is written would make the next comparison take its record for another of them.
fn contested_serials(reconciliation: &Reconciliation<'_>) -> BTreeSet<String> {
    let Reconciliation { matched, missing_in_cmdb, ambiguous, outside, .. } = reconciliation;
    let assets = matched.iter().map(|pair| pair.asset).chain(missing_in_cmdb.iter().copied());
    let assets =
        assets.chain(ambiguous.iter().flat_map(|a| a.assets.iter().copied())).chain(outside.iter().copied());
    let once: BTreeMap<&str, &Asset> = assets.map(|asset| (asset.id.as_str(), asset)).collect();
    let mut known = BTreeSet::new();
    let serials = once.into_values().filter_map(|asset| normal::serial(&seen(asset, Field::Serial)?.value));
    serials.filter(|serial| !known.insert(serial.clone())).collect()
}

fn of_pair(pair: &Pair<'_>, rules: &Rules) -> impl Iterator<Item = Change> {
    let allowed = |d: &&Difference| rules.allow(d.field, d.theirs.is_some());
    pair.differs.iter().filter(allowed).map(|d| Change {
        target: Target::Record(pair.record.external_id.clone()),
        field: d.field,
        before: d.theirs.clone(),
        after: after(d),
        why: d.ours.why.clone(),
        evidence: Some(d.ours.evidence.clone()),
    })
}

/// Of a list, what is there and what is added.
fn after(difference: &Difference) -> String {
    match (&difference.theirs, difference.field.is_list()) {
        (Some(theirs), true) => join(split(theirs).chain(split(&difference.ours.value))),
        _ => difference.ours.value.clone(),
    }
}

fn of_new(asset: &Asset, rules: &Rules) -> Vec<Change> {
    let fields = Field::ALL.iter().copied().filter(|field| rules.allow(*field, false));
    let change = |field| {
        let seen = seen(asset, field)?;
        Some(Change {
            target: Target::New(asset.id.clone()),
            field,
            before: None,
            after: seen.value,
            why: seen.why,
            evidence: Some(seen.evidence),
        })
    };
    let changes: Vec<Change> = fields.filter_map(change).collect();
    if changes.iter().any(tells_who) { changes } else { Vec::new() }
}

/// By this value the new record is found again. One that nothing identifies would be made anew each time.
fn tells_who(change: &Change) -> bool {
    match change.field {
        Field::Macs => true,
        Field::Ips => split(&change.after).filter_map(|part| ip(part).ok()).any(normal::is_telling),
        Field::Serial => normal::serial(&change.after).is_some(),
        Field::Name => normal::name(&change.after).is_some(),
        _ => false,
    }
}
