//! Names cut into comparable pieces: folding, runs of letters and digits, and every way to write neighbours together.
//!
//! Why joined pieces: `ET 200SP`, `ET200SP` and `ET-200SP` are one name, and so are `BMX P34 2020` and `BMXP342020`; but `443-1` must
//! not be found in a text that merely holds `443` here and `1` there.
//! Limits: [`PIECES_MAX`] pieces per text and [`JOIN_MAX`] per gram, so a hostile text costs a bounded number of grams.

/// Pieces of one text that are looked at.
pub(crate) const PIECES_MAX: usize = 48;
/// Pieces that one gram may join.
pub(crate) const JOIN_MAX: usize = 6;
const GRAM_BYTES_MAX: usize = 40;

/// Lower case without accents; text that was decoded with the wrong table (`Ã¼`) is repaired first.
pub(crate) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in repair(text).chars() {
        match c {
            'Ä' | 'ä' | 'á' | 'à' | 'â' | 'ã' | 'å' => out.push('a'),
            'Ö' | 'ö' | 'ó' | 'ø' | 'Ø' | 'õ' => out.push('o'),
            'Ü' | 'ü' | 'ú' => out.push('u'),
            'é' | 'è' | 'ê' | 'É' => out.push('e'),
            'í' | 'î' => out.push('i'),
            'ç' => out.push('c'),
            'ñ' => out.push('n'),
            'ß' => out.push_str("ss"),
            '‐'..='—' => out.push('-'),
            _ => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// Undoes UTF-8 that was read as Latin-1, as twenty advisories of the archive have it.
fn repair(text: &str) -> String {
    if !text.contains('Ã') {
        return text.to_owned();
    }
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| text.to_owned())
}

/// Letters and digits only.
pub(crate) fn compact(folded: &str) -> String {
    let mut out = String::with_capacity(folded.len());
    for c in folded.chars() {
        match c {
            // `X308-2LH+` is another product than `X308-2LH`.
            '+' if !out.is_empty() => out.push_str("plus"),
            _ if c.is_alphanumeric() => out.push(c),
            _ => {}
        }
    }
    out
}

/// Runs of letters and digits of a folded text.
pub(crate) fn pieces(folded: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut open = false;
    for c in folded.chars() {
        if c.is_alphanumeric() {
            if !open && out.len() >= PIECES_MAX {
                break;
            }
            match out.last_mut().filter(|_| open) {
                Some(last) => last.push(c),
                None => out.push(c.to_string()),
            }
            open = true;
        } else if c == '+' && open {
            if let Some(last) = out.last_mut() {
                last.push_str("plus");
            }
            open = false;
        } else {
            open = false;
        }
    }
    out
}

/// How much a gram says: where it comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Source {
    /// The device's own words.
    Own,
    /// Names of its families.
    Family,
    /// Names that only accompany others ("ET 200SP" before "IM 155-6").
    Context,
}

/// All grams of one or more texts, sorted; membership is a binary search.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Grams {
    sorted: Vec<(String, Source)>,
}

impl Grams {
    #[cfg(test)]
    pub(crate) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Grams {
        Grams::from(texts.into_iter().map(|text| (text, Source::Own)))
    }

    pub(crate) fn from<'a>(texts: impl IntoIterator<Item = (&'a str, Source)>) -> Grams {
        let mut out = Grams::default();
        out.extend(texts);
        out
    }

    /// Adds texts. A gram that comes twice keeps the stronger source.
    pub(crate) fn extend<'a>(&mut self, texts: impl IntoIterator<Item = (&'a str, Source)>) {
        for (text, source) in texts {
            add(&pieces(&fold(text)), source, &mut self.sorted);
        }
        self.sorted.sort_unstable();
        self.sorted.dedup_by(|later, kept| later.0 == kept.0);
    }

    /// The grams from this source or a stronger one.
    pub(crate) fn up_to(&self, weakest: Source) -> View<'_> {
        View { grams: &self.sorted, weakest }
    }
}

/// Grams down to a source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    grams: &'a [(String, Source)],
    weakest: Source,
}

impl<'a> View<'a> {
    pub(crate) fn has(self, gram: &str) -> bool {
        let found = self.grams.binary_search_by(|(have, _)| have.as_str().cmp(gram));
        found.is_ok_and(|at| self.grams.get(at).is_some_and(|(_, source)| *source <= self.weakest))
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = &'a str> {
        self.grams.iter().filter(move |(_, source)| *source <= self.weakest).map(|(gram, _)| gram.as_str())
    }

    pub(crate) fn starts(self) -> Starts {
        let pair = |gram: &str| match gram.as_bytes() {
            [first, second, ..] => Some([*first, *second]),
            _ => None,
        };
        let mut pairs: Vec<[u8; 2]> = self.iter().filter_map(pair).collect();
        pairs.dedup();
        Starts(pairs)
    }

    /// The grams that begin with a prefix, in order.
    pub(crate) fn starting(self, prefix: &str) -> impl Iterator<Item = &'a str> {
        let from = self.grams.partition_point(|(have, _)| have.as_str() < prefix);
        let rest = self.grams.get(from..).unwrap_or_default();
        // Most prefixes begin nothing: one look tells, and only then the end is searched.
        let end = if rest.first().is_some_and(|(have, _)| have.starts_with(prefix)) {
            rest.partition_point(|(have, _)| have.starts_with(prefix))
        } else {
            0
        };
        let weakest = self.weakest;
        rest.iter().take(end).filter(move |(_, source)| *source <= weakest).map(|(gram, _)| gram.as_str())
    }
}

/// The first two bytes of every gram: tells most prefixes apart without searching the grams.
#[derive(Clone, Debug)]
pub(crate) struct Starts(Vec<[u8; 2]>);

impl Starts {
    pub(crate) fn may_hold(&self, prefix: &str) -> bool {
        match prefix.as_bytes() {
            [first, second, ..] => self.0.binary_search(&[*first, *second]).is_ok(),
            _ => true,
        }
    }
}

fn add(pieces: &[String], source: Source, out: &mut Vec<(String, Source)>) {
    for (at, first) in pieces.iter().enumerate() {
        let mut gram = first.clone();
        out.push((gram.clone(), source));
        for next in pieces.iter().skip(at + 1).take(JOIN_MAX - 1) {
            if gram.len() + next.len() > GRAM_BYTES_MAX {
                break;
            }
            gram.push_str(next);
            out.push((gram.clone(), source));
        }
    }
}

/// Compares compact text with a pattern: `#` a digit, `@` a letter, `?` one of either, `*` any run.
///
/// Linear in practice and at worst the product of both lengths: one position of retry for the last `*`, no recursion.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        let matched = pattern.get(p).zip(text.get(t)).is_some_and(|(p, t)| fits(*p, *t));
        if pattern.get(p) == Some(&b'*') {
            retry = Some((p, t));
            p += 1;
        } else if matched {
            p += 1;
            t += 1;
        } else if let Some((star, from)) = retry {
            retry = Some((star, from + 1));
            p = star + 1;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern.iter().skip(p).all(|c| *c == b'*')
}

fn fits(pattern: u8, c: u8) -> bool {
    match pattern {
        b'#' => c.is_ascii_digit(),
        b'@' => c.is_ascii_alphabetic(),
        b'?' => true,
        _ => pattern.eq_ignore_ascii_case(&c),
    }
}

/// The characters of a pattern before its first placeholder or separator mark.
pub(crate) fn literal(pattern: &str) -> &str {
    pattern.find(['#', '@', '?', '*', '|']).and_then(|at| pattern.get(..at)).unwrap_or(pattern)
}

/// A text that splits as letters, digits, rest: `roc809l` gives `roc`, `809`, `l`.
pub(crate) fn shape(text: &str) -> Option<(&str, &str, &str)> {
    let digits = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, rest) = text.split_at(digits);
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, tail) = rest.split_at(end);
    Some((letters, digits, tail))
}

pub(crate) fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn grams_join_neighbours_only() {
        let grams = Grams::of(["SIMATIC ET 200SP IM 155-6 PN"]);
        let grams = grams.up_to(Source::Own);
        assert!(grams.has("et200sp") && grams.has("im1556pn") && grams.has("1556"));
        assert!(!grams.has("etim") && !grams.has("2006"));
    }

    #[test]
    fn folding_repairs_wrong_tables() {
        assert_eq!(fold("GeutebrÃ¼ck"), "geutebruck");
        assert_eq!(compact(&fold("SCALANCE X308-2LH+")), "scalancex3082lhplus");
    }

    #[test]
    fn globs() {
        assert!(glob("6GK52*2AA#", "6gk52080ba102aa3"));
        assert!(!glob("6GK52*2AA#", "6gk52040ba002ba3"));
        assert!(glob("cp1lem*d*", "cp1lem40dt1d"));
        assert!(glob("R@@670", "red670") && !glob("R@@670", "red6701"));
    }

    proptest! {
        #[test]
        fn globbing_never_panics(pattern in "[a-c#@?*]{0,12}", text in "\\PC{0,30}") {
            let _ = glob(&pattern, &text);
            let _ = Grams::of([text.as_str()]);
        }
    }
}
