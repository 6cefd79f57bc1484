//! Advisories as the matcher keeps them, and what it says of an asset.

use crate::id::AssetId;
use serde::{Deserialize, Serialize};

/// What is known of a product, from the wire or from a list.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Observed {
    /// Maker.
    pub vendor: Option<String>,
    /// Product or model name.
    pub product: Option<String>,
    /// Order, catalogue or part number.
    pub order_number: Option<String>,
    /// Firmware or software version.
    pub firmware: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Free text the device says of itself (system description, banner).
    pub description: Option<String>,
    /// Kind of device, when known.
    pub kind: Option<String>,
    /// Where this comes from.
    pub source: Option<String>,
}

/// What the matcher concludes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchStatus {
    /// Product certain, version in range.
    Affected,
    /// Product certain or likely; a fact is missing to decide.
    Possible,
    /// Product certain, version past every affected range.
    Fixed,
    /// The advisory says so.
    NotAffected,
}

/// One CVE of one advisory against one asset.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Match {
    /// Document id, such as `ICSA-24-074-01`.
    pub advisory: String,
    /// CVE.
    pub cve: String,
    /// Conclusion.
    pub status: MatchStatus,
    /// One sentence that quotes both sides.
    pub reason: String,
    /// Highest CVSS base score of the CVE in the advisory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
}

/// A match of an asset in the inventory.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AssetMatch {
    /// The asset.
    pub asset: AssetId,
    /// The module's slot, when it is a module that matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// The match.
    #[serde(flatten)]
    pub found: Match,
}
