//! The versions an advisory speaks of: bounds, lists, intervals and prose, read in one pass.
//!
//! Sources: the version texts of the CISA OT archive. Meaning of the forms seen there:
//! `>= 6.02 | <= 6.05` is one interval; `1.00 | 1.04` means any of; `20-33` is inclusive; `<V33.017_V34.014_V35.013` lists the fix of
//! each release line; `All versions < V3.X.14` has a wildcard; conditions ("only if", "with serial number") cannot be seen from outside.
//! Limits: one pass over at most `TEXT_MAX` bytes, no backtracking. What cannot be read is kept as text and answers [`Verdict::Unsure`].

use crate::intel::version::{Label, Labelled, Lexeme, Token, Version, lex, number, symbol, version_at, word};

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

/// Walks the tokens once and collects items.
struct Reader<'a> {
    lexemes: &'a [Lexeme],
    at: usize,
    items: Vec<Item>,
    pending: Option<Op>,
    barred: bool,
    label: Label,
    first_label: Option<String>,
    all: bool,
    none: bool,
    conditional: bool,
    serial: bool,
    dash: bool,
    between: bool,
    first_digits: bool,
}

impl<'a> Reader<'a> {
    fn new(lexemes: &'a [Lexeme]) -> Reader<'a> {
        Reader {
            lexemes,
            at: 0,
            items: Vec::new(),
            pending: None,
            barred: true,
            label: Label::default(),
            first_label: None,
            all: false,
            none: false,
            conditional: false,
            serial: false,
            dash: false,
            between: false,
            first_digits: false,
        }
    }

    fn run(&mut self) {
        while let Some(lexeme) = self.lexemes.get(self.at) {
            if let Some((version, next)) = version_at(self.lexemes, self.at) {
                self.take(version);
                self.at = next.max(self.at + 1);
                continue;
            }
            let stop = match &lexeme.token {
                Token::Symbol(c) => self.symbol(*c),
                Token::Word(text) => self.word(text),
                Token::Number(_) => {
                    self.label.push(lexeme);
                    false
                }
            };
            if stop {
                break;
            }
            self.at += 1;
        }
    }

    fn take(&mut self, version: Version) {
        // `first 5 digits of serial number 24031`: the count is not the bound.
        if self.first_digits {
            self.first_digits = false;
            return;
        }
        let label = self.label.take();
        if self.items.is_empty() {
            self.first_label = label;
        }
        if std::mem::take(&mut self.dash)
            && let Some(last) = self.items.last_mut()
            && last.op.is_none_or(|op| op == Op::AtLeast)
        {
            last.op = Some(Op::AtLeast);
            self.pending = Some(Op::AtMost);
        }
        self.items.push(Item { op: self.pending.take(), version, barred: std::mem::take(&mut self.barred) });
    }

    fn symbol(&mut self, c: char) -> bool {
        match c {
            '<' | '≤' | '>' | '≥' | '=' => self.operator(c),
            '|' | ',' | ';' | '&' | '/' => self.barred = true,
            '-' | '–' | '—' => self.dash = !self.items.is_empty() && self.pending.is_none(),
            '*' => self.all |= self.items.is_empty(),
            '(' => self.bracket(),
            _ => {}
        }
        false
    }

    fn operator(&mut self, c: char) {
        let equal = symbol(self.lexemes, self.at + 1) == Some('=');
        if equal && c != '=' {
            self.at += 1;
        }
        self.pending = Some(match (c, equal) {
            ('<', false) => Op::Below,
            ('<', true) | ('≤', _) => Op::AtMost,
            ('>', false) => Op::Above,
            ('>', true) | ('≥', _) => Op::AtLeast,
            _ => self.pending.unwrap_or(Op::Exactly),
        });
    }

    /// Skips a bracketed remark; one that states a condition makes the range conditional.
    fn bracket(&mut self) {
        let mut at = self.at + 1;
        let versioned = number(self.lexemes, at).is_some()
            || word(self.lexemes, at).is_some_and(|w| matches!(w, "v" | "r" | "fw"));
        if versioned && self.items.is_empty() {
            return;
        }
        while at < self.lexemes.len() && symbol(self.lexemes, at) != Some(')') {
            if let Some(text) = word(self.lexemes, at) {
                self.conditional |= is_condition(text);
                match (text, self.items.last_mut()) {
                    ("excluding", Some(last)) if last.op == Some(Op::AtMost) => last.op = Some(Op::Below),
                    _ => {}
                }
            }
            at += 1;
        }
        self.at = at;
    }

    /// Handles a word; true ends the reading because a condition begins.
    fn word(&mut self, text: &str) -> bool {
        match text {
            "all" | "any" | "every" => self.all |= self.items.is_empty(),
            "no" | "none" => self.none |= self.items.is_empty(),
            "serial" => self.serial = true,
            "first" if !self.lexemes.is_empty() => {
                self.first_digits = number(self.lexemes, self.at + 1).is_some()
            }
            // `between V3.0 (including) and V3.0.2 (excluding)`
            "between" => (self.pending, self.between) = (Some(Op::AtLeast), true),
            "and" if std::mem::take(&mut self.between) => self.pending = Some(Op::AtMost),
            "and" | "or" => {}
            "prior" | "before" | "earlier" | "below" | "older" | "lower" | "previous" | "preceding" => {
                self.downwards()
            }
            "later" | "newer" | "above" | "higher" | "after" | "greater" | "onward" | "onwards" | "up"
                if !self.is_up_to() =>
            {
                self.upwards()
            }
            "since" | "starting" | "from" => self.pending = Some(Op::AtLeast),
            "through" | "thru" | "to" | "until" | "up" | "upto" => self.reach(),
            "including" | "inclusive" => self.include(),
            _ if self.pending.is_some() && self.at + 1 == self.lexemes.len() && text.len() <= 2 => {
                // `<= FB`: revisions counted in letters.
                Version::of_letters(text).into_iter().for_each(|version| self.take(version));
            }
            _ if is_date(text) || is_condition(text) => {
                self.conditional = true;
                return !self.items.is_empty();
            }
            _ => {
                if let Some(lexeme) = self.lexemes.get(self.at) {
                    self.label.push(lexeme);
                }
            }
        }
        false
    }

    fn is_up_to(&self) -> bool {
        word(self.lexemes, self.at) == Some("up") && word(self.lexemes, self.at + 1) == Some("to")
    }

    /// `prior to X` looks forward, `X and prior` looks back.
    fn downwards(&mut self) {
        let forward = matches!(word(self.lexemes, self.at + 1), Some("to" | "than"));
        match self.items.last_mut() {
            Some(last) if !forward => {
                last.op = if last.op.is_none_or(|op| op == Op::Exactly) { Some(Op::AtMost) } else { last.op }
            }
            _ => self.pending = Some(Op::Below),
        }
        self.at += usize::from(forward);
    }

    fn upwards(&mut self) {
        let forward = word(self.lexemes, self.at + 1) == Some("than");
        match self.items.last_mut() {
            Some(last) if !forward => last.op = if last.op.is_none() { Some(Op::AtLeast) } else { last.op },
            _ => self.pending = Some(Op::Above),
        }
        self.at += usize::from(forward);
    }

    /// `up to X`, `A through B`, `A to B`.
    fn reach(&mut self) {
        match self.items.last_mut() {
            Some(last) if last.op.is_none() => last.op = Some(Op::AtLeast),
            _ => {}
        }
        self.pending = Some(Op::AtMost);
    }

    fn include(&mut self) {
        if self.pending == Some(Op::Below) {
            self.pending = Some(Op::AtMost);
        }
    }

    fn finish(self) -> Range {
        let spans = if self.items.is_empty() {
            if self.all && !self.serial { vec![Span::All] } else { Vec::new() }
        } else {
            spans(&self.items)
        };
        let empty = self.none && spans.is_empty();
        Range {
            spans,
            label: self.first_label.filter(|_| !self.serial),
            conditional: self.conditional,
            serial: self.serial,
            empty,
        }
    }
}

/// Joins a lower bound with the upper bound after it, and bounds of several release lines into one list of fixes.
fn spans(items: &[Item]) -> Vec<Span> {
    if let Some(fixes) = fix_list(items) {
        return vec![Span::Fixes(fixes)];
    }
    if let Some(span) = barred_update(items) {
        return vec![span];
    }
    let mut out = Vec::new();
    let mut items = items.iter().peekable();
    while let Some(item) = items.next() {
        let op = item.op.unwrap_or(Op::Exactly);
        let upper = items.next_if(|next| op.is_lower() && next.op.is_some_and(Op::is_upper));
        match upper {
            Some(Item { op: Some(high_op), version: high, .. }) => {
                out.push(Span::Between((op, item.version.clone()), (*high_op, high.clone())));
            }
            _ => out.push(Span::Bound(op, item.version.clone())),
        }
    }
    out
}

/// `< 16 | 6` means below V16 Update 6: a lone small number behind an upper bound.
fn barred_update(items: &[Item]) -> Option<Span> {
    let [Item { op: Some(op), version, .. }, Item { op: None, version: update, barred: true }] = items else {
        return None;
    };
    let (major, update) = (version.major()?, update.major().filter(|_| update.depth() == 1)?);
    (op.is_upper() && update < major && update < 20)
        .then(|| Span::Bound(*op, version.clone().with_update(update)))
}

fn fix_list(items: &[Item]) -> Option<Vec<Version>> {
    let (first, rest) = items.split_first()?;
    let list = first.op == Some(Op::Below)
        && !rest.is_empty()
        && rest.iter().all(|item| item.op == Some(Op::Below) || (item.op.is_none() && !item.barred));
    let mut majors: Vec<u64> = items.iter().filter_map(|item| item.version.major()).collect();
    majors.sort_unstable();
    majors.dedup();
    (list && majors.len() == items.len()).then(|| items.iter().map(|item| item.version.clone()).collect())
}

/// Words that begin a condition which cannot be checked from outside.
fn is_condition(word: &str) -> bool {
    const CONDITIONS: [&str; 20] = [
        "if",
        "only",
        "when",
        "where",
        "while",
        "unless",
        "without",
        "except",
        "with",
        "function",
        "fs",
        "installed",
        "running",
        "using",
        "configuration",
        "activated",
        "enabled",
        "shipped",
        "manufactured",
        "produced",
    ];
    CONDITIONS.contains(&word)
}

fn is_date(word: &str) -> bool {
    const DATES: [&str; 14] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "date",
        "production",
    ];
    DATES.contains(&word)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn judge(range: &str, observed: &str) -> Verdict {
        Range::parse(range).verdict(&Labelled::all(observed), None)
    }

    #[test]
    fn reads_the_forms_of_the_archive() {
        use Verdict::{Inside, Outside, Unsure};
        for (range, observed, expected) in [
            ("vers:all/*", "V1", Inside),
            ("All versions", "V1", Inside),
            ("vers:all/<V7.0.3", "V7.0.2", Inside),
            ("vers:all/<V7.0.3", "V7.0.3", Outside),
            ("All versions < V3.X.14", "V3.2.13", Inside),
            ("All versions < V3.X.14", "V3.3.14", Outside),
            (">= 6.02 | <= 6.05", "6.04", Inside),
            (">= 6.02 | <= 6.05", "6.06", Outside),
            ("vers:all/>=V2.9.2<V2.9.4", "V2.9.3", Inside),
            (">= V2.0 and < V2.6", "V2.6", Outside),
            ("1.00 | 1.04", "1.04", Inside),
            ("1.00 | 1.04", "1.05", Outside),
            ("20-33", "30.014", Inside),
            ("20-33", "34.011", Outside),
            ("31  - 32", "32.011", Inside),
            ("12.7.1-12.7.3", "12.7.2", Inside),
            ("V1.81.01 - V1.81.03", "V1.82.02", Outside),
            ("<V33.017_V34.014_V35.013_V36.011", "33.012", Inside),
            ("<V33.017_V34.014_V35.013_V36.011", "36.011", Outside),
            ("<V33.017_V34.014_V35.013_V36.011", "34.014", Outside),
            (">v33.011|<v33.015", "33.012", Inside),
            ("< V16 Update 3a", "V16.0.0.0", Inside),
            ("< V16 Update 5", "V16 Update 4", Inside),
            ("< V4.8 SP3", "V4.8 SP2 HF4", Inside),
            ("<V19_Update_1", "V19 Update 2", Outside),
            (">= 2.8.1 (only some)", "V2.8.1", Unsure),
            ("< 16 | 6", "V16 Update 4", Inside),
            ("V15, V15.1 and V16", "V16 Update 4", Inside),
            ("6.00 | 6.10 | 6.11", "6.11.00", Inside),
            ("<= 33", "33.011", Inside),
            ("<= 6.12", "6.12.361", Inside),
            ("<= 2.2", "2.2.3", Outside),
            (">FW16_up_to_and_including_FW26", "FW22 (04.02.13(24))", Inside),
            ("< 02.07.07(10)", "02.07.07(9)", Inside),
            ("NMC2 <= 6.9.6", "v6.9.6", Inside),
            ("<= HiOS 07.0.02", "HiOS-2A-07.0.02", Inside),
            ("All versions < CPCI85 V05.11", "CPCI85 V05.11", Outside),
            ("All versions < CPCI85 V05.20", "CPCI85 V05.11", Inside),
            (">=R400-V0|<R400-V2", "R400-V2", Outside),
            (">=R302-V0|<R302-V2", "R302-V1", Inside),
            ("< 1.1.6.S0", "1.1.5.S0", Inside),
            ("< 14.1s0", "14.0s1", Inside),
            ("prior to 2.3", "2.2", Inside),
            ("2.3 and earlier", "2.3", Inside),
            ("2.3 and earlier", "2.4", Outside),
            ("Versions 2.00 to 6.11", "3.5", Inside),
            ("versions 3.0 through 4.2", "4.3", Outside),
            ("5.0 and later", "6.1", Inside),
            ("No version", "1.0", Outside),
            ("< March 13, 2019", "1.0", Unsure),
            ("All versions < CPCI85 V05.11 (only with activated debug support)", "CPCI85 V05.10", Unsure),
            ("<=the_first_5_digits_of_serial_number_24031", "1.0", Unsure),
            ("<= 1.29F", "1.29E", Inside),
            (">= R3.10.00 | <= R3.75.00", "R3.60.00", Inside),
            ("< 15.2(4)EA7", "15.2(4)EA3", Inside),
            ("4.2.x", "4.2.9", Inside),
            ("4.X | 5.X", "6.1", Outside),
            ("<=FB", "FA", Inside),
            ("<=FB", "FC", Outside),
            ("<= K", "AA", Outside),
            ("All versions between V3.0 (including) and V3.0.2 (excluding)", "V3.0.1", Inside),
            ("All versions between V3.0 (including) and V3.0.2 (excluding)", "V3.0.2", Outside),
            ("< 8.2_20170817", "9.0.0", Outside),
            ("< 8.2_20170817", "8.1", Inside),
            ("4.7.109.20", "4.7.109", Unsure),
            ("2.1", "2.10", Unsure),
            ("<15.2{7}E2", "15.2(7)E1", Inside),
        ] {
            assert_eq!(
                judge(range, observed),
                expected,
                "{range} against {observed}: {:?}",
                Range::parse(range)
            );
        }
    }

    #[test]
    fn older_than_the_range_is_not_fixed() {
        let observed = Labelled::all("28.011");
        assert!(Range::parse(">= 31.011 | <= 33").is_after(&observed, None));
        assert!(!Range::parse("< 27").is_after(&observed, None));
    }

    #[test]
    fn serial_bounds_compare_with_the_serial() {
        let range = Range::parse("<=The_first_5_digits_of_serial_No._\"26061\"");
        assert_eq!(range.verdict(&[], Some("24031")), Verdict::Inside);
        assert_eq!(range.verdict(&[], Some("27001A")), Verdict::Outside);
        assert_eq!(range.verdict(&[], None), Verdict::Unsure);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,200}", observed in "\\PC{0,60}") {
            let _ = judge(&text, &observed);
        }

        #[test]
        fn near_versions_are_read_without_panic(text in "[0-9vVxX.<>=|() a-dSPu*_-]{0,80}", observed in "[0-9vVx.() SPa-d-]{0,40}") {
            let _ = judge(&text, &observed);
        }

        #[test]
        fn comparison_is_total_and_antisymmetric(a in "[0-9]{1,3}(\\.[0-9a-c]{1,2}){0,3}( SP[0-9])?", b in "[0-9]{1,3}(\\.[0-9a-c]{1,2}){0,3}( HF[0-9])?", c in "[0-9]{1,2}(\\.[0-9]){0,3}") {
            let [a, b, c] = [a, b, c].map(|text| Version::read(&text).unwrap().version);
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            prop_assert_eq!(a.cmp(&b).is_eq(), a == b);
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
            prop_assert!(a.depth() <= crate::intel::version::PARTS_MAX);
        }

        #[test]
        fn below_and_at_least_split_every_version(version in "[0-9]{1,3}(\\.[0-9]{1,2}){0,3}", bound in "[0-9]{1,3}(\\.[0-9]{1,2}){0,3}") {
            let below = judge(&format!("< {bound}"), &version) == Verdict::Inside;
            let above = judge(&format!(">= {bound}"), &version) == Verdict::Inside;
            prop_assert!(below != above);
        }
    }
}
