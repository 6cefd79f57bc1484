//! Is an observed product meant by an advisory's product name.
//!
//! In this order: an equal order number; different order numbers are a veto. Otherwise every word of the name that tells products apart
//! must be found: a digit-bearing word that is not found is a veto (5110 against 5150, EN2T against EN2TR). Words before a model that
//! identifies by itself may be missing ("Industrial Managed Switch 852-1305"); words after it may not ("CP 443-1 OPC UA").

use crate::intel::product::Name;
use crate::intel::profile::Profile;
use crate::intel::range::Verdict;
use crate::intel::text::{View, compact, fold, glob, has_digit, literal, shape};
use crate::intel::unit::{Class, Unit, is_pattern};
use crate::intel::words::{is_tool, is_variant, is_weak};
use model::advisory::Missing;

const JOIN_MAX: usize = 4;
/// From this length on a number is recognised although its first characters are missing.
const LONG_NUMBER: usize = 12;

/// How sure the product is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Grade {
    /// By words of the name that are no model.
    Words,
    /// By a family of the tables.
    Family,
    /// By the model that the device names.
    Model,
    /// By the order number.
    Order,
}

/// The product is meant; `missing` says what would have to be seen to be certain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fit {
    pub(crate) grade: Grade,
    pub(crate) missing: Option<Missing>,
}

/// Compares; `None` means another product.
pub(crate) fn fit(name: &Name, profile: &Profile) -> Option<Fit> {
    let branch = || branch(name, profile);
    match order(name, profile) {
        Some(true) => Some(Fit { grade: Grade::Order, missing: branch()? }),
        Some(false) => None,
        None => {
            let choice = choice(name, profile)?;
            let fits = |units: &&Vec<Unit>| covers(units, profile, name.inclusive);
            let words = name.alternatives.iter().find(fits);
            if words.is_none() && !choice {
                return None;
            }
            let grade =
                if choice { Grade::Model } else { words.map_or(Grade::Words, |units| grade(units, profile)) };
            let missing = series(name, profile)?.or(branch()?).or_else(|| unseen(name, profile));
            Some(Fit { grade, missing })
        }
    }
}

/// What of the words carries the match.
fn grade(units: &[Unit], profile: &Profile) -> Grade {
    let required = || units.iter().filter(|unit| unit.class.is_required());
    if required().any(|unit| unit.is_identifying() && unit.is_in(profile.own())) {
        Grade::Model
    } else if required().any(|unit| unit.is_in(profile.own())) {
        Grade::Words
    } else {
        Grade::Family
    }
}

/// A remark of the name that the device does not show, or the one short variant in brackets: `7SL87 (CP200)`.
fn unseen(name: &Name, profile: &Profile) -> Option<Missing> {
    let remark = name.conditions.iter().find(|condition| !is_seen(condition, profile.wide())).cloned();
    let variant = || match name.choices.as_slice() {
        [only] if only.text.len() <= 6 && !only.options.iter().any(|option| is_pattern(option)) => {
            (!only.is_in(profile.solid())).then(|| only.text.to_uppercase())
        }
        _ => None,
    };
    remark.or_else(variant).map(Missing::Variant)
}

/// `None` when one side shows no order number.
fn order(name: &Name, profile: &Profile) -> Option<bool> {
    if name.orders.is_empty() || profile.orders.is_empty() {
        return None;
    }
    let equal = |pattern: &String, seen: &String| {
        pattern == seen || (pattern.contains(['?', '*']) && glob(pattern, seen))
    };
    Some(name.orders.iter().any(|pattern| profile.orders.iter().any(|seen| equal(pattern, seen))))
}

/// Part numbers in brackets: found confirms; not found although the device shows a model is a veto; otherwise open.
fn choice(name: &Name, profile: &Profile) -> Option<bool> {
    if name.choices.is_empty() {
        return Some(false);
    }
    let found = |unit: &&Unit| unit.is_in(profile.solid());
    if let Some(unit) = name.choices.iter().find(found) {
        // A pattern confirms the name; a number in full stands for it.
        let in_full = !unit.options.iter().any(|option| is_pattern(option)) && unit.is_in(profile.own());
        return Some(in_full && unit.is_identifying());
    }
    let patterned = name.choices.len() > 1
        || name
            .choices
            .iter()
            .any(|unit| unit.options.len() > 1 || unit.options.iter().any(|option| is_pattern(option)));
    // Only a number of the same catalogue shows that another one is meant.
    let kin = |unit: &Unit| {
        let stem = literal(&unit.text);
        stem.get(..3)
            .is_some_and(|start| profile.own().starting(start).any(|gram| has_digit(gram) && gram.len() >= 5))
    };
    if patterned && name.choices.iter().any(kin) { None } else { Some(false) }
}

/// Are all telling words of one alternative found.
fn covers(units: &[Unit], profile: &Profile, inclusive: bool) -> bool {
    let coverage = Coverage::of(units, profile);
    let telling = || units.iter().zip(&coverage.found).filter(|(unit, _)| unit.class.is_required());
    let solid =
        |unit: &Unit| unit.is_bare_number() || unit.is_in(profile.solid()) || !unit.is_in(profile.wide());
    if !telling().any(|(unit, found)| *found && !is_weak(&unit.text) && solid(unit)) {
        return false;
    }
    let all = units
        .iter()
        .enumerate()
        .all(|(at, unit)| coverage.found.get(at) == Some(&true) || coverage.forgives(at, unit, units));
    all && !is_sibling(units, profile, inclusive) && !is_of_another_brand(units, profile)
}

/// Both sides name umbrella words, and none is the same: RUGGEDCOM NMS is not SINEC NMS.
fn is_of_another_brand(units: &[Unit], profile: &Profile) -> bool {
    let mut brands = units.iter().filter(|unit| unit.class == Class::Brand).peekable();
    brands.peek().is_some()
        && !profile.brands.is_empty()
        && brands.all(|unit| !profile.brands.contains(&unit.text))
}

/// Which words of a name were found, and which of them identify by themselves.
struct Coverage {
    found: Vec<bool>,
    /// First word found that identifies.
    anchor: Option<usize>,
    /// The anchor is strong enough to leave out numbers before it: "M340 ... modules BMX NOE 0100".
    strong: bool,
    /// The anchor is a component that the firmware text names: "CPCI85 Central Processing/Communication".
    component: bool,
}

impl Coverage {
    fn of(units: &[Unit], profile: &Profile) -> Coverage {
        let mut out = Coverage {
            found: units.iter().map(|unit| !unit.is_bare_number() && unit.is_in(profile.wide())).collect(),
            anchor: None,
            strong: false,
            component: false,
        };
        out.anchor = units.iter().zip(&out.found).position(|(unit, found)| *found && unit.is_identifying());
        let own = |unit: &Unit| {
            unit.text.len() >= 6
                && unit.text.bytes().filter(u8::is_ascii_digit).count() >= 3
                && unit.is_in(profile.own())
        };
        out.strong = out.anchor.and_then(|at| units.get(at)).is_some_and(own);
        out.component =
            out.anchor.and_then(|at| units.get(at)).is_some_and(|unit| profile.labels.contains(&unit.text));
        out.join(units, profile.wide(), profile.own());
        if !out.is_hopeless(units) {
            for at in 0..units.len() {
                out.settle(at, units, profile);
            }
        }
        out
    }

    /// A number is missing that nothing below could still find.
    fn is_hopeless(&self, units: &[Unit]) -> bool {
        let lost = |unit: &Unit| {
            unit.class == Class::Model && !unit.is_bare_number() && unit.text.len() < LONG_NUMBER
        };
        !self.strong && units.iter().zip(&self.found).any(|(unit, found)| !found && lost(unit))
    }

    /// Words written together with their neighbours.
    fn join(&mut self, units: &[Unit], wide: View<'_>, own: View<'_>) {
        for from in 0..units.len() {
            if !units.get(from).is_some_and(|unit| begins(unit, wide)) {
                continue;
            }
            for length in 2..=JOIN_MAX {
                let Some(slice) = units.get(from..from + length) else { break };
                let settled = slice
                    .iter()
                    .zip(self.found.iter().skip(from))
                    .all(|(unit, found)| *found || !unit.class.is_required());
                if settled || !is_joined(slice, wide) {
                    continue;
                }
                self.found.iter_mut().skip(from).take(length).for_each(|found| *found = true);
                let text: String = slice.iter().map(|unit| unit.text.as_str()).collect();
                if text.len() >= 7 && text.bytes().filter(u8::is_ascii_digit).count() >= 3 && own.has(&text) {
                    self.anchor = Some(self.anchor.map_or(from, |anchor| anchor.min(from)));
                    self.strong = true;
                }
            }
        }
    }

    /// What else counts as found: nearly the same text, a number without neighbours, the release in the version.
    fn settle(&mut self, at: usize, units: &[Unit], profile: &Profile) {
        let Some(unit) = units.get(at).filter(|_| self.found.get(at) == Some(&false)) else { return };
        let before = at.checked_sub(1).and_then(|before| units.get(before).zip(self.found.get(before)));
        let named = before.is_some_and(|(unit, found)| *found && unit.class == Class::Plain);
        let lone = unit.text.len() >= 3
            && !units.iter().any(|other| {
                other != unit && matches!(other.class, Class::Plain | Class::Model | Class::Brand)
            });
        let number = unit.is_bare_number()
            && ((lone && unit.is_in(profile.solid()))
                || (named && unit.text.len() <= 2 && profile.is_release(&unit.text)));
        if (number || is_near(unit, profile.wide()))
            && let Some(found) = self.found.get_mut(at)
        {
            *found = true;
        }
    }

    /// May a word be missing.
    fn forgives(&self, at: usize, unit: &Unit, units: &[Unit]) -> bool {
        let leading = self.anchor.is_some_and(|anchor| at < anchor || self.component);
        match unit.class {
            _ if unit.hard => false,
            Class::Noise | Class::Brand => true,
            // "EcoStruxure Control Expert" is not "Machine Expert": before a name without digits the kind belongs to the name.
            Class::Kind => {
                self.anchor.is_some()
                    || !units.get(at + 1).is_some_and(|next| next.class == Class::Plain && !next.collective)
                    || at == 0
            }
            Class::Plain => leading && !is_tool(&unit.text) && !is_variant(&unit.text),
            Class::Model => leading && self.strong && !self.component,
        }
    }
}

/// The device's name goes on with a word that makes it another product.
fn is_sibling(units: &[Unit], profile: &Profile, inclusive: bool) -> bool {
    let named = |word: &String| {
        units.iter().any(|unit| unit.options.iter().any(|option| option.contains(word.as_str())))
    };
    let other = |word: &&String| (is_variant(word) && !inclusive) || is_tool(word);
    profile.words.iter().filter(other).any(|word| !named(word))
}

/// Does any gram begin with the word: otherwise no neighbour can complete it.
fn begins(unit: &Unit, grams: View<'_>) -> bool {
    unit.options.iter().any(|option| grams.starting(option).next().is_some())
}

/// Neighbours written together; the last may have options.
fn is_joined(units: &[Unit], grams: View<'_>) -> bool {
    let Some((last, first)) = units.split_last() else { return false };
    let plain = |option: &&String| !is_pattern(option);
    if let [before] = first {
        let joined = |before: &String| {
            last.options.iter().filter(plain).any(|option| grams.has(&format!("{before}{option}")))
        };
        return before.options.iter().filter(plain).any(joined);
    }
    let stem: String = first.iter().map(|unit| unit.text.as_str()).collect();
    last.options.iter().filter(plain).any(|option| grams.has(&format!("{stem}{option}")))
}

/// A long number that lost its first characters ("ES7314-6EH04-0AB0"), a long name with one letter wrong ("Modicron").
fn is_near(unit: &Unit, grams: View<'_>) -> bool {
    let long_number = unit.class == Class::Model && unit.text.len() >= LONG_NUMBER;
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
fn series(name: &Name, profile: &Profile) -> Option<Option<Missing>> {
    match (name.series.is_empty(), profile.series) {
        (true, _) => Some(None),
        (false, Some(seen)) => name.series.contains(&seen).then_some(None),
        (false, None) => Some(Some(Missing::HardwareRevision)),
    }
}

/// Outer `None`: another version branch.
fn branch(name: &Name, profile: &Profile) -> Option<Option<Missing>> {
    let Some(branch) = &name.branch else { return Some(None) };
    let text = compact(&fold(&branch.text));
    let written =
        (has_digit(&text) && (text.len() >= 3 || text.starts_with('v')) && profile.own().has(&text))
            || profile.own().has(&branch.joined);
    if written {
        return Some(None);
    }
    match branch.range.verdict(&profile.versions, None) {
        Verdict::Inside => Some(None),
        Verdict::Unsure => Some(Some(Missing::Version)),
        Verdict::Outside => None,
    }
}

fn is_seen(condition: &str, grams: View<'_>) -> bool {
    let text = compact(&fold(condition));
    let models = condition
        .split([' ', ','])
        .filter_map(|word| Unit::read(word, |_| None))
        .filter(Unit::is_identifying);
    text.is_empty() || grams.has(&text) || models.into_iter().any(|unit| unit.is_in(grams))
}

/// Would an alternative with digits be needed to look this name up.
pub(crate) fn lookup_units(units: &[Unit]) -> Vec<&Unit> {
    let models: Vec<&Unit> =
        units.iter().filter(|unit| unit.class == Class::Model && shape(&unit.text).is_some()).collect();
    if models.is_empty() { units.iter().filter(|unit| unit.class.is_required()).collect() } else { models }
}
