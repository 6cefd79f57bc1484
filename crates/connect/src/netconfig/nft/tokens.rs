//! Words of a ruleset, with their places.

use super::super::Fault;

/// A word, a quoted text or a sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) quoted: bool,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Token<'_> {
    /// Whether it is this word or sign, not in quotes.
    pub(super) fn is(&self, text: &str) -> bool {
        !self.quoted && self.text == text
    }

    /// Ends a statement: the end of a line, or a semicolon.
    pub(super) fn is_end(&self) -> bool {
        self.is("\n") || self.is(";")
    }

    /// A fault at this place.
    pub(super) fn fault(&self, what: &str) -> Fault {
        Fault::new(self.line, self.column, what)
    }
}

/// Signs that are words by themselves. A colon is one only between blanks, as it is part of addresses.
const SIGNS: [char; 6] = ['{', '}', ',', ';', '(', ')'];

/// Divides a ruleset. Comments are left out; a backslash at the end of a line joins it with the next.
///
/// # Errors
/// A quote that does not end.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Fault> {
    let mut out = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = super::super::line::number(index);
        let joined = line_tokens(line, number, &mut out)?;
        if !joined {
            let column = u32::try_from(line.chars().count()).unwrap_or(u32::MAX);
            out.push(Token { text: "\n", quoted: false, line: number, column });
        }
    }
    Ok(out)
}

/// Answers whether the line goes on in the next.
fn line_tokens<'a>(line: &'a str, number: u32, out: &mut Vec<Token<'a>>) -> Result<bool, Fault> {
    let mut rest = line;
    let mut column = 1;
    while let Some(first) = rest.chars().next() {
        let (length, quoted) = match first {
            '#' => return Ok(false),
            '\\' if rest.trim() == "\\" => return Ok(true),
            c if c.is_whitespace() => {
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
                column += 1;
                continue;
            }
            '"' => match rest.get(1..).and_then(|r| r.find('"')) {
                Some(end) => (end + 2, true),
                None => return Err(Fault::new(number, column, "a quote that does not end")),
            },
            c if SIGNS.contains(&c) => (1, false),
            _ => (rest.find(|c: char| c.is_whitespace() || SIGNS.contains(&c)).unwrap_or(rest.len()), false),
        };
        let (word, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        let text = if quoted { word.trim_matches('"') } else { word };
        out.push(Token { text, quoted, line: number, column });
        column += u32::try_from(word.chars().count()).unwrap_or(0);
        rest = after;
    }
    Ok(false)
}

/// A place in the words.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a, 't> {
    tokens: &'t [Token<'a>],
    at: usize,
}

impl<'a, 't> Cursor<'a, 't> {
    pub(super) fn new(tokens: &'t [Token<'a>]) -> Self {
        Self { tokens, at: 0 }
    }

    /// The next word, which stays.
    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    /// The next word.
    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    /// Takes the next word when it is this one.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let is = self.peek().is_some_and(|t| t.is(text));
        self.at += usize::from(is);
        is
    }

    /// Passes over words.
    pub(super) fn skip(&mut self, count: usize) {
        self.at = self.at.saturating_add(count).min(self.tokens.len());
    }

    /// Passes over ends of lines and semicolons.
    pub(super) fn skip_ends(&mut self) {
        while self.peek().is_some_and(|t| t.is_end()) {
            self.at += 1;
        }
    }

    /// What comes up to the end of the statement, braces balanced; the end itself is taken.
    pub(super) fn statement(&mut self) -> &'t [Token<'a>] {
        let start = self.at;
        let mut depth = 0u32;
        while let Some(token) = self.peek() {
            if depth == 0 && (token.is_end() || token.is("}")) {
                break;
            }
            depth = depth.saturating_add(u32::from(token.is("{"))).saturating_sub(u32::from(token.is("}")));
            self.at += 1;
        }
        let end = self.at;
        if self.peek().is_some_and(|t| t.is_end()) {
            self.at += 1;
        }
        self.tokens.get(start..end).unwrap_or_default()
    }

    /// The inside of braces, of which the first was taken; `None` when they do not end.
    pub(super) fn inside(&mut self) -> Option<&'t [Token<'a>]> {
        let start = self.at;
        let mut depth = 1u32;
        while let Some(token) = self.next() {
            depth = depth.saturating_add(u32::from(token.is("{"))).saturating_sub(u32::from(token.is("}")));
            if depth == 0 {
                return self.tokens.get(start..self.at.saturating_sub(1));
            }
        }
        None
    }

    /// What was not taken.
    pub(super) fn rest(&self) -> &'t [Token<'a>] {
        self.tokens.get(self.at..).unwrap_or_default()
    }

    /// Nothing left.
    pub(super) fn is_done(&self) -> bool {
        self.at >= self.tokens.len()
    }
}
