//! Comma separated text (RFC 4180), with text from the wire made harmless for spreadsheets.

use super::tables::{Cell, Table};

/// A table with a byte order mark, by which spreadsheets know that it is UTF-8.
pub(super) fn write(table: &Table) -> Vec<u8> {
    let mut out = String::from("\u{feff}");
    row(&mut out, table.header.iter().map(|name| (*name).to_owned()));
    for cells in &table.rows {
        row(&mut out, cells.iter().map(field));
    }
    out.into_bytes()
}

fn row(out: &mut String, fields: impl Iterator<Item = String>) {
    for (at, field) in fields.enumerate() {
        if at > 0 {
            out.push(',');
        }
        if field.contains([',', '"', '\n', '\r']) {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&field);
        }
    }
    out.push_str("\r\n");
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Number(n) => n.to_string(),
        Cell::Text(text) => inert(text),
    }
}

/// Control characters become visible; a leading sign would make spreadsheets run the rest as a formula.
pub(super) fn inert(text: &str) -> String {
    let visible: String =
        text.chars().map(|c| if is_hidden(c) { char::REPLACEMENT_CHARACTER } else { c }).collect();
    match visible.chars().next() {
        Some('=' | '+' | '-' | '@') => format!("'{visible}"),
        _ => visible,
    }
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted_and_runs_nothing() {
        let text = |t: &str| Cell::Text(t.into());
        let rows = vec![
            vec![text("a,\"b\""), text("=1+1"), Cell::Number(1.5)],
            vec![text("\u{1b}[2J"), text("-x"), text("")],
        ];
        let table = Table { name: "t", header: &["one", "two", "three"], rows };
        let written = String::from_utf8(write(&table)).unwrap();
        assert_eq!(written, "\u{feff}one,two,three\r\n\"a,\"\"b\"\"\",'=1+1,1.5\r\n\u{fffd}[2J,'-x,\r\n");
    }
}
