//! An advisory's product name, read once at load into what must be found in an observed product.
//!
//! Forms met in the CISA OT archive: order numbers in brackets or helpers, part-number patterns, lists ("MP70 MP70E RV50 and LX60"),
//! version branches ("STEP 7 V16", "V6 CPU family and below"), hardware series ("Series A/B/C"), circumstances ("running ALEOS",
//! "Serial number 17X**** or later") and "incl." remarks. Limits: [`ALTERNATIVES_MAX`] alternatives of [`UNITS_MAX`] words.

use crate::intel::layout;
use crate::intel::range::Range;
use crate::intel::text::{compact, fold, has_digit};
use crate::intel::unit::{Class, Unit, is_pattern};
use crate::intel::words::{is_circumstance, is_collective, is_noise, names_component};

const ALTERNATIVES_MAX: usize = 32;
const UNITS_MAX: usize = 24;

/// A version branch in a product name: "V16", "V6 and below".
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Branch {
    pub(crate) text: String,
    /// The word before it and the version written together: `crimson31`.
    pub(crate) joined: String,
    pub(crate) range: Range,
}

/// What must be found for the product to be meant.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Name {
    /// Order numbers, compact patterns. When there are any and the asset shows one, they decide.
    pub(crate) orders: Vec<String>,
    /// Word lists, any of which is enough.
    pub(crate) alternatives: Vec<Vec<Unit>>,
    /// Part numbers or models in brackets, any of which confirms.
    pub(crate) choices: Vec<Unit>,
    /// Version branch.
    pub(crate) branch: Option<Branch>,
    /// Hardware series, capital letters.
    pub(crate) series: Vec<char>,
    /// Remarks that must be seen on the asset for certainty.
    pub(crate) conditions: Vec<String>,
    /// Means a whole family or says "incl.".
    pub(crate) inclusive: bool,
}

impl Name {
    /// Reads a product text; `class_of` knows the maker's own and umbrella words.
    pub(crate) fn read(text: &str, helpers: &[String], class_of: &dyn Fn(&str) -> Option<Class>) -> Name {
        let mut name =
            Name { orders: helpers.iter().map(|helper| order_pattern(helper)).collect(), ..Name::default() };
        let (text, serial) = layout::definitions(&layout::cut(text));
        name.conditions.extend(serial);
        let (mut head, mut brackets) = layout::brackets(&layout::tidy(&text));
        let mut more = Vec::new();
        // The platform is part of the name: STEP 7 (TIA Portal) is not STEP 7.
        if let Some(at) = brackets.iter().position(|inner| inner.eq_ignore_ascii_case("TIA Portal")) {
            head = format!("{} {head}", brackets.remove(at));
        }
        for inner in &brackets {
            name.bracket(inner, &mut more, class_of);
        }
        let words = name.orders_in(layout::words(&head));
        let words = name.series_in(words);
        let (words, tail) = split_circumstance(words);
        name.circumstance(&tail, &mut more);
        let words = name.branch_in(words);
        name.inclusive |= words.iter().any(|word| is_collective(&fold(word)));
        name.alternatives = alternatives(&words, class_of);
        for words in more {
            name.alternatives.extend(alternatives(&words, class_of));
        }
        name.alternatives.truncate(ALTERNATIVES_MAX);
        name
    }

    /// Sorts a bracket into order numbers, other names, model lists, remarks to skip and conditions.
    fn bracket(
        &mut self,
        inner: &str,
        more: &mut Vec<Vec<String>>,
        class_of: &dyn Fn(&str) -> Option<Class>,
    ) {
        let words = self.orders_in(layout::words(inner));
        let Some(first) = words.first().map(|word| fold(word)) else { return };
        let suffix = inner.strip_prefix('-').unwrap_or(inner);
        if suffix.len() <= 2 && suffix.chars().all(|c| c.is_ascii_uppercase()) {
            // "L02CPU (-P)", "BMX NOE 0100 (H)": with or without.
        } else if first.starts_with("incl") {
            // "incl. SIPLUS variants" adds the hardened twin, not the siblings.
        } else if let Some(start) = other_name(&words) {
            more.push(words.iter().skip(start).cloned().collect());
        } else if let Some(models) = models(&words, class_of) {
            self.choices.extend(models);
        } else if !words.iter().all(|word| is_noise(&compact(&fold(word))) || is_abbreviation(word)) {
            self.conditions.push(inner.trim().to_owned());
        }
    }

    /// Takes order numbers out of a word list.
    fn orders_in(&mut self, words: Vec<String>) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for word in words {
            // `6GK5 204-0BA00-2BA3` is written with a blank after the first block.
            let joined = out.last().filter(|last| last.len() == 4).map(|last| format!("{last}{word}"));
            if is_order_number(&word) {
                self.orders.push(order_pattern(&word));
            } else if let Some(joined) = joined.filter(|joined| is_order_number(joined)) {
                self.orders.push(order_pattern(&joined));
                out.pop();
            } else {
                out.push(word);
            }
        }
        out
    }

    /// Takes "Series A/B/C" and the `/B` of `1756-EN2T/B` out of a word list.
    fn series_in(&mut self, words: Vec<String>) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let mut listing = false;
        for word in words {
            let letters: Vec<char> = word.trim_matches(',').split('/').filter_map(single_letter).collect();
            let only_letters = !letters.is_empty()
                && word.trim_matches(',').split('/').all(|part| single_letter(part).is_some());
            if listing && only_letters {
                self.series.extend(letters);
                continue;
            }
            if listing && matches!(word.as_str(), "," | "and" | "or" | "&") && !self.series.is_empty() {
                continue;
            }
            listing = word.eq_ignore_ascii_case("series");
            match word
                .rsplit_once('/')
                .filter(|(before, end)| is_catalogue(before) && single_letter(end).is_some())
            {
                Some((before, end)) => {
                    self.series.extend(single_letter(end));
                    out.push(before.to_owned());
                }
                None => out.push(word),
            }
        }
        out
    }

    fn circumstance(&mut self, tail: &[String], more: &mut Vec<Vec<String>>) {
        let Some((keyword, rest)) = tail.split_first() else { return };
        // "first 5 digits of serial No.": the bound stands in the version field and is judged there.
        if tail.iter().any(|word| word == "digits") {
            return;
        }
        let keyword = fold(keyword);
        if names_component(&keyword) {
            let component: Vec<String> = rest
                .iter()
                .take_while(|word| !is_circumstance(&fold(word)) && !fold(word).starts_with("incl"))
                .cloned()
                .collect();
            if component.iter().any(|word| is_component(word)) {
                more.push(component);
            }
            return;
        }
        if !rest.iter().all(|word| is_noise(&compact(&fold(word)))) {
            self.conditions.push(tail.join(" "));
        }
    }

    /// Takes the version branch out: "V16", "Version 12.4", "9.x", "V6 and below".
    fn branch_in(&mut self, words: Vec<String>) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let (words, direction) = split_direction(words);
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.next() {
            let announced = matches!(
                fold(&word).as_str(),
                "version" | "versions" | "v" | "ver." | "firmware" | "release"
            );
            let hardware = out.last().is_some_and(|last| matches!(fold(last).as_str(), "hardware" | "hw"));
            let number = words.peek().filter(|next| announced && is_version(next, true)).cloned();
            let text = match number {
                Some(next) => {
                    words.next();
                    Some(next)
                }
                None => Some(word.clone()).filter(|word| is_version(word, false)),
            };
            match text {
                Some(text) if hardware => self.conditions.push(format!("hardware version {text}")),
                Some(text) if self.branch.is_none() => {
                    let mut whole = text.clone();
                    while let Some(more) = words.next_if(|next| belongs_to_version(next)) {
                        whole.push(' ');
                        whole.push_str(&more);
                    }
                    whole.push_str(&direction);
                    if let Some(operator) =
                        out.pop_if(|last| matches!(last.as_str(), "<" | "<=" | ">" | ">="))
                    {
                        whole.insert_str(0, &operator);
                    }
                    let joined = compact(&fold(&format!(
                        "{}{text}",
                        out.last().map(String::as_str).unwrap_or_default()
                    )));
                    self.branch = Some(Branch { range: Range::parse(&whole), joined, text });
                }
                Some(_) => {}
                None => out.push(word),
            }
        }
        out
    }
}

fn is_separator(word: &str) -> bool {
    matches!(word, "," | "/" | "&" | "and" | "or" | "und" | "And")
}

/// Siemens order numbers: a digit, two letters, a digit, then blocks joined by hyphens.
pub(crate) fn is_order_number(word: &str) -> bool {
    let text = compact(word);
    let bytes = text.as_bytes();
    let siemens = bytes.len() >= 10
        && matches!(bytes.first(), Some(b'1'..=b'9'))
        && bytes.iter().skip(1).take(2).all(u8::is_ascii_alphabetic)
        && bytes.get(3).is_some_and(u8::is_ascii_digit);
    siemens && word.contains('-') && bytes.iter().filter(|b| b.is_ascii_digit()).count() >= 4
}

fn order_pattern(word: &str) -> String {
    word.chars()
        .filter_map(|c| match c {
            'x' | 'y' => Some('?'),
            '*' => Some('*'),
            c if c.is_alphanumeric() => Some(c.to_ascii_lowercase()),
            _ => None,
        })
        .collect()
}

fn is_catalogue(word: &str) -> bool {
    word.contains('-') && has_digit(word) && word.starts_with(|c: char| c.is_ascii_digit())
}

fn single_letter(part: &str) -> Option<char> {
    let mut chars = part.chars();
    chars.next().filter(|c| ('A'..='H').contains(c) && chars.next().is_none())
}

/// "formerly known as X", "previously called X", "also known as X": where X begins.
fn other_name(words: &[String]) -> Option<usize> {
    let first = fold(words.first()?);
    let starts = matches!(first.as_str(), "formerly" | "previously" | "former" | "aka" | "also");
    starts.then(|| {
        words.iter().position(|word| {
            !matches!(
                fold(word).as_str(),
                "formerly"
                    | "previously"
                    | "former"
                    | "aka"
                    | "also"
                    | "known"
                    | "called"
                    | "as"
                    | "part"
                    | "of"
                    | "the"
            )
        })
    })?
}

/// A bracket that lists models or part numbers.
fn models(words: &[String], class_of: &dyn Fn(&str) -> Option<Class>) -> Option<Vec<Unit>> {
    let announced = matches!(
        fold(words.first()?).as_str(),
        "part" | "parts" | "order" | "article" | "model" | "models" | "mlfb" | "catalog"
    );
    let units: Vec<Unit> = words
        .iter()
        .filter(|word| !is_separator(word))
        .filter_map(|word| Unit::read(word, class_of))
        .collect();
    let models: Vec<Unit> =
        units.iter().filter(|unit| unit.class == Class::Model && unit.text.len() >= 4).cloned().collect();
    let mostly = units.iter().filter(|unit| unit.class == Class::Plain).count()
        <= (usize::from(announced) * 4).max(models.len() / 2);
    (!models.is_empty()
        && (announced || mostly || models.len() >= 3)
        && models.iter().all(|unit| !is_version(&unit.text, false)))
    .then_some(models)
}

/// Capital letters in brackets after the words they abbreviate: "(UPS)", "(PIC iX)".
fn is_abbreviation(word: &str) -> bool {
    word.len() >= 3 && word.len() <= 5 && word.chars().all(|c| c.is_ascii_uppercase())
}

fn is_component(word: &str) -> bool {
    let text = compact(&fold(word));
    text.len() >= 3
        && !is_noise(&text)
        && !matches!(
            text.as_str(),
            "software" | "operating" | "system" | "web" | "linux" | "windows" | "android"
        )
}

/// Cuts a word list where circumstances begin.
fn split_circumstance(mut words: Vec<String>) -> (Vec<String>, Vec<String>) {
    let at = words.iter().position(|word| is_circumstance(&fold(word)));
    let tail = at.filter(|at| *at > 0).map(|at| words.split_off(at)).unwrap_or_default();
    (words, tail)
}

/// Is the word a version: `V16`, `V4.X`, `9.x`, `12.4`; a bare number only when a word announced it.
fn is_version(word: &str, announced: bool) -> bool {
    let word = word.trim_end_matches(['.', ',']);
    let (prefixed, digits) = match word.strip_prefix(['V', 'v']) {
        Some(rest) => (true, rest),
        None => (false, word),
    };
    let parts: Vec<&str> = digits.split('.').collect();
    let numeric = parts.iter().enumerate().all(|(at, part)| {
        let wild = at > 0 && matches!(*part, "x" | "X" | "xx");
        wild || (!part.is_empty() && part.len() <= 6 && part.bytes().all(|b| b.is_ascii_digit()))
    });
    numeric && (prefixed || announced || parts.len() > 1)
}

fn belongs_to_version(word: &str) -> bool {
    matches!(fold(word).as_str(), "sp" | "sp1" | "sp2" | "sp3" | "sp4" | "update" | "upd")
}

/// "and below" may stand behind the family instead of the version it is about: "V6 CPU family and below".
fn split_direction(mut words: Vec<String>) -> (Vec<String>, String) {
    if let Some(at) =
        words.iter().position(|word| matches!(fold(word).as_str(), "prior" | "below" | "before"))
    {
        let to = usize::from(words.get(at + 1).is_some_and(|word| word == "to"));
        if words.get(at + 1 + to).is_some_and(|next| is_version(next, true)) {
            words.splice(at..=at + to, ["<".to_owned()]);
        }
    }
    const DIRECTIONS: [&str; 9] =
        ["below", "above", "earlier", "later", "prior", "older", "newer", "lower", "higher"];
    let found = words.windows(2).position(|pair| match pair {
        [joint, word] => matches!(joint.as_str(), "and" | "or") && DIRECTIONS.contains(&fold(word).as_str()),
        _ => false,
    });
    let direction = found.map(|at| words.drain(at..at + 2).collect::<Vec<_>>().join(" ")).unwrap_or_default();
    (words, format!(" {direction}"))
}

/// Splits a word list at separators and space lists; later segments inherit the words before the first model.
fn alternatives(words: &[String], class_of: &dyn Fn(&str) -> Option<Class>) -> Vec<Vec<Unit>> {
    let mut out: Vec<Vec<Unit>> = Vec::new();
    let mut prefix: Option<Vec<Unit>> = None;
    for segment in words.split(|word| is_separator(word)) {
        let mut units = units(segment, class_of);
        units.truncate(UNITS_MAX);
        // "GOT2000 Series, GT21 model": the second part narrows the first.
        let narrows = units.len() == 2 && units.last().is_some_and(|unit| unit.text == "model");
        if let Some(last) = out.last_mut().filter(|_| narrows) {
            last.extend(units);
            continue;
        }
        if !units.iter().any(|unit| unit.class.is_required()) && !promote(&mut units) {
            continue;
        }
        if let Some(prefix) = &prefix
            && units.first().is_some_and(|unit| unit.class == Class::Model || unit.text.len() <= 3)
        {
            units = prefix.iter().cloned().chain(units).collect();
        }
        let model = units.iter().position(|unit| unit.class == Class::Model).unwrap_or(units.len());
        prefix.get_or_insert_with(|| units.iter().take(model).cloned().collect());
        out.extend(space_list(units));
    }
    out
}

/// A name of nothing but kinds and umbrella words is a name all the same: "System Platform", "SIMATIC Drive Controller". One umbrella
/// word and one kind only count written next to each other: "SINEMA Server" is not "SINEMA Remote Connect Server".
fn promote(units: &mut Vec<Unit>) -> bool {
    let kinds = units.iter().filter(|unit| unit.class == Class::Kind).count();
    for unit in units.iter_mut().filter(|unit| unit.class == Class::Kind && kinds >= 2) {
        unit.class = Class::Plain;
    }
    if let [brand, kind] = units.as_slice()
        && (brand.class, kind.class) == (Class::Brand, Class::Kind)
        && let Some(joined) = Unit::read(&format!("{}{}", brand.text, kind.text), |_| None)
    {
        *units = vec![joined];
        return true;
    }
    kinds >= 2
}

fn units(words: &[String], class_of: &dyn Fn(&str) -> Option<Class>) -> Vec<Unit> {
    let mut out: Vec<Unit> = Vec::new();
    let last = words.len().saturating_sub(1);
    for (at, word) in words.iter().enumerate() {
        if let Some(parts) = hyphened(word).filter(|_| class_of(&compact(&fold(word))).is_none()) {
            out.extend(parts.iter().filter_map(|part| Unit::read(part, class_of)));
            continue;
        }
        // `NJ/NX-series`, `M-series`.
        let stem = word.get(..word.len().saturating_sub(7)).filter(|_| fold(word).ends_with("-series"));
        let Some(mut unit) = Unit::read(stem.unwrap_or(word), class_of) else { continue };
        unit.collective = stem.is_some();
        // "FactoryTalk Linx software" is the product; "S7-1500 Software Controller" is another one.
        if matches!(unit.text.as_str(), "software") && at == last && at > 0 {
            unit.class = Class::Noise;
        }
        if unit.text == "for" {
            out.iter_mut()
                .for_each(|earlier| earlier.hard |= matches!(earlier.class, Class::Plain | Class::Kind));
        }
        // "Machine Automation Controller" is Omron's word for a kind of thing.
        if unit.text == "machine" && words.get(at + 1).is_some_and(|next| fold(next) == "automation") {
            unit.class = Class::Kind;
        }
        // "FX series CPU modules" leaves the other modules of the series out.
        if is_collective(&unit.text) && !words.iter().any(|word| fold(word).starts_with("cpu")) {
            for earlier in out.iter_mut().filter(|earlier| earlier.class.is_required()) {
                earlier.collective = true;
            }
        }
        out.push(unit);
    }
    out
}

/// "MP70 MP70E RV50 LX40" and "RSP RSPE RSPS MSP EES" list models without commas; a repeated model begins the next one.
fn space_list(units: Vec<Unit>) -> Vec<Vec<Unit>> {
    if let Some(again) = repeated(&units) {
        let (first, second) = units.split_at(again);
        return vec![first.to_vec(), second.to_vec()];
    }
    let is_code = |unit: &Unit| {
        unit.class == Class::Model
            && unit.text.starts_with(|c: char| c.is_alphabetic())
            && unit.text.len() <= 8
    };
    let numbered = run(&units, |unit| {
        is_code(unit)
            && units.iter().filter(|other| is_code(other) && digits(other) == digits(unit)).count() >= 3
    });
    let twins = run(&units, |unit| units.iter().any(|other| other != unit && are_twins(unit, other)));
    let lettered = run(&units, |unit| unit.class == Class::Plain && unit.text.len() <= 5);
    // "FX series CPU modules" leaves the other modules of the series out.
    let whole = !units.iter().any(|unit| unit.text.starts_with("cpu"));
    let (from, to, members) = match (numbered, twins, lettered) {
        ((from, to), _, _) if to - from >= 3 => (from, to, false),
        (_, (from, to), _) if to - from >= 2 => (from, to, false),
        (_, _, (from, to)) if to - from >= 4 => (from, to, whole),
        _ => return vec![units],
    };
    let around = |at: usize| {
        units.iter().enumerate().filter(move |(other, _)| *other < from || *other >= to || *other == at)
    };
    let pick = |at: usize| {
        around(at).map(|(_, unit)| Unit { collective: unit.collective || members, ..unit.clone() }).collect()
    };
    (from..to).map(pick).collect()
}

/// `Sixnet-Managed`, `ROS-based`: words in their own right.
fn hyphened(word: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = word.split('-').collect();
    let wordy =
        parts.len() > 1 && parts.iter().all(|part| part.len() >= 3 && part.chars().all(char::is_alphabetic));
    wordy.then_some(parts)
}

fn repeated(units: &[Unit]) -> Option<usize> {
    let (at, first) = units.iter().enumerate().find(|(_, unit)| unit.is_identifying())?;
    units.iter().enumerate().skip(at + 1).find(|(_, unit)| unit.text == first.text).map(|(again, _)| again)
}

/// Two names of one kind: the same beginning (`1756-EN2T 1756-EN2TR`) or two patterns of one length (`3xxx 4xxx`).
fn are_twins(one: &Unit, other: &Unit) -> bool {
    let pattern =
        |unit: &Unit| unit.class == Class::Model && unit.options.iter().any(|option| is_pattern(option));
    let alike = one.is_identifying()
        && other.is_identifying()
        && one.text.get(..2).is_some_and(|start| other.text.starts_with(start));
    alike || (pattern(one) && pattern(other) && one.text.len() == other.text.len())
}

fn digits(unit: &Unit) -> usize {
    unit.text.bytes().filter(u8::is_ascii_digit).count()
}

/// The longest run of words that a rule holds for.
fn run(units: &[Unit], rule: impl Fn(&Unit) -> bool) -> (usize, usize) {
    let mut best = (0, 0);
    let mut from = 0;
    for (at, unit) in units.iter().enumerate() {
        if !rule(unit) {
            from = at + 1;
        } else if at + 1 - from > best.1 - best.0 {
            best = (from, at + 1);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Name {
        Name::read(text, &[], &|word| {
            matches!(word, "simatic" | "ruggedcom" | "airlink").then_some(Class::Brand)
        })
    }

    fn required(name: &Name) -> Vec<Vec<&str>> {
        let texts = |units: &Vec<Unit>| {
            units
                .iter()
                .filter(|unit| unit.class.is_required())
                .map(|unit| unit.text.clone())
                .collect::<Vec<_>>()
        };
        name.alternatives
            .iter()
            .map(|units| texts(units).into_iter().map(|text| &*text.leak()).collect())
            .collect()
    }

    #[test]
    fn order_numbers_branches_and_remarks_are_taken_out() {
        let name = read("SIMATIC S7-300 CPU 315-2 PN/DP (6ES7315-2EH14-0AB0)");
        assert_eq!(name.orders, ["6es73152eh140ab0"]);
        assert_eq!(required(&name), [["s7300", "3152", "pndp"]]);
        let name = read("SIMATIC S7-400 PN/DP V6 CPU family and below (incl. SIPLUS variants)");
        assert!(name.inclusive && name.branch.is_some());
        assert_eq!(required(&name), [["s7400", "pndp"]]);
        assert_eq!(read("RUGGEDCOM RSG2100 (32M) V4.X").conditions, ["32M"]);
        assert_eq!(
            read("RTU500 series CMU Firmware Version 12.4").branch.map(|branch| branch.text),
            Some("12.4".to_owned())
        );
    }

    #[test]
    fn lists_become_alternatives() {
        assert_eq!(required(&read("MP70 MP70E RV50 RV50X LX40 and LX60")).len(), 6);
        assert_eq!(
            required(&read("CompactLogix 5380 and 5480")),
            [["compactlogix", "5380"], ["compactlogix", "5480"]]
        );
        assert_eq!(required(&read("Flexy and Cosy")), [["flexy"], ["cosy"]]);
        let name = read("Airlink Router (MP70, RV50, LX 40) running ALEOS software");
        assert!(name.choices.iter().any(|unit| unit.text == "rv50"));
        assert!(
            required(&name).contains(&vec!["aleos"])
                || required(&name).iter().flatten().any(|word| *word == "aleos")
        );
    }

    #[test]
    fn hardware_series() {
        assert_eq!(read("1756-EN2T, Series A/B/C (unsigned version)").series, ['A', 'B', 'C']);
        assert_eq!(read("1756-EN2TR/C").series, ['C']);
        assert_eq!(read("MicroLogix 1400 Controllers Series B").series, ['B']);
    }

    #[test]
    fn placeholders_with_definitions() {
        let name = read("FX5U-xMy/z x=32,64,80, y=T,R, z=ES,DS (Serial number 17X**** and later)");
        assert!(!name.conditions.is_empty());
        assert!(
            name.alternatives
                .iter()
                .flatten()
                .any(|unit| unit.options.iter().any(|option| option.starts_with("fx5u|#*m*")))
        );
    }

    proptest! {
        #[test]
        fn any_name_is_read(text in "\\PC{0,120}", near in "[A-Za-z0-9 /()*,.x□-]{0,80}") {
            for text in [text, near] {
                prop_assert!(read(&text).alternatives.len() <= ALTERNATIVES_MAX);
            }
        }
    }
}
