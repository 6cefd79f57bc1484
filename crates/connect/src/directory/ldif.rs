//! LDIF, the exchange format of directories (RFC 2849): read and written.
//!
//! Values in other files (`attribute:< URL`) are never fetched. Changes other than `add` are no content and are passed over, and said.

use super::{Entry, NEEDED};
use crate::cmdb::decode_text;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;
use std::io::{self, Write};

/// Longest logical line, in bytes: a group with a photograph would fit.
const LINE_BYTES_MAX: usize = 4 << 20;
/// Values kept of one entry.
const VALUES_MAX: usize = 500_000;
/// Written lines are folded after so many bytes (RFC 2849, note 2 advises 76).
const FOLD: usize = 76;

/// Something that is no LDIF; the record it stands in is left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Line, from 1.
    pub line: u64,
    /// One sentence.
    pub what: String,
}

/// The file as text: UTF-8 as the format wants it, UTF-16 as Windows' `ldifde -u` writes it.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    decode_text(bytes)
}

/// The first line that is no comment says `version: 1` or `dn:`.
pub fn is_ldif(bytes: &[u8]) -> bool {
    const HEAD: usize = 64 << 10;
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let text = decode(head.get(..head.len() & !1).unwrap_or(head));
    let mut lines = text.lines().filter(|l| !l.is_empty() && !l.starts_with(['#', ' ']));
    let Some(first) = lines.next() else { return false };
    let begins =
        |line: &str, word: &str| line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    begins(first, "dn:") || begins(first, "version:") && lines.next().is_some_and(|l| begins(l, "dn:"))
}

/// The records of a file, one after the other; of each only what is [`NEEDED`].
pub struct Entries<'a> {
    lines: std::iter::Peekable<std::str::Lines<'a>>,
    line: u64,
}

impl<'a> Entries<'a> {
    /// From the beginning of a file.
    pub fn new(text: &'a str) -> Self {
        Self { lines: text.lines().peekable(), line: 0 }
    }

    /// Lines read so far.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// One logical line: what is folded is put together (RFC 2849, note 2).
    fn logical(&mut self) -> Result<Cow<'a, str>, Fault> {
        let first = self.lines.next().unwrap_or_default();
        self.line += 1;
        let at = self.line;
        let mut whole = Cow::Borrowed(first);
        let mut long = first.len() > LINE_BYTES_MAX;
        while let Some(more) = self.lines.next_if(|line| line.starts_with(' ')) {
            self.line += 1;
            long |= whole.len() + more.len() > LINE_BYTES_MAX;
            if !long {
                whole.to_mut().push_str(more.get(1..).unwrap_or_default());
            }
        }
        if long {
            Err(Fault { line: at, what: format!("a value is longer than {LINE_BYTES_MAX} bytes") })
        } else {
            Ok(whole)
        }
    }

    /// The lines of one record; `None` at the end.
    fn record(&mut self) -> Option<Result<Entry, Fault>> {
        while self.lines.next_if(|line| line.is_empty()).is_some() {
            self.line += 1;
        }
        self.lines.peek()?;
        let mut entry = Entry { line: self.line + 1, ..Entry::default() };
        let mut fault = None;
        while self.lines.peek().is_some_and(|line| !line.is_empty()) {
            let at = self.line + 1;
            let taken = self.logical().and_then(|line| take(&line, &mut entry, at));
            fault = fault.or(taken.err());
        }
        Some(fault.map_or(Ok(entry), Err))
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.record()? {
                // The version, comments, or a blank line between them.
                Ok(entry) if entry.dn.is_empty() && entry.attributes.is_empty() => {}
                Ok(entry) if entry.dn.is_empty() => {
                    let what = "the record has no dn".to_owned();
                    return Some(Err(Fault { line: entry.line, what }));
                }
                record => return Some(record),
            }
        }
    }
}

/// Takes one logical line into a record.
fn take(line: &str, entry: &mut Entry, at: u64) -> Result<(), Fault> {
    let fault = |what: String| Fault { line: at, what };
    if line.starts_with('#') {
        return Ok(());
    }
    let Some((name, rest)) = line.split_once(':') else {
        return Err(fault("there is no colon: neither attribute nor continuation".into()));
    };
    let name = name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match name.as_str() {
        "version" if rest.trim() == "1" => Ok(()),
        "version" if entry.dn.is_empty() => {
            Err(fault(format!("version {} of LDIF is not known", rest.trim())))
        }
        "changetype" if !rest.trim().eq_ignore_ascii_case("add") => {
            Err(fault("a change, not content".into()))
        }
        "dn" => {
            // A new record without a blank line before it (RFC 2849 wants one) must not run into the other.
            if !entry.dn.is_empty() {
                return Err(fault("a second dn in one record".into()));
            }
            let dn = value(rest).map_err(fault)?.unwrap_or_default();
            entry.dn = String::from_utf8(dn).map_err(|_| fault("the dn is no UTF-8".into()))?;
            entry.line = at;
            Ok(())
        }
        name if NEEDED.contains(&name) => {
            if entry.attributes.len() >= VALUES_MAX {
                return Err(fault(format!("more than {VALUES_MAX} values in one entry")));
            }
            if let Some(value) = value(rest).map_err(fault)? {
                entry.attributes.push((name.to_owned(), value));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What follows the first colon; `None` for a value that lies elsewhere.
fn value(rest: &str) -> Result<Option<Vec<u8>>, String> {
    if let Some(encoded) = rest.strip_prefix(':') {
        let decoded = STANDARD.decode(encoded.trim());
        return decoded.map(Some).map_err(|_| "a value is no base64".to_owned());
    }
    if rest.starts_with('<') {
        return Ok(None);
    }
    Ok(Some(rest.trim_start_matches(' ').as_bytes().to_vec()))
}

/// SAFE-STRING of RFC 2849, and nothing that another reader would trim.
fn is_safe(value: &[u8]) -> bool {
    let plain = |b: &u8| matches!(b, 0x01..=0x09 | 0x0b | 0x0c | 0x0e..=0x7f);
    value.iter().all(plain)
        && !matches!(value.first(), Some(b' ' | b':' | b'<'))
        && !matches!(value.last(), Some(b' '))
}

/// Writes the head of a file.
///
/// # Errors
/// Those of the writer.
pub fn begin(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"version: 1\n")
}

/// Writes one entry.
///
/// # Errors
/// Those of the writer.
pub fn write(entry: &Entry, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"\n")?;
    line("dn", entry.dn.as_bytes(), out)?;
    entry.attributes.iter().try_for_each(|(name, value)| line(name, value, out))
}

fn line(name: &str, value: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let whole = if is_safe(value) {
        [name.as_bytes(), b": ", value].concat()
    } else {
        format!("{name}:: {}", STANDARD.encode(value)).into_bytes()
    };
    let (first, rest) = whole.split_at_checked(FOLD).unwrap_or((&whole, &[]));
    out.write_all(first)?;
    for piece in rest.chunks(FOLD - 1) {
        out.write_all(b"\n ")?;
        out.write_all(piece)?;
    }
    out.write_all(b"\n")
}
