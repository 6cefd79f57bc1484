//! Lists of accounts and grants: tables as people keep them, by the words of their header.
//!
//! A row with an account is an account; with a right and devices it is a grant as well, to the account or to the group it names. A list is
//! taken whole or not at all: every cell that cannot be what its column says is named.

use super::columns::{Column, Mapping};
use super::{Directory, LISTED_MAX, WRONG_MAX, dates};
use crate::cmdb::Error;
use crate::cmdb::csv::{Row, harmless, letters, names_devices, sheets};
use model::access::{Account, AccountKind, Grant, Listed, Right};
use model::cmdb::Place;
use model::{Text, Timestamp};
use std::collections::BTreeMap;

/// Rows that may stand above the header.
const ABOVE_MAX: usize = 10;

/// A table whose header was found.
struct Table {
    rows: Vec<Row>,
    columns: BTreeMap<Column, usize>,
    width: usize,
}

/// Whether it is a table of accounts or grants. A column with addresses makes it one of devices.
pub(super) fn is_accounts(bytes: &[u8], mapping: &Mapping) -> bool {
    find(bytes, mapping, true).is_ok()
}

fn find(bytes: &[u8], mapping: &Mapping, guess: bool) -> Result<Table, Error> {
    let mut problem = None;
    for sheet in sheets(bytes, None)? {
        for at in 0..sheet.rows.len().min(ABOVE_MAX) {
            let Some((_, cells)) = sheet.rows.get(at) else { break };
            if guess && mapping.is_empty() && names_devices(cells) {
                continue;
            }
            match mapping.columns(cells) {
                Ok(columns) if is_enough(&columns) => {
                    let width = cells.len();
                    return Ok(Table { rows: sheet.rows.into_iter().skip(at + 1).collect(), columns, width });
                }
                Ok(_) => {}
                Err(error) => problem = problem.or(Some(error)),
            }
        }
    }
    let unnamed =
        "no header is found that names accounts, or groups with rights: name the columns in a mapping";
    Err(problem.unwrap_or_else(|| Error::one(unnamed)))
}

/// Somebody, and something about them.
fn is_enough(columns: &BTreeMap<Column, usize>) -> bool {
    let has = |column| columns.contains_key(&column);
    has(Column::Account) && columns.len() >= 2 || has(Column::Group) && has(Column::Right) && has(Column::On)
}

/// Reads a list; `name` is what the user calls it.
///
/// # Errors
/// As [`super::read`].
pub(super) fn read(bytes: &[u8], name: &str, mapping: &Mapping) -> Result<Directory, Error> {
    let table = find(bytes, mapping, false)?;
    let mut out = Directory { lines: table.rows.len() as u64, ..Directory::default() };
    let mut wrong = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for (number, cells) in &table.rows {
        let mut row = Reading { table: &table, number: *number, cells, name, wrong: &mut wrong };
        row.overhang();
        if let Some(account) = row.account() {
            add(&mut out.listed, &mut known, account);
        }
        out.listed.extend(row.grant());
        if out.listed.len() > LISTED_MAX {
            return Err(Error::one(format!("more than {LISTED_MAX} accounts and grants")));
        }
    }
    if wrong.is_empty() {
        return Ok(out);
    }
    let more = wrong.len().saturating_sub(WRONG_MAX);
    wrong.truncate(WRONG_MAX);
    if more > 0 {
        wrong.push(format!("and {more} more cells like these"));
    }
    wrong.push("nothing was imported".into());
    Err(Error::Malformed(wrong))
}

/// An account with a row for each of its groups or grants is one account.
fn add(listed: &mut Vec<Listed>, known: &mut BTreeMap<String, usize>, account: Account) {
    let key = format!("{}@{}", account.name, account.domain).to_lowercase();
    let first = known.get(&key).and_then(|at| listed.get_mut(*at));
    match first {
        Some(Listed::Account(first)) => {
            first.groups.extend(account.groups);
            first.enabled &= account.enabled;
            first.expires = first.expires.or(account.expires);
            first.last_logon = first.last_logon.max(account.last_logon);
            first.password_set = first.password_set.max(account.password_set);
            if first.display_name.is_empty() {
                first.display_name = account.display_name;
            }
        }
        _ => {
            known.insert(key, listed.len());
            listed.push(Listed::Account(Box::new(account)));
        }
    }
}

/// One row.
struct Reading<'a> {
    table: &'a Table,
    number: u64,
    cells: &'a [String],
    name: &'a str,
    wrong: &'a mut Vec<String>,
}

impl<'a> Reading<'a> {
    fn cell(&self, column: Column) -> Option<&'a str> {
        let cell = harmless(self.cells.get(*self.table.columns.get(&column)?)?).trim();
        (!cell.is_empty() && cell != "-").then_some(cell)
    }

    fn text(&self, column: Column) -> Text {
        Text::new(self.cell(column).unwrap_or_default())
    }

    fn place(&self) -> Place {
        Place { source: Text::new(self.name), at: Text::new(&format!("row {}", self.number)) }
    }

    fn fault(&mut self, at: usize, what: &str) {
        self.wrong.push(format!("row {}, column {}: {what}", self.number, letters(at)));
    }

    /// A cell that must be one of something; wrong ones are noted.
    fn parsed<T>(&mut self, column: Column, what: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let cell = self.cell(column)?;
        let value = parse(cell);
        if value.is_none() {
            let at = self.table.columns.get(&column).copied().unwrap_or_default();
            let shown: String = cell.chars().take(40).collect();
            self.fault(at, &format!("{shown:?} is {what}"));
        }
        value
    }

    fn time(&mut self, column: Column) -> Option<Timestamp> {
        if self.cell(column).is_some_and(|cell| cell.eq_ignore_ascii_case("never")) {
            return None;
        }
        self.parsed(column, "no date such as 2026-12-01", dates::cell)
    }

    /// Cells without a header above them would be lost.
    fn overhang(&mut self) {
        if let Some(at) = self.cells.iter().skip(self.table.width).position(|cell| !cell.is_empty()) {
            self.fault(self.table.width + at, "there is no header above this cell");
        }
    }

    fn account(&mut self) -> Option<Account> {
        let mut account = Account::new(self.cell(Column::Account)?, self.place());
        account.domain = self.text(Column::Domain);
        account.display_name = self.text(Column::DisplayName);
        let kind = self.parsed(Column::Kind, "neither person, service nor machine", |cell| {
            AccountKind::parse(&cell.to_lowercase())
        });
        account.kind = kind.unwrap_or(account.kind);
        let enabled = self.parsed(Column::Enabled, "neither yes nor no", yes_or_no).unwrap_or(true);
        let disabled = self.parsed(Column::Disabled, "neither yes nor no", yes_or_no).unwrap_or(false);
        account.enabled = enabled && !disabled;
        account.expires = self.time(Column::Expires);
        account.last_logon = self.time(Column::LastLogon);
        account.password_set = self.time(Column::PasswordSet);
        account.groups = parts(self.cell(Column::Groups).unwrap_or_default()).map(Text::new).collect();
        Some(account)
    }

    /// A right and devices go together.
    fn grant(&mut self) -> Option<Listed> {
        let right = self.parsed(Column::Right, "neither view, operate, engineer nor administer", |cell| {
            Right::parse(&cell.to_lowercase())
        });
        let on = self.cell(Column::On);
        let at = |column| self.table.columns.get(&column).copied().unwrap_or_default();
        let (right, on) = match (right, on, self.cell(Column::Right)) {
            (Some(right), Some(on), _) => (right, on),
            (Some(_), None, _) => {
                self.fault(at(Column::Right), "a right, and no devices that it is on");
                return None;
            }
            (None, Some(_), None) => {
                self.fault(at(Column::On), "devices, and no right on them");
                return None;
            }
            _ => return None,
        };
        let account = self.cell(Column::Account).map(Text::new);
        let group = self.cell(Column::Group).map(Text::new);
        if account.is_some() == group.is_some() {
            self.fault(0, "a right is given to one account or to one group");
            return None;
        }
        let scopes = parts(on).map(str::parse).collect::<Result<Vec<_>, String>>();
        let on = scopes.map_err(|what| self.fault(at(Column::On), &what)).ok()?;
        let until = self.time(Column::Until);
        let id = self.cell(Column::Id).map_or_else(|| format!("row-{}", self.number), str::to_owned);
        let grant = Grant { id: Text::new(&id), account, group, right, on, until };
        Some(Listed::Grant { grant: Box::new(grant), place: self.place() })
    }
}

fn parts(cell: &str) -> impl Iterator<Item = &str> {
    cell.split([';', '|', '\n']).map(str::trim).filter(|part| !part.is_empty())
}

fn yes_or_no(cell: &str) -> Option<bool> {
    match cell.to_lowercase().as_str() {
        "yes" | "true" | "1" | "ja" | "wahr" | "enabled" | "active" | "x" => Some(true),
        "no" | "false" | "0" | "nein" | "falsch" | "disabled" | "inactive" => Some(false),
        _ => None,
    }
}
