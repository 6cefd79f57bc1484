//! Spreadsheets: lists in CSV and Excel workbooks, read by the words of their header, and written.
//!
//! A list is taken whole or not at all: every cell that cannot be what its column says is named with row and column. Sources: RFC 4180
//! (CSV), ECMA-376 (workbooks); OWASP "CSV Injection" for what spreadsheets take for formulas.

use super::mapping::{Column, Mapping, meaning};
pub use super::table::FILE_BYTES_MAX;
use super::table::{self, Sheet};
pub(crate) use super::table::{Row, letters};
use super::{Error, xlsx};
use model::Text;
use model::cmdb::{self, Field, Place, Record};
use std::collections::{BTreeMap, BTreeSet};

/// Rows that may stand above the header: titles, dates.
const ABOVE_MAX: usize = 10;
/// Wrong cells that are named; more are counted.
const WRONG_MAX: usize = 20;
/// Rows that a preview shows.
const SHOWN: usize = 5;
/// What stands in cells for nothing.
const NOTHING: &[&str] = &["", "-", "--", "n/a", "na", "none", "null", "nil", "#n/a", "unknown", "tbd", "?"];

/// What was understood of a list: for a person to look at before anything is done with it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Preview {
    /// Sheet of a workbook.
    pub sheet: Option<String>,
    /// How cells are separated, for text.
    pub separator: Option<char>,
    /// Row of the header.
    pub header_row: u64,
    /// Header of each column, its letters, and what it is taken for.
    pub columns: Vec<(String, String, Option<Column>)>,
    /// The first rows as they stand.
    pub rows: Vec<Row>,
}

/// A list that was read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct List {
    /// How it was understood.
    pub preview: Preview,
    /// Its records.
    pub records: Vec<Record>,
}

/// Reads a list; `name` is what the user calls it.
///
/// # Errors
/// It is larger than [`FILE_BYTES_MAX`], malformed, or a column does not hold what it is taken for: everything that is wrong, and
/// nothing is read.
pub fn read(bytes: &[u8], name: &str, mapping: &Mapping) -> Result<List, Error> {
    let header = Header::find(sheets(bytes, mapping.sheet.as_deref())?, mapping)?;
    let mut reading = Reading {
        name: Text::new(name),
        wrong: Vec::new(),
        more: 0,
        seen: BTreeMap::new(),
        list: List::default(),
    };
    reading.list.preview = header.preview();
    header.rows().for_each(|(number, cells)| reading.row(&header, *number, cells));
    header.columns.iter().for_each(|(at, column)| reading.misplaced(&header, *at, *column));
    reading.done()
}

/// What [`read`] would understand of a list, without taking anything: also shown when cells are wrong.
///
/// # Errors
/// It cannot be cut into cells, or no header is found.
pub fn preview(bytes: &[u8], mapping: &Mapping) -> Result<Preview, Error> {
    Ok(Header::find(sheets(bytes, mapping.sheet.as_deref())?, mapping)?.preview())
}

/// The sheets of a file: of a workbook all, or the one that is named.
pub(crate) fn sheets(bytes: &[u8], sheet: Option<&str>) -> Result<Vec<Sheet>, Error> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Error::one(format!("the list is larger than {} MiB", FILE_BYTES_MAX >> 20)));
    }
    if xlsx::is_workbook(bytes) {
        return xlsx::read(bytes, sheet);
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err(Error::one("this is a workbook of Excel 97 to 2003: save it as .xlsx or .csv"));
    }
    Ok(vec![table::read(bytes)?])
}

/// A sheet whose header was found.
struct Header {
    sheet: Sheet,
    /// Place of the header among the rows.
    at: usize,
    /// What is in which column.
    columns: BTreeMap<usize, Column>,
}

impl Header {
    /// The first row of the first sheet that names enough to find devices by.
    fn find(sheets: Vec<Sheet>, mapping: &Mapping) -> Result<Self, Error> {
        let mut first_problem = None;
        for sheet in sheets {
            for at in 0..sheet.rows.len().min(ABOVE_MAX) {
                let cells = sheet.rows.get(at).map(|(_, cells)| cells.as_slice()).unwrap_or_default();
                match columns(cells, mapping) {
                    Ok(columns) if is_enough(&columns, cells) => return Ok(Self { sheet, at, columns }),
                    Ok(_) => {}
                    Err(problem) => first_problem = first_problem.or(Some(problem)),
                }
            }
        }
        let unnamed = "no header is found that names addresses, serial numbers or names of devices: name the columns in a mapping";
        Err(first_problem.unwrap_or_else(|| Error::one(unnamed)))
    }

    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.sheet.rows.iter().skip(self.at + 1)
    }

    fn titles(&self) -> (u64, &[String]) {
        self.sheet.rows.get(self.at).map(|(n, cells)| (*n, cells.as_slice())).unwrap_or_default()
    }

    fn preview(&self) -> Preview {
        let (header_row, titles) = self.titles();
        let column =
            |(at, title): (usize, &String)| (title.clone(), letters(at), self.columns.get(&at).copied());
        Preview {
            sheet: self.sheet.name.clone(),
            separator: self.sheet.separator,
            header_row,
            columns: titles.iter().enumerate().map(column).collect(),
            rows: self.rows().take(SHOWN).cloned().collect(),
        }
    }
}

/// Two columns that are understood, one of them to find devices by; one is enough where it is the only one.
fn is_enough(columns: &BTreeMap<usize, Column>, cells: &[String]) -> bool {
    let named = cells.iter().filter(|c| !c.is_empty()).count();
    columns.values().any(|c| c.is_identifying()) && (columns.len() >= 2 || named == 1)
}

/// Whether a header names what only a list of devices has: addresses or serial numbers.
pub(crate) fn names_devices(cells: &[String]) -> bool {
    let of_devices = |c: Column| matches!(c, Column::Field(Field::Ips | Field::Macs | Field::Serial));
    cells.iter().any(|cell| meaning(cell).is_some_and(of_devices))
}

/// What a header's columns hold: as the mapping says, the rest by their words. Of two for one thing the first counts.
fn columns(cells: &[String], mapping: &Mapping) -> Result<BTreeMap<usize, Column>, Error> {
    let mut out = BTreeMap::new();
    for (column, names) in &mapping.columns {
        for name in names {
            let same = |cell: &String| cell.trim().eq_ignore_ascii_case(name.trim());
            let at =
                cells.iter().position(same).or_else(|| (0..cells.len()).find(|at| letters(*at) == *name));
            let at = at.ok_or_else(|| {
                Error::one(format!(
                    "the mapping names the column {name} for {}; there are: {}",
                    column.as_str(),
                    cells.join(", ")
                ))
            })?;
            if let Some(other) = out.insert(at, *column) {
                return Err(Error::one(format!(
                    "the mapping takes the column {name} for {} and for {}",
                    other.as_str(),
                    column.as_str()
                )));
            }
        }
    }
    let mut taken: BTreeSet<Column> = mapping.columns.keys().copied().collect();
    for (at, cell) in cells.iter().enumerate() {
        let free = |c: &Column| !mapping.columns.contains_key(c) && (c.is_list() || taken.insert(*c));
        if !out.contains_key(&at)
            && let Some(column) = meaning(cell).filter(free)
        {
            out.insert(at, column);
        }
    }
    Ok(out)
}

struct Reading {
    name: Text,
    wrong: Vec<String>,
    more: usize,
    /// Records by their id: row and place in the list.
    seen: BTreeMap<Text, (u64, usize)>,
    list: List,
}

impl Reading {
    fn row(&mut self, header: &Header, number: u64, cells: &[String]) {
        let (_, titles) = header.titles();
        if let Some(at) = cells.iter().skip(titles.len()).position(|cell| !cell.is_empty()) {
            let at = titles.len() + at;
            return self.wrong(number, at, &format!("there is no header above {:?}", shown(cells.get(at))));
        }
        let mut record = Record {
            external_id: Text::new(&format!("row {number}")),
            place: Place { source: self.name.clone(), at: Text::new(&format!("row {number}")) },
            ..Record::default()
        };
        let mut fine = true;
        for (at, column) in &header.columns {
            let Some(cell) = cells.get(*at).map(|c| harmless(c)).filter(|c| !is_nothing(c)) else { continue };
            if let Err(what) = put(&mut record, *column, cell) {
                let title = titles.get(*at).map(String::as_str).unwrap_or_default();
                self.wrong(number, *at, &format!("{title:?} is taken for {}, but {what}", column.as_str()));
                fine = false;
            }
        }
        if fine {
            self.add(number, record);
        }
    }

    /// A list with a row for each interface has the same device more than once.
    fn add(&mut self, number: u64, record: Record) {
        let id = record.external_id.clone();
        match self.seen.get(&id) {
            None => {
                self.seen.insert(id, (number, self.list.records.len()));
                self.list.records.push(record);
            }
            Some((first, at)) => {
                let (first, at) = (*first, *at);
                let clash = self.list.records.get_mut(at).and_then(|known| merge(known, record));
                if let Some(field) = clash {
                    let what = format!("the id {id} stands in row {first} with another {field}");
                    self.wrong(number, 0, &what);
                }
            }
        }
    }

    /// A column of addresses that is taken for something else is a wrong mapping, although each text is possible.
    fn misplaced(&mut self, header: &Header, at: usize, column: Column) {
        let Column::Field(field) = column else { return };
        if field.is_list() || field == Field::Name {
            return;
        }
        let cells = header.rows().filter_map(|(_, cells)| cells.get(at)).filter(|c| !is_nothing(c));
        let (mut count, mut addresses) = (0, 0);
        for cell in cells {
            count += 1;
            addresses += usize::from(cmdb::ip(cell).is_ok() || (cell.len() >= 17 && cmdb::mac(cell).is_ok()));
        }
        if count >= 2 && addresses == count {
            let (row, _) = header.titles();
            self.wrong(row, at, &format!("the column is taken for {field}, but holds addresses only"));
        }
    }

    fn wrong(&mut self, row: u64, column: usize, what: &str) {
        if self.wrong.len() < WRONG_MAX {
            self.wrong.push(format!("row {row}, column {}: {what}", letters(column)));
        } else {
            self.more += 1;
        }
    }

    fn done(mut self) -> Result<List, Error> {
        if self.wrong.is_empty() {
            return Ok(self.list);
        }
        if self.more > 0 {
            self.wrong.push(format!("and {} more cells like these", self.more));
        }
        self.wrong.push("nothing was imported".into());
        Err(Error::Malformed(self.wrong))
    }
}

fn shown(cell: Option<&String>) -> String {
    cell.map(|c| c.chars().take(40).collect()).unwrap_or_default()
}

fn is_nothing(cell: &str) -> bool {
    NOTHING.contains(&cell.trim().to_lowercase().as_str())
}

/// Puts a cell where it belongs; what it is not, in words.
fn put(record: &mut Record, column: Column, cell: &str) -> Result<(), String> {
    match column {
        Column::Id => record.external_id = Text::new(cell),
        Column::Url => record.url = Some(Text::new(cell)),
        Column::Updated => record.updated = Some(Text::new(cell)),
        Column::Field(Field::Ips) => {
            // Address by DHCP: there is one, and nobody knows which.
            let parts = cmdb::split(cell).filter(|part| !part.eq_ignore_ascii_case("dhcp"));
            let ips: Vec<_> =
                parts.map(cmdb::ip).collect::<Result<_, _>>().map_err(|part| no_address(&part, "IP"))?;
            record.ips.extend(ips);
        }
        Column::Field(Field::Macs) => {
            let macs: Vec<_> = cmdb::split(cell)
                .map(cmdb::mac)
                .collect::<Result<_, _>>()
                .map_err(|part| no_address(&part, "MAC"))?;
            record.macs.extend(macs);
        }
        Column::Field(field) => record.set(field, cell)?,
    }
    Ok(())
}

fn no_address(part: &str, kind: &str) -> String {
    format!("{:?} is no {kind} address", part.chars().take(40).collect::<String>())
}

/// Adds what another row says of the same device; the word of a field in which they contradict each other.
fn merge(known: &mut Record, other: Record) -> Option<Field> {
    for &field in Field::ALL.iter().filter(|f| !f.is_list()) {
        match (known.text(field), other.text(field)) {
            (Some(a), Some(b)) if a != b => return Some(field),
            (None, Some(b)) => known.set(field, b.as_str()).ok()?,
            _ => {}
        }
    }
    known.ips.extend(other.ips);
    known.macs.extend(other.macs);
    known.url = known.url.take().or(other.url);
    known.updated = known.updated.take().or(other.updated);
    None
}

/// Beginnings that spreadsheets take for a formula, the wide forms of East Asian keyboards among them.
const ACTIVE: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

fn is_active(value: &str) -> bool {
    value.trim_start_matches('\'').starts_with(ACTIVE) && value.parse::<f64>().is_err()
}

/// A value as a cell that no spreadsheet runs: an apostrophe goes before what would be a formula. Negative numbers keep their sign.
fn inert(value: &str) -> String {
    let quote = if is_active(value) { "'" } else { "" };
    let plain: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("{quote}{plain}")
}

/// Undoes [`inert`].
pub(crate) fn harmless(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_active(rest)).unwrap_or(cell)
}

/// Rows of a list that [`read`] understands: a header in our own words, then one row for each record.
fn written(records: &[Record]) -> impl Iterator<Item = Vec<String>> {
    let header = Column::all().map(|c| c.as_str().to_owned()).collect();
    let row = |record: &Record| {
        let value = |column| match column {
            Column::Id => Some(record.external_id.to_string()),
            Column::Url => record.url.as_ref().map(ToString::to_string),
            Column::Updated => record.updated.as_ref().map(ToString::to_string),
            Column::Field(field) => record.value(field),
        };
        Column::all().map(|column| inert(&value(column).unwrap_or_default())).collect()
    };
    std::iter::once(header).chain(records.iter().map(row))
}

/// Records as CSV (RFC 4180, UTF-8), every cell in quotation marks.
pub fn write(records: &[Record]) -> String {
    let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
    written(records).map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(",") + "\r\n").collect()
}

/// Records as a workbook with one sheet.
///
/// # Errors
/// There are more records than a sheet has rows.
pub fn write_workbook(records: &[Record]) -> Result<Vec<u8>, Error> {
    let wrong = |e: rust_xlsxwriter::XlsxError| Error::one(format!("the workbook cannot be written: {e}"));
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0_u32..).zip(written(records)) {
        for (column, cell) in (0_u16..).zip(&cells) {
            if !cell.is_empty() {
                // Always text, never a formula, a number or a link.
                sheet.write_string(row, column, cell).map_err(wrong)?;
            }
        }
    }
    book.save_to_buffer().map_err(wrong)
}

#[cfg(test)]
#[path = "csv_tests.rs"]
mod tests;
