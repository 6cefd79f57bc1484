//! One word of an advisory's product name, with everything it may stand for.
//!
//! Families are written short in advisories: `R04/08/16/32/120(EN)CPU`, `CS1H/G-CPU**H`, `FX5U-xMy/z`, `BMXP34*`, `750-82xx`. Each form
//! becomes a list of options, patterns where there are placeholders. Limit: [`OPTIONS_MAX`] options per word.

use crate::intel::text::{View, compact, fold, glob, has_digit, literal, shape};
use crate::intel::words::{is_kind, is_noise};

const OPTIONS_MAX: usize = 24;
const NEVER: &str = "\u{0}";

/// What a word is worth for the comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// Says nothing.
    Noise,
    /// Says what kind of thing it is.
    Kind,
    /// Umbrella word or own name of the maker.
    Brand,
    /// A name without digits: must be found.
    Plain,
    /// A model, number or pattern: must be found.
    Model,
}

impl Class {
    pub(crate) fn is_required(self) -> bool {
        matches!(self, Class::Plain | Class::Model)
    }
}

/// A word and its options.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Unit {
    /// As compact text, for joining with neighbours.
    pub(crate) text: String,
    /// Compact texts or patterns, any of which may be found.
    pub(crate) options: Vec<String>,
    pub(crate) class: Class,
    /// The name goes on with "series" or "family": members of the line are meant too.
    pub(crate) collective: bool,
}

impl Unit {
    /// Reads a word as written; `None` when nothing is left of it.
    pub(crate) fn read(word: &str, is_brand: impl Fn(&str) -> bool) -> Option<Unit> {
        let is_size = word.contains('"') && has_digit(word);
        let text = compact(&fold(word));
        if text.is_empty() || is_size {
            return None;
        }
        let mut options: Vec<String> = expand(word).into_iter().filter(|option| is_telling(option)).collect();
        options.dedup();
        options.truncate(OPTIONS_MAX);
        if options.is_empty() {
            // Only placeholders: kept as something that is never found, or the rest of the name would match without it.
            options.push(NEVER.to_owned());
        }
        let pattern = options.iter().any(|option| option.contains(['*', '?']));
        let class = match text.as_str() {
            text if is_noise(text) => Class::Noise,
            text if is_kind(text) => Class::Kind,
            text if is_brand(text) => Class::Brand,
            text if has_digit(text) || pattern || options.iter().any(|option| option == NEVER) => Class::Model,
            _ => Class::Plain,
        };
        Some(Unit { text, options, class, collective: false })
    }

    /// Is any option among the grams.
    pub(crate) fn is_in(&self, grams: View<'_>) -> bool {
        self.options.iter().any(|option| found(option, grams)) || self.has_member(grams)
    }

    /// `CJ series` has CJ2M, `X-200 family` has X208. `UC-8100A-ME-T` has UC-8112A-ME-T also without saying so: four digits, two of them zero.
    fn has_member(&self, grams: View<'_>) -> bool {
        self.options.iter().any(|option| match line(option, self.collective) {
            Some((stem, None)) => grams.starting(stem).any(|gram| follows_digit(gram, stem)),
            Some((stem, Some((length, tail)))) => grams.starting(stem).any(|gram| is_member(gram, stem, length, tail)),
            None => false,
        })
    }

    /// Could this word alone identify a product: long enough and with enough digits.
    pub(crate) fn is_identifying(&self) -> bool {
        let digits = self.text.bytes().filter(u8::is_ascii_digit).count();
        let lettered = self.options.iter().all(|option| !option.contains(['*', '?']) || (literal(option).len() >= 4 && shape(option).is_some_and(|(letters, ..)| !letters.is_empty())));
        lettered && self.class == Class::Model && self.text.len() >= 4 && digits >= 2 && (digits < self.text.len() || digits >= 6)
    }

    /// A bare number of one or two digits only counts next to its neighbour.
    pub(crate) fn needs_neighbour(&self) -> bool {
        self.text.len() <= 2 && self.text.bytes().all(|b| b.is_ascii_digit())
    }

    /// The texts and pattern beginnings under which the unit can be looked up; `true` marks a beginning.
    pub(crate) fn keys(&self) -> Vec<(String, bool)> {
        let mut out: Vec<(String, bool)> = Vec::new();
        for option in &self.options {
            let stem = literal(option);
            out.push((stem.to_owned(), stem.len() < option.len()));
            if let Some((stem, _)) = line(option, self.collective) {
                out.push((stem.to_owned(), true));
            }
            if lost_letter(option).is_some() {
                out.push((option.clone(), false));
            }
        }
        out
    }
}

fn found(option: &str, grams: View<'_>) -> bool {
    if option.contains(['*', '?']) {
        return grams.starting(literal(option)).any(|gram| glob(option, gram));
    }
    grams.has(option) || lost_letter(option).is_some_and(|option| grams.iter().any(|gram| gram.len() == option.len() + 1 && gram.ends_with(option)))
}

/// `04CPU` for R04CPU: lists that continue a series leave its letter out.
fn lost_letter(option: &str) -> Option<&str> {
    let (letters, digits, tail) = shape(option)?;
    (letters.is_empty() && digits.len() <= 3 && tail.len() >= 3 && tail.bytes().all(|b| b.is_ascii_alphabetic())).then_some(option)
}

/// The line a name may stand for: its beginning and, for numbers rounded to hundreds, length of the number and what follows.
fn line(option: &str, collective: bool) -> Option<(&str, Option<(usize, &str)>)> {
    if option.contains(['*', '?']) {
        return None;
    }
    let Some((letters, digits, tail)) = shape(option) else { return (collective && option.len() >= 2).then_some((option, None)) };
    let stem = digits.trim_end_matches('0');
    let zeros = digits.len() - stem.len();
    let rounded = zeros >= 2 && !stem.is_empty() && !letters.is_empty() && (collective || (digits.len() == 4 && !tail.is_empty()));
    let beginning = option.get(..letters.len() + stem.len())?;
    rounded.then_some((beginning, Some((digits.len(), tail))))
}

fn follows_digit(gram: &str, stem: &str) -> bool {
    gram.get(stem.len()..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn is_member(gram: &str, stem: &str, length: usize, tail: &str) -> bool {
    gram.starts_with(stem) && shape(gram).is_some_and(|(l, d, t)| d.len() == length && t == tail && l.len() <= stem.len())
}

/// A pattern must keep at least two characters of its own, or it would find everything.
fn is_telling(option: &str) -> bool {
    let own = option.bytes().filter(|b| !matches!(b, b'*' | b'?')).count();
    own >= 2 || (own == 1 && !option.contains('*') && option.len() != 2)
}

/// Options of a written word, folded and compact.
fn expand(word: &str) -> Vec<String> {
    let whole = pattern(&word.replace(['(', ')'], ""));
    let mut out = vec![whole];
    for bare in optional(word) {
        for part in alternatives(&bare) {
            out.push(pattern(&part));
        }
        out.push(pattern(&bare));
    }
    let mut seen: Vec<String> = Vec::new();
    for option in out {
        if !seen.contains(&option) && !option.is_empty() {
            seen.push(option);
        }
    }
    seen
}

/// `R04(EN)CPU` may be written with and without what is in brackets.
fn optional(word: &str) -> Vec<String> {
    match word.split_once('(').and_then(|(before, rest)| rest.split_once(')').map(|(inner, after)| (before, inner, after))) {
        Some((before, inner, after)) => vec![format!("{before}{after}"), format!("{before}{inner}{after}")],
        None => vec![word.to_owned()],
    }
}

/// `R04/08/120CPU` gives R04CPU, R08CPU and R120CPU; `1734-AENT/1734-AENTR` gives both.
fn alternatives(word: &str) -> Vec<String> {
    let parts: Vec<&str> = word.split('/').collect();
    let (Some((first, rest)), true) = (parts.split_first(), parts.len() <= OPTIONS_MAX) else { return Vec::new() };
    let Some(last) = rest.last() else { return vec![word.to_owned()] };
    let (head, tail) = split_tail(last, first);
    let middles = rest.iter().take(rest.len() - 1).copied();
    let replaced = middles.chain([head]).map(|part| format!("{}{tail}", replace_end(first, part)));
    let mut out = vec![format!("{first}{tail}")];
    out.extend(replaced);
    // A part that is a model of its own: `SYSMAC/CJ2M`.
    let own = rest.iter().filter(|part| part.len() >= 4 && has_digit(part) && part.starts_with(|c: char| c.is_ascii_alphabetic()));
    out.extend(own.map(|part| (*part).to_owned()));
    out
}

/// The last part carries what follows for all: `120CPU` is `120` and `CPU` when the first part ends in a digit.
fn split_tail<'a>(last: &'a str, first: &str) -> (&'a str, &'a str) {
    let digit_end = first.ends_with(|c: char| c.is_ascii_digit());
    let end = match digit_end {
        true if last.starts_with(|c: char| c.is_ascii_digit()) => last.find(|c: char| !c.is_ascii_digit()),
        _ if last.starts_with(|c: char| c.is_ascii_digit()) => None,
        _ => last.find('-').filter(|at| *at > 0 && *at < first.len()),
    };
    last.split_at(end.unwrap_or(last.len()))
}

/// Puts a part in the place of the same kind of characters at the end of the first: `R04` and `08` give `R08`.
fn replace_end(first: &str, part: &str) -> String {
    let digits = part.starts_with(|c: char| c.is_ascii_digit());
    let whole = part.len() >= first.len() && first.starts_with(|c: char| c.is_ascii_digit()) == digits;
    if whole && !(digits && first.bytes().all(|b| b.is_ascii_digit()) && part.len() == first.len()) {
        return part.to_owned();
    }
    let kept = if digits && part.bytes().all(|b| b.is_ascii_digit()) {
        first.trim_end_matches(|c: char| c.is_ascii_digit())
    } else {
        let keep = first.len().saturating_sub(part.len());
        first.get(..keep).unwrap_or_default()
    };
    format!("{kept}{part}")
}

/// Compact and folded, with placeholders as `*` (a run) and `?` (one character).
fn pattern(word: &str) -> String {
    let chars: Vec<char> = word.chars().collect();
    let placeholders = chars.iter().any(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
    let mut out = String::new();
    for (at, c) in chars.iter().enumerate() {
        match c {
            '□' | '*' | '[' => star(&mut out),
            'x' | 'y' | 'z' if placeholders && is_placeholder(&chars, at) => {
                // `3xxx` is any four digits that begin with 3; `140CPU65xxxxx` is everything that begins so.
                let last = out.bytes().filter(u8::is_ascii_alphanumeric).count() >= 2 && chars.iter().skip(at).all(|c| matches!(c, 'x' | 'y' | 'z'));
                if last { star(&mut out) } else { out.push('?') }
            }
            '+' if !out.is_empty() => out.push_str("plus"),
            c if c.is_alphanumeric() => out.push_str(&fold(&c.to_string())),
            _ => {}
        }
    }
    out
}

fn star(out: &mut String) {
    if !out.ends_with('*') {
        out.push('*');
    }
}

/// A small x, y or z is a placeholder between digits, capitals and other placeholders: `82xx`, `P34x`, `L8zS`, but not `Linx`.
fn is_placeholder(chars: &[char], at: usize) -> bool {
    let neighbour = |c: Option<&char>| c.is_none_or(|c| c.is_ascii_digit() || c.is_ascii_uppercase() || matches!(c, 'x' | 'y' | 'z' | '-' | '/' | '.'));
    let before = at.checked_sub(1).and_then(|at| chars.get(at));
    neighbour(before) && neighbour(chars.get(at + 1)) && chars.iter().any(char::is_ascii_digit)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::intel::text::{Grams, Source};
    use proptest::prelude::*;

    fn finds(word: &str, text: &str) -> bool {
        Unit::read(word, |_| false).is_some_and(|unit| unit.is_in(Grams::of([text]).up_to(Source::Own)))
    }

    #[test]
    fn short_forms_mean_each_member() {
        for (word, text) in [
            ("R04/08/16/32/120(EN)CPU", "R08ENCPU"),
            ("R04/08/16/32/120(EN)CPU", "R120CPU"),
            ("R00/01/02CPU", "R01CPU"),
            ("CS1H/G-CPU**H", "CS1G-CPU45H"),
            ("CP1L-EM□□D□-□", "CP1L-EM40DT1-D"),
            ("SYSMAC/CJ2M", "CJ2M-CPU31"),
            ("FX5U(C)-**M*/**", "FX5U-32MT/ES"),
            ("BMXP34*", "BMX P34 20302"),
            ("750-82xx/xxx-xxx", "750-8212"),
            ("1756-L8z", "1756-L83E/B"),
            ("1734-AENT/1734-AENTR", "1734-AENTR"),
            ("EAGLE20/30", "EAGLE30"),
            ("670/650", "Relion 650"),
            ("RV50x", "RV50X"),
            ("CJ2M-CPU[][]", "CJ2M-CPU31"),
        ] {
            assert!(finds(word, text), "{word} in {text}: {:?}", Unit::read(word, |_| false));
        }
        for (word, text) in [("R04/08CPU", "R16CPU"), ("1756-EN2T", "1756-EN2TR"), ("R00/01/02CPU", "R04CPU"), ("xxx", "abc")] {
            assert!(!finds(word, text), "{word} not in {text}: {:?}", Unit::read(word, |_| false));
        }
    }

    #[test]
    fn lines_have_members() {
        let member = |word: &str, text: &str| {
            let mut unit = Unit::read(word, |_| false).unwrap();
            unit.collective = true;
            unit.is_in(Grams::of([text]).up_to(Source::Own))
        };
        assert!(member("X-200", "X208") && member("ROC800", "ROC809") && member("CJ", "CJ2M-CPU31"));
        assert!(!member("X-200", "X204IRT") && !member("X-200", "X308") && !member("CJ", "CS1G"));
    }

    proptest! {
        #[test]
        fn any_word_is_read(word in "\\PC{0,40}", near in "[A-Zxyz0-9/()*□.-]{0,30}") {
            for word in [word, near] {
                let unit = Unit::read(&word, |_| false);
                prop_assert!(unit.is_none_or(|unit| unit.options.len() <= OPTIONS_MAX && !unit.keys().is_empty()));
            }
        }
    }
}
