//! People's word on vulnerabilities: it wins over matching, is marked as theirs, and comes back for review when its date has passed.

use crate::inventory::{Asset, Inventory};
use crate::plant::Witness;
use crate::said::anchors;
use model::Timestamp;
use model::advisory::{AssetMatch, Match, MatchStatus};
use model::id::AssetId;
use model::plant::Anchor;
use model::statement::{Stance, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// What a person said of a match.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stated {
    /// The statement.
    pub statement: Statement,
    /// Who, when and why.
    pub by: Witness,
    /// Its date has passed: it holds no more.
    pub expired: bool,
}

impl Stated {
    /// It holds, and says that the vulnerability is borne with.
    pub fn is_acceptance(&self) -> bool {
        !self.expired && self.statement.status == Stance::Accepted
    }
}

/// Of several statements the one that still holds, then the one that names devices, then the latest.
fn weight(stated: &Stated) -> (bool, bool, u64) {
    (!stated.expired, !stated.statement.assets.is_empty(), stated.by.decision)
}

/// Lets what people said win, and answers what was said of which match, by its place.
pub fn settle(inventory: &Inventory, matches: &mut [AssetMatch], now: Timestamp) -> BTreeMap<usize, Stated> {
    let mut by_cve: BTreeMap<String, Vec<Stated>> = BTreeMap::new();
    for (statement, by) in inventory.plant.statements.values() {
        let expired = statement.until.is_some_and(|until| until < now);
        let stated = Stated { statement: statement.clone(), by: by.clone(), expired };
        by_cve.entry(statement.cve.as_str().to_uppercase()).or_default().push(stated);
    }
    if by_cve.is_empty() {
        return BTreeMap::new();
    }
    let concerned: BTreeSet<&AssetId> = matches.iter().map(|m| &m.asset).collect();
    let addresses: BTreeMap<AssetId, Vec<Anchor>> = inventory
        .assets
        .iter()
        .filter(|asset| concerned.contains(&asset.id))
        .map(|asset: &Asset| (asset.id.clone(), anchors(asset)))
        .collect();
    let mut all = BTreeMap::new();
    for (at, m) in matches.iter_mut().enumerate() {
        let name = if m.found.cve.is_empty() { &m.found.advisory } else { &m.found.cve };
        let own = addresses.get(&m.asset).map(Vec::as_slice).unwrap_or_default();
        let meant =
            |s: &&Stated| s.statement.assets.is_empty() || s.statement.assets.iter().any(|a| own.contains(a));
        let said = by_cve.get(&name.to_uppercase()).into_iter().flatten().filter(meant);
        if let Some(stated) = said.max_by_key(|s| weight(s)).cloned() {
            apply(&mut m.found, &stated);
            all.insert(at, stated);
        }
    }
    all
}

fn apply(found: &mut Match, stated: &Stated) {
    let status = match stated.statement.status {
        Stance::NotAffected => MatchStatus::NotAffected,
        Stance::Fixed => MatchStatus::Fixed,
        // It concerns the device all the same.
        Stance::Accepted => return,
    };
    if stated.expired || !matches!(found.status, MatchStatus::Affected | MatchStatus::Possible) {
        return;
    }
    let why = stated.statement.justification.map(|j| format!(" ({})", j.as_str().replace('_', " ")));
    let word = stated.statement.status.as_str().replace('_', " ");
    found.status = status;
    found.missing = None;
    found.reason = format!(
        "said to be {word}{} {}. By itself: {}",
        why.unwrap_or_default(),
        stated.by.sentence(),
        found.reason
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plant::Plant;
    use model::plant::{Act, Decision};
    use model::statement::Justification;

    fn matched(cve: &str, status: MatchStatus) -> AssetMatch {
        let found = Match {
            advisory: "ICSA-24-001-01".into(),
            cve: cve.into(),
            status,
            reason: "\u{201c}X\u{201d} is meant.".into(),
            confidence: 0.9,
            missing: None,
            score: None,
        };
        AssetMatch { asset: AssetId::of(&["ip", "10.0.0.1"]), module: None, found }
    }

    fn said(acts: Vec<Act>, matches: &mut [AssetMatch], now: i64) -> BTreeMap<usize, Stated> {
        let decision = |(number, act)| Decision {
            number,
            at: Timestamp(0),
            by: "Jo".into(),
            why: "the port is closed".into(),
            act,
        };
        let decisions: Vec<Decision> = (1..).zip(acts).map(decision).collect();
        let inventory = Inventory { plant: Plant::of(decisions.iter()), ..Inventory::default() };
        settle(&inventory, matches, Timestamp(now))
    }

    fn state(id: &str, status: Stance, until: Option<i64>) -> Act {
        Act::State {
            statement: Statement {
                id: id.into(),
                cve: "CVE-2024-0001".into(),
                assets: Vec::new(),
                status,
                justification: Some(Justification::VulnerableCodeCannotBeControlledByAdversary),
                until: until.map(Timestamp),
            },
        }
    }

    #[test]
    fn a_statement_wins_until_its_date() {
        let mut matches = [
            matched("cve-2024-0001", MatchStatus::Affected),
            matched("CVE-2024-0002", MatchStatus::Affected),
        ];
        let all = said(vec![state("a", Stance::NotAffected, Some(10))], &mut matches, 5);
        assert_eq!(all.keys().collect::<Vec<_>>(), [&0]);
        assert_eq!(matches[0].found.status, MatchStatus::NotAffected);
        assert!(matches[0].found.reason.starts_with("said to be not affected (vulnerable code cannot be"));
        assert!(matches[0].found.reason.contains("by Jo: the port is closed. By itself: "));
        assert_eq!(matches[1].found.status, MatchStatus::Affected);
        let mut later = [matched("CVE-2024-0001", MatchStatus::Affected)];
        let all = said(vec![state("a", Stance::NotAffected, Some(10))], &mut later, 11);
        assert!(all[&0].expired && later[0].found.status == MatchStatus::Affected);
    }

    #[test]
    fn what_is_accepted_stays_affected_and_the_later_word_counts() {
        let mut matches = [matched("CVE-2024-0001", MatchStatus::Possible)];
        let acts = vec![state("a", Stance::Fixed, None), state("b", Stance::Accepted, Some(10))];
        let all = said(acts, &mut matches, 5);
        assert!(all[&0].is_acceptance());
        assert_eq!(matches[0].found.status, MatchStatus::Possible);
        let one_more =
            vec![state("a", Stance::Accepted, Some(10)), Act::RemoveStatement { statement: "a".into() }];
        assert!(said(one_more, &mut matches, 5).is_empty());
    }
}
