//! The written form of a product name: placeholders, brackets and separators brought into order before its words are read.
//!
//! Forms met in the CISA OT archive: `FX5U-xMy/z x=32,64,80, y=T,R`, `CPU □ □ H`, `1756 - L8z`, nested and unclosed brackets.
//! Limit: [`TEXT_MAX`] characters.

use crate::intel::text::has_digit;
use crate::intel::unit::NUMBER;

const TEXT_MAX: usize = 600;

pub(crate) fn cut(text: &str) -> String {
    text.chars().take(TEXT_MAX).map(|c| if c == '_' || c == '®' || c == '™' { ' ' } else { c }).collect()
}

/// `FX5U-xMy/z x=32,64,80, y=T,R, z=ES`: what the letters stand for is dropped, the letters become placeholders.
/// What is said of serial numbers behind them comes second.
pub(crate) fn definitions(text: &str) -> (String, Option<String>) {
    let Some(at) = [" x=", "(x=", " x =", " y=", " z="].iter().filter_map(|mark| text.find(mark)).min()
    else {
        return (text.to_owned(), None);
    };
    let (head, tail) = text.split_at(at);
    let serial = tail.to_lowercase().find("serial").and_then(|at| tail.get(at..));
    let serial = serial.map(|serial| serial.trim_end_matches(')').to_owned());
    let counted =
        tail.split_once("x=").is_some_and(|(_, value)| value.starts_with(|c: char| c.is_ascii_digit()));
    let letter = |c: char| match c {
        'x' if counted => NUMBER,
        'x' | 'y' | 'z' => '*',
        _ => c,
    };
    let mark = |word: &str| -> String {
        let family = word.contains('-') && word.chars().any(|c| c.is_ascii_uppercase());
        if family { word.chars().map(letter).collect() } else { word.to_owned() }
    };
    (head.split(' ').map(mark).collect::<Vec<_>>().join(" "), serial)
}

/// Brings split placeholders and part numbers together: `CPU □ □ H`, `1756 - L8z`, `2080 -L50E`.
pub(crate) fn tidy(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for (at, c) in chars.iter().enumerate() {
        let blank = *c == ' ';
        let before = out.chars().last();
        let after = chars.iter().skip(at + 1).find(|c| **c != ' ');
        let near_box = before == Some('□') && matches!(after, Some('□' | '-' | 'H' | 'P' | 'D'))
            || (after == Some(&'□') && before.is_some_and(|c| c.is_alphanumeric() || c == '-'));
        let split_number =
            after == Some(&'-') && before.is_some_and(|c| c.is_ascii_digit()) && part_follows(&chars, at);
        let after_split = before == Some('-')
            && out.len() >= 2
            && out.chars().rev().nth(1).is_some_and(|c| c.is_ascii_digit())
            && after.is_some_and(char::is_ascii_uppercase);
        if !(blank && (near_box || split_number || after_split)) {
            out.push(*c);
        }
    }
    out
}

/// After the hyphen comes a capital and a digit: a part number, not a dash between words.
fn part_follows(chars: &[char], at: usize) -> bool {
    let mut rest = chars.iter().skip(at + 1).skip_while(|c| **c == ' ' || **c == '-');
    rest.next().is_some_and(char::is_ascii_uppercase) && rest.next().is_some_and(char::is_ascii_digit)
}

/// Takes bracketed remarks out, but leaves short optional letters glued to a model (`R04(EN)CPU`) in place.
pub(crate) fn brackets(text: &str) -> (String, Vec<String>) {
    let mut head = String::new();
    let mut inner: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('(') {
        head.push_str(before);
        let (content, next) = matching(after);
        let glued = !before.is_empty() && !before.ends_with(' ');
        if glued && content.len() <= 6 && !has_digit(content) && !content.contains(' ') {
            head.push_str(&format!("({content})"));
        } else {
            inner.push(content.to_owned());
            head.push(' ');
        }
        rest = next;
    }
    head.push_str(rest);
    (head, inner)
}

/// The content up to the closing bracket of the same depth, and what follows. An unclosed bracket ends with the text.
fn matching(text: &str) -> (&str, &str) {
    let mut depth = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (text.get(..at).unwrap_or(text), text.get(at + 1..).unwrap_or_default());
        }
    }
    (text, "")
}

/// Words and separators: commas, semicolons, bars and lone slashes stand for themselves.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for raw in text.split_whitespace() {
        for (at, part) in raw.split([',', ';', '|', ':']).enumerate() {
            if at > 0 {
                out.push(",".to_owned());
            }
            if !part.is_empty() {
                out.push(part.to_owned());
            }
        }
    }
    out
}
