//! One rule: conditions, statements, verdict (nft(8), "Statements").
//!
//! Once a word is met that is not known, no later condition is taken, as where the unknown one ends cannot be told; the verdict is.

use super::super::Fault;
use super::super::limits::Caps;
use super::super::line::shown;
use super::super::linux::{LinuxRule, address_and_port, destination};
use super::Table;
use super::conditions::{Compare, Conditions};
use super::keys::{self, Key};
use super::sets::{Element, elements, value};
use super::tokens::{Cursor, Token};
use model::Text;
use model::network::{Action, Change, Rule};

/// Reads a rule. Verdict maps and concatenations become several.
///
/// # Errors
/// More than the caps allow.
pub(super) fn read(
    statement: &[Token<'_>],
    table: &Table<'_, '_>,
    caps: &mut Caps,
) -> Result<Vec<LinuxRule>, Fault> {
    let line = statement.first().map_or(1, |t| t.line);
    let mut reader = Reader {
        cursor: Cursor::new(statement),
        table,
        caps,
        text: spelled(statement),
        line,
        alternatives: vec![Conditions::default()],
        blind: false,
        log: false,
        out: Vec::new(),
    };
    while !reader.cursor.is_done() {
        if reader.step()? {
            break;
        }
    }
    Ok(reader.out)
}

fn spelled(statement: &[Token<'_>]) -> String {
    let mut text = String::new();
    for token in statement.iter().take(200).filter(|t| !t.is("\n")) {
        if !text.is_empty() && !token.is(",") {
            text.push(' ');
        }
        match token.quoted {
            true => text.extend(["\"", token.text, "\""]),
            false => text.push_str(token.text),
        }
    }
    text
}

struct Reader<'a, 't, 'c> {
    cursor: Cursor<'a, 't>,
    table: &'c Table<'a, 't>,
    caps: &'c mut Caps,
    text: String,
    line: u32,
    /// Conditions of which one must hold.
    alternatives: Vec<Conditions>,
    /// Something was not understood.
    blind: bool,
    log: bool,
    out: Vec<LinuxRule>,
}

impl<'a, 't> Reader<'a, 't, '_> {
    /// Takes the next part; `true` when the rule is at its end.
    fn step(&mut self) -> Result<bool, Fault> {
        if let Some((action, change)) = self.verdict() {
            if let Some(action) = action {
                self.emit(&self.alternatives.clone(), action, change)?;
            }
            return Ok(true);
        }
        if self.statement() {
            return Ok(false);
        }
        if !self.blind
            && let Some(first) = keys::take(&mut self.cursor)
        {
            return self.condition(first);
        }
        if self.cursor.eat("vmap") {
            self.emit(&self.alternatives.clone(), Action::Unknown, None)?;
            return Ok(true);
        }
        self.not_understood();
        if self.cursor.next().is_some_and(|t| t.is("{")) {
            self.cursor.inside();
        }
        Ok(false)
    }

    fn not_understood(&mut self) {
        if !self.blind {
            self.blind = true;
            self.undecided();
        }
    }

    fn undecided(&mut self) {
        let text = shown(&self.text);
        self.alternatives.iter_mut().for_each(|a| a.undecided(text.as_str()));
    }

    /// The action is `None` when the packet goes on; the whole is `None` when there is no verdict here.
    fn verdict(&mut self) -> Option<(Option<Action>, Option<Change>)> {
        let word = self.cursor.peek().filter(|t| !t.quoted)?.text;
        let known = VERDICTS.contains(&word);
        if !known {
            return None;
        }
        self.cursor.next();
        Some(match word {
            "dnat" => {
                let to = self.cursor.rest().iter().position(|t| t.is("to"));
                let new = to.and_then(|at| self.cursor.rest().get(at + 1..)).and_then(|rest| match rest {
                    [one] => address_and_port(one.text),
                    // `dnat to 10.0.0.1:80 persistent` and a comment after it.
                    [one, next, ..] if FLAGS_OF_NAT.iter().any(|f| next.is(f)) => address_and_port(one.text),
                    _ => None,
                });
                let change = destination(new.map(|(to, _)| to), new.and_then(|(_, port)| port));
                (Some(Action::Allow), Some(change))
            }
            "redirect" | "tproxy" => (Some(Action::Allow), Some(destination(None, None))),
            "snat" | "masquerade" => (Some(Action::Allow), Some(Change::Source)),
            "continue" => (None, None),
            _ => (Some(self.action(word)), None),
        })
    }

    fn action(&mut self, word: &str) -> Action {
        let table = self.table;
        let mut chain = || Text::new(&table.full(self.cursor.next().map_or("", |t| t.text)));
        match word {
            "accept" => Action::Allow,
            "drop" | "reject" => Action::Deny,
            "return" => Action::Return,
            "jump" => Action::Jump(chain()),
            "goto" => Action::Goto(chain()),
            _ => Action::Unknown,
        }
    }

    /// Statements that decide nothing; `false` when there is none here.
    fn statement(&mut self) -> bool {
        let Some(word) = self.cursor.peek().filter(|t| !t.quoted) else { return false };
        match word.text {
            "counter" => self.words_after(&["packets", "bytes", "name"]),
            "log" => {
                self.log = true;
                self.words_after(&["prefix", "level", "group", "snaplen", "queue-threshold"]);
                while self.cursor.eat("flags") || self.cursor.eat(",") {
                    self.cursor.next();
                }
            }
            "comment" => self.cursor.skip(2),
            "notrack" => self.cursor.skip(1),
            "limit" => {
                self.limit();
                self.undecided();
            }
            _ => return false,
        }
        true
    }

    /// A word, then pairs that begin with one of these.
    fn words_after(&mut self, names: &[&str]) {
        self.cursor.next();
        while self.cursor.peek().is_some_and(|t| names.iter().any(|n| t.is(n))) {
            self.cursor.skip(2);
        }
    }

    /// `limit rate [over] 10/second [burst 5 packets]`, `limit rate 10 mbytes/second`.
    fn limit(&mut self) {
        self.cursor.skip(2);
        self.cursor.eat("over");
        let amount = self.cursor.next();
        if amount.is_some_and(|t| !t.text.contains('/')) {
            self.cursor.next();
        }
        if self.cursor.eat("burst") {
            self.cursor.skip(2);
        }
    }

    /// A key, or several put together with dots; then a comparison, or a map of verdicts.
    fn condition(&mut self, first: Key) -> Result<bool, Fault> {
        let mut keys = vec![first];
        while self.cursor.eat(".") {
            match keys::take(&mut self.cursor) {
                Some(key) => keys.push(key),
                None => {
                    self.not_understood();
                    return Ok(false);
                }
            }
        }
        if self.cursor.eat("vmap") {
            self.map(&keys)?;
            return Ok(false);
        }
        let understood = match keys.as_slice() {
            [Key::Flags] => self.flags(),
            [key] => self.one(*key),
            _ => self.several(&keys),
        };
        if understood.is_none() {
            self.not_understood();
        }
        Ok(false)
    }

    fn compare(&mut self) -> Compare {
        let signs = [
            ("!=", Compare::NotIn),
            ("==", Compare::In),
            ("<=", Compare::AtMost),
            (">=", Compare::AtLeast),
            ("<", Compare::Below),
            (">", Compare::Above),
        ];
        signs.into_iter().find(|(sign, _)| self.cursor.eat(sign)).map_or(Compare::In, |(_, compare)| compare)
    }

    /// What a key is compared with: a set in place or by name, or values with commas between.
    fn values(&mut self) -> Option<Vec<Element<'a, 't>>> {
        if self.cursor.eat("{") {
            return self.cursor.inside().map(elements);
        }
        let first = self.cursor.peek()?;
        if let Some(name) = first.text.strip_prefix('@').filter(|_| !first.quoted) {
            self.cursor.next();
            return self.table.sets.get(name).map(<[_]>::to_vec);
        }
        let rest = self.cursor.rest();
        let mut length = 1;
        while rest.get(length).is_some_and(|t| t.is(",")) {
            length += 2;
        }
        let words = rest.get(..length)?;
        self.cursor.skip(length);
        Some(elements(words))
    }

    fn one(&mut self, key: Key) -> Option<()> {
        let compare = self.compare();
        let elements = self.values()?;
        if !self.caps.members(elements.len().saturating_mul(self.alternatives.len())) {
            return None;
        }
        let untracked = self.table.untracked;
        let mut next = self.alternatives.clone();
        for alternative in &mut next {
            alternative.add(key, compare, &elements, untracked)?;
        }
        self.alternatives = next;
        Some(())
    }

    /// Whether the alternatives may be repeated so often.
    fn room(&mut self, times: usize) -> bool {
        let once: usize = self.alternatives.iter().map(|a| 1 + a.weight()).sum();
        self.caps.members(once.saturating_mul(times))
    }

    /// `ip saddr . tcp dport { 10.0.0.1 . 22, … }`: each element is an alternative.
    fn several(&mut self, keys: &[Key]) -> Option<()> {
        if self.compare() != Compare::In {
            return None;
        }
        let elements = self.values()?;
        self.room(elements.len()).then_some(())?;
        let mut next = Vec::new();
        for alternative in &self.alternatives {
            for element in &elements {
                let mut one = alternative.clone();
                add_parts(&mut one, keys, value(element), self.table.untracked)?;
                next.push(one);
            }
        }
        self.alternatives = next;
        Some(())
    }

    /// `KEY vmap { VALUE : VERDICT, … }`. A packet that is in none goes on.
    fn map(&mut self, keys: &[Key]) -> Result<(), Fault> {
        let before = self.alternatives.clone();
        let Some(elements) = self.values().filter(|e| self.room(e.len())) else {
            self.undecided();
            return self.emit(&self.alternatives.clone(), Action::Unknown, None);
        };
        for element in elements {
            let colon = element.iter().position(|t| t.is(":")).unwrap_or(element.len());
            let (key, verdict) = element.split_at(colon);
            let mut alternatives = before.clone();
            // The default stands last, so that the values in front of it have decided already.
            let anything = matches!(value(key), [one] if one.is("*"));
            for alternative in &mut alternatives {
                if !anything && add_parts(alternative, keys, value(key), self.table.untracked).is_none() {
                    alternative.undecided(shown(&self.text).as_str());
                }
            }
            let mut cursor = Cursor::new(verdict.get(1..).unwrap_or_default());
            let word = cursor.next().map_or("", |t| t.text);
            std::mem::swap(&mut self.cursor, &mut cursor);
            let action = if word == "continue" { None } else { Some(self.action(word)) };
            std::mem::swap(&mut self.cursor, &mut cursor);
            if let Some(action) = action {
                self.emit(&alternatives, action, None)?;
            }
        }
        Ok(())
    }

    fn emit(
        &mut self,
        alternatives: &[Conditions],
        action: Action,
        change: Option<Change>,
    ) -> Result<(), Fault> {
        for conditions in alternatives {
            self.caps.rule(self.line)?;
            self.caps.copy(conditions.so_far(), self.line)?;
            let mut rule = Rule::new(action.clone(), self.line, shown(&self.text).as_str());
            rule.when = conditions.clone().finish();
            rule.log = self.log;
            self.out.push(LinuxRule { rule, change: change.clone() });
        }
        Ok(())
    }

    /// `tcp flags syn`, `tcp flags != syn`, `tcp flags syn / fin,syn,rst,ack`, `tcp flags & (fin | syn) == syn`. A first packet has SYN
    /// alone.
    fn flags(&mut self) -> Option<()> {
        let (mut mask, mut not, mut exact) = (None, false, false);
        if self.cursor.eat("&") {
            mask = Some(self.flag_list());
            (not, exact) = (self.cursor.eat("!="), true);
            self.cursor.eat("==");
        } else if self.cursor.eat("!=") {
            (not, exact) = (true, true);
        } else if self.cursor.eat("==") {
            exact = true;
        }
        let set = self.flag_list();
        if self.cursor.eat("/") {
            (mask, exact) = (Some(self.flag_list()), true);
        }
        let known = |flags: &[&str]| flags.iter().all(|f| FLAGS.contains(f));
        (known(&set) && mask.as_deref().is_none_or(known) && !set.is_empty()).then_some(())?;
        let has_syn = set.contains(&"syn");
        let masked = mask.is_none_or(|m| m.contains(&"syn"));
        // Compared with a mask, or as a whole; without either, any of the flags will do.
        let fits = if exact { set.iter().all(|f| *f == "syn") && has_syn == masked } else { has_syn };
        for alternative in &mut self.alternatives {
            alternative.tcp()?;
            if fits == not {
                alternative.established();
            }
        }
        Some(())
    }

    fn flag_list(&mut self) -> Vec<&'a str> {
        let mut flags = Vec::new();
        let open = self.cursor.eat("(");
        while let Some(token) = self.cursor.peek().filter(|t| FLAGS.contains(&t.text)) {
            self.cursor.next();
            flags.push(token.text);
            if !self.cursor.eat("|") && !self.cursor.eat(",") {
                break;
            }
        }
        if open {
            self.cursor.eat(")");
        }
        flags
    }
}

/// The parts of an element, one for each key.
fn add_parts(to: &mut Conditions, keys: &[Key], element: Element<'_, '_>, untracked: bool) -> Option<()> {
    let parts: Vec<&[Token<'_>]> = element.split(|t| t.is(".")).collect();
    (parts.len() == keys.len()).then_some(())?;
    for (key, part) in keys.iter().zip(parts) {
        // Everything of this kind.
        if !matches!(part, [one] if one.is("*")) {
            to.add(*key, Compare::In, &[part], untracked)?;
        }
    }
    Some(())
}

const VERDICTS: [&str; 14] = [
    "accept",
    "drop",
    "reject",
    "return",
    "continue",
    "jump",
    "goto",
    "queue",
    "dnat",
    "snat",
    "masquerade",
    "redirect",
    "tproxy",
    "synproxy",
];

const FLAGS: [&str; 8] = ["fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr"];

const FLAGS_OF_NAT: [&str; 5] = ["persistent", "random", "fully-random", "comment", "prefix"];
