//! Workbooks of spreadsheets (Office Open XML, ECMA-376), read cell by cell: a single cell far down and right costs nothing.

use super::Error;
use super::table::{CELL_BYTES_MAX, CELLS_MAX, COLUMNS_MAX, ROWS_MAX, Row, Sheet, letters};
use calamine::{DataRef, Reader as _, Xlsx};
use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

/// Bytes that a workbook may unpack to.
const PLAIN_BYTES_MAX: u64 = 256 << 20;
/// Sheets that are looked at.
const SHEETS_MAX: usize = 64;
/// Whether the file is a ZIP archive, as workbooks are.
pub(super) fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Every sheet, or the named one.
///
/// # Errors
/// It is no workbook, unpacks to too much, or has no such sheet; with row and column where a cell is at fault.
pub(super) fn read(bytes: &[u8], wanted: Option<&str>) -> Result<Vec<Sheet>, Error> {
    measure(bytes)?;
    let wrong = |e: calamine::XlsxError| Error::one(format!("the workbook cannot be read: {e}"));
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(wrong)?;
    let names = book.sheet_names();
    let chosen: Vec<String> = match wanted {
        Some(name) if names.iter().any(|n| n == name) => vec![name.to_owned()],
        Some(name) => {
            return Err(Error::one(format!("there is no sheet {name}; there are {}", names.join(", "))));
        }
        None => names.into_iter().take(SHEETS_MAX).collect(),
    };
    chosen.into_iter().map(|name| sheet(&mut book, name)).collect()
}

/// Unpacks everything once and throws it away: the reader itself does not count.
fn measure(bytes: &[u8]) -> Result<(), Error> {
    let wrong = |e: &dyn std::fmt::Display| Error::one(format!("the workbook is a broken archive: {e}"));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| wrong(&e))?;
    let mut plain = 0;
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(|e| wrong(&e))?;
        let rest = PLAIN_BYTES_MAX - plain;
        plain += std::io::copy(&mut entry.take(rest + 1), &mut std::io::sink()).map_err(|e| wrong(&e))?;
        if plain > PLAIN_BYTES_MAX {
            return Err(Error::one(format!(
                "the workbook unpacks to more than {} MiB",
                PLAIN_BYTES_MAX >> 20
            )));
        }
    }
    Ok(())
}

fn sheet(book: &mut Xlsx<Cursor<&[u8]>>, name: String) -> Result<Sheet, Error> {
    let wrong = |e: calamine::XlsxError| Error::one(format!("sheet {name} cannot be read: {e}"));
    let mut cells = match book.worksheet_cells_reader(&name) {
        Ok(cells) => cells,
        // Charts are sheets without cells.
        Err(calamine::XlsxError::NotAWorksheet(_)) => {
            return Ok(Sheet { name: Some(name), ..Sheet::default() });
        }
        Err(e) => return Err(wrong(e)),
    };
    let mut rows: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let mut count = 0_usize;
    while let Some(cell) = cells.next_cell().map_err(wrong)? {
        let (row, column) = cell.get_position();
        let text = text(cell.get_value());
        if text.is_empty() {
            continue;
        }
        let at = usize::try_from(column).unwrap_or(usize::MAX);
        let wrong = |what: String| {
            Error::one(format!("sheet {name}, row {}, column {}: {what}", u64::from(row) + 1, letters(at)))
        };
        count += (at + 1).saturating_sub(rows.get(&row).map_or(0, Vec::len));
        if at >= COLUMNS_MAX || text.len() > CELL_BYTES_MAX || count > CELLS_MAX {
            return Err(wrong(format!(
                "more than {COLUMNS_MAX} columns, {CELL_BYTES_MAX} bytes in a cell or {CELLS_MAX} cells"
            )));
        }
        let cells = rows.entry(row).or_default();
        if cells.len() <= at {
            cells.resize(at + 1, String::new());
        }
        if let Some(slot) = cells.get_mut(at) {
            *slot = text;
        }
        if rows.len() > ROWS_MAX {
            return Err(wrong(format!("more than {ROWS_MAX} rows")));
        }
    }
    let rows: Vec<Row> = rows.into_iter().map(|(row, cells)| (u64::from(row) + 1, cells)).collect();
    Ok(Sheet { name: Some(name), separator: None, rows })
}

/// A cell as a person sees it, nearly: numbers without a useless `.0`, dates in ISO 8601.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(n) => n.to_string(),
        DataRef::Float(n) => n.to_string(),
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(flag) => flag.to_string(),
        DataRef::DateTime(date) => {
            let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
        }
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}
