//! A file cut into rows and cells: comma, semicolon or tab separated text in the usual encodings (RFC 4180, with what Excel makes of it).
//!
//! Strict where leniency would shift columns: an open quote, or text behind a closed one, is an error with its row and column.

use super::Error;
use std::borrow::Cow;

/// Longest file, in bytes.
pub const FILE_BYTES_MAX: usize = 64 << 20;
/// Rows that are read at most.
pub(super) const ROWS_MAX: usize = 1_000_000;
/// Columns a row may have.
pub(super) const COLUMNS_MAX: usize = 512;
/// Cells that are kept of a file.
pub(super) const CELLS_MAX: usize = 8_000_000;
/// Longest cell, in bytes.
pub(super) const CELL_BYTES_MAX: usize = 32 << 10;

/// A row with its number as a spreadsheet counts, from 1.
pub(crate) type Row = (u64, Vec<String>);

/// Rows of one sheet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Sheet {
    /// Name within a workbook.
    pub(crate) name: Option<String>,
    /// How cells are separated, for text.
    pub(crate) separator: Option<char>,
    pub(crate) rows: Vec<Row>,
}

/// The letters of a column: A, B, …, Z, AA.
pub(crate) fn letters(column: usize) -> String {
    let (mut out, mut rest) = (Vec::new(), column + 1);
    while rest > 0 {
        rest -= 1;
        out.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    out.iter().rev().collect()
}

/// Bytes as text: by byte order mark, else UTF-8, else Windows-1252 as spreadsheets on Windows write it.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let utf16 = |rest: &[u8], order: fn([u8; 2]) -> u16| {
        let units = rest.chunks_exact(2).map(|p| order(<[u8; 2]>::try_from(p).unwrap_or_default()));
        char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect::<String>()
    };
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return Cow::Owned(utf16(rest, u16::from_le_bytes));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return Cow::Owned(utf16(rest, u16::from_be_bytes));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|&b| char::from(b)).collect()),
    }
}

/// The separator that stands most often outside quotes in the first lines.
fn separator(text: &str) -> char {
    let mut counts = [(',', 0_u32), (';', 0), ('\t', 0)];
    let (mut quoted, mut lines) = (false, 0);
    for c in text.chars().take(64 << 10) {
        match c {
            '"' => quoted = !quoted,
            '\n' if !quoted => lines += 1,
            _ if !quoted => counts.iter_mut().filter(|(s, _)| *s == c).for_each(|(_, n)| *n += 1),
            _ => {}
        }
        if lines == 5 {
            break;
        }
    }
    counts.into_iter().max_by_key(|(s, n)| (*n, u8::from(*s == ','))).map_or(',', |(s, _)| s)
}

/// Cuts text into rows; empty ones are left out, their numbers are not.
///
/// # Errors
/// A quote that does not close, text behind a closed quote, NUL bytes, or more than the limits; with row and column.
pub(super) fn read(bytes: &[u8]) -> Result<Sheet, Error> {
    let text = decode(bytes);
    // `sep=;` is Excel's own hint.
    let hint =
        text.lines().next().and_then(|l| l.trim_end().strip_prefix("sep=")).and_then(|s| s.chars().next());
    let mut cutter = Cutter {
        separator: hint.unwrap_or_else(|| separator(&text)),
        rows: Vec::new(),
        row: Vec::new(),
        cell: String::new(),
        cells: 0,
        number: 1,
        state: State::Start,
    };
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        // Line ends are \n, \r\n or \r.
        let ends = c == '\r' && chars.next_if_eq(&'\n').is_some();
        cutter.take(if ends || c == '\r' { '\n' } else { c })?;
    }
    cutter.end()?;
    let mut rows = cutter.rows;
    if hint.is_some() {
        rows.retain(|(number, _)| *number > 1);
    }
    Ok(Sheet { name: None, separator: Some(cutter.separator), rows })
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Before the first character of a cell.
    Start,
    /// In a cell without quotes.
    Plain,
    /// Between quotes.
    Quoted,
    /// After a quote within quotes: the end, or half of a doubled one.
    Closed,
}

struct Cutter {
    separator: char,
    rows: Vec<Row>,
    row: Vec<String>,
    cell: String,
    cells: usize,
    number: u64,
    state: State,
}

impl Cutter {
    fn take(&mut self, c: char) -> Result<(), Error> {
        match (self.state, c) {
            (State::Start, '"') => self.state = State::Quoted,
            (State::Quoted, '"') => self.state = State::Closed,
            (State::Quoted, c) => self.push(c)?,
            (State::Closed, '"') => {
                self.push('"')?;
                self.state = State::Quoted;
            }
            (_, '\n') => self.end_row()?,
            (_, c) if c == self.separator => self.end_cell()?,
            (State::Closed, ' ') => {}
            (State::Closed, _) => return Err(self.wrong("text stands behind a closed quotation mark")),
            (_, c) => {
                self.state = State::Plain;
                self.push(c)?;
            }
        }
        Ok(())
    }

    fn push(&mut self, c: char) -> Result<(), Error> {
        if c == '\0' {
            return Err(self.wrong("a NUL character: this is no text file"));
        }
        if self.cell.len() >= CELL_BYTES_MAX {
            let open = if self.state == State::Quoted { ": is a quotation mark open?" } else { "" };
            return Err(self.wrong(&format!("the cell is longer than {CELL_BYTES_MAX} bytes{open}")));
        }
        self.cell.push(c);
        Ok(())
    }

    fn end_cell(&mut self) -> Result<(), Error> {
        if self.row.len() >= COLUMNS_MAX {
            return Err(self.wrong(&format!("more than {COLUMNS_MAX} columns")));
        }
        self.row.push(std::mem::take(&mut self.cell).trim().to_owned());
        self.state = State::Start;
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), Error> {
        self.end_cell()?;
        let mut row = std::mem::take(&mut self.row);
        row.truncate(row.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1));
        if !row.is_empty() {
            row.shrink_to_fit();
            self.cells += row.len();
            if self.rows.len() >= ROWS_MAX || self.cells > CELLS_MAX {
                return Err(self.wrong(&format!("more than {ROWS_MAX} rows or {CELLS_MAX} cells")));
            }
            self.rows.push((self.number, row));
        }
        self.number += 1;
        Ok(())
    }

    fn end(&mut self) -> Result<(), Error> {
        if self.state == State::Quoted {
            return Err(self.wrong("a quotation mark is opened and never closed"));
        }
        if self.state != State::Start || !self.row.is_empty() {
            self.end_row()?;
        }
        Ok(())
    }

    fn wrong(&self, what: &str) -> Error {
        Error::one(format!("row {}, column {}: {what}", self.number, letters(self.row.len())))
    }
}
