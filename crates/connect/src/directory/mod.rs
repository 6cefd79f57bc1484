//! People, programs and groups from directories and lists: LDAP and Active Directory ([`pull`]), their exports (LDIF), spreadsheets.
//!
//! What a directory answers is written down as an export, and exports are read: so one reader decides what an account is, a plant
//! without a way to its directory brings the file, and whoever keeps a site never holds a password of it. Attributes that are not
//! needed are neither asked for nor kept; those with passwords are not among the needed ones.

mod attributes;
mod columns;
mod dates;
pub mod ldif;
mod list;
pub mod pull;

pub use attributes::NEEDED;

use crate::cmdb::Error;
pub use columns::Mapping;
use model::access::Listed;

/// Largest export or list, in bytes.
pub const FILE_BYTES_MAX: usize = 256 << 20;
/// Accounts, groups and grants taken of one file.
pub const LISTED_MAX: usize = 1_000_000;
/// Memberships taken of one file.
const MEMBERS_MAX: usize = 5_000_000;
/// Mistakes that are named; more are counted.
const WRONG_MAX: usize = 20;

/// What kind of file it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// An export of a directory (RFC 2849).
    Ldif,
    /// A table: CSV or a workbook.
    List,
}

impl Form {
    /// The name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Ldif => "Directory export (LDIF)",
            Self::List => "List of accounts",
        }
    }
}

/// One entry of a directory, with what is needed of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Entry {
    /// Its distinguished name.
    pub dn: String,
    /// Attributes and their values in the order of the source; names without options, in lower case.
    pub attributes: Vec<(String, Vec<u8>)>,
    /// Line it begins in; 0 outside files.
    pub line: u64,
}

/// What a file says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Directory {
    /// Accounts, groups and grants, in the order of the file.
    pub listed: Vec<Listed>,
    /// What was not understood or left out: line (0 for none) and one sentence.
    pub problems: Vec<(u64, String)>,
    /// Lines or rows.
    pub lines: u64,
}

/// What a file is, by its content; `None` when it is neither. A table of assets is none: it names devices by their addresses.
pub fn form_of(bytes: &[u8], mapping: &Mapping) -> Option<Form> {
    if ldif::is_ldif(bytes) {
        Some(Form::Ldif)
    } else {
        list::is_accounts(bytes, mapping).then_some(Form::List)
    }
}

/// Reads a file; `name` is what the user calls it. Of an export everything valid is kept; a list is taken whole or not at all.
///
/// # Errors
/// It is too large, or a list with cells that cannot be what their column says: all of them.
pub fn read(bytes: &[u8], name: &str, form: Form, mapping: &Mapping) -> Result<Directory, Error> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Error::one(format!("larger than {} MiB", FILE_BYTES_MAX >> 20)));
    }
    match form {
        Form::Ldif => Ok(from_ldif(bytes, name)),
        Form::List => list::read(bytes, name, mapping),
    }
}

fn from_ldif(bytes: &[u8], name: &str) -> Directory {
    let mut out = Directory::default();
    let mut wrong = Wrong::default();
    let (mut members, mut others) = (0, 0_u64);
    let text = ldif::decode(bytes);
    let mut entries = ldif::Entries::new(&text);
    for entry in entries.by_ref() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(fault) => {
                wrong.add(fault.line, fault.what);
                continue;
            }
        };
        let Some(listed) = attributes::listed(&entry, name, &mut wrong) else {
            others += 1;
            continue;
        };
        members += memberships(&listed);
        if out.listed.len() >= LISTED_MAX || members > MEMBERS_MAX {
            wrong.add(
                entry.line,
                format!("more than {LISTED_MAX} entries or {MEMBERS_MAX} memberships: the rest was left out"),
            );
            break;
        }
        out.listed.push(listed);
    }
    out.lines = entries.line();
    out.problems = wrong.done();
    if others > 0 {
        out.problems.push((0, format!("{others} entries are neither accounts nor groups and were left out")));
    }
    out
}

fn memberships(listed: &Listed) -> usize {
    match listed {
        Listed::Account(account) => account.groups.len(),
        Listed::Group(group) => group.members.len() + group.groups.len(),
        Listed::Grant { .. } => 0,
    }
}

/// Mistakes, the first of them in words.
#[derive(Debug, Default)]
struct Wrong {
    named: Vec<(u64, String)>,
    more: usize,
}

impl Wrong {
    fn add(&mut self, line: u64, what: String) {
        if self.named.len() < WRONG_MAX {
            self.named.push((line, what));
        } else {
            self.more += 1;
        }
    }

    fn done(mut self) -> Vec<(u64, String)> {
        if self.more > 0 {
            self.named.push((0, format!("and {} more like these", self.more)));
        }
        self.named
    }
}

#[cfg(test)]
mod tests;
