//! Zeek's tab-separated logs (Zeek manual, "Zeek Log Formats"): `#` lines name the fields, every other line is a record.

use super::record::Record;
use std::borrow::Cow;

/// Fields of one log; some ICSNPP logs have more than a hundred.
const FIELDS_MAX: usize = 1024;

/// What the header says.
#[derive(Clone, Debug)]
pub(super) struct Header {
    separator: Vec<u8>,
    set_separator: String,
    empty: String,
    unset: String,
    /// The log, as Zeek names it (`conn`).
    pub(super) path: String,
    fields: Vec<String>,
}

impl Default for Header {
    fn default() -> Self {
        Self {
            separator: b"\t".to_vec(),
            set_separator: ",".into(),
            empty: "(empty)".into(),
            unset: "-".into(),
            path: String::new(),
            fields: Vec::new(),
        }
    }
}

impl Header {
    /// Takes a line that begins with `#`. Logs that were put together have several headers; the last one counts.
    pub(super) fn take(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        if let Some(value) = text.strip_prefix("#separator ") {
            *self = Self { separator: unescape(value.as_bytes()).into_owned(), ..Self::default() };
            return;
        }
        let separator = String::from_utf8_lossy(&self.separator).into_owned();
        let Some((key, value)) = text.split_once(separator.as_str()) else { return };
        match key {
            "#set_separator" => value.clone_into(&mut self.set_separator),
            "#empty_field" => value.clone_into(&mut self.empty),
            "#unset_field" => value.clone_into(&mut self.unset),
            "#path" => value.clone_into(&mut self.path),
            "#fields" => {
                self.fields = value.split(separator.as_str()).take(FIELDS_MAX).map(str::to_owned).collect();
            }
            _ => {}
        }
    }

    /// A line as a record.
    ///
    /// # Errors
    /// It has not as many values as there are fields; one sentence.
    pub(super) fn row<'a>(&'a self, line: &'a [u8]) -> Result<Row<'a>, String> {
        if self.fields.is_empty() {
            return Err("a line of values before any line of field names (#fields)".into());
        }
        let values = split(line, &self.separator);
        match values.len() {
            n if n == self.fields.len() => Ok(Row { header: self, values }),
            n => Err(format!("{n} values where {} fields are named", self.fields.len())),
        }
    }
}

fn split<'a>(line: &'a [u8], separator: &[u8]) -> Vec<&'a [u8]> {
    match separator {
        [one] => line.split(|b| b == one).collect(),
        _ => vec![line],
    }
}

/// A line.
pub(super) struct Row<'a> {
    header: &'a Header,
    values: Vec<&'a [u8]>,
}

impl Record for Row<'_> {
    fn get(&self, field: &str) -> Option<Cow<'_, str>> {
        let at = self.header.fields.iter().position(|f| f == field)?;
        let raw = self.values.get(at)?;
        let (unset, empty) = (self.header.unset.as_bytes(), self.header.empty.as_bytes());
        if raw.is_empty() || *raw == unset || *raw == empty {
            return None;
        }
        Some(match unescape(raw) {
            Cow::Borrowed(bytes) => text(bytes),
            Cow::Owned(bytes) => Cow::Owned(text(&bytes).into_owned()),
        })
    }
}

/// UTF-8, else Latin-1.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|&b| char::from(b)).collect()),
    }
}

/// `\x09` stands for a byte.
fn unescape(raw: &[u8]) -> Cow<'_, [u8]> {
    if !raw.contains(&b'\\') {
        return Cow::Borrowed(raw);
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&first, after)) = rest.split_first() {
        let hex = match rest {
            [b'\\', b'x', a, b, ..] => hex(*a).zip(hex(*b)),
            _ => None,
        };
        match hex {
            Some((high, low)) => {
                bytes.push(high << 4 | low);
                rest = rest.get(4..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    Cow::Owned(bytes)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_by_their_header() {
        let mut header = Header::default();
        for line in ["#separator \\x09", "#set_separator\t,", "#path\tconn", "#fields\tts\tuid\tname\tset"] {
            header.take(line.as_bytes());
        }
        assert_eq!(header.path, "conn");
        let row = header.row(b"1.5\t-\ta\\x09b\\xfc\t(empty)").unwrap();
        assert_eq!(row.get("ts").as_deref(), Some("1.5"));
        assert_eq!(row.get("name").as_deref(), Some("a\tbü"));
        assert!(row.get("uid").is_none() && row.get("set").is_none() && row.get("other").is_none());
        assert_eq!(header.row(b"1.5\t-").err().unwrap(), "2 values where 4 fields are named");
        header.take(b"#separator |");
        header.take(b"#fields|a|b");
        assert_eq!(header.row(b"x|y").unwrap().get("b").as_deref(), Some("y"));
    }
}
