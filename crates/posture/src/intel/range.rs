//! The versions an advisory speaks of: bounds, lists, intervals and prose, read in one pass.
//!
//! Sources: the version texts of the CISA OT archive. Meaning of the forms seen there:
//! `>= 6.02 | <= 6.05` is one interval; `1.00 | 1.04` means any of; `20-33` is inclusive; `<V33.017_V34.014_V35.013` lists the fix of
//! each release line; `All versions < V3.X.14` has a wildcard; conditions ("only if", "with serial number") cannot be seen from outside.
//! Limits: one pass over at most `TEXT_MAX` bytes, no backtracking. What cannot be read is kept as text and answers [`Verdict::Unsure`].

mod reader;
#[cfg(test)]
mod tests;

use crate::intel::version::{Labelled, Version, lex};
use reader::Reader;

/// Is an observed version meant by the range.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// Not meant.
    Outside,
    /// Cannot tell from what is known.
    Unsure,
    /// Meant.
    Inside,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Op {
    Below,
    AtMost,
    AtLeast,
    Above,
    Exactly,
}

impl Op {
    fn is_lower(self) -> bool {
        matches!(self, Op::AtLeast | Op::Above)
    }

    fn is_upper(self) -> bool {
        matches!(self, Op::Below | Op::AtMost)
    }
}

/// One bound or named version with the separator before it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Item {
    op: Option<Op>,
    version: Version,
    barred: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Span {
    All,
    Bound(Op, Version),
    Between((Op, Version), (Op, Version)),
    /// First fixed version of each release line.
    Fixes(Vec<Version>),
}

/// A version text as it was read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Range {
    spans: Vec<Span>,
    /// The component the bounds are about (`cpci85`, `nmc2`).
    label: Option<String>,
    /// Holds only under a condition that the text states.
    conditional: bool,
    /// Bound on the first digits of the serial number instead of a version.
    serial: bool,
    /// Names no version at all ("No version").
    empty: bool,
}

impl Range {
    /// Reads a text; never fails. Unreadable texts give a range that [`is_readable`](Range::is_readable) denies.
    #[must_use]
    pub fn parse(text: &str) -> Range {
        let lexemes = lex(strip_scheme(text));
        let mut reader = Reader::new(&lexemes);
        reader.run();
        reader.finish()
    }

    /// Every version, without condition.
    #[must_use]
    pub fn all() -> Range {
        Range { spans: vec![Span::All], ..Range::default() }
    }

    /// Means every version, without condition.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.spans == [Span::All] && !self.conditional
    }

    /// Could a version, a serial bound, "all" or "none" be read.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        !self.spans.is_empty() || self.empty
    }

    /// Word before the first bound.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// Judges what was observed: any reading of the firmware text, and the serial number for serial bounds.
    #[must_use]
    pub fn verdict(&self, observed: &[Labelled], serial: Option<&str>) -> Verdict {
        if self.empty {
            return Verdict::Outside;
        }
        if self.spans.is_empty() {
            return Verdict::Unsure;
        }
        let verdict = match self.subject(observed, serial) {
            _ if self.spans.contains(&Span::All) => Verdict::Inside,
            Some(version) => self.of(&version),
            None => Verdict::Unsure,
        };
        if self.conditional { verdict.min(Verdict::Unsure) } else { verdict }
    }

    /// Bounds the serial number.
    #[must_use]
    pub fn is_of_serial(&self) -> bool {
        self.serial
    }

    /// Holds only under a condition that the text states.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        self.conditional
    }

    fn of(&self, version: &Version) -> Verdict {
        let blurred = |span: &Span| match span {
            Span::Bound(Op::Exactly, named) => version.may_be(named),
            _ => false,
        };
        match () {
            () if self.spans.iter().any(|span| span.holds(version)) => Verdict::Inside,
            () if self.spans.iter().any(blurred) => Verdict::Unsure,
            () => Verdict::Outside,
        }
    }

    /// Is what was observed older than everything the range names: never affected rather than fixed.
    #[must_use]
    pub fn is_after(&self, observed: &[Labelled], serial: Option<&str>) -> bool {
        self.subject(observed, serial)
            .is_some_and(|subject| self.versions().all(|named| subject.against(named).is_lt()))
    }

    /// What the bounds are compared with. Of several readings, the one with the same label, else the one written like the bound.
    fn subject(&self, observed: &[Labelled], serial: Option<&str>) -> Option<Version> {
        if self.serial {
            return serial_version(serial?, self.deepest());
        }
        let same = observed.iter().find(|o| {
            o.label.is_some() && o.label.as_deref().zip(self.label()).is_some_and(|(a, b)| related(a, b))
        });
        let plain = || observed.iter().filter(|o| o.label.is_none() || self.label.is_none());
        let alike = || plain().find(|o| (o.version.depth() > 1) == (self.depth() > 1));
        let either = || plain().next();
        same.or_else(alike).or_else(either).map(|o| o.version.clone())
    }

    fn versions(&self) -> impl Iterator<Item = &Version> {
        self.spans.iter().flat_map(|span| match span {
            Span::All => Vec::new(),
            Span::Bound(_, version) => vec![version],
            Span::Between((_, low), (_, high)) => vec![low, high],
            Span::Fixes(fixes) => fixes.iter().collect(),
        })
    }

    fn depth(&self) -> usize {
        self.versions().map(Version::depth).max().unwrap_or(0)
    }

    fn deepest(&self) -> u64 {
        self.versions().filter_map(Version::major).max().unwrap_or(0)
    }
}

impl Span {
    fn holds(&self, version: &Version) -> bool {
        match self {
            Span::All => true,
            Span::Bound(op, bound) => within(version, *op, bound),
            Span::Between((low_op, low), (high_op, high)) => {
                within(version, *low_op, low) && within(version, *high_op, high)
            }
            Span::Fixes(fixes) => is_unfixed(version, fixes),
        }
    }
}

fn within(version: &Version, op: Op, bound: &Version) -> bool {
    match op {
        Op::Below => version.against(bound).is_lt(),
        Op::AtMost => version.is_at_most(bound),
        Op::AtLeast => version.against(bound).is_ge(),
        Op::Above => version.against(bound).is_gt() && !(bound.depth() == 1 && version.is_of(bound)),
        Op::Exactly => version.is_of(bound) || version.against(bound).is_eq(),
    }
}

/// Fixes per release line: an older line without a fix of its own is unfixed, a newer line is past all of them.
fn is_unfixed(version: &Version, fixes: &[Version]) -> bool {
    match fixes.iter().find(|fix| fix.major() == version.major()) {
        Some(fix) => version.against(fix).is_lt(),
        None => fixes.iter().any(|fix| version.against(fix).is_lt()),
    }
}

fn related(a: &str, b: &str) -> bool {
    a.contains(b) || b.contains(a)
}

/// The leading digits of a serial number, as many as the bound has.
fn serial_version(serial: &str, bound: u64) -> Option<Version> {
    let wanted = bound.to_string().len();
    let digits: String = serial.trim().chars().take(wanted).collect();
    (digits.len() == wanted && digits.bytes().all(|b| b.is_ascii_digit()))
        .then(|| Version::read(&digits).map(|l| l.version))?
}

fn strip_scheme(text: &str) -> &str {
    let text = text.trim();
    match text.strip_prefix("vers:").and_then(|rest| rest.split_once('/')) {
        Some((_, rest)) => rest,
        None => text,
    }
}
