//! One pass over the tokens of a version text: operators, bounds, words and remarks become spans.

use super::{Item, Op, Range, Span};
use crate::intel::version::{Label, Lexeme, Token, Version, number, symbol, version_at, word};

/// Walks the tokens once and collects items.
pub(super) struct Reader<'a> {
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
    pub(super) fn new(lexemes: &'a [Lexeme]) -> Reader<'a> {
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

    pub(super) fn run(&mut self) {
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

    pub(super) fn finish(self) -> Range {
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
