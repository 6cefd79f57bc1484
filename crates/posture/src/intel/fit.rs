//! Is an observed product meant by an advisory's product name.
//!
//! In this order: an equal order number; different order numbers are a veto. Otherwise every word of the name that tells products apart
//! must be found: a digit-bearing word that is not found is a veto (5110 against 5150, EN2T against EN2TR). Words before a model that
//! identifies by itself may be missing ("Industrial Managed Switch 852-1305"); words after it may not ("CP 443-1 OPC UA").

use crate::intel::product::Name;
use crate::intel::profile::Profile;
use crate::intel::range::Verdict;
use crate::intel::text::{View, compact, fold, glob, has_digit, shape};
use crate::intel::unit::{Class, Unit};
use crate::intel::words::{is_tool, is_variant, is_weak};

const JOIN_MAX: usize = 4;

/// How sure the product is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Grade {
    /// By the words of the name.
    Words,
    /// By the order number.
    Order,
}

/// The product is meant; `missing` says what would have to be seen to be certain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fit {
    pub(crate) grade: Grade,
    pub(crate) missing: Option<String>,
}

/// Compares; `None` means another product.
pub(crate) fn fit(name: &Name, profile: &Profile) -> Option<Fit> {
    let grade = match order(name, profile) {
        Some(true) => Grade::Order,
        Some(false) => return None,
        None => {
            let choice = choice(name, profile)?;
            let words = name.alternatives.iter().any(|units| covers(units, profile, name.inclusive));
            if !words && !choice {
                return None;
            }
            Grade::Words
        }
    };
    let mut missing = None;
    if grade == Grade::Words {
        missing = series(name, profile)?;
    }
    let missing = missing.or(branch(name, profile)?);
    let unseen = || name.conditions.iter().find(|condition| !is_seen(condition, profile.wide())).cloned();
    let missing = missing.or_else(|| if grade == Grade::Order { None } else { unseen() });
    Some(Fit { grade, missing })
}

/// `None` when one side shows no order number.
fn order(name: &Name, profile: &Profile) -> Option<bool> {
    if name.orders.is_empty() || profile.orders.is_empty() {
        return None;
    }
    let equal = |pattern: &String, seen: &String| pattern == seen || (pattern.contains(['?', '*']) && glob(pattern, seen));
    Some(name.orders.iter().any(|pattern| profile.orders.iter().any(|seen| equal(pattern, seen))))
}

/// Part numbers in brackets: found confirms; not found although the device shows a model is a veto; otherwise open.
fn choice(name: &Name, profile: &Profile) -> Option<bool> {
    if name.choices.is_empty() {
        return Some(false);
    }
    if name.choices.iter().any(|unit| unit.is_in(profile.own())) {
        return Some(true);
    }
    let patterned = name.choices.len() > 1 || name.choices.iter().any(|unit| unit.options.len() > 1 || unit.options.iter().any(|option| option.contains(['*', '?'])));
    let model_seen = profile.own().iter().any(|gram| has_digit(gram) && gram.len() >= 5);
    if patterned && model_seen { None } else { Some(false) }
}

/// Are all telling words of one alternative found.
fn covers(units: &[Unit], profile: &Profile, inclusive: bool) -> bool {
    let found = coverage(units, profile.wide());
    let telling = || units.iter().zip(&found).filter(|(unit, _)| unit.class.is_required());
    let solid = |unit: &Unit| unit.needs_neighbour() || unit.is_in(profile.solid()) || !unit.is_in(profile.wide());
    if !telling().any(|(unit, found)| *found && !is_weak(&unit.text) && solid(unit)) {
        return false;
    }
    let anchor = units.iter().zip(&found).position(|(unit, found)| *found && unit.is_identifying());
    // A component that the firmware text names is known by that name alone: "CPCI85 Central Processing/Communication".
    let component = anchor.and_then(|at| units.get(at)).is_some_and(|unit| profile.labels.contains(&unit.text));
    let leading = |at: usize| anchor.is_some_and(|anchor| at < anchor || component);
    let forgiven = |at: usize, unit: &Unit| leading(at) && unit.class == Class::Plain && !is_tool(&unit.text) && !is_variant(&unit.text);
    let all = units.iter().enumerate().zip(&found).all(|((at, unit), found)| !unit.class.is_required() || *found || forgiven(at, unit));
    all && !is_sibling(units, profile, inclusive)
}

/// The device's name goes on with a word that makes it another product.
fn is_sibling(units: &[Unit], profile: &Profile, inclusive: bool) -> bool {
    let named = |word: &String| units.iter().any(|unit| unit.options.iter().any(|option| option.contains(word.as_str())));
    let other = |word: &&String| (is_variant(word) && !inclusive) || is_tool(word);
    profile.words.iter().filter(other).any(|word| !named(word))
}

/// Which words are found, alone or written together with their neighbours.
fn coverage(units: &[Unit], grams: View<'_>) -> Vec<bool> {
    let mut out: Vec<bool> = units.iter().map(|unit| !unit.needs_neighbour() && unit.is_in(grams)).collect();
    for from in 0..units.len() {
        for length in 2..=JOIN_MAX {
            let Some(slice) = units.get(from..from + length) else { break };
            if slice.iter().all(|unit| !unit.class.is_required()) || !is_joined(slice, grams) {
                continue;
            }
            out.iter_mut().skip(from).take(length).for_each(|found| *found = true);
        }
    }
    for (found, unit) in out.iter_mut().zip(units) {
        *found = *found || is_near(unit, grams);
    }
    out
}

/// Neighbours written together; the last may have options.
fn is_joined(units: &[Unit], grams: View<'_>) -> bool {
    let Some((last, first)) = units.split_last() else { return false };
    let plain = |option: &&String| !option.contains(['*', '?']);
    if let [before] = first {
        let joined = |before: &String| last.options.iter().filter(plain).any(|option| grams.has(&format!("{before}{option}")));
        return before.options.iter().filter(plain).any(joined);
    }
    let stem: String = first.iter().map(|unit| unit.text.as_str()).collect();
    last.options.iter().filter(plain).any(|option| grams.has(&format!("{stem}{option}")))
}

/// A long number that lost its first characters ("ES7314-6EH04-0AB0"), a long name with one letter wrong ("Modicron").
fn is_near(unit: &Unit, grams: View<'_>) -> bool {
    let long_number = unit.class == Class::Model && unit.text.len() >= 12;
    let long_name = unit.class == Class::Plain && unit.text.len() >= 7;
    (long_number && grams.iter().any(|gram| gram.len() <= unit.text.len() + 2 && gram.ends_with(&unit.text)))
        || (long_name && grams.iter().any(|gram| one_letter_apart(gram, &unit.text)))
}

fn one_letter_apart(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.len() - short.len() != 1 || has_digit(a) {
        return false;
    }
    let same = short.bytes().zip(long.bytes()).take_while(|(a, b)| a == b).count();
    short.as_bytes().get(same..) == long.as_bytes().get(same + 1..)
}

/// Outer `None`: another hardware series. Inner: what is missing.
fn series(name: &Name, profile: &Profile) -> Option<Option<String>> {
    match (name.series.is_empty(), profile.series) {
        (true, _) => Some(None),
        (false, Some(seen)) => name.series.contains(&seen).then_some(None),
        (false, None) => Some(Some("hardware series".to_owned())),
    }
}

/// Outer `None`: another version branch.
fn branch(name: &Name, profile: &Profile) -> Option<Option<String>> {
    let Some(branch) = &name.branch else { return Some(None) };
    let text = compact(&fold(&branch.text));
    let written = (has_digit(&text) && (text.len() >= 3 || text.starts_with('v')) && profile.own().has(&text)) || profile.own().has(&branch.joined);
    if written {
        return Some(None);
    }
    if profile.versions.is_empty() {
        return Some(Some(format!("version branch {}", branch.text)));
    }
    match branch.range.verdict(&profile.versions, None) {
        Verdict::Inside => Some(None),
        Verdict::Unsure => Some(Some(format!("version branch {}", branch.text))),
        Verdict::Outside => None,
    }
}

fn is_seen(condition: &str, grams: View<'_>) -> bool {
    let text = compact(&fold(condition));
    let models = condition.split([' ', ',']).filter_map(|word| Unit::read(word, |_| false)).filter(Unit::is_identifying);
    text.is_empty() || grams.has(&text) || models.into_iter().any(|unit| unit.is_in(grams))
}

/// Would an alternative with digits be needed to look this name up.
pub(crate) fn lookup_units(units: &[Unit]) -> Vec<&Unit> {
    let models: Vec<&Unit> = units.iter().filter(|unit| unit.class == Class::Model && shape(&unit.text).is_some()).collect();
    if models.is_empty() { units.iter().filter(|unit| unit.class.is_required()).collect() } else { models }
}
