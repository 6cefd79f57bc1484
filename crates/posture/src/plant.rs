//! What people decided, as it holds now: a fold over decisions, in which the later one wins and an undone one never was.

use model::access::{Grant, Scope};
use model::plant::{Act, Anchor, Decision, Ruling, SavedView, Setting, Zone};
use model::statement::{Stance, Statement};
use model::{Text, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Who decided, when and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Witness {
    /// Number of the decision.
    pub decision: u64,
    /// Who.
    pub by: Text,
    /// When.
    pub at: Timestamp,
    /// Why; may be empty.
    pub why: Text,
}

impl Witness {
    fn of(decision: &Decision) -> Self {
        let Decision { number, at, by, why, .. } = decision;
        Self { decision: *number, by: by.clone(), at: *at, why: why.clone() }
    }

    /// A sentence's end: `by Jo on 2026-12-01: replaced last week`.
    pub fn sentence(&self) -> String {
        let at = self.at.to_string();
        let day = at.split('T').next().unwrap_or_default();
        let on = if self.at == Timestamp::default() { String::new() } else { format!(" on {day}") };
        let why = if self.why.is_empty() { String::new() } else { format!(": {}", self.why) };
        format!("by {}{on}{why}", self.by)
    }
}

/// Two addresses that a person joined or parted; the first is the one that comes or goes.
pub type Tie = ((Anchor, Anchor), Witness);

/// All that holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plant {
    /// What was said of a device's field.
    pub settings: BTreeMap<(Anchor, &'static str), (Setting, Witness)>,
    /// Zones by id.
    pub zones: BTreeMap<Text, (Zone, Witness)>,
    /// Rulings by id.
    pub rulings: BTreeMap<Text, (Ruling, Witness)>,
    /// Views by id.
    pub views: BTreeMap<Text, (SavedView, Witness)>,
    /// Rights given on devices, by id.
    pub grants: BTreeMap<Text, (Grant, Witness)>,
    /// Statements on vulnerabilities by id.
    pub statements: BTreeMap<Text, (Statement, Witness)>,
    /// Addresses that are one device.
    pub merges: BTreeMap<(Anchor, Anchor), Witness>,
    /// Addresses that are not: the first goes.
    pub splits: BTreeMap<(Anchor, Anchor), Witness>,
}

impl Plant {
    /// From decisions in the order of their numbers.
    pub fn of<'d>(decisions: impl DoubleEndedIterator<Item = &'d Decision> + Clone) -> Self {
        let undone = undone(decisions.clone());
        let mut plant = Self::default();
        for decision in decisions.filter(|d| !undone.contains(&d.number)) {
            plant.apply(decision);
        }
        plant
    }

    /// Takes a decision in that is newer than all before, and no undo.
    pub fn apply(&mut self, decision: &Decision) {
        let witness = Witness::of(decision);
        match &decision.act {
            Act::Set { asset, setting } => {
                self.settings.insert((*asset, setting.field()), (setting.clone(), witness));
            }
            Act::Clear { asset, field } => {
                self.settings.retain(|(anchor, word), _| anchor != asset || *word != field.as_str());
            }
            Act::Merge { asset, with } => {
                self.splits.remove(&(*asset, *with));
                self.splits.remove(&(*with, *asset));
                self.merges.insert((*asset, *with), witness);
            }
            Act::Split { asset, from } => {
                self.merges.remove(&(*asset, *from));
                self.merges.remove(&(*from, *asset));
                self.splits.insert((*asset, *from), witness);
            }
            Act::Zone { zone } => {
                self.zones.insert(zone.id.clone(), (zone.clone(), witness));
            }
            Act::RemoveZone { zone } => {
                self.zones.remove(zone);
            }
            Act::Rule { ruling } => {
                self.rulings.insert(ruling.id.clone(), (ruling.clone(), witness));
            }
            Act::RemoveRuling { ruling } => {
                self.rulings.remove(ruling);
            }
            Act::SaveView { view } => {
                self.views.insert(view.id.clone(), (view.clone(), witness));
            }
            Act::RemoveView { view } => {
                self.views.remove(view);
            }
            Act::Grant { grant } => {
                self.grants.insert(grant.id.clone(), (grant.clone(), witness));
            }
            Act::RemoveGrant { grant } => {
                self.grants.remove(grant);
            }
            Act::State { statement } => {
                self.statements.insert(statement.id.clone(), (statement.clone(), witness));
            }
            Act::RemoveStatement { statement } => {
                self.statements.remove(statement);
            }
            Act::Undo { .. } => {}
        }
    }

    /// What was said of a field of the device that has these addresses. Where more was said than one thing, the latest.
    pub fn said<'p>(&'p self, anchors: &'p [Anchor], field: &'static str) -> Option<&'p (Setting, Witness)> {
        let all = anchors.iter().filter_map(|anchor| self.settings.get(&(*anchor, field)));
        all.max_by_key(|(_, witness)| (witness.decision, witness.at))
    }
}

/// The numbers of decisions that were undone. From the newest on: an undo that was itself undone undoes nothing.
pub fn undone<'d>(decisions: impl DoubleEndedIterator<Item = &'d Decision>) -> BTreeSet<u64> {
    let mut undone = BTreeSet::new();
    for decision in decisions.rev() {
        match decision.act {
            Act::Undo { decision: other }
                if other < decision.number && !undone.contains(&decision.number) =>
            {
                undone.insert(other);
            }
            _ => {}
        }
    }
    undone
}

/// What is wrong with a decision before it is taken, given what holds; one sentence.
///
/// # Errors
/// It names what is not there, or could mean anything.
pub fn check(act: &Act, plant: &Plant, decisions: u64) -> Result<(), String> {
    match act {
        Act::Set { setting: Setting::Safety(_) | Setting::Role(_) | Setting::Level(_), .. } => Ok(()),
        Act::Set { setting: Setting::Criticality(_), .. } => Ok(()),
        Act::Set { asset, setting: Setting::Zone(zone) } if !plant.zones.contains_key(zone) => {
            Err(format!("{asset} is put into zone {zone}, which is not defined"))
        }
        Act::Set { setting, .. } if setting.value().is_empty() => {
            Err(format!("the {} is empty; take it back instead", setting.field()))
        }
        Act::Set { .. } | Act::Clear { .. } => Ok(()),
        Act::Merge { asset, with } | Act::Split { asset, from: with } if asset == with => {
            Err(format!("{asset} is named twice"))
        }
        Act::Merge { .. } | Act::Split { .. } => Ok(()),
        Act::Zone { zone } => check_zone(zone),
        Act::RemoveZone { zone } if !plant.zones.contains_key(zone) => {
            Err(format!("there is no zone {zone}"))
        }
        Act::Rule { ruling } => check_ruling(ruling),
        Act::RemoveRuling { ruling } if !plant.rulings.contains_key(ruling) => {
            Err(format!("there is no ruling {ruling}"))
        }
        Act::Grant { grant } => check_grant(grant, plant),
        Act::RemoveGrant { grant } if !plant.grants.contains_key(grant) => {
            Err(format!("there is no grant {grant}"))
        }
        Act::Undo { decision } if *decision == 0 || *decision > decisions => {
            Err(format!("there is no decision {decision}"))
        }
        Act::State { statement } => check_statement(statement),
        Act::RemoveStatement { statement } if !plant.statements.contains_key(statement) => {
            Err(format!("there is no statement {statement}"))
        }
        Act::SaveView { view } => check_view(view),
        Act::RemoveView { view } if !plant.views.contains_key(view) => {
            Err(format!("there is no view {view}"))
        }
        Act::RemoveZone { .. }
        | Act::RemoveRuling { .. }
        | Act::RemoveView { .. }
        | Act::RemoveGrant { .. }
        | Act::RemoveStatement { .. }
        | Act::Undo { .. } => Ok(()),
    }
}

/// Highest security level (IEC 62443-1-1, 11.3).
const SL_MAX: u8 = 4;

fn check_zone(zone: &Zone) -> Result<(), String> {
    let id = &zone.id;
    if !model::plant::is_id(id.as_str()) {
        return Err(format!(
            "\u{201c}{id}\u{201d} cannot be the id of a zone: letters, digits, `.`, `-` and `_`"
        ));
    }
    if zone.name.is_empty() {
        return Err(format!("zone {id} has no name"));
    }
    if zone.sl_t.is_some_and(|sl| sl > SL_MAX) {
        return Err(format!("zone {id}: a target security level is 0 to {SL_MAX}"));
    }
    if zone.members.iter().any(model::plant::Selector::is_empty) {
        return Err(format!("zone {id}: a selector that asks nothing would take every device"));
    }
    Ok(())
}

fn check_statement(statement: &Statement) -> Result<(), String> {
    let Statement { id, cve, status, justification, until, .. } = statement;
    if !model::plant::is_id(id.as_str()) {
        return Err(format!(
            "\u{201c}{id}\u{201d} cannot be the id of a statement: letters, digits, `.`, `-` and `_`"
        ));
    }
    if cve.is_empty() {
        return Err(format!("statement {id} names no CVE"));
    }
    match status {
        Stance::NotAffected if justification.is_none() => {
            Err(format!("statement {id}: why is {cve} no concern? `justification` is missing"))
        }
        Stance::Accepted if until.is_none() => {
            Err(format!("statement {id}: what is accepted is accepted until a date"))
        }
        _ => Ok(()),
    }
}

fn check_view(view: &SavedView) -> Result<(), String> {
    let SavedView { id, name, page, query, columns } = view;
    if !model::plant::is_id(id.as_str()) || !model::plant::is_id(page.as_str()) {
        return Err(format!(
            "\u{201c}{id}\u{201d} of \u{201c}{page}\u{201d}: the ids of views and pages have letters, digits, `.`, `-` and `_`"
        ));
    }
    if name.is_empty() || columns.len() > COLUMNS_MAX || query.len() > QUERY_BYTES_MAX {
        return Err(format!(
            "view {id} needs a name, at most {COLUMNS_MAX} columns and {QUERY_BYTES_MAX} bytes of filters"
        ));
    }
    Ok(())
}

/// More columns than any list has.
const COLUMNS_MAX: usize = 64;
/// Longer addresses are cut by some programs on the way.
const QUERY_BYTES_MAX: usize = 4_000;

fn check_ruling(ruling: &Ruling) -> Result<(), String> {
    let id = &ruling.id;
    if !model::plant::is_id(id.as_str()) {
        return Err(format!(
            "\u{201c}{id}\u{201d} cannot be the id of a ruling: letters, digits, `.`, `-` and `_`"
        ));
    }
    if ruling.verdict == model::plant::Verdict::Tolerated && ruling.until.is_none() {
        return Err(format!("ruling {id}: what is tolerated is tolerated until a date"));
    }
    Ok(())
}

fn check_grant(grant: &Grant, plant: &Plant) -> Result<(), String> {
    let id = &grant.id;
    if !model::plant::is_id(id.as_str()) {
        return Err(format!(
            "\u{201c}{id}\u{201d} cannot be the id of a grant: letters, digits, `.`, `-` and `_`"
        ));
    }
    let named = |name: &Option<Text>| name.as_ref().is_some_and(|n| !n.is_empty());
    if named(&grant.account) == named(&grant.group) {
        return Err(format!("grant {id}: a right is given to one account or to one group"));
    }
    if grant.on.is_empty() {
        return Err(format!("grant {id}: it names no devices"));
    }
    let unknown = grant.on.iter().find_map(|scope| match scope {
        Scope::Zone(zone) if !plant.zones.contains_key(zone) => Some(zone),
        _ => None,
    });
    unknown.map_or(Ok(()), |zone| Err(format!("grant {id}: there is no zone {zone}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Role;

    fn decision(number: u64, act: Act) -> Decision {
        Decision { number, at: Timestamp(number as i64), by: "Jo".into(), why: "".into(), act }
    }

    fn anchor(text: &str) -> Anchor {
        text.parse().unwrap()
    }

    fn role(number: u64, role: Role) -> Decision {
        decision(number, Act::Set { asset: anchor("10.0.0.1"), setting: Setting::Role(role) })
    }

    fn said(decisions: &[Decision]) -> Option<String> {
        let plant = Plant::of(decisions.iter());
        plant.said(&[anchor("10.0.0.1")], "role").map(|(s, _)| s.value().to_string())
    }

    #[test]
    fn the_later_wins_and_undo_can_be_undone() {
        let undo = |number, other| decision(number, Act::Undo { decision: other });
        let mut all = vec![role(1, Role::Plc), role(2, Role::Rtu)];
        assert_eq!(said(&all).as_deref(), Some("rtu"));
        all.push(undo(3, 2));
        assert_eq!(said(&all).as_deref(), Some("plc"));
        all.push(undo(4, 3));
        assert_eq!(said(&all).as_deref(), Some("rtu"));
        all.push(decision(5, Act::Clear { asset: anchor("10.0.0.1"), field: "role".into() }));
        assert_eq!(said(&all), None);
        // An undo of the future, or of itself, is nothing.
        all.push(undo(6, 6));
        all.push(undo(7, 99));
        assert_eq!(said(&all), None);
    }

    #[test]
    fn merges_and_splits_of_one_pair_replace_each_other() {
        let (a, b) = (anchor("10.0.0.1"), anchor("10.0.0.2"));
        let all =
            [decision(1, Act::Merge { asset: a, with: b }), decision(2, Act::Split { asset: b, from: a })];
        let plant = Plant::of(all.iter());
        assert!(plant.merges.is_empty() && plant.splits.contains_key(&(b, a)));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let zone = |id: &str, sl_t| Zone {
            id: id.into(),
            name: "Cell".into(),
            level: None,
            sl_t,
            site: None,
            members: Vec::new(),
            note: None,
        };
        let ask = |act: Act| check(&act, &Plant::default(), 3);
        assert!(ask(Act::Zone { zone: zone("cell-1", Some(4)) }).is_ok());
        for (id, sl) in [("", None), ("any", None), ("10.0.0.1", None), ("a b", None), ("cell", Some(5))] {
            assert!(ask(Act::Zone { zone: zone(id, sl) }).is_err(), "{id}");
        }
        assert!(ask(Act::Undo { decision: 4 }).is_err() && ask(Act::Undo { decision: 3 }).is_ok());
        assert!(ask(Act::Merge { asset: anchor("10.0.0.1"), with: anchor("10.0.0.1") }).is_err());
        let nowhere = Setting::Zone("nowhere".into());
        assert!(ask(Act::Set { asset: anchor("10.0.0.1"), setting: nowhere }).is_err());
        let view = |name: &str, page: &str| SavedView {
            id: "mine".into(),
            name: name.into(),
            page: page.into(),
            query: "role=plc".into(),
            columns: Vec::new(),
        };
        assert!(ask(Act::SaveView { view: view("Mine", "assets") }).is_ok());
        assert!(ask(Act::SaveView { view: view("", "assets") }).is_err());
        assert!(ask(Act::SaveView { view: view("Mine", "../assets") }).is_err());
        let name = Setting::Name("".into());
        assert!(ask(Act::Set { asset: anchor("10.0.0.1"), setting: name }).is_err());
    }
}
