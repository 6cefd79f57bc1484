//! From what a person asks to decisions: checked, numbered, all or none.

use model::plant::{Act, Decision};
use model::{Text, Timestamp};
use posture::plant::{self, Plant};
use posture::plant_file::Said;

/// Acts as decisions that follow those known.
///
/// # Errors
/// One of the acts cannot be; one sentence.
pub(crate) fn checked(
    known: &[Decision],
    by: &Text,
    why: &Text,
    acts: Vec<Act>,
    at: Timestamp,
) -> Result<Vec<Decision>, String> {
    let last = known.last().map_or(0, |d| d.number);
    let mut plant = Plant::of(known.iter());
    let mut made = Vec::with_capacity(acts.len());
    for (number, act) in (last + 1..).zip(acts) {
        plant::check(&act, &plant, last)?;
        let decision = Decision { number, at, by: by.clone(), why: why.clone(), act };
        // A zone may be defined and used in one request.
        plant.apply(&decision);
        made.push(decision);
    }
    Ok(made)
}

/// What a model file says that it did not say before: what people decided since then on screen stays as it is.
pub(crate) fn news(known: &[Decision], said: Vec<Said>, at: Timestamp) -> Vec<Decision> {
    let last = known.last().map_or(0, |d| d.number);
    let before = |by: &Text, act: &Act| {
        let target = target(act);
        known.iter().rev().find(|d| d.by == *by && self::target(&d.act) == target).map(|d| &d.act)
    };
    let fresh = said.into_iter().filter(|(by, _, act)| before(by, act) != Some(act));
    (last + 1..).zip(fresh).map(|(number, (by, why, act))| Decision { number, at, by, why, act }).collect()
}

/// What an act is about: a later act with the same target replaces an earlier one.
fn target(act: &Act) -> String {
    match act {
        Act::Set { asset, setting } => format!("set {asset} {}", setting.field()),
        Act::Clear { asset, field } => format!("set {asset} {field}"),
        Act::Merge { asset, with } => format!("tie {asset} {with}"),
        Act::Split { asset, from } => format!("tie {asset} {from}"),
        Act::Zone { zone } => format!("zone {}", zone.id),
        Act::RemoveZone { zone } => format!("zone {zone}"),
        Act::Rule { ruling } => format!("ruling {}", ruling.id),
        Act::RemoveRuling { ruling } => format!("ruling {ruling}"),
        Act::State { statement } => format!("statement {}", statement.id),
        Act::RemoveStatement { statement } => format!("statement {statement}"),
        Act::SaveView { view } => format!("view {}", view.id),
        Act::RemoveView { view } => format!("view {view}"),
        Act::Grant { grant } => format!("grant {}", grant.id),
        Act::RemoveGrant { grant } => format!("grant {grant}"),
        Act::Undo { decision } => format!("undo {decision}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::plant::Setting;

    fn name(text: &str) -> Act {
        Act::Set { asset: "10.0.0.1".parse().unwrap(), setting: Setting::Name(text.into()) }
    }

    #[test]
    fn a_file_says_only_what_is_new() {
        let said = |text: &str| vec![(Text::new("plant.yaml"), Text::new(""), name(text))];
        let mut known = news(&[], said("Boiler"), Timestamp(1));
        assert_eq!(known.len(), 1);
        // The same again is nothing, even after someone decided otherwise.
        known.extend(checked(&known, &"Jo".into(), &"".into(), vec![name("Pump")], Timestamp(2)).unwrap());
        assert!(news(&known, said("Boiler"), Timestamp(3)).is_empty());
        // What was changed in the file counts.
        let changed = news(&known, said("Kettle"), Timestamp(4));
        assert_eq!(changed.iter().map(|d| d.number).collect::<Vec<_>>(), [3]);
        known.extend(changed);
        assert_eq!(news(&known, said("Boiler"), Timestamp(5)).len(), 1);
    }
}
