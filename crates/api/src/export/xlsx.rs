//! A workbook (Office Open XML) with a sheet for each table: header fixed and filterable, text as text.

use super::csv::inert;
use super::tables::{Cell, Table};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

/// Rows of a sheet with its header (Office Open XML, as Excel limits it).
const ROWS_MAX: usize = 1_048_576;
/// Characters of a cell.
const CELL_CHARS_MAX: usize = 32_767;
/// Columns are so wide at most, in characters.
const WIDTH_MAX: usize = 48;

/// All tables in one workbook.
///
/// # Errors
/// A table has more rows than a sheet holds.
pub(super) fn write(tables: &[Table]) -> Result<Vec<u8>, String> {
    let mut book = Workbook::new();
    fill(&mut book, tables).map_err(|e| format!("the workbook cannot be written: {e}"))?;
    book.save_to_buffer().map_err(|e| format!("the workbook cannot be written: {e}"))
}

fn fill(book: &mut Workbook, tables: &[Table]) -> Result<(), XlsxError> {
    // The same document gives the same bytes: no time of writing.
    let properties = DocProperties::new()
        .set_title("Sightglass")
        .set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?);
    book.set_properties(&properties);
    let bold = Format::new().set_bold();
    for table in tables {
        if table.rows.len() >= ROWS_MAX {
            return Err(XlsxError::ParameterError(format!(
                "{} has more rows than a sheet holds",
                table.name
            )));
        }
        let sheet = book.add_worksheet().set_name(table.name)?;
        for (column, name) in (0..).zip(table.header) {
            sheet.write_string_with_format(0, column, *name, &bold)?;
            sheet.set_column_width(column, width(table, column.into()) as f64)?;
        }
        for (row, cells) in (1..).zip(&table.rows) {
            for (column, cell) in (0..).zip(cells) {
                match cell {
                    Cell::Number(n) => sheet.write_number(row, column, *n)?,
                    Cell::Text(text) if text.is_empty() => continue,
                    Cell::Text(text) => {
                        let text: String = inert(text).chars().take(CELL_CHARS_MAX).collect();
                        sheet.write_string(row, column, text)?
                    }
                };
            }
        }
        sheet.set_freeze_panes(1, 0)?;
        let last = u16::try_from(table.header.len().saturating_sub(1)).unwrap_or(u16::MAX);
        sheet.autofilter(0, 0, u32::try_from(table.rows.len()).unwrap_or(u32::MAX), last)?;
    }
    Ok(())
}

/// As wide as what most rows hold.
fn width(table: &Table, column: usize) -> usize {
    let chars = |row: &Vec<Cell>| match row.get(column) {
        Some(Cell::Text(text)) => text.chars().take(WIDTH_MAX).count(),
        _ => 8,
    };
    let name = table.header.get(column).map_or(0, |name| name.len());
    table.rows.iter().take(1000).map(chars).max().unwrap_or(0).max(name).clamp(6, WIDTH_MAX) + 1
}
