//! Two lists of the same plant held against each other: what was seen, and what another system has on record.
//!
//! Strong evidence goes first: serial number and maker, then MAC address, then IP address, then name. A pair must be the only one for
//! both its ends at its strength, and nothing in it may contradict; else its ends are listed as [`Ambiguous`], with the reasons. The
//! result depends on what the records say, never on their order. Records and assets are looked up by key; a key that many share makes
//! no pairs, so work is linear in both lists.

mod compare;
mod identity;
mod normal;
mod pairing;
mod push;
mod seen;
#[cfg(test)]
mod tests;

pub use normal::role;
pub use push::{Rules, plan};
pub use seen::{Seen, TRUSTED, seen};

use crate::inventory::{Asset, Inventory};
use model::Level;
use model::cmdb::{Field, Record};

/// Both lists, taken apart. Every record is in `matched`, `missing_on_wire` or `ambiguous`; every asset in `matched`, `missing_in_cmdb`,
/// `ambiguous` or `outside`. Only what is matched may stand in an ambiguity as well: another record seems to mean the same asset.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reconciliation<'a> {
    /// An asset and its record.
    pub matched: Vec<Pair<'a>>,
    /// Seen, and on no record.
    pub missing_in_cmdb: Vec<&'a Asset>,
    /// On record, and never seen. Silence is no proof of absence: a capture shows who spoke while it ran.
    pub missing_on_wire: Vec<&'a Record>,
    /// What people must decide.
    pub ambiguous: Vec<Ambiguous<'a>>,
    /// Assets outside the plant (public addresses) that no record names: nobody expects them on record.
    pub outside: Vec<&'a Asset>,
}

/// An asset and its record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pair<'a> {
    /// What was seen.
    pub asset: &'a Asset,
    /// What is on record.
    pub record: &'a Record,
    /// Which evidence joins them, strongest first.
    pub why: Vec<Shared>,
    /// Where they differ, in the order of the fields.
    pub differs: Vec<Difference>,
}

/// What both sides have.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Shared {
    /// Of which kind.
    pub by: By,
    /// The value, as it was seen.
    pub value: String,
}

/// Kinds of evidence that an asset is what a record means, strongest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum By {
    /// Serial number, of the same maker where both sides name one.
    Serial,
    /// Serial number of a module of the asset.
    ModuleSerial,
    /// MAC address.
    Mac,
    /// IP address.
    Ip,
    /// Name or host name.
    Name,
}

impl By {
    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Serial => "serial",
            Self::ModuleSerial => "module_serial",
            Self::Mac => "mac",
            Self::Ip => "ip",
            Self::Name => "name",
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Serial => "serial number",
            Self::ModuleSerial => "serial number of a module",
            Self::Mac => "MAC address",
            Self::Ip => "IP address",
            Self::Name => "name",
        }
    }
}

/// A field in which a pair differs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Which.
    pub field: Field,
    /// What was seen. Of a list only what the record lacks.
    pub ours: Seen,
    /// What is on record; `None` when nothing is.
    pub theirs: Option<String>,
}

/// Assets and records that may belong together, and why it cannot be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ambiguous<'a> {
    /// Assets in question.
    pub assets: Vec<&'a Asset>,
    /// Records in question.
    pub records: Vec<&'a Record>,
    /// Reasons, one sentence each; the first [`REASONS_MAX`].
    pub why: Vec<String>,
}

/// Reasons kept of one ambiguity.
pub const REASONS_MAX: usize = 20;

/// Holds an inventory against records.
pub fn reconcile<'a>(inventory: &'a Inventory, records: &'a [Record]) -> Reconciliation<'a> {
    let mut makers = normal::Makers::new();
    let paired = pairing::pair(&inventory.assets, records, &mut makers);
    let (outside, missing_in_cmdb) =
        paired.assets_left.into_iter().partition(|asset| asset.level == Some(Level::EXTERNAL));
    let matched = paired.pairs.into_iter().map(|(asset, record, why)| {
        let differs = compare::differences(asset, record, &mut makers);
        Pair { asset, record, why, differs }
    });
    Reconciliation {
        matched: matched.collect(),
        missing_in_cmdb,
        missing_on_wire: paired.records_left,
        ambiguous: paired.ambiguous,
        outside,
    }
}
