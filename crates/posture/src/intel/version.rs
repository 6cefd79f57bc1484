//! Versions as vendors write them, made comparable.
//!
//! Sources: the 4,447 distinct version texts of the CISA OT archive (CSAF 2.0, 2017 to 2024) and the vendors' own schemes met there:
//! dotted numbers, Rockwell `33.011`, Siemens `V16 Update 4` and `V7.5 SP2 HF1`, Mitsubishi `1.29F`, SEL `R302-V1`, WAGO `FW22 (04.02.13(24))`.
//! Limits: a text is cut at [`TEXT_MAX`] bytes and a version at [`PARTS_MAX`] parts, so the work per text is bounded.
//! Invariant: [`Version`] has a total order; wildcards only mean something in [`Version::against`].

use std::cmp::Ordering;

/// Bytes of a version text that are read; the rest is not looked at.
pub const TEXT_MAX: usize = 512;
/// Parts a version keeps.
pub const PARTS_MAX: usize = 16;
const LEVELS: usize = 5;
/// Room for a letter after a level: `Update 3a`.
const LETTERS: u64 = 32;

/// One lexical unit of a version text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Token {
    Number(u64),
    Word(String),
    Symbol(char),
}

/// A token and whether it follows the one before without a blank.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Lexeme {
    pub(crate) token: Token,
    pub(crate) glued: bool,
    pub(crate) digits: u8,
}

/// Cuts a text into numbers, lower-case words and symbols in one pass.
pub(crate) fn lex(text: &str) -> Vec<Lexeme> {
    let mut out: Vec<Lexeme> = Vec::new();
    let mut glued = false;
    for (at, c) in text.char_indices() {
        if at >= TEXT_MAX {
            break;
        }
        // `15.2{7}E2` is Cisco's 15.2(7)E2.
        let c = match c {
            '{' => '(',
            '}' => ')',
            c => c,
        };
        if c.is_whitespace() || c == '_' {
            glued = false;
            continue;
        }
        push_char(&mut out, c, glued);
        glued = true;
    }
    out
}

fn push_char(out: &mut Vec<Lexeme>, c: char, glued: bool) {
    let last = out.last_mut().filter(|_| glued);
    match (c.to_digit(10), last) {
        (Some(digit), Some(Lexeme { token: Token::Number(n), digits, .. })) => {
            *n = n.saturating_mul(10).saturating_add(u64::from(digit));
            *digits = digits.saturating_add(1);
        }
        (Some(digit), _) => out.push(Lexeme { token: Token::Number(u64::from(digit)), glued, digits: 1 }),
        (None, Some(Lexeme { token: Token::Word(word), .. })) if c.is_alphabetic() => {
            word.extend(c.to_lowercase())
        }
        (None, _) if c.is_alphabetic() => {
            out.push(Lexeme { token: Token::Word(c.to_lowercase().collect()), glued, digits: 0 });
        }
        (None, _) => out.push(Lexeme { token: Token::Symbol(c), glued, digits: 0 }),
    }
}

/// One part between the dots: `5`, `hw01`, `a`, `x`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Part {
    /// Pre-release words sort before the release itself.
    Before(String, u64),
    Number(u64),
    After(String, u64),
    /// `x` or `*`: any part in this place.
    Wild,
}

const ZERO: Part = Part::Number(0);

/// A comparable version: its parts, then service pack, update, hotfix, patch and build.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Version {
    parts: Vec<Part>,
    levels: [u64; LEVELS],
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> Ordering {
        let longest = self.parts.len().max(other.parts.len());
        let parts = (0..longest).map(|at| self.part(at).cmp(other.part(at))).find(|order| order.is_ne());
        // Equal after padding is not identical: `1.0` and `1.0.0` must stay apart for `Eq`, so the length decides last.
        parts
            .unwrap_or(Ordering::Equal)
            .then(self.levels.cmp(&other.levels))
            .then(self.parts.len().cmp(&other.parts.len()))
    }
}

impl Version {
    /// The first version a text holds, with the name before it (`CPCI85 V05.11` gives `cpci85`).
    #[must_use]
    pub fn read(text: &str) -> Option<Labelled> {
        Labelled::all(text).into_iter().next()
    }

    /// A revision of one or two letters, counted like the columns of a sheet: `K` before `AA`.
    #[must_use]
    pub fn of_letters(text: &str) -> Option<Version> {
        let letters = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphabetic());
        let place = |sum: u64, b: u8| sum * 26 + u64::from(b.to_ascii_lowercase() - b'a') + 1;
        let number = letters.then(|| text.bytes().fold(0, place))?;
        Some(Version { parts: vec![Part::After(String::new(), number)], levels: [0; LEVELS] })
    }

    fn part(&self, at: usize) -> &Part {
        self.parts.get(at).unwrap_or(&ZERO)
    }

    /// First part as a number: the release line.
    #[must_use]
    pub fn major(&self) -> Option<u64> {
        match self.parts.first() {
            Some(Part::Number(n)) => Some(*n),
            _ => None,
        }
    }

    /// Compares with a bound of an advisory: a wildcard equals anything, missing parts are zero.
    #[must_use]
    pub fn against(&self, bound: &Version) -> Ordering {
        let longest = self.parts.len().max(bound.parts.len());
        for at in 0..longest {
            let theirs = bound.part(at);
            if *theirs == Part::Wild {
                if at + 1 >= bound.parts.len() {
                    return Ordering::Equal;
                }
                continue;
            }
            let order = self.part(at).cmp(theirs);
            if order.is_ne() {
                return order;
            }
        }
        self.levels.cmp(&bound.levels)
    }

    /// Is this the named version or a build of it: `6.12.361` is of `6.12`, `33.011` is of `33`.
    #[must_use]
    pub fn is_of(&self, named: &Version) -> bool {
        let parts = named
            .parts
            .iter()
            .enumerate()
            .all(|(at, theirs)| *theirs == Part::Wild || self.part(at) == theirs);
        parts && (named.levels == [0; LEVELS] || named.levels == self.levels)
    }

    /// Could this be the named version, written less exactly: 4.7.109 for 4.7.109.20, or 2.10 where the advisory's number lost its zero.
    #[must_use]
    pub fn may_be(&self, named: &Version) -> bool {
        let (own, theirs) = (&self.parts, &named.parts);
        let shorter = own.len() < theirs.len() && own.iter().zip(theirs).all(|(a, b)| a == b);
        let zero = own.len() == 2
            && theirs.len() == 2
            && own.first() == theirs.first()
            && matches!((own.last(), theirs.last()), (Some(Part::Number(a)), Some(Part::Number(b @ 1..=9))) if *a == b * 10);
        self.levels == named.levels && (shorter || zero)
    }

    /// Is this at most the bound, as the bound's author meant it.
    ///
    /// `<= 33` covers 33.011 (a release number), and a third part of three digits or more is a build of the release
    /// (KEPServerEX `<= 6.12` and 6.12.361); `<= 2.2` does not cover 2.2.3 (Hitachi MSM).
    #[must_use]
    pub fn is_at_most(&self, bound: &Version) -> bool {
        if self.against(bound).is_le() {
            return true;
        }
        let build = matches!(self.parts.get(bound.parts.len()), Some(Part::Number(n)) if *n >= 100);
        self.is_of(bound) && bound.levels == [0; LEVELS] && (bound.parts.len() == 1 || build)
    }

    /// The same version with an update level: `< 16 | 6` of TIA Portal advisories means Update 6.
    #[must_use]
    pub(crate) fn with_update(mut self, update: u64) -> Version {
        if let Some(slot) = self.levels.get_mut(1) {
            *slot = update.saturating_mul(LETTERS);
        }
        self
    }

    /// Number of parts, a measure of how exactly the text was written.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.parts.len()
    }

    /// The next release line: for `V4.X` or `V16` as a branch.
    #[must_use]
    pub fn is_in_branch(&self, branch: &Version) -> bool {
        let significant = branch.parts.iter().rposition(|part| *part != ZERO).map_or(1, |last| last + 1);
        // `V16` holds 16.x; `V13.0` names the same line as `V13`.
        branch
            .parts
            .iter()
            .take(significant)
            .enumerate()
            .all(|(at, theirs)| *theirs == Part::Wild || self.part(at) == theirs)
    }
}

/// A version with the word that stood before it, if that was more than `V` or `version`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Labelled {
    /// Component or scheme: `fw`, `cpci85`, `nmc2`.
    pub label: Option<String>,
    /// The version.
    pub version: Version,
}

impl Labelled {
    /// Every version in a text, in order: `FW22 (04.02.13(24))` gives two.
    #[must_use]
    pub fn all(text: &str) -> Vec<Labelled> {
        let lexemes = lex(text);
        let mut out = Vec::new();
        let mut at = 0;
        let mut label = Label::default();
        while at < lexemes.len() && out.len() < PARTS_MAX {
            if let Some((version, next)) = version_at(&lexemes, at) {
                out.push(Labelled { label: label.take(), version });
                at = next.max(at + 1);
                continue;
            }
            if let Some(lexeme) = lexemes.get(at) {
                label.push(lexeme);
            }
            at += 1;
        }
        let letters = || Version::of_letters(text.trim()).map(|version| Labelled { label: None, version });
        if out.is_empty() { letters().into_iter().collect() } else { out }
    }
}

/// Collects the words before a version.
#[derive(Default)]
pub(crate) struct Label {
    text: String,
}

impl Label {
    pub(crate) fn push(&mut self, lexeme: &Lexeme) {
        match &lexeme.token {
            Token::Word(word) if !is_filler(word) => self.text.push_str(word),
            Token::Number(n) if lexeme.glued && !self.text.is_empty() => self.text.push_str(&n.to_string()),
            _ => {}
        }
    }

    pub(crate) fn take(&mut self) -> Option<String> {
        Some(std::mem::take(&mut self.text)).filter(|text| !text.is_empty())
    }
}

/// Words that stand before or between versions and say nothing of their own.
pub(crate) fn is_filler(word: &str) -> bool {
    const FILLER: [&str; 30] = [
        "a", "as", "build", "firmware", "in", "is", "of", "on", "r", "rel", "release", "releases", "rev",
        "revision", "software", "system", "the", "v", "ver", "vers", "version", "versions", "sv", "with",
        "os", "generic", "image", "mx", "un", "fid",
    ];
    FILLER.contains(&word)
}

fn is_prefix(word: &str) -> bool {
    matches!(word, "v" | "r" | "ver" | "version" | "rev" | "sv" | "vers")
}

/// The version that begins at `at`, and where it ends. A prefix (`V`, `R`, `Ver.`) belongs to it.
pub(crate) fn version_at(lexemes: &[Lexeme], at: usize) -> Option<(Version, usize)> {
    let mut at = at;
    if let Some(Token::Word(word)) = lexemes.get(at).map(|l| &l.token)
        && is_prefix(word)
    {
        at += 1;
        if symbol(lexemes, at) == Some('.') {
            at += 1;
        }
    }
    let first = number(lexemes, at)?;
    // `85` of `CPCI85 V05.11` is part of a name: a longer word is glued before it and a `V` follows.
    if is_name_tail(lexemes, at) || is_prelude(lexemes, at) {
        return None;
    }
    let mut version = Version { parts: vec![Part::Number(first)], levels: [0; LEVELS] };
    let mut next = at + 1;
    while let Some(after) = extend(&mut version, lexemes, next) {
        next = after;
    }
    Some((version, next))
}

fn is_name_tail(lexemes: &[Lexeme], at: usize) -> bool {
    let glued = lexemes.get(at).is_some_and(|l| l.glued);
    let named = at
        .checked_sub(1)
        .and_then(|before| word(lexemes, before))
        .is_some_and(|w| w.len() > 1 && !is_prefix(w));
    glued && named && word(lexemes, at + 1).is_some_and(is_prefix) && number(lexemes, at + 2).is_some()
}

/// `2A` of `HiOS-2A-07.0.02`: a dotless piece before the dotted version it is joined to.
fn is_prelude(lexemes: &[Lexeme], at: usize) -> bool {
    let mut at = at + 1;
    if lexemes.get(at).is_some_and(|l| l.glued) && word(lexemes, at).is_some_and(|w| w.len() == 1) {
        at += 1;
    }
    symbol(lexemes, at) == Some('-')
        && lexemes.get(at + 1).is_some_and(|l| l.glued)
        && dots(lexemes, at + 1) >= 2
        && number(lexemes, at + 1).is_some()
        && {
            let before = at.checked_sub(1).and_then(|b| symbol(lexemes, b));
            before != Some('.')
                && at >= 2
                && lexemes.get(at - 1).is_some_and(|l| matches!(l.token, Token::Word(_)))
        }
}

/// Dots in the glued dotted number that begins here.
fn dots(lexemes: &[Lexeme], at: usize) -> usize {
    let mut at = at;
    if word(lexemes, at).is_some_and(is_prefix) {
        at += 1;
    }
    let mut count = 0;
    while symbol(lexemes, at + 1) == Some('.')
        && lexemes.get(at + 2).is_some_and(|l| l.glued)
        && count < PARTS_MAX
    {
        count += 1;
        at += 2;
    }
    count
}

/// Reads one more piece of a version; `None` when the version ends.
fn extend(version: &mut Version, lexemes: &[Lexeme], at: usize) -> Option<usize> {
    if version.parts.len() >= PARTS_MAX {
        return None;
    }
    let lexeme = lexemes.get(at)?;
    match &lexeme.token {
        Token::Symbol('.') => dotted(version, lexemes, at + 1),
        Token::Symbol('-') if lexeme.glued => hyphenated(version, lexemes, at),
        Token::Symbol('(') => bracketed(version, lexemes, at),
        Token::Word(text) => worded(version, lexemes, at, text),
        // `8.2_20170817`, `2.9 17030709`: the date or number of the build.
        Token::Number(n) if !lexeme.glued && lexeme.digits >= 6 => {
            let slot = version.levels.last_mut().filter(|level| **level == 0)?;
            *slot = n.saturating_mul(LETTERS);
            Some(at + 1)
        }
        _ => None,
    }
}

fn dotted(version: &mut Version, lexemes: &[Lexeme], at: usize) -> Option<usize> {
    let lexeme = lexemes.get(at).filter(|l| l.glued)?;
    match &lexeme.token {
        Token::Number(n) => version.parts.push(Part::Number(*n)),
        Token::Symbol('*') => version.parts.push(Part::Wild),
        Token::Word(text) if text.chars().all(|c| c == 'x') => version.parts.push(Part::Wild),
        Token::Word(text) => return Some(lettered(version, lexemes, at, text)),
        Token::Symbol(_) => return None,
    }
    Some(at + 1)
}

/// A letter part with the number glued to it: `hw01`, `s1`, `ea3`.
fn lettered(version: &mut Version, lexemes: &[Lexeme], at: usize, text: &str) -> usize {
    let value = number(lexemes, at + 1).filter(|_| lexemes.get(at + 1).is_some_and(|l| l.glued));
    let n = value.unwrap_or(0);
    let part = match text {
        "v" | "r" => Part::Number(n),
        "alpha" | "beta" | "rc" | "preview" => Part::Before(text.to_owned(), n),
        _ => Part::After(text.to_owned(), n),
    };
    version.parts.push(part);
    at + 1 + usize::from(value.is_some())
}

/// A hyphen joins when the right side has another shape (`1.4.18-5`, `8.00-20140730`, `R302-V1`); between equals it is an interval.
fn hyphenated(version: &mut Version, lexemes: &[Lexeme], at: usize) -> Option<usize> {
    let next = lexemes.get(at + 1).filter(|l| l.glued)?;
    match &next.token {
        Token::Word(text) => {
            // `V1.2-V1.4` is an interval, `R302-V1` one version: the depth of both sides tells.
            let same_depth = is_prefix(text)
                && dots(lexemes, at + 1) > 0
                && dots(lexemes, at + 1) + 1 == version.parts.len();
            (!same_depth).then(|| lettered(version, lexemes, at + 1, text))
        }
        Token::Number(n) => {
            let joined = joins(version, lexemes, at);
            joined.then(|| {
                version.parts.push(Part::Number(*n));
                at + 2
            })
        }
        Token::Symbol(_) => None,
    }
}

fn joins(version: &Version, lexemes: &[Lexeme], at: usize) -> bool {
    let triple = symbol(lexemes, at + 2) == Some('-') && number(lexemes, at + 3).is_some();
    let continued = at.checked_sub(2).and_then(|b| symbol(lexemes, b)) == Some('-');
    dots(lexemes, at + 1) + 1 != version.parts.len() || ((triple || continued) && dots(lexemes, at + 1) == 0)
}

/// `(10)` glued is one more part; `(Build 16102416)` is the build.
fn bracketed(version: &mut Version, lexemes: &[Lexeme], at: usize) -> Option<usize> {
    let lexeme = lexemes.get(at)?;
    if let (true, Some(n), Some(')')) = (lexeme.glued, number(lexemes, at + 1), symbol(lexemes, at + 2)) {
        version.parts.push(Part::Number(n));
        return Some(at + 3);
    }
    let text = word(lexemes, at + 1).filter(|text| level(text).is_some())?;
    let end = worded(version, lexemes, at + 1, text)?;
    Some(end + usize::from(symbol(lexemes, end) == Some(')')))
}

/// `SP2`, `Update 4`, `HF 1`, `Build 5`, a letter glued to the number, `R2`.
fn worded(version: &mut Version, lexemes: &[Lexeme], at: usize, text: &str) -> Option<usize> {
    let glued = lexemes.get(at).is_some_and(|l| l.glued);
    if text.chars().all(|c| c == 'x') && glued {
        return None;
    }
    let spelled =
        if text == "service" && word(lexemes, at + 1) == Some("pack") { (at + 1, "sp") } else { (at, text) };
    let (at, text) = spelled;
    if let (Some(level), Some(n)) = (level(text), number(lexemes, at + 1)) {
        let letter = trailing_letter(lexemes, at + 2);
        let slot = version.levels.get_mut(level)?;
        *slot = n.saturating_mul(LETTERS).saturating_add(letter.unwrap_or(0));
        return Some(at + 2 + usize::from(letter.is_some()));
    }
    if text == "r" && !glued {
        let n = number(lexemes, at + 1).filter(|_| lexemes.get(at + 1).is_some_and(|l| l.glued))?;
        version.parts.push(Part::Number(n));
        return Some(at + 2);
    }
    (glued && text.len() <= 4 && !is_prefix(text)).then(|| lettered(version, lexemes, at, text))
}

fn trailing_letter(lexemes: &[Lexeme], at: usize) -> Option<u64> {
    let lexeme = lexemes.get(at).filter(|l| l.glued)?;
    match &lexeme.token {
        Token::Word(text) if text.len() == 1 => {
            text.bytes().next().map(|b| u64::from(b.saturating_sub(b'a')) + 1)
        }
        _ => None,
    }
}

/// Which level a word counts: service pack over update over hotfix over patch over build.
fn level(word: &str) -> Option<usize> {
    match word {
        "sp" | "fp" | "mp" => Some(0),
        "u" | "upd" | "update" | "cu" | "qu" | "uc" => Some(1),
        "hf" | "hotfix" | "sr" => Some(2),
        "p" | "patch" => Some(3),
        "b" | "build" => Some(4),
        _ => None,
    }
}

pub(crate) fn number(lexemes: &[Lexeme], at: usize) -> Option<u64> {
    match lexemes.get(at).map(|l| &l.token) {
        Some(Token::Number(n)) => Some(*n),
        _ => None,
    }
}

pub(crate) fn symbol(lexemes: &[Lexeme], at: usize) -> Option<char> {
    match lexemes.get(at).map(|l| &l.token) {
        Some(Token::Symbol(c)) => Some(*c),
        _ => None,
    }
}

pub(crate) fn word(lexemes: &[Lexeme], at: usize) -> Option<&str> {
    match lexemes.get(at).map(|l| &l.token) {
        Some(Token::Word(text)) => Some(text),
        _ => None,
    }
}
